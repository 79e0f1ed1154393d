"""Data in: named sets, files and online sources become clean, validated panels.

A *panel* is a DataFrame with strictly increasing dates and one column an asset (several fields: ``(field, asset)``).
"""

from workbench.data.catalogue import DATASETS, ContentChanged, Entry, describe, discover, load
from workbench.data.hashing import content_hash
from workbench.data.returns import close, returns

discover()

__all__ = ["DATASETS", "ContentChanged", "Entry", "close", "content_hash", "describe", "load", "returns"]
