"""Planted faults: what goes wrong with scenario sets in practice, each with a severity dial, to measure the checks by.

>>> len(FAULTS) >= 24 and all(0 < FAULTS[name].severity <= 1 for name in FAULTS)
True
"""

from workbench.diagnostics.faults import margins, novelty, paths, together  # noqa: F401  (they register their faults)
from workbench.diagnostics.faults.fault import FAULTS, Context, fault, plant

__all__ = ["FAULTS", "Context", "fault", "plant"]
