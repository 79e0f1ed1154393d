"""The scenario set: container, files on disk, wide tables and folders of CSV files."""

from workbench.scenarios.container import (
    DIMS,
    GROUP,
    assemble,
    check_names,
    concat,
    cumulative,
    dataset,
    digest,
    plant,
    pnl,
    pooled,
    prices,
    returns,
    subset,
)
from workbench.scenarios.files import load, save

__all__ = [
    "DIMS", "GROUP", "assemble", "check_names", "returns", "pooled", "dataset", "concat", "subset", "cumulative", "prices",
    "pnl", "plant", "digest", "save", "load",
]  # fmt: skip
