"""Data in: named sets, files and online sources become clean, validated panels.

A *panel* is a DataFrame with strictly increasing dates and one column an asset (several fields: pairs of
field and asset).
"""

from workbench.data import online
from workbench.data._files import read_file
from workbench.data._frequency import frequency, periods_per_year
from workbench.data._hashing import content_hash
from workbench.data._returns import close, returns
from workbench.data._stale import clean_from, stale_runs
from workbench.data._validate import require_valid, validate
from workbench.data.catalogue import DATASETS, ContentChanged, Entry, describe, load
from workbench.registry import discover

discover("workbench.data.sets")

__all__ = [
    "DATASETS",
    "ContentChanged",
    "Entry",
    "clean_from",
    "close",
    "content_hash",
    "describe",
    "frequency",
    "load",
    "online",
    "periods_per_year",
    "read_file",
    "require_valid",
    "returns",
    "stale_runs",
    "validate",
]
