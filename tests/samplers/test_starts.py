"""Where a path starts, how a set is put together, and what a sampler says about both."""

import dataclasses

import pandas as pd
import pytest
import torch

from workbench import samplers, scenarios
from workbench.errors import FitError, ParameterError
from workbench.samplers._base import States, _name_start, timestamp


def states_on(*dates: str) -> States:
    index = pd.DatetimeIndex(dates)
    return States(index, {"level": torch.arange(len(index), dtype=torch.float32)[:, None]})


WEEK = states_on("2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07")
RARE = states_on("2020-01-02", "2020-01-12", "2020-01-13")


@pytest.mark.parametrize(
    ("states", "date", "row"),
    [
        (WEEK, "2020-01-02", 0), (WEEK, "2020-01-05", 1), (WEEK, "2020-01-07", 3), (WEEK, "2020-01-11", 3),
        (WEEK, pd.Timestamp("2020-01-06 18:00", tz="UTC"), 2), (RARE, "2020-01-23", 2), (RARE, "2020-01-11", 0),
    ],
)  # fmt: skip
def test_a_date_has_the_state_of_its_close_or_of_the_last_one_before(states, date, row):
    assert states.at(date)["level"].tolist() == [[float(row)]]


@pytest.mark.parametrize(
    ("states", "date", "said"),
    [
        (WEEK, "2020-01-01", "^no state before 2020-01-02, asked for 2020-01-01$"),
        (WEEK, "2020-01-12", "^the history ends on 2020-01-07, asked for a start on 2020-01-12; hand over"),
        (RARE, "2020-01-24", "^the history ends on 2020-01-13, asked for a start on 2020-01-24; hand over"),
        (WEEK, 20200102, "^start must be 'last', 'long-run', a history of log returns or a date, got 20200102$"),
        (WEEK, "soon", "a date, got 'soon'$"),
        (WEEK, None, "a date, got None$"),
        (WEEK, True, "a date, got True$"),
    ],
)
def test_no_state_is_invented(states, date, said):
    """A start lies at most four days behind the last close, or as long as the longest gap of the history."""
    with pytest.raises(ParameterError, match=said):
        states.at(date)


def test_positions_are_rows_one_a_draw():
    assert WEEK.rows([3, 0, 3])["level"].ravel().tolist() == [3.0, 0.0, 3.0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        WEEK.dates = RARE.dates  # type: ignore[misc]


def test_a_time_of_day_and_its_zone_are_a_local_day():
    assert timestamp("day", "2020-01-02T10:00+09:00") == pd.Timestamp("2020-01-02 10:00")
    with pytest.raises(ParameterError, match="^as_of must be a date, got 1.5$"):
        timestamp("as_of", 1.5)


@pytest.fixture(scope="module")
def ewma(panel):
    return samplers.make("ewma").fit(panel, seed=0)


def test_a_set_says_where_it_starts(ewma, panel):
    assert [_name_start(start) for start in ("last", "long-run", WEEK)] == ["last", "long-run", "4 days"]
    assert _name_start(panel.iloc[:5]) == "2000-01-07"
    drawn = ewma.sample(3, 2, seed=9, start=panel.iloc[:300])
    attrs = dict(scenarios.returns(drawn).attrs) | dict(drawn.attrs) | dict(drawn["scenarios"].attrs)
    assert (attrs["seed"], attrs["horizon"], attrs["start"]) == (9, 2, str(panel.index[299].date()))


def test_the_starts_of_a_sampler(ewma, panel):
    every = ewma.states(panel).values["variance"]
    assert ewma.starts(WEEK) is WEEK and len(ewma.starts("long-run").dates) == len(panel)
    last = "".join(["la", "st"])  # equal to "last", and another object
    for start, row in ((last, -1), (panel, -1), (panel.iloc[:300], 299), (str(panel.index[7].date()), 7)):
        torch.testing.assert_close(ewma.starts(start)["variance"], every[[row]])


def test_a_newer_history_has_the_fitted_columns_in_any_order(ewma, panel):
    mixed = panel[["D", "B", "A", "C"]].assign(more=0.0).iloc[:1]
    torch.testing.assert_close(ewma.starts(mixed)["variance"], ewma.starts(panel.iloc[:1])["variance"])
    with pytest.raises(
        ParameterError, match="^the history lacks the columns 'A', 'C', which the sampler was fitted to$"
    ):
        ewma.filtered(panel[["B", "D"]])
    with pytest.raises(FitError, match="^the history has 0 days, the sampler needs 1"):
        ewma.filtered(panel.iloc[:0])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"draws": 0}, "draws must be a whole number, at least 1, got 0"),
        ({"horizon": 0}, "horizon must be a whole number, at least 1, got 0"),
        ({"seed": -1}, "seed must be a whole number, at least 0, got -1"),
    ],
)
def test_a_set_has_a_draw_and_a_day(ewma, options, said):
    with pytest.raises(ParameterError, match=f"^{said}$"):
        ewma.sample(**{"draws": 1, "horizon": 1, "seed": 0} | options)


def test_one_draw_of_one_day_is_a_set_and_zero_the_usual_seed(ewma, panel):
    one = ewma.sample(1, 1)
    assert scenarios.returns(one).shape == (1, 1, 1, 4) and ewma.seed_ == 0
    assert scenarios.digest(one) == scenarios.digest(ewma.sample(1, 1, seed=0, start="last"))
    assert samplers.make("ewma").fit(panel).seed_ == 0
    with pytest.raises(ParameterError, match="^seed must be a whole number, at least 0, got -1$"):
        samplers.make("ewma").fit(panel, seed=-1)


def test_a_failed_fit_leaves_a_sampler_that_is_not_fitted(panel):
    sampler = samplers.make("gjr_gaussian")
    with pytest.raises(FitError):
        sampler.fit(panel.iloc[:30])
    with pytest.raises(FitError, match="is not fitted; call fit"):
        sampler.require_fitted()


def test_left_out_days_are_warned_of_at_the_line_that_fits(panel):
    stale = panel.copy()
    stale.iloc[100:160, 1] = 0.0
    with pytest.warns(samplers.ShortenedHistory) as warned:
        samplers.make("fhs").fit(stale, seed=0)
    assert [one.filename for one in warned if one.category is samplers.ShortenedHistory] == [__file__]
