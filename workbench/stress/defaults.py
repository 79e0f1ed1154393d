"""What a stress study takes from the panel where its user has named nothing: sizes, assets, dates, a causal graph.

The market is the mean log return of all columns. Every choice follows a fixed rule, stated below, and is printed by the
study that makes it.
"""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd

from workbench._require import count
from workbench.errors import ParameterError
from workbench.stress.causal import causal_graph

WORST = 0.1  # share of the dates, the worst of the market, that count as its falls
FEWEST_FALLS = 20  # dates, where a tenth is fewer
BAND = (-5.0, -3.0)  # standard deviations of the market over the horizon: a fall that is rare, and not unheard of
LOSSES = (2.0, 3.0, 4.0, 5.0)
FEWEST_DATES = 60  # dates from which a rule can choose


def as_of(returns: pd.DataFrame, wanted: str | pd.Timestamp | None = None) -> pd.Timestamp:
    """The close at which the future begins: the last not after ``wanted``, the panel's last where none is wanted.

    Raises ParameterError for a date that leaves fewer than 60 dates before it.
    """
    dates = returns.index if wanted is None else returns.index[returns.index <= pd.Timestamp(wanted)]
    if len(dates) < FEWEST_DATES:
        raise ParameterError(
            f"as_of {wanted or returns.index[-1].date()} leaves {len(dates)} dates to learn from, {FEWEST_DATES} are "
            f"needed; the panel runs from {returns.index[0].date()} to {returns.index[-1].date()}"
        )
    return dates[-1]


def market_band(returns: pd.DataFrame, horizon: int) -> tuple[float, float]:
    """Lower and upper end of a fall of the market over ``horizon`` dates: 5 and 3 standard deviations, log returns."""
    spread = _spread(returns, horizon)
    return _rounded(BAND[0] * spread), _rounded(BAND[1] * spread)


def losses(returns: pd.DataFrame, horizon: int) -> list[float]:
    """Losses of the equal-weight book to ask about: falls of 2, 3, 4 and 5 standard deviations as simple returns."""
    return [_rounded(-float(np.expm1(-size * _spread(returns, horizon)))) for size in LOSSES]


def refuge(returns: pd.DataFrame) -> str:
    """The column that takes the smallest part in falls of the others, by its downside beta.

    The beta is a regression through the origin over the tenth of the dates (20 at the least) on which the mean of the
    other columns was lowest. Columns that never move do not count. Of a single column, that column.
    """
    moving = returns.loc[:, returns.std() > 0]
    if moving.shape[1] < 2:
        return str((moving if moving.shape[1] else returns).columns[0])
    return str(pd.Series({name: _downside_beta(moving, name) for name in moving}).idxmin())


def cause(returns: pd.DataFrame) -> str:
    """The column with the largest mean absolute correlation with the others: the one that stands for the market."""
    return str(_correlations(returns).abs().mean().idxmax())


def effect(returns: pd.DataFrame, of: str) -> str:
    """The column most correlated, either way, with the column ``of``."""
    return str(_correlations(returns)[of].abs().idxmax())


def star_graph(returns: pd.DataFrame, centre: str, most: int = 8) -> nx.DiGraph:
    """A graph to start from: ``centre`` moves the ``most`` - 1 columns most correlated with it, and nothing else does.

    It is a stand-in for a graph that somebody declares, and its independences will often be rejected: that is its use.
    """
    count("most", most, 2)
    others = _correlations(returns)[centre].drop(centre).abs().nlargest(most - 1).index
    return causal_graph({"edges": [[centre, str(name)] for name in others]})


def worst_episodes(returns: pd.DataFrame, horizon: int, most: int = 4) -> pd.DataFrame:
    """The windows of ``horizon`` dates in which the equal-weight book lost most, worst first, none sharing a date.

    One row a window: ``as_of`` (the previous close; windows need one), ``first``, ``last`` and ``loss`` of the book,
    bought at that close and held, a fraction. Fewer than ``most`` when the panel is short or has fewer losses.
    """
    count("horizon", horizon)
    count("most", most)
    total = np.vstack([np.zeros(returns.shape[1]), returns.to_numpy(dtype=float).cumsum(axis=0)])
    loss = -np.expm1(total[horizon + 1 :] - total[1:-horizon]).mean(axis=1)  # of the window that begins at date k + 1
    chosen: list[int] = []
    for place in np.argsort(-loss, kind="stable"):
        if len(chosen) < most and loss[place] > 0 and all(abs(place - other) >= horizon for other in chosen):
            chosen.append(int(place))
    dates, places = returns.index, np.array(chosen, dtype=int)
    return pd.DataFrame(
        {"as_of": dates[places], "first": dates[places + 1], "last": dates[places + horizon], "loss": loss[places]}
    )


def _spread(returns: pd.DataFrame, horizon: int) -> float:
    """Standard deviation of the market's log return over the horizon."""
    count("horizon", horizon)
    if len(returns) < FEWEST_DATES:
        raise ParameterError(f"{len(returns)} dates are too few to choose sizes from; {FEWEST_DATES} are needed")
    return float(returns.mean(axis=1).std() * np.sqrt(horizon))


def _rounded(value: float) -> float:
    """Two significant digits, so that a report can print what was asked."""
    return float(f"{value:.2g}")


def _downside_beta(returns: pd.DataFrame, name: str) -> float:
    others = returns.drop(columns=name).mean(axis=1)
    falls = others.nsmallest(max(int(WORST * len(others)), min(FEWEST_FALLS, len(others))))
    return float(returns.loc[falls.index, name] @ falls / (falls @ falls))


def _correlations(returns: pd.DataFrame) -> pd.DataFrame:
    """Correlations of the columns that move, without their own."""
    moving = returns.loc[:, returns.std() > 0]
    if moving.shape[1] < 2:
        raise ParameterError(f"a causal question needs two columns that move; the panel has {list(moving.columns)}")
    table = moving.corr()
    return table.mask(np.eye(len(table), dtype=bool))
