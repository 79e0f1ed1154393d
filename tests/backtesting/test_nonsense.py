"""Numbers without sense are refused with their name and bound."""

import numpy as np
import pandas as pd
import pytest

from workbench.backtesting import (
    BY_NAME,
    align,
    comparison,
    ensembles,
    observed,
    power_of,
    recalibration,
    run,
    scores,
    traffic_zone,
    walk_forward,
)
from workbench.backtesting.by_novelty import score_by_distance, widening
from workbench.backtesting.monitors import (
    conformal_p_values,
    detection_delays,
    first_alarm,
    gree,
    replay,
    simple_jumper,
    threshold,
)
from workbench.backtesting.tournament import Design
from workbench.backtesting.walk_forward import ForecastSpec, Schedule, coverage, non_overlapping
from workbench.books import random_books
from workbench.errors import WorkbenchError

NAN = float("nan")
DATES = pd.bdate_range("2020-01-01", periods=400)
RETURNS = pd.DataFrame({"A": 0.01, "B": -0.01}, DATES)
TABLE = pd.DataFrame({"var_0.99": 0.02, "es_0.99": 0.03, "pit": 0.5, "realised": 0.0}, DATES)
DISTANCE = pd.Series(1.0, DATES)
D = np.sin(np.arange(50.0))
CALLS = {
    "horizon": [lambda x: ForecastSpec(horizon=x), lambda x: non_overlapping(TABLE, x),
                lambda x: coverage(TABLE, 0.99, x), lambda x: comparison.diebold_mariano(D, 0 * D, x),
                lambda x: Design(RETURNS, "2021-01-01", horizon=x)],
    "every": [lambda x: ForecastSpec(every=x), lambda x: non_overlapping(TABLE, 2, x)],
    "draws": [lambda x: ForecastSpec(draws=x), lambda x: ensembles.z3(np.full(9, 0.5), lambda u: u, 0.9, draws=x)],
    "window": [lambda x: Schedule(window=x), lambda x: gree(np.ones(5), window=x)],
    "refit": [lambda x: Schedule(refit=x)],
    "shares": [lambda x: score_by_distance(TABLE, DISTANCE, shares=x)],
    "least": [lambda x: widening(TABLE, DISTANCE, 1.0, least=x)],
    "histories": [lambda x: detection_delays(histories=x)],
    "days": [lambda x: power_of(BY_NAME["kupiec"], x, 0.99), lambda x: traffic_zone(0, x, 0.99)],
    "block": [lambda x: comparison.model_confidence_set(pd.DataFrame({"a": D, "b": -D}), block=x)],
    "forecasts": [lambda x: recalibration.least_rate(0.99, x)],
}  # fmt: skip
LEVELS = [
    lambda x: ForecastSpec(levels=(x,)), lambda x: coverage(TABLE, x), lambda x: scores.fz0_score(D, 1 + D, 2 + D, x),
    lambda x: scores.quantile_score(D, D, x), lambda x: observed(D, D, x), lambda x: threshold("hits", x),
    lambda x: recalibration.least_rate(x, 100), lambda x: score_by_distance(TABLE, DISTANCE, x),
    lambda x: power_of(BY_NAME["kupiec"], 250, x), lambda x: traffic_zone(3, 250, x),
    lambda x: ensembles.forecast_table([], RETURNS, (x,)), lambda x: first_alarm(D, x),
    lambda x: comparison.model_confidence_set(pd.DataFrame({"a": D, "b": -D}), size=x),
]  # fmt: skip
OTHERS = {
    "purge": lambda: Schedule(purge=-1),
    "embargo": lambda: Schedule(embargo=NAN),
    "seed": lambda: ForecastSpec(seed=-1),
    "offset": lambda: non_overlapping(TABLE, 10, offset=10),
    "six digits": lambda: ForecastSpec(levels=(0.9999999,)),
    "rate": lambda: recalibration.Recalibration(rate=NAN),
    "start": lambda: recalibration.Recalibration(start=np.inf),
    "drift": lambda: recalibration.least_rate(0.99, 100, drift=1.0),
    "unknown recalibration": lambda: recalibration.least_rate(0.99, 100, method="magic"),
    "unknown monitor": lambda: threshold("magic", 0.99),
    "years": lambda: threshold("hits", 0.99, years=0),
    "today": lambda: widening(TABLE, DISTANCE, NAN),
    "hits": lambda: traffic_zone(251, 250, 0.99),
    "u at": lambda: simple_jumper(np.array([0.5, 1.5])),
    "jump": lambda: simple_jumper(np.array([0.5]), jump=2.0),
    "strangeness": lambda: conformal_p_values(np.array([1.0, NAN])),
    "pits": lambda: ensembles.panel_pits(np.full((3, 2), 2.0), np.full((9, 2), 0.5)),
    "not finite": lambda: ensembles.energy_rank(np.full((3, 5, 2), NAN), np.zeros((3, 2))),
    "weights": lambda: ensembles.forecast_table([], RETURNS, weights=np.array([NAN, 1.0])),
    "finite losses": lambda: scores.fz0_score([NAN], [0.1], [0.2], 0.99),
    "instruments": lambda: comparison.giacomini_white(D, 2 * D, np.full((50, 1), NAN)),
    "finite scores": lambda: comparison.model_confidence_set(pd.DataFrame({"a": D, "b": NAN})),
    "unknown tests": lambda: run(None, only=["magic"]),
    "is below 0": lambda: run(None, seed=-1),
    "risks above 0": lambda: random_books(np.array([0.01, NAN]), 3, np.random.default_rng(0)),
    "at least two assets": lambda: random_books(np.array([0.01]), 3, np.random.default_rng(0), "money"),
    "share 0 days": lambda: align(TABLE[["var_0.99"]], pd.Series(0.01, DATES + pd.Timedelta("9999D"))),
}  # fmt: skip


