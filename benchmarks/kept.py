"""Tables of results that are measured piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd


def keep(rows: pd.DataFrame, file: Path, by: Sequence[str], order: Sequence[str] = ()) -> pd.DataFrame:
    """Write ``rows`` to the table ``file``, those that agree in the columns ``by`` replaced; gives the whole table.

    order : of the first of these columns; names that it lacks come last. Otherwise rows stay where they were.
    """
    if rows.empty and file.exists():
        return pd.read_csv(file)
    by, place = list(by), {name: number for number, name in enumerate(order)}
    before = pd.read_csv(file, dtype=rows[by].dtypes.to_dict()) if file.exists() else rows.iloc[:0]
    measured = pd.MultiIndex.from_frame(rows[by])
    stays = before[~pd.MultiIndex.from_frame(before[by]).isin(measured)]
    whole = pd.concat([stays, rows], ignore_index=True) if len(stays) else rows
    if order:
        whole = whole.sort_values(by[0], key=lambda names: names.map(place).fillna(len(place)), kind="stable")
    file.parent.mkdir(exist_ok=True)
    whole.to_csv(file, index=False)
    return whole
