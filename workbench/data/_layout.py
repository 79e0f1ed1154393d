"""The shape of a table of values: wide or long, one field or several, prices or returns.

**Long**: a column of text names the asset and dates repeat. **Bars**: columns are open, high, low, close, volume of
one asset. **Several fields**: every column is a field and an asset (``AAPL.Close``, or a stacked header). **Wide**:
every other column is an asset.

**Prices or returns** is recognised by roughness, the median of \\|x(t) - x(t-1)\\| over the median of \\|x(t)\\|: about
0.01 for daily prices, about 1.4 for independent returns, whatever their unit and sign. Below 0.25 in every
column it is prices, above 0.6 returns; anything else is asked back.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from workbench.data._numbers import is_numeric
from workbench.data._text import JOINT
from workbench.data._wording import counted
from workbench.errors import DataError

_NAMES = {
    "open": ("open", "px open"),
    "high": ("high", "px high"),
    "low": ("low", "px low"),
    "close": ("close", "price", "last", "last price", "px last", "close/last", "settle"),
    "adj_close": ("adj close", "adjclose", "adjusted close", "adjusted"),
    "volume": ("volume", "vol", "px volume"),
}
_FIELDS = {name: field for field, names in _NAMES.items() for name in names}
SYMBOLS = ("symbol", "ticker", "asset", "name", "instrument", "isin", "ric", "series", "id", "permno")
SMOOTH, ROUGH = 0.25, 0.6
_MOST_CELLS = 5 * 10**7  # of a panel made from a long table
_OVERDIFFERENCED = -0.35  # autocorrelation of the changes of independent values is -.5


def symbol_column(table: pd.DataFrame, dates: pd.DatetimeIndex) -> str | None:
    """Name of the column that names the assets of a long table without its dates; None when the table is wide."""
    columns = list(table.columns)
    texts = [c for c in columns if not pd.api.types.is_numeric_dtype(table[c]) and not is_numeric(table[c])]
    named = [c for c in columns if str(c).lower() in SYMBOLS]
    candidates = [c for c in [*named, *texts] if 1 <= table[c].nunique() < len(table)]
    if dates.has_duplicates and candidates:
        return candidates[0]
    return named[0] if named and named[0] in texts else None


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
    if dates.nunique() * symbols.nunique() * values.shape[1] > _MOST_CELLS:
        raise DataError(
            f"column {symbols.name!r} names {symbols.nunique():,} assets on {dates.nunique():,} dates, too many for a "
            f"panel; does it name assets? If so, store fewer of them"
        )
    wide = values.set_axis(keys).unstack("asset").sort_index()
    if values.shape[1] == 1:
        return wide.droplevel(0, axis=1).rename_axis(columns=None)
    return wide.set_axis(_pairs([(field_name(f) or str(f), a) for f, a in wide.columns]), axis=1)


def by_field(values: pd.DataFrame, asset: str, stacked: bool) -> tuple[pd.DataFrame, str]:
    """The table as (date, (field, asset)) where its columns are fields, and how it was read.

    asset : name of the one asset, where the columns are fields alone; stacked : whether the header was.

    Raises DataError for highs and lows without a close.
    """
    fields = {c: field_name(c) for c in values.columns}
    known = {c: field for c, field in fields.items() if field}
    if _are_bars(set(known.values()), len(known)):
        if not {"close", "adj_close"} & set(known.values()):
            raise DataError(f"columns {', '.join(map(str, known))} are bars without a close; add it")
        rest = [str(c) for c in values.columns if c not in known]
        note = f"bars of one asset, named {asset!r} after the file" + (f"; left out: {', '.join(rest)}" if rest else "")
        return values[list(known)].set_axis(_pairs([(field, asset) for field in known.values()]), axis=1), note
    pairs = [pair for pair in (_split(str(c), stacked) for c in values.columns) if pair]
    found = list(dict.fromkeys(field for field, _ in pairs))
    if len(pairs) == len(fields) and len(found) > 1 and {"close", "adj_close"} & set(found):
        return values.set_axis(_pairs(pairs), axis=1), f"fields {', '.join(found)}"
    if not stacked:
        return values, "wide, one column an asset"
    if len(pairs) == len(fields) and len(found) == 1:
        return values.set_axis([a for _, a in pairs], axis=1), f"wide, one column an asset, field {found[0]}"
    raise DataError("the two header lines are not fields (Open, Close, ...) and assets; keep one line of names")


def _are_bars(fields: set[str], columns: int) -> bool:
    return 1 < columns == len(fields) and bool({"close", "adj_close"} & fields or {"open", "high", "low"} <= fields)


def _split(column: str, stacked: bool) -> tuple[str, str] | None:
    """Field and asset of ``AAPL.Close``, ``Close_AAPL``, ``Close/AAPL``; None when no part is a field."""
    marks = [column.partition(JOINT)] if stacked else []
    for mark in () if stacked else re.finditer(r"[/|._:\s-]+", column):
        marks.append((column[: mark.start()], mark[0], column[mark.end() :]))
    for left, _, right in marks:
        for word, asset in ((left, right), (right, left)):
            field = field_name(word)
            if field and asset:
                return field, asset
    return None


def _pairs(pairs: list[tuple[str, str]]) -> pd.MultiIndex:
    return pd.MultiIndex.from_tuples(pairs, names=["field", "asset"])


def field_name(column: object) -> str | None:
    """The panel's name of a column like ``Adj Close``; None when it is no field."""
    return _FIELDS.get(re.sub(r"[_.\s]+", " ", str(column).lower().strip("* ")).strip())


def guess_returns(panel: pd.DataFrame) -> bool:
    """Whether the values are returns, by their roughness.

    Raises DataError when the columns disagree or leave a doubt.
    """
    known = panel.apply(roughness).dropna()
    if len(known) and (known > ROUGH).all():
        return True
    if len(known) and (known < SMOOTH).all():
        gross = [column for column in known.index if _is_gross(panel[column])]
        if len(gross) < len(known):
            return False
        raise DataError(
            f"column {gross[0]!r} looks like gross returns (1.002 for a gain of 0.2 %), not like prices: give their "
            "logarithms, or say returns=False (--prices) where they are prices"
        )
    raise DataError(
        f"prices or returns? {_doubt(known)}; say returns=True or returns=False (--returns, --prices), or leave "
        "a column out with columns={name: None}"
    )


def _is_gross(values: pd.Series) -> bool:
    """Values around one whose changes are reversed at once, as changes of independent values are."""
    x = values.dropna()
    return len(x) > 20 and bool(x.between(0.5, 2).all()) and float(x.diff().autocorr()) < _OVERDIFFERENCED


def _doubt(known: pd.Series) -> str:
    if known.empty:
        return "There are too few values to decide"
    if known.min() >= SMOOTH:
        return f"Column {known.idxmin()!r} changes by {known.min():.2f} of its size from date to date"
    return (
        f"From date to date column {known.idxmin()!r} changes by {known.min():.2f} of its size, "
        f"like a price, and column {known.idxmax()!r} by {known.max():.2f}"
    )


def roughness(values: pd.Series) -> float:
    """Median |change| over median |value| (means where the median is zero); NaN for fewer than five values."""
    x = values.replace([np.inf, -np.inf], np.nan).dropna().to_numpy(dtype=float)
    if x.size < 5:
        return np.nan
    size, change = np.median(np.abs(x)), np.median(np.abs(np.diff(x)))
    if size == 0:
        size, change = np.abs(x).mean(), np.abs(np.diff(x)).mean()
    return float(change / size) if size > 0 else np.nan
