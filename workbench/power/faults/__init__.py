"""Planted faults: what goes wrong with scenario sets in practice, each with a severity, to measure the checks by.

>>> len(FAULTS) >= 24 and all(0 < FAULTS[name].severity <= 1 for name in FAULTS)
True
"""

from workbench.power.faults.fault import FAULTS, Context, Fault, fault, plant
from workbench.registry import discover

discover(__name__)

__all__ = ["FAULTS", "plant", "Fault", "fault", "Context"]
