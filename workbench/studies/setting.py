"""What every study settles before it begins: how the history is split, on which days forecasts are judged, which assets
are shown. Choices that nobody made come from the panel, by the rules below, and are printed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workbench import backtesting, data
from workbench.backtesting import by_novelty, walk_forward
from workbench.errors import DataError, ParameterError, Refusal
from workbench.reporting import formats, sentence
from workbench.stress import defaults
from workbench.studies._checking import check as check
from workbench.studies.runner._inputs import returns_of
from workbench.validation import extrapolation

FEWEST_HELD_OUT = 100  # days after the start below which forecasts are not scored
FEWEST_MONITORED = 13  # dates before and after a shock; twice as many can be monitored
FEWEST_TO_FIT = 260  # dates before the first forecast of a frozen model
FEWEST_TO_TUNE = 30  # dates after it on which recalibration is chosen
SCORED_DAYS = 800  # about how many held-out days are scored
DEMONSTRATION: dict[str, dict[str, Any]] = {
    "us_equities": {
        "as_of": "2008-09-12", "until": "2006-12-29", "trained_until": "2006-12-31", "first": "2007-01-01",
        "last": "2022-12-31", "band": (-0.25, -0.15), "refuge": "JNJ", "losses": [0.1, 0.15, 0.2, 0.25], "loss": 0.15,
    },
    "multi_asset": {
        "cause": "SP500", "effect": "CAD",
        "graph": "edges: [[WTI, CAD], [WTI, SP500], [UST10Y, SP500], [SP500, CAD], [SP500, AUD], [UST10Y, JPY], "
                 "[SP500, JPY]]",
    },
}  # fmt: skip
"""What a study shows on the set that it was written with, where its user names nothing; the Friday before Lehman."""
KNOWN = 0.6  # share of a history that samplers are fitted to before forecasts of the rest are judged


class Split(NamedTuple):
    """A history cut at the close ``start``: the days up to it, those after it, and the part fit for comparison."""

    start: pd.Timestamp
    known: pd.DataFrame
    later: pd.DataFrame
    clean: pd.DataFrame


def workers(count: int = 2) -> ThreadPoolExecutor:
    """Threads for fits and draws; each runs torch on one core."""
    import torch

    torch.set_num_threads(1)
    return ThreadPoolExecutor(count)


def chosen(returns: pd.DataFrame, name: str, given: Any, rule: Callable[[], Any] = lambda: None) -> Any:
    """What is ``given``; else what the study shows on its own data set; else the ``rule``'s choice from the panel.

    returns : as :func:`workbench.data.returns` gives them; their ``attrs`` say of which data set.
    """
    if given is not None and given != "" and given != []:
        return given
    shown = DEMONSTRATION.get(str(returns.attrs.get("dataset")), {})
    value = shown[name] if name in shown else rule()
    _say(name, "the last there is" if value is None else value)
    return value


def _say(name: str, value: Any) -> None:
    """Print a choice as a line of the report."""
    from IPython.display import Markdown, display

    written = formats.names(value) if isinstance(value, (list, tuple)) else str(value)
    display(Markdown(sentence("chosen", name=name, value=written)))


def history(
    source: str, returns: bool = False, columns: Mapping[str, str] | None = None, allow: Collection[str] = ()
) -> pd.DataFrame:
    """Log returns of a history, one row a day: a data set by name or a file, read as the parameters say."""
    return returns_of(source, {"returns": returns, "columns": columns, "allow": allow})


def split(returns: pd.DataFrame, as_of: Any = None, name: str = "as_of") -> Split:
    """Cut log returns (day, asset) at the last close not after ``as_of``; None is the demonstration's, else the last.

    ``clean`` are the known days after the last stale run of any asset: a price that stands still for weeks makes every
    later move look enormous. Raises DataError when no day is known at ``as_of``.
    """
    as_of = chosen(returns, name, as_of)
    past = returns if as_of is None else returns.loc[: pd.Timestamp(as_of)]
    if past.empty:
        raise DataError(f"{name} {as_of} lies before the first day of the history, {returns.index[0]:%Y-%m-%d}")
    start = past.index[-1]
    return Split(start, past, returns.loc[start:].iloc[1:], past.loc[data.clean_from(past).max() :])


def market_band(known: pd.DataFrame, low: float | None, high: float | None, horizon: int) -> tuple[float, float]:
    """The band of a fall of the market: what is given, else the demonstration's, else 5 to 3 standard deviations."""
    lower, upper = chosen(known, "band", None, lambda: defaults.market_band(known, horizon))
    return lower if low is None else low, upper if high is None else high


