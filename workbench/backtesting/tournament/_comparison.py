r"""Which sampler is better, by how much, how surely: score differences, a confidence set, and coverage.

Differences are those of :func:`workbench.backtesting.comparison.compare_scores`, with its one error. A sampler whose
fit depends on its seed is entered as one chain a seed: its gain and its place in the confidence set are those of its
score averaged over seeds (what one seed can expect, not the score of a mixture), and the range of the seeds' own t is
shown beside it. Two samplers that both depend on their seed are paired by seed, since shock models of one seed share
their filter.

The model confidence set (Hansen, Lunde and Nason, Econometrica 79, 2011) holds, at 90 %, all that nobody beats.

Where a lead comes from: comparisons by regime (dates) and by class of assets.

Regimes are named by dates fixed beforehand, not by what happened to the scores; ``calm`` is every other day. Of a class
of assets the CRPS and FZ0 of its members are compared: energy and variogram score are of all assets together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from workbench.backtesting.backtests._hits import kupiec_p_value
from workbench.backtesting.comparison import difference_t, mean_gain, memory_lags, model_confidence_set, spacing
from workbench.backtesting.tournament._design import LEVELS
from workbench.constants import TRADING_DAYS
from workbench.errors import ParameterError

SCORES = {
    "energy": "energy score", "variogram": "variogram score", "crps": "CRPS",
    "fz0_975": "FZ0 97.5 %", "fz0_990": "FZ0 99 %",
}  # fmt: skip
Rows = Mapping[tuple[str, int], pd.DataFrame]


def means(row: pd.DataFrame) -> pd.Series:
    """Mean of every score (over days, assets or books) and share of hits of one row."""
    return row.mean().groupby(lambda column: column.partition("/")[0], sort=False).mean()


def series(row: pd.DataFrame, score: str, assets: Sequence[str] | None = None) -> pd.Series:
    """One score a day; of ``assets`` alone (their CRPS, or the FZ0 of the books that hold one of them) where named."""
    wanted = [name for name in row if name.partition("/")[0] == score]
    if assets is not None:
        wanted = [f"{score}/{asset}" for asset in assets if f"{score}/{asset}" in row]
    if not wanted:
        raise ParameterError(f"no {score!r} by day{' of ' + ', '.join(assets) if assets else ''}; known: {[*SCORES]}")
    return row[wanted].astype(float).mean(axis=1)


def by_sampler(rows: Rows, score: str, assets: Sequence[str] | None = None) -> pd.DataFrame:
    """Score (day, sampler) on the days that all rows have, averaged over seeds."""
    frame = pd.DataFrame({key: series(row, score, assets) for key, row in rows.items()}).dropna()
    return frame.T.groupby(level=0, sort=False).mean().T


def compare(
    rows: Rows,
    reference: str,
    horizon: int = 1,
    scores: Sequence[str] = tuple(SCORES),
    assets: Sequence[str] | None = None,
    days: pd.DatetimeIndex | None = None,
) -> pd.DataFrame:
    """Differences to ``reference``: one row a (score, sampler), as :func:`workbench.plots.score_plot` reads them.

    Columns of :func:`workbench.backtesting.comparison.compare_scores`, of the score averaged over seeds, and
    ``t_low, t_high`` of the seeds' own t, and their number ``seeds``. days : of the comparison, all common ones when
    None.

    Raises ParameterError where the reference did not run, or ran alone.
    """
    if reference not in {name for name, _ in rows}:
        raise ParameterError(f"no rows of the reference {reference!r}; there are {sorted({n for n, _ in rows})}")
    others = dict.fromkeys(name for name, _ in rows if name != reference)
    if not others:
        raise ParameterError(f"{reference!r} ran alone; enter another sampler beside the reference")
    found = {
        (SCORES[score], name): _against(rows, name, reference, score, horizon, assets, days)
        for score in scores
        for name in others
    }
    table = pd.DataFrame.from_dict(found, orient="index").rename_axis(index=["score", "sampler"])
    table.attrs["reference"] = reference
    return table


def seed_ts(rows: Rows, name: str, reference: str, score: str, horizon: int = 1) -> list[float]:
    """t of each seed of ``name`` against ``reference``, or against the same seed of a reference that has several."""
    differences, _ = _paired(rows, name, reference, score)
    lags = memory_lags(differences.index, horizon, _periods(rows))
    return [difference_t(differences[seed].to_numpy(), lags) for seed in differences]


def _paired(
    rows: Rows, name: str, reference: str, score: str, assets: Sequence[str] | None = None
) -> tuple[pd.DataFrame, float]:
    """Differences (day, seed) on common days, and the reference's mean score there."""
    own = {seed: series(row, score, assets) for (found, seed), row in rows.items() if found == name}
    base = {seed: series(rows[reference, seed if (reference, seed) in rows else 0], score, assets) for seed in own}
    differences = (pd.DataFrame(own) - pd.DataFrame(base)).dropna()
    return differences, float(pd.DataFrame(base).loc[differences.index].to_numpy().mean())


def _against(
    rows: Rows, name: str, reference: str, score: str, horizon: int, assets: Sequence[str] | None, days: pd.Index | None
) -> dict[str, object]:
    differences, base = _paired(rows, name, reference, score, assets)
    lags = memory_lags(differences.index, horizon, _periods(rows))
    if days is not None:
        differences = differences.loc[differences.index.intersection(days)]
    own = [difference_t(differences[seed].to_numpy(), lags) for seed in differences]
    found = mean_gain(differences.mean(axis=1).to_numpy(), base, score, lags)
    return found | {"t_low": min(own), "t_high": max(own), "seeds": len(own)}


