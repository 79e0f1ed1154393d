r"""Interest rates, oil and implied volatility; and what holding a government bond earns.

A yield is no price. To put bonds beside stocks we buy, at every close, a par bond of maturity :math:`m` (its
coupon is the day's yield :math:`c`), and revalue it at the next close, :math:`\Delta` years later, at the
yield :math:`y`:

.. math::
    r = 2\Delta \log(1 + y/2) + \log\bigl(1 + (c - y) A(y)\bigr), \qquad
    A(y) = \tfrac12 \sum_{k=1}^{2m} (1 + y/2)^{-k}

the log return of a flat-yield, semi-annual bond with accrued interest (Swinkels 2019, Data 4(3), 91, derives
total-return series from yields in this way; there with duration and convexity, here revalued exactly).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.data.catalogue import dataset
from workbench.data.sources import arch_table, repository_file


@dataset(
    title="US Treasury constant-maturity par yields, one month to thirty years",
    kind="yield",
    span=("1990-01-02", "2019-08-26"),
    shape=(7419, 11),
    fields=("yield",),
    sha256="daee769f9736ed7e3c8785a8d17cbf29b28246999c7d2cf7b17e738924011c2b",
)
def us_treasuries() -> pd.DataFrame:
    """US Treasury par yield curve, daily, 1990 to 2019.

    Origin: data/us_treasuries.parquet, rebuilt from zipline-reloaded 3.2.1 by data/rebuild.py (US Treasury)

    Licence: public domain (US Treasury)

    Traps:

    - fractions, not percent: 0.0783 is 7.83 % a year, in steps of one basis point
    - 1month begins on 2001-07-31, 20year on 1993-10-01
    - 30year was not issued from 2002-02-19 to 2006-02-08: 994 missing values
    - 1month and 3month touch zero from 2008 on: no logarithms
    """
    return pd.read_parquet(repository_file("us_treasuries.parquet"))


@dataset(
    title="West Texas Intermediate crude oil, spot at Cushing",
    kind="price",
    span=("1986-01-02", "2019-01-03"),
    shape=(8611, 1),
    sha256="7eaa34d9dfc8edb4cbb8da5c6ad8d68f66b45b17fd07ccb4fa6be80425c510a4",
)
def wti() -> pd.DataFrame:
    """WTI crude oil spot price, daily, 1986 to 2019.

    Origin: arch, data/wti (FRED DCOILWTICO, US Energy Information Administration; USD a barrel)

    Licence: NCSA (package); public domain (EIA)

    Traps:

    - every weekday has a row, and 290 of them are holidays without a value
    - ends before 2020-04-20, when the price was -36.98 USD: longer versions have no log returns there
    """
    return arch_table("wti").rename(columns={"DCOILWTICO": "WTI"})


@dataset(
    title="Moody's seasoned Aaa and Baa corporate bond yields, monthly averages",
    kind="yield",
    span=("1919-01-01", "2018-12-01"),
    shape=(1200, 2),
    frequency="monthly",
    fields=("yield",),
    sha256="6f8152d72f931b92387e5652fe911e2a236790cc0414e1ab69ca33438864e42f",
)
def moodys() -> pd.DataFrame:
    """Moody's Aaa and Baa corporate yields, monthly, 1919 to 2018.

    Origin: arch, data/default (FRED AAA and BAA, Moody's)

    Licence: NCSA (package)

    Traps:

    - averages of daily yields: their changes are autocorrelated by construction
    - dated the first day of the month they average; percent in the file, fractions here
    """
    return arch_table("default") / 100


@dataset(
    title="Cboe volatility index",
    kind="level",
    span=("2014-01-03", "2019-01-03"),
    shape=(1305, 1),
    sha256="58bdd42f1cc7cdb06f6b3cc1d9e6a5759e9c344a003a0a14a23aed48507760b8",
)
def vix() -> pd.DataFrame:
    """VIX, daily, 2014 to 2019.

    Origin: arch, data/vix (FRED VIXCLS; annualised percent)

    Licence: NCSA (package)

    Traps:

    - short: five quiet years
    - every weekday has a row, and 46 of them are holidays without a value
    """
    return arch_table("vix").rename(columns={"vix": "VIX"})


def par_bond_returns(yields: pd.DataFrame, years: dict[str, int]) -> pd.DataFrame:
    """Daily log returns of rolling par bonds, as fractions.

    yields : (date, maturity) fractions a year; years : column -> maturity in years.

    A missing yield leaves the returns on both sides of it missing.
    """
    days = np.diff(yields.index.as_unit("ns").asi8) / 86_400e9 / 365.25
    held = {column: _held_bond(yields[column].to_numpy(), days, maturity) for column, maturity in years.items()}
    return pd.DataFrame(held, index=yields.index[1:])


def _held_bond(curve: np.ndarray, elapsed: np.ndarray, maturity: int) -> np.ndarray:
    coupon, now = curve[:-1], curve[1:]
    periods = np.arange(1, 2 * maturity + 1)
    annuity = 0.5 * ((1 + now[:, None] / 2) ** -periods).sum(axis=1)  # (date, period) -> (date,)
    return 2 * elapsed * np.log1p(now / 2) + np.log1p((coupon - now) * annuity)