def refuge(known: pd.DataFrame, given: str = "") -> str:
    """The asset that is expected to hold: what is given, else the one that falls least with the others."""
    name = chosen(known, "refuge", given, lambda: defaults.refuge(known))
    if name not in known:
        raise ParameterError(f"refuge {name!r} is no asset of the panel; it has: {', '.join(map(str, known.columns))}")
    return name


def losses(known: pd.DataFrame, given: list[float], horizon: int) -> list[float]:
    """Losses of the equal-weight book to ask about, simple returns."""
    return chosen(known, "losses", given, lambda: defaults.losses(known, horizon))


def loss(known: pd.DataFrame, given: float | None, horizon: int) -> float:
    """One loss of the equal-weight book: 3 standard deviations where nothing is named."""
    return chosen(known, "loss", given, lambda: defaults.losses(known, horizon)[1])


def causal_question(returns: pd.DataFrame, graph: str, cause: str, effect: str) -> tuple[Any, str, str]:
    """Graph, cause and effect: what is given, else the demonstration's, else a star around the column most in common."""
    cause = chosen(returns, "cause", cause, lambda: defaults.cause(returns))
    effect = chosen(returns, "effect", effect, lambda: defaults.effect(returns, cause))
    declared = chosen(returns, "graph", graph, lambda: defaults.star_graph(returns, cause))
    return declared, cause, effect


def forecast_span(returns: pd.DataFrame, first: Any, last: Any) -> tuple[str, str]:
    """First and last day that is forecast: what is given, else the demonstration's, else the last 40 % of the panel."""
    begin = chosen(returns, "first", first, lambda: returns.index[int(KNOWN * len(returns))].date())
    end = chosen(returns, "last", last, lambda: returns.index[-1].date())
    if not pd.Timestamp(begin) <= pd.Timestamp(end):
        raise ParameterError(f"the first day that is forecast, {begin}, lies after the last, {end}")
    return str(begin), str(end)


def trained_until(returns: pd.DataFrame, given: Any) -> str:
    """Last day that samplers are fitted to: what is given, else the demonstration's, else at 60 % of the panel."""
    return str(chosen(returns, "trained_until", given, lambda: returns.index[int(KNOWN * len(returns)) - 1].date()))


def realised_loss(later: pd.DataFrame, horizon: int) -> float | None:
    """Loss of the equal-weight book bought at the start and held, a fraction; None where the data end before."""
    return None if len(later) < horizon else -float(np.expm1(later.iloc[:horizon].sum()).mean())


