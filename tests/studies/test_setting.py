"""What a study settles before it begins: parameters, the split of the history, choices that nobody made."""

from datetime import date
from typing import Optional

import numpy as np
import pandas as pd
import pytest

from workbench.errors import DataError, ParameterError
from workbench.studies import setting

PANELS = {"three weekly": (3, "W-FRI", 700), "eight daily": (8, "B", 1500), "forty daily": (40, "B", 1500)}


def market(assets: int, frequency: str, rows: int) -> pd.DataFrame:
    draw = np.random.default_rng(5)
    moves = 0.01 * (draw.standard_t(5, (rows, 1)) + draw.standard_t(5, (rows, assets)))
    days = pd.date_range("2008-01-04", periods=rows, freq=frequency)
    return pd.DataFrame(moves, days, [f"asset {i}" for i in range(assets)])


@pytest.fixture(params=PANELS, scope="module")
def returns(request):
    return market(*PANELS[request.param])


def test_what_nobody_chose_comes_from_the_panel(returns):
    split = setting.split(returns)
    assert split.start == returns.index[-1] and split.later.empty and len(split.known) == len(returns)
    low, high = setting.market_band(returns, None, None, 5)
    assert low < high < 0 and setting.market_band(returns, -0.1, None, 5) == (-0.1, high)
    assert setting.refuge(returns) in returns and setting.refuge(returns, "asset 1") == "asset 1"
    assert setting.losses(returns, [], 5)[1] == setting.loss(returns, None, 5) and setting.loss(returns, 0.3, 5) == 0.3
    first, last = setting.forecast_span(returns, None, None)
    assert setting.trained_until(returns, None) < first < last == str(returns.index[-1].date())
    graph, cause, effect = setting.causal_question(returns, "", "", "")
    assert set(graph.predecessors(effect)) == {cause}


def test_what_nobody_chose_is_the_demonstration_on_its_own_set(returns):
    shown = returns.copy()
    shown.attrs["dataset"] = "us_equities"
    assert setting.market_band(shown, None, None, 20) == (-0.25, -0.15)
    assert setting.forecast_span(shown, None, "2009-01-01") == ("2007-01-01", "2009-01-01")
    with pytest.raises(ParameterError, match="refuge 'JNJ' is no asset of the panel"):
        setting.refuge(shown)


def test_choices_that_cannot_be_are_refused(returns):
    with pytest.raises(DataError, match="until 1999-01-01 lies before the first day"):
        setting.split(returns, "1999-01-01", "until")
    with pytest.raises(ParameterError, match="lies after the last"):
        setting.forecast_span(returns, "2013-01-01", "2012-01-01")


def test_episodes_come_from_the_falls_of_the_panel(returns, tmp_path):
    file = tmp_path / "prices.csv"
    (100 * np.exp(returns.cumsum())).to_csv(file, index_label="date")
    replays, quiet, training = setting.episodes(str(file), {}, {}, {}, [])
    assert len(replays) == 2 and len(quiet) == 1 and training[0] == str(file)
    for _, first, last, shock in replays.values():
        assert training[2] < first <= shock <= last
    assert all(training[2] < first < last for _, first, last in quiet.values())
    assert setting.data.load("wti", columns={}).shape[1] == 1, "no mapping is no option"
    assert setting.episodes("", {}, {"a": ["b"]}, {}, ["c"]) == ({"a": ["b"]}, {}, ["c"])


@pytest.mark.parametrize("rule", ["W-FRI", "ME"])
def test_episodes_of_weeks_and_months_have_enough_forecasts_to_compare(tmp_path, rule):
    dates = pd.date_range("1980-01-31", periods=500, freq=rule)
    moves = pd.Series(np.random.default_rng(3).normal(0, 0.02, 500), dates)
    (100 * np.exp(moves.cumsum())).to_frame("A").to_csv(tmp_path / "prices.csv", index_label="date")
    replays, quiet, _ = setting.episodes(str(tmp_path / "prices.csv"), {}, {}, {}, [])
    assert all(len(moves.loc[first:last]) >= 26 for _, first, last, *_ in [*replays.values(), *quiet.values()])
    late = moves.where(np.arange(500) != 498, -0.5)
    (100 * np.exp(late.cumsum())).to_frame("A").to_csv(tmp_path / "prices.csv", index_label="date")
    replays, _, _ = setting.episodes(str(tmp_path / "prices.csv"), {}, {}, {}, [])
    assert all(len(moves.loc[first:last]) >= 26 for _, first, last, _ in replays.values()), "a fall on the last dates"


def test_a_history_is_read_as_the_parameters_say(returns, tmp_path):
    file = tmp_path / "returns.csv"
    returns.to_csv(file, index_label="date")
    read = setting.history(str(file), True, {"asset 0": "first"}, ["stale runs", "no rule of data"])
    assert list(read)[0] == "first" and np.allclose(read, returns)
    assert setting.history("wti", returns=True).shape[1] == 1


def test_parameters_given_as_text_are_read_or_refused_by_name(tmp_path):
    kinds = {"samplers": list[str], "as_of": Optional[date], "draws": int, "run_dir": str}  # noqa: UP045
    scope = {"__annotations__": kinds, "samplers": "[fhs, neural]", "as_of": "2020-03-16", "draws": 5,
             "run_dir": str(tmp_path / "new")}  # fmt: skip
    setting.check(scope)
    assert scope["samplers"] == ["fhs", "neural"] and scope["as_of"] == date(2020, 3, 16)
    assert (tmp_path / "new").is_dir()
    with pytest.raises(ParameterError, match="parameter 'draws' expects int, was given 'many'"):
        setting.check(scope | {"draws": "many"})
