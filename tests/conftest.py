"""One profile for every property test: no deadline, since machines differ, and the same examples each time."""

from hypothesis import HealthCheck, settings

settings.register_profile("workbench", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("workbench")
