"""Sets of scenarios: draws of a market's future, in memory and on disk.

A set is an ArviZ-shaped :class:`xarray.DataTree` with dims ``(chain, draw, time, asset)`` in the group ``scenarios``.
"""

from workbench.scenarios._container import (
    DIMS,
    assemble,
    concat,
    cumulative,
    dataset,
    digest,
    pnl,
    pooled,
    prices,
    returns,
    subset,
)
from workbench.scenarios._describe import describe
from workbench.scenarios._files import load, opened, save
from workbench.scenarios._streaming import stream

__all__ = [
    "load", "save", "opened", "stream", "assemble", "returns", "pooled", "cumulative", "prices", "pnl", "subset", "concat",
    "describe", "dataset", "digest", "DIMS",
]  # fmt: skip
