"""Panels of packaged data that played no part in any choice: nothing was selected on them, no filter learnt from them.

Which assets are taken was fixed before a sampler saw them: the twenty shares that trade most, or the first twenty
names, of those that are quoted throughout, seldom stand still and never jump as an unadjusted split does. Packages are
brought by ``pip download`` (:func:`benchmarks.pretraining.panels.packaged`) and never shipped.
"""

from __future__ import annotations

import zipfile

import numpy as np
import pandas as pd

from benchmarks.pretraining.panels import packaged
from workbench import data

ASSETS = 20


def philippines() -> pd.DataFrame:
    """Log returns of the twenty most traded Philippine shares, 2010-2021 (fastquant 0.1.8.1), dividends left out."""
    archive = zipfile.ZipFile(packaged("fastquant==0.1.8.1", "fastquant/data/merged_stock_data.zip"))
    table = pd.read_csv(archive.open(archive.namelist()[0]), header=[0, 1], index_col=0, low_memory=False)
    table.index = pd.to_datetime(table.index, errors="coerce")
    table = table[table.index.notna()].apply(pd.to_numeric, errors="coerce")
    close, traded = (table.xs(field, axis=1, level=1) for field in ("close", "value"))
    close = close.where(close > 0)
    returns = np.log(close).diff()
    usable = (close.notna().mean() > 0.995) & ((returns == 0).mean() < 0.15) & (returns.abs().max() < 0.5)
    most = traded.median()[usable].sort_values(ascending=False).index[:ASSETS]
    return np.log(close[most].ffill().dropna()).diff().iloc[1:]


def other_us_stocks() -> pd.DataFrame:
    """Log returns of twenty US shares 2007-2016 that are not in ``us_equities`` (cvxportfolio 1.5.1, GPL: not shipped)."""
    inside = "examples/paper_examples/returns.csv.gz"
    file = packaged("cvxportfolio==1.5.1", inside, source=True)
    returns = np.log1p(pd.read_csv(file, index_col=0, parse_dates=True, compression="gzip"))
    usable = returns.notna().all() & (returns.abs().max() < 0.7) & ((returns == 0).mean() < 0.05)
    known = {"cash", *data.returns("us_equities")}
    return returns[[name for name in returns.columns[usable] if name not in known][:ASSETS]]


def exchange_traded_funds() -> pd.DataFrame:
    """Log returns of IWM, QQQ, SPY and TLT, 2010-2023 (sablier-flow 1.2.0)."""
    prices = pd.read_parquet(packaged("sablier-flow==1.2.0", "sablier_flow/_demo_data/us_equities_2010_2023.parquet"))
    return np.log(prices).diff().iloc[1:]
