"""Data in: named sets, files and online sources become clean, validated panels.

A *panel* is a DataFrame with strictly increasing dates and one column an asset (several fields: pairs of
field and asset).
"""

from workbench.data import online
from workbench.data.catalogue import DATASETS, ContentChanged, Entry, describe, load
from workbench.data.files import read_file
from workbench.data.frequency import frequency, periods_per_year
from workbench.data.hashing import content_hash
from workbench.data.returns import close, returns
from workbench.data.stale import clean_from, stale_runs
from workbench.data.validate import require_valid, validate
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
