"""The fingerprint of a panel: SHA-256 over its dates, its columns and the bits of its values.

Two panels share a hash when they hold the same dates (as nanoseconds), the same column labels in the same
order and the same 64-bit floats; how they were stored, their attributes and their index names do not enter.
Every NaN counts as one and the same.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd

from workbench.errors import DataError


def content_hash(panel: pd.DataFrame) -> str:
    """SHA-256 of a panel's content, 64 hexadecimal digits.

    panel : (date, asset) or (date, (field, asset)); numeric.

    Raises DataError for an index without dates or a column that is not numeric.
    """
    if not isinstance(panel.index, pd.DatetimeIndex):
        raise DataError(f"a panel is hashed over its dates, but its index is {panel.index.dtype}; set a DatetimeIndex")
    digest = hashlib.sha256()
    digest.update(panel.index.as_unit("ns").asi8.astype("<i8").tobytes())
    labels = [list(map(str, column if isinstance(column, tuple) else (column,))) for column in panel.columns]
    digest.update(json.dumps(labels).encode())
    for position, column in enumerate(panel.columns):
        digest.update(_bits(panel.iloc[:, position], column))
    return digest.hexdigest()


def _bits(values: pd.Series, column: object) -> bytes:
    try:
        numbers = values.to_numpy(dtype="<f8", na_value=np.nan)
    except (TypeError, ValueError):
        raise DataError(f"column {column!r} is not numeric ({values.dtype}); convert it before hashing") from None
    return np.where(np.isnan(numbers), np.nan, numbers).tobytes()
