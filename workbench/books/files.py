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
    if isinstance(source, pd.DataFrame) and "book" not in source.columns:
        source = source.rename_axis("book").reset_index()
    try:
        weights = data.read_table(source, key="book")
    except DataError as wrong:
        raise ParameterError(
            f"{named}: expected a table with a column 'book' and one column of weights an asset ({wrong})"
        ) from None
    if weights.empty:
        raise ParameterError(
            f"{named}: no book or no asset; one row a book and one column of weights an asset are needed"
        )
    if weights.index.has_duplicates:
        twice = weights.index[weights.index.duplicated()][0]
        raise ParameterError(f"{named}: the book {twice!r} is there twice; names must differ")
    unknown = [name for name in weights.columns if assets is not None and name not in set(map(str, assets))]
    if unknown:
        raise ParameterError(
            f"{named}: the assets {unknown} are not in the panel, which has {list(map(str, assets or ()))}"
        )
    bad = np.argwhere(~np.isfinite(weights.to_numpy()))
    if len(bad):
        row, column = bad[0]
        raise ParameterError(
            f"{named}: the weight of {weights.columns[column]!r} in book {weights.index[row]!r} is "
            f"{weights.iat[row, column]}; a finite number is needed, 0 for none"
        )
    idle = (weights == 0).all(axis=1)
    if idle.any():
        raise ParameterError(f"{named}: the weights of book {weights.index[idle][0]!r} are all zero")
    return weights
