"""Equity sets: single US stocks and two US indices with their volume."""

from __future__ import annotations

import pandas as pd

from workbench.data.catalogue import dataset
from workbench.data.sources import arch_table, package_file

INDICES = {"SP500": "sp500", "NASDAQ": "nasdaq"}


@dataset(
    title="Twenty large US stocks, daily close adjusted for splits and dividends",
    kind="price",
    span=("1990-01-02", "2022-12-28"),
    shape=(8313, 20),
    sha256="85f79525bc109103d0929329eb9a779f2dcb0fc5d1afad83e845ce42fdb1d7ed",
)
def us_equities() -> pd.DataFrame:
    """Twenty large US stocks, daily close, 1990 to 2022.

    Origin: skfolio, datasets/data/sp500_dataset.csv.gz (prices in USD)

    Licence: BSD-3-Clause (package)

    Traps:

    - RRC stands still for up to 68 days at a time before June 1992: start it at clean_from
    - survivors only: all twenty stocks were still large in 2022
    - rounded to 0.001 USD, so early adjusted prices of AAPL, BBY and UNH move in steps of up to 1 %
    - AAPL fell by 51.8 % on 2000-09-29: a profit warning, not a missed split
    """
    path = package_file("skfolio", "datasets/data/sp500_dataset.csv.gz")
    return pd.read_csv(path, index_col="Date", parse_dates=["Date"], date_format="%Y-%m-%d")


@dataset(
    title="S&P 500 and Nasdaq Composite, daily open, high, low, close and volume",
    kind="price",
    span=("1999-01-04", "2018-12-31"),
    shape=(5031, 12),
    fields=("open", "high", "low", "close", "adj_close", "volume"),
    sha256="de48af7647a0079f3d831b3e30a39ad03fc83cf2b95cdb20e3356450ed5f7eb8",
)
def us_indices() -> pd.DataFrame:
    """S&P 500 and Nasdaq Composite with volume, daily, 1999 to 2018.

    Origin: arch, data/sp500 and data/nasdaq (index points; volume in shares)

    Licence: NCSA (package)

    Traps:

    - price indices: dividends are not in them
    - adj_close equals close
    """
    tables = {asset: arch_table(name) for asset, name in INDICES.items()}
    panel = pd.concat(tables, axis=1, names=["asset", "field"]).swaplevel(axis=1)
    panel = panel.rename(columns=lambda field: field.lower().replace(" ", "_"), level="field")
    fields = list(dict.fromkeys(panel.columns.get_level_values("field")))
    return panel[[(field, asset) for field in fields for asset in tables]]
