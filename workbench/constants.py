"""Numbers that more than one part of the workbench must agree on.

Periods a year depend on the panel: see :func:`workbench.data.periods_per_year`.
"""

TRADING_DAYS = 252
"""Trading days a year of daily data: the default where no panel says otherwise."""

REGULATORY_DAYS = 250
"""Days of a backtesting window in the Basel framework (MAR32), a "year" there."""

BLOCK = 4096
"""Draws in a block: the unit of work and of determinism, and the chunk of a stored set."""

TEST_SIZE = 0.05
"""Size of a test, and family-wise error of a verdict."""
