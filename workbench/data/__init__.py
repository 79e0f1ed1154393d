"""Data in: named sets, files and online sources become clean, validated panels.

A *panel* is a DataFrame with strictly increasing dates and one column an asset (several fields: pairs of
field and asset).
"""

from workbench.data import online
from workbench.data._files import read_file, read_table
from workbench.data._flaws import RULES
from workbench.data._frequency import frequency, periods_per_year, unit
from workbench.data._load import load, options_beside
from workbench.data._returns import close, returns
from workbench.data._stale import clean_from, stale_runs
from workbench.data._validate import require_valid, validate
from workbench.data.catalogue import DATASETS, ContentChanged, Entry, content_hash, describe
from workbench.registry import discover

discover("workbench.data.sets")

__all__ = [
    "load", "returns", "close", "validate", "require_valid", "clean_from", "stale_runs", "periods_per_year",
    "frequency", "unit", "DATASETS", "describe", "Entry", "ContentChanged", "content_hash", "read_file", "read_table",
    "options_beside", "RULES", "online",
]  # fmt: skip