def _periods(rows: Rows) -> float:
    """Days of the panel that make a year."""
    return next(iter(rows.values())).attrs.get("periods", TRADING_DAYS)


def confidence_set(
    rows: Rows, horizon: int = 1, scores: Sequence[str] = tuple(SCORES), draws: int = 2000
) -> pd.DataFrame:
    """p-value (sampler, score) of staying in the model confidence set; above .10 is inside the set at 90 %.

    The set needs common days: samplers that ran on fewer than a quarter of the most are left out (NaN).
    ``attrs["days"]`` says how many days were common.
    """
    most = max(map(len, rows.values()))
    full = {key: row for key, row in rows.items() if len(row) >= most / 4}
    names = dict.fromkeys(name for name, _ in rows)
    table = pd.DataFrame(index=pd.Index(names, name="sampler"), columns=list(scores), dtype=float)
    for score in scores:
        frame = by_sampler(full, score)
        if frame.shape[1] > 1:
            block = memory_lags(frame.index, horizon, _periods(rows))
            table[score] = model_confidence_set(frame, draws=draws, block=block)["p_value"].reindex(table.index)
    table.attrs["days"] = len(frame)
    return table


def coverage(rows: Rows, horizon: int = 1, book: str = "equal") -> pd.DataFrame:
    """Hits of one book a (sampler, seed, level): ``days, hits, rate, p_value`` (Kupiec, exact), and the 95 % region.

    Forecasts that share a day with the one before are passed over. ``low, high``: the shares of hits that Kupiec's
    test does not reject at 5 %; ``inside`` says whether this one is among them.
    """
    found = {}
    for (name, seed), row in rows.items():
        step = math.ceil(horizon / spacing(row.index, _periods(rows)))
        for mark, level in LEVELS.items():
            hits = row[f"hit_{mark}/{book}"].to_numpy()[::step]
            found[name, seed, level] = _kupiec(int(hits.sum()), len(hits), round(1 - level, 12))
    return pd.DataFrame.from_dict(found, orient="index").rename_axis(index=["sampler", "seed", "level"])


def _kupiec(hits: int, days: int, alpha: float) -> dict[str, object]:
    accepted = np.flatnonzero(kupiec_p_value(np.arange(days + 1), days, alpha) > 0.05)
    p_value = float(kupiec_p_value(np.array(hits), days, alpha))
    row: dict[str, object] = {"days": days, "hits": hits, "rate": hits / days, "p_value": p_value}
    return row | {"low": accepted[0] / days, "high": accepted[-1] / days, "inside": p_value > 0.05}


def scoreboard(rows: Rows, reference: str, horizon: int = 1, scores: Sequence[str] = tuple(SCORES)) -> pd.DataFrame:
    """Everything at a glance, best first score first: per score ``mean``, ``seed sd``, ``t`` and ``p in set``.

    Means and the confidence set are over common days; ``t`` is against ``reference`` as in :func:`compare`.
    """
    against, inside, blocks = compare(rows, reference, horizon, scores), confidence_set(rows, horizon, scores), {}
    for score in scores:
        frame = pd.DataFrame({key: series(row, score) for key, row in rows.items()}).dropna().mean()
        seeds = frame.groupby(level=0, sort=False)
        found = {"mean": seeds.mean(), "seed sd": seeds.std(), "t": against["t"].get(SCORES[score])}
        blocks[SCORES[score]] = pd.DataFrame(found | {"p in set": inside[score]})
    return pd.concat(blocks, axis=1).sort_values((SCORES[scores[0]], "mean")).rename_axis("sampler")


REGIMES = {
    "2008": ("2008-09-01", "2009-06-30"),  # Lehman to the end of the recession
    "2020": ("2020-02-20", "2020-06-30"),
    "2022": ("2022-01-01", "2022-12-31"),
}
CALM = "calm"
FEWEST = 12  # forecasts in a subsample, below which it is left out
BY_ASSET = ("crps", "fz0_975", "fz0_990")  # scores that are known asset by asset


def regimes(days: pd.DatetimeIndex) -> dict[str, pd.DatetimeIndex]:
    """Days by regime, in time's order, ``calm`` last; regimes without enough forecasts are left out."""
    found = {name: days[(days >= first) & (days <= last)] for name, (first, last) in REGIMES.items()}
    taken = pd.DatetimeIndex(sorted(set().union(*found.values())))
    found[CALM] = days.difference(taken)
    return {name: part for name, part in found.items() if len(part) >= FEWEST}


def by_subsample(
    rows: Rows,
    reference: str,
    horizon: int = 1,
    classes: Mapping[str, str] | None = None,
    scores: Sequence[str] = ("energy", "crps", "fz0_975", "fz0_990"),
) -> pd.DataFrame:
    """Differences to ``reference`` by subsample: columns of :func:`compare` and ``kind, part, score, sampler``.

    kind : "all", "regime" or "class"; classes : asset -> class, such as ``attrs["classes"]`` of a panel.
    """
    days, classes = next(iter(rows.values())).index, classes or {}
    for row in rows.values():
        days = days.intersection(row.index)
    tables = {("all", "all"): compare(rows, reference, horizon, scores)}
    for name, part in regimes(days).items():
        tables["regime", name] = compare(rows, reference, horizon, scores, days=part)
    for name in dict.fromkeys(classes.values()):
        members = [asset for asset, own in classes.items() if own == name]
        known = [score for score in scores if score in BY_ASSET]
        tables["class", name] = compare(rows, reference, horizon, known, members)
    parts = [table.reset_index().assign(kind=kind, part=part) for (kind, part), table in tables.items()]
    return pd.concat(parts, ignore_index=True)