@pytest.mark.parametrize("value", [0, -1, NAN, 2.5, np.inf, None, "3"], ids=repr)
@pytest.mark.parametrize("name", CALLS)
def test_counts_are_whole_numbers_above_zero(name, value):
    if (name, value) in (("window", None), ("refit", None)):
        return  # means: none
    for call in CALLS[name]:
        with pytest.raises(WorkbenchError, match=name):
            call(value)


@pytest.mark.parametrize("value", [0, 1, -0.99, 99, NAN, None], ids=repr)
@pytest.mark.parametrize("call", LEVELS, ids=range(len(LEVELS)))
def test_levels_are_probabilities(call, value):
    with pytest.raises(WorkbenchError):
        call(value)


@pytest.mark.parametrize("name", OTHERS)
def test_other_nonsense_is_refused_by_name(name):
    with pytest.raises(WorkbenchError, match=name):
        OTHERS[name]()


GOOD = pd.DataFrame(0.01 * np.random.default_rng(0).standard_normal((400, 2)), DATES, ["A", "B"])


def spoilt(day, value):
    returns = GOOD.copy()
    returns.iloc[day, 0] = value
    return returns


ROLLED = {
    "is nan": lambda: rolled(spoilt(300, NAN)),
    "is inf": lambda: rolled(spoilt(300, np.inf)),
    "out of order": lambda: rolled(GOOD.sample(frac=1, random_state=1)),
    "one row a day": lambda: rolled(pd.concat([GOOD, GOOD.iloc[[350]]]).sort_index()),
    "expected dates": lambda: rolled(GOOD.reset_index(drop=True)),
    "as per cent do": lambda: rolled(100 * GOOD),
    "DataFrame of log returns": lambda: rolled(GOOD["A"]),
    "more than once": lambda: rolled(GOOD.set_axis(["A", "A"], axis=1)),
    "first must be a date": lambda: rolled(first="soon"),
    "no 1-day forecast": lambda: rolled(first="2021-06-01"),
    "the weight of 'A'": lambda: rolled(books={"e": {"A": NAN}}),
    "the weight of 'B'": lambda: rolled(books={"e": {"A": 1.0, "B": "x"}}),
    "at least one asset": lambda: rolled(books={"e": {}}),
    "no book": lambda: rolled(books=["A"]),
    "no columns": lambda: rolled(books={"e": {"Z": 1.0}}),
    "trained_until must be a date": lambda: Design(GOOD, "soon"),
    "return of 'A'": lambda: Design(spoilt(3, NAN), "2021-03-01"),
    "equal-weight book": lambda: walk_forward.equal_book([]),
    "coverage needs": lambda: coverage(TABLE.drop(columns="realised"), 0.99),
    "realised on 2020-01-01": lambda: recalibration.recalibrate(
        TABLE.assign(realised=NAN), [0.99], recalibration.Recalibration()),
    "the reference": lambda: recalibration.compare({}, 0.99),
    "needs the column 'realised'": lambda: replay.monitor_book(TABLE.drop(columns="realised")),
    "no forecasts of the episode": lambda: replay.days_to_detection({}, {"a": "2020"}),
    "at least one episode": lambda: replay.false_alarms({}),
}  # fmt: skip


def rolled(returns=GOOD, first="2021-02-01", books=None):
    books = {"e": walk_forward.equal_book("AB")} if books is None else books
    return walk_forward.walk_forward("ewma", returns, books, first, "2021-03-01")


@pytest.mark.parametrize("said", ROLLED)
def test_returns_dates_and_books_without_sense_are_refused(said):
    with pytest.raises(WorkbenchError, match=said):
        ROLLED[said]()
