"""Linear books from a file: one row a book, one column of weights an asset."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from workbench import data
from workbench.errors import DataError, ParameterError


def read_books(source: str | Path | pd.DataFrame, assets: Collection[str] | None = None) -> pd.DataFrame:
    """Weights (book, asset), fractions of the notional, finite.

    source : CSV or Parquet with a column ``book`` and one column an asset, read as :func:`workbench.data.read_table`
    reads tables; or a DataFrame indexed by book. assets : the columns of the panel; a book may name fewer.

    Raises ParameterError for no book, a name given twice, an asset that is not in ``assets``, a weight that is missing
    or not finite (write 0 for none), a book whose weights are all zero, and a file that cannot be read.
    """
    named = "the books" if isinstance(source, pd.DataFrame) else Path(source).name
    try:
        weights = source if isinstance(source, pd.DataFrame) else data.read_table(source, key="book")
    except DataError as wrong:
        raise ParameterError(
            f"{source}: expected a table with a column 'book' and one column of weights an asset ({wrong})"
        ) from None
    weights = weights.set_axis([str(name) for name in weights.columns], axis=1)
    if weights.empty:
        raise ParameterError(
            f"{named}: no book or no asset; one row a book and one column of weights an asset are needed"
        )
    _require_once(named, "book", weights.index)
    _require_once(named, "asset", weights.columns)
    unknown = [name for name in weights.columns if assets is not None and name not in set(map(str, assets))]
    if unknown:
        raise ParameterError(
            f"{named}: the assets {unknown} are not in the panel, which has {list(map(str, assets or ()))}"
        )
    numbers = weights.apply(pd.to_numeric, errors="coerce")
    bad = np.argwhere(~np.isfinite(numbers.to_numpy(dtype=float)))
    if len(bad):
        row, column = bad[0]
        raise ParameterError(
            f"{named}: the weight of {weights.columns[column]!r} in book {weights.index[row]!r} is "
            f"{weights.iat[row, column]}; a finite number is needed, 0 for none"
        )
    if (numbers == 0).all(axis=1).any():
        raise ParameterError(
            f"{named}: the weights of book {numbers.index[(numbers == 0).all(axis=1)][0]!r} are all zero"
        )
    return numbers.astype(float)


def _require_once(named: str, what: str, names: pd.Index) -> None:
    if names.has_duplicates:
        raise ParameterError(f"{named}: the {what} {names[names.duplicated()][0]!r} is there twice; names must differ")
