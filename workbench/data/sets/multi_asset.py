"""One aligned panel over asset classes, seen by an investor who counts in US dollars.

The join: the dates on which *every* market has a value (nothing is filled), from the first to the last such
date. A return then spans the same days in every column, and no market's history is shifted. What is lost is a
holiday of one market for all of them; ``attrs["join"]`` says how many dates, ``attrs["classes"]`` what each asset is.

- stocks: the twenty of ``us_equities``;
- indices: the closes of ``us_indices``;
- currencies: dollars for one unit of each, crossed from ``ecb_fx``, and EUR itself; without DKK and HKD, whose
  pegs make them EUR and USD again;
- bonds: total-return indices (100 at the start) of rolling 2, 5 and 10 year par bonds on ``us_treasuries``;
- oil: ``wti``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.data.catalogue import dataset
from workbench.data.sets.currencies import ecb_fx
from workbench.data.sets.equities import us_equities, us_indices
from workbench.data.sets.rates import par_bond_returns, us_treasuries, wti

BONDS = {"2year": 2, "5year": 5, "10year": 10}
PEGGED = ["DKK", "HKD"]
CLASSES = ("stocks", "indices", "currencies", "bonds", "oil")  # of the parts, in their order


@dataset(
    title="US stocks and indices, currencies, Treasury bonds and oil, aligned, in US dollars",
    kind="price",
    span=("1999-01-04", "2018-12-28"),
    shape=(4930, 41),
    sha256="44ab3eaf5eb4fbc4bf66e38c5795ef475cc288ea6ad12772b33f57a7e1d17e94",
)
def multi_asset() -> pd.DataFrame:
    """Stocks, indices, currencies, bonds and oil on common dates, daily, 1999 to 2018.

    Origin: us_equities, us_indices, ecb_fx, us_treasuries and wti of this catalogue

    Licence: as its parts: BSD-3-Clause, NCSA, ECB with attribution ('Source: ECB'), public domain

    Traps:

    - inner join: a date on which one market rests is left out for all
    - currencies are fixed at 14:15 in Frankfurt, before the US closes: same-day correlation with stocks is low
    - bonds are total returns rebuilt from yields in steps of one basis point (about 0.09 % for ten years)
    - stocks include dividends, indices do not; currencies earn no interest here
    """
    parts = {
        "us_equities": us_equities(),
        "us_indices": us_indices()["close"],
        "ecb_fx": dollars(ecb_fx()),
        "us_treasuries": bond_indices(us_treasuries()),
        "wti": wti().dropna(),
    }
    panel = pd.concat(parts.values(), axis=1, join="inner").sort_index()
    panel.columns.name = None
    panel.attrs = {"join": _losses(parts, panel.index), "classes": _classes(parts)}
    return panel


def dollars(per_euro: pd.DataFrame) -> pd.DataFrame:
    """US dollars for one unit of each currency, from rates per euro; the pegged ones left out, EUR added."""
    others = per_euro.drop(columns=["USD", *PEGGED])
    crossed = others.rdiv(per_euro["USD"], axis=0)
    crossed.insert(0, "EUR", per_euro["USD"])
    return crossed


def bond_indices(yields: pd.DataFrame) -> pd.DataFrame:
    """Total-return indices of rolling par bonds, 100 on the first date; named UST2Y, UST5Y, UST10Y."""
    earned = par_bond_returns(yields, BONDS).cumsum()
    indices = 100 * np.exp(pd.concat([pd.DataFrame(0.0, yields.index[:1], earned.columns), earned]))
    named = indices.rename(columns={column: f"UST{years}Y" for column, years in BONDS.items()})
    return named.round(4)  # the last bits of exp differ between processors, and the content is hashed


def _classes(parts: dict[str, pd.DataFrame]) -> dict[str, str]:
    """Asset -> "stocks", "indices", "currencies", "bonds" or "oil"."""
    return {column: label for label, part in zip(CLASSES, parts.values()) for column in part.columns}


def _losses(parts: dict[str, pd.DataFrame], kept: pd.DatetimeIndex) -> list[str]:
    lost = {name: part.loc[kept[0] : kept[-1]].index.difference(kept) for name, part in parts.items()}
    return [
        f"{name}: {len(dates)} of its dates between {kept[0].date()} and {kept[-1].date()} are not common to all"
        for name, dates in lost.items()
    ]
