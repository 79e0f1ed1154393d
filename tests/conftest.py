"""Two profiles of property tests: the usual one has no deadline, since machines differ, and the same examples each time;
"soak" has many examples and other ones each time, and prints how to see a failure again.
"""

from hypothesis import HealthCheck, settings

settings.register_profile("workbench", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "soak",
    deadline=None,
    max_examples=1000,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("workbench")