def spacing(later: pd.DataFrame) -> int:
    """Every how many held-out days are scored: about 800 in all, and never one weekday or one hour alone."""
    every, cycle = max(1, len(later) // SCORED_DAYS), _cycle(later.index)
    return every + (cycle > 1 and every % cycle == 0)


def _cycle(dates: pd.DatetimeIndex) -> int:
    """Dates of a week, of a day where there are several a day; 1 where dates are a week or more apart."""
    each = {"daily": 5, "7-day": 7, "hourly": 0, "intraday": 0}.get(data.frequency(dates), 1)
    return each or int(dates.normalize().value_counts().median())


def holdout(later: pd.DataFrame) -> pd.DataFrame | None:
    """The held-out days, or None where they are too few to judge by."""
    return later if len(later) > FEWEST_HELD_OUT else None


def calm_middle_wild(returns: pd.DataFrame) -> list[str]:
    """The asset of the least, the middle and the largest volatility, without repetition."""
    order = returns.std().sort_values().index
    return list(dict.fromkeys([order[0], order[len(order) // 2], order[-1]]))


def attempt(function: Callable, asked: Mapping[Any, tuple], **options: Any) -> tuple[dict[Any, Any], dict[Any, str]]:
    """``function(*arguments, **options)`` for every key of ``asked``: what was answered, and why the rest was refused."""
    answered, refused = {}, {}
    for key, arguments in asked.items():
        try:
            answered[key] = function(*arguments, **options)
        except Refusal as reason:
            refused[key] = str(reason)
    return answered, refused


def schedule(refit: str, window: int = 0, purge: int = 0, embargo: int = 0) -> walk_forward.Schedule:
    """When samplers are fitted again: ``yearly``, ``never`` or every so many trading days."""
    periods = {"yearly": "yearly", "never": None}
    return walk_forward.Schedule(periods[refit] if refit in periods else int(refit), window or None, purge, embargo)


def backtest(table: pd.DataFrame) -> list[backtesting.Result]:
    """Every statistical test of one book's forecasts by date."""
    columns = [name for name in table if name.startswith(("var_", "es_", "pit"))]
    return backtesting.run(backtesting.align(table[columns], table["realised"]))


class Novelty(NamedTuple):
    """Where the last close stands, hits by distance from what was known, and the factor VaR would have needed there."""

    stands: extrapolation.Support
    wrong: pd.DataFrame
    factor: float


def novelty(
    returns: pd.DataFrame, judged: pd.DataFrame, first: Any, last: Any, level: float
) -> tuple[Novelty | None, str]:
    """Forecasts sorted by how far the market was from all states known before ``first``, or why they cannot be."""
    known = returns.loc[: pd.Timestamp(last)]
    try:
        stands, far = extrapolation.assess(known), extrapolation.distances(known, pd.Timestamp(first))
        wrong = by_novelty.score_by_distance(judged, far, level, shares=max(2, min(10, len(judged) // 60)))
        return Novelty(stands, wrong, by_novelty.widening(judged, far, float(far.iloc[-1]), level)), ""
    except DataError as missing:
        return None, str(missing)


def forecast_spacing(
    returns: pd.DataFrame, trained_until: Any, last: Any, every: int, long_every: int
) -> tuple[int, int]:
    """Days between forecasts, so that a short panel has 60 of one day and 25 of several; never more than asked."""
    days = len(returns.loc[pd.Timestamp(trained_until) : pd.Timestamp(last)])
    return min(every, max(1, days // 60)), min(long_every, max(1, days // 25))


Episodes = dict[str, list[str]]


def episodes(
    dataset: str, columns: Mapping[str, str], replays: Episodes, quiet: Episodes, training: list[str]
) -> tuple[Episodes, Episodes, list[str]]:
    """Episodes to monitor: those that are named, or of ``dataset`` its worst falls and its calmest stretch.

    A sampler is fitted to the first 30 % of the dates (260 at the least) and recalibration is chosen on the next 30 %; episodes are of the
    rest: half a year before and a quarter after each of the two worst falls of 20 dates, and the calmest year
    (each at least 26 dates).
    Raises DataError when the rest is shorter than a year.
    """
    if not dataset:
        return replays, quiet, training
    returns = history(dataset, columns=columns)
    year = round(data.periods_per_year(returns.index))
    cuts = [max(int(KNOWN / 2 * len(returns)), min(FEWEST_TO_FIT, int(KNOWN * len(returns)) - FEWEST_TO_TUNE)), 0]
    cuts[1] = max(cuts[0] + 1, int(KNOWN * len(returns)))
    dates, late = returns.index.strftime("%Y-%m-%d"), returns.iloc[cuts[1] :]
    still = max(year, 2 * FEWEST_MONITORED)
    if len(late) <= still + 20:
        raise DataError(
            f"{len(late)} dates after the first 60 % of {str(dataset)!r} are too few for episodes; {still + 21} are needed: "
            "give a longer history"
        )
    shocks = [returns.index.get_loc(day) for day in defaults.worst_episodes(late, 20, 2)["first"]]
    before, after = max(year // 2, FEWEST_MONITORED), max(year // 4, FEWEST_MONITORED)
    ends = [(min(len(dates) - 1, day + after), day) for day in shocks]
    spans = [(max(cuts[1], min(day - before, end - 2 * FEWEST_MONITORED)), end, day) for end, day in ends]
    calm = cuts[1] + int(late.mean(axis=1).rolling(still).std().to_numpy()[still - 1 :].argmin())
    found = {dates[day]: [dataset, dates[begin], dates[end], dates[day]] for begin, end, day in spans}
    calmest = {f"calm from {dates[calm]}": [dataset, dates[calm], dates[calm + still - 1]]}
    return found, calmest, [dataset, dates[cuts[0]], dates[cuts[1] - 1]]


def fewest(known: int) -> int:
    """Dates of a history of which :func:`episodes` leaves ``known`` to fit a sampler to.

    >>> fewest(250)
    467
    """
    return int(np.ceil((known + FEWEST_TO_TUNE) / KNOWN))


def equal_book_forecasts(
    sampler: str, dataset: str, first: str, last: str, *, spec: walk_forward.ForecastSpec, refit: int | None = None,
    columns: Mapping[str, str] | None = None, executor: Executor | None = None, **options: Any,
) -> pd.DataFrame:  # fmt: skip
    """Forecasts of the equal-weight book of a data set, frozen before ``first`` or fitted again every ``refit`` days, 0
    for half a year.
    """
    returns = history(dataset, columns=columns)
    books = {"equal": walk_forward.equal_book(returns.columns)}
    plan = walk_forward.Schedule(max(1, data.periods_per_year(returns) // 2) if refit == 0 else refit)
    table = walk_forward.walk_forward(
        sampler, returns, books, first, last, spec=spec, schedule=plan, executor=executor, **options
    )
    return walk_forward.of_book(table, "equal")
