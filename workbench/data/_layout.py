"""The shape of a table of values: wide or long, one field or several, prices or returns.

**Long**: a column of text names the asset and dates repeat. **Bars**: the columns are open, high, low, close,
volume. **Wide**: every other column is an asset.

**Prices or returns** is told by roughness, the median of |x(t) - x(t-1)| over the median of |x(t)|: about
0.01 for daily prices, about 1.4 for independent returns, whatever their unit and sign. Below 0.25 in every
column it is prices, above 0.6 returns; anything else is asked back.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.data._numbers import is_numeric
from workbench.data._wording import counted
from workbench.errors import DataError

FIELDS = {
    "open": "open",
    "high": "high",
    "low": "low",
    "close": "close",
    "price": "close",
    "last": "close",
    "adj close": "adj_close",
    "adjusted close": "adj_close",
    "volume": "volume",
}
SYMBOLS = ("symbol", "ticker", "asset", "name", "instrument", "isin", "ric", "series", "id", "permno")
SMOOTH, ROUGH = 0.25, 0.6


def symbol_column(table: pd.DataFrame, date: str, dates: pd.DatetimeIndex) -> str | None:
    """Name of the column that names the assets of a long table; None when the table is wide."""
    texts = [c for c in table.columns if c != date and not is_numeric(table[c])]
    named = [c for c in table.columns if c != date and str(c).lower() in SYMBOLS]
    candidates = [c for c in [*named, *texts] if 1 <= table[c].nunique() < len(table)]
    if dates.has_duplicates and candidates:
        return candidates[0]
    if named and named[0] in texts:
        return named[0]
    return None


def pivot_long(values: pd.DataFrame, symbols: pd.Series, dates: pd.DatetimeIndex) -> pd.DataFrame:
    """Panel of a long table: (date, asset) of its one value column, or (date, (field, asset)) of several.

    Raises DataError naming date, asset and row when a pair is there twice, or a row whose asset is empty.
    """
    empty = np.flatnonzero((symbols == "").to_numpy())
    if empty.size:
        raise DataError(f"column {symbols.name!r}, row {empty[0] + 1}: no asset is named; complete or remove the row")
    keys = pd.MultiIndex.from_arrays([dates, symbols], names=["date", "asset"])
    twice = np.flatnonzero(keys.duplicated())
    if twice.size:
        date, asset = keys[twice[0]]
        raise DataError(
            f"row {twice[0] + 1}: asset {asset!r} is there twice on {date.date()} ({counted(twice.size, 'such row')}); "
            "keep one row for an asset and a date"
        )
    wide = values.set_axis(keys).unstack("asset").sort_index()
    if values.shape[1] == 1:
        return wide.droplevel(0, axis=1).rename_axis(columns=None)
    wide.columns = pd.MultiIndex.from_tuples(
        [(field_name(f) or str(f), a) for f, a in wide.columns], names=["field", "asset"]
    )
    return wide


def bars(values: pd.DataFrame, asset: str) -> pd.DataFrame:
    """Panel of several fields of the one asset of an open-high-low-close table."""
    pairs = [(field_name(column), asset) for column in values.columns]
    return values.set_axis(pd.MultiIndex.from_tuples(pairs, names=["field", "asset"]), axis=1)


def are_bars(columns: list[str]) -> bool:
    """Whether all columns are fields of one asset, a close among at least two."""
    fields = [field_name(column) for column in columns]
    return len(columns) > 1 and None not in fields and "close" in fields and len(set(fields)) == len(fields)


def field_name(column: object) -> str | None:
    """The panel's name of a column like ``Adj Close``; None when it is no field."""
    return FIELDS.get(str(column).lower().replace("_", " ").strip())


def guess_returns(panel: pd.DataFrame) -> bool:
    """Whether the values are returns, by their roughness.

    Raises DataError when the columns disagree or do not tell.
    """
    rough = {column: roughness(panel[column]) for column in panel.columns}
    known = {column: value for column, value in rough.items() if np.isfinite(value)}
    if known and all(value < SMOOTH for value in known.values()):
        return False
    if known and all(value > ROUGH for value in known.values()):
        return True
    raise DataError(f"prices or returns? {_doubt(known)}; say returns=True or returns=False (--returns, --prices)")


def _doubt(known: dict[object, float]) -> str:
    if not known:
        return "There are too few values to tell"
    smoothest, roughest = min(known, key=known.get), max(known, key=known.get)
    if smoothest == roughest or known[roughest] < SMOOTH or known[smoothest] > ROUGH:
        return f"Column {roughest!r} changes by {known[roughest]:.2f} of its size from date to date"
    return (
        f"From date to date column {smoothest!r} changes by {known[smoothest]:.2f} of its size, "
        f"like a price, and column {roughest!r} by {known[roughest]:.2f}"
        if known[smoothest] < SMOOTH
        else f"Column {smoothest!r} changes by {known[smoothest]:.2f} of its size from date to date"
    )


def roughness(values: pd.Series) -> float:
    """Median |change| over median |value| (means where the median is zero); NaN for fewer than five values."""
    x = values.dropna().to_numpy(dtype=float)
    x = x[np.isfinite(x)]
    if x.size < 5:
        return np.nan
    size, change = np.median(np.abs(x)), np.median(np.abs(np.diff(x)))
    if size == 0:
        size, change = np.abs(x).mean(), np.abs(np.diff(x)).mean()
    return float(change / size) if size > 0 else np.nan
