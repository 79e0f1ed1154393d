"""Choices that a panel makes for a study: by rule, on panels of any width and frequency."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ParameterError
from workbench.stress import defaults


def market(assets: int, freq: str, dates: int = 520, seed: int = 3) -> pd.DataFrame:
    """Log returns with one factor; loadings fall from 1.2 to -0.2, the middle column is nearly the factor itself."""
    generator = np.random.default_rng(seed)
    loadings = np.linspace(1.2, -0.2, assets) if assets > 1 else np.ones(1)
    own = np.full(assets, 0.01)
    own[assets // 3] = 0.001
    values = 0.012 * np.outer(generator.standard_t(5, dates), loadings) + own * generator.normal(size=(dates, assets))
    return pd.DataFrame(values, pd.date_range("2012-01-06", periods=dates, freq=freq), [f"N{i}" for i in range(assets)])


PANELS = {"one": (1, "B"), "three weekly": (3, "W-FRI"), "eight daily": (8, "B"), "forty daily": (40, "B")}


@pytest.fixture(params=PANELS, scope="module")
def panel(request):
    return market(*PANELS[request.param])


def test_the_refuge_takes_the_smallest_part_in_falls(panel):
    assert defaults.refuge(panel) == panel.columns[-1]
    with_cash = panel.assign(cash=0.0)
    assert defaults.refuge(with_cash) == panel.columns[-1], "a column that never moves is no choice"


def test_cause_and_effect_are_the_columns_that_move_together(panel):
    if panel.shape[1] == 1:
        with pytest.raises(ParameterError, match="two columns"):
            defaults.cause(panel)
        return
    cause = defaults.cause(panel)
    assert cause == panel.columns[panel.shape[1] // 3]
    correlations = panel.corr()[cause].drop(cause).abs()
    assert defaults.effect(panel, cause) == correlations.idxmax()
    graph = defaults.star_graph(panel, cause, most=6)
    assert set(graph.predecessors(defaults.effect(panel, cause))) == {cause}
    assert len(graph) == min(6, panel.shape[1])


def test_worst_episodes_are_the_worst_windows_and_do_not_overlap(panel):
    found = defaults.worst_episodes(panel, 10, 4)
    places = panel.index.get_indexer(found["first"])
    assert (panel.index[places - 1] == found["as_of"]).all() and (panel.index[places + 9] == found["last"]).all()
    gains = [np.expm1(panel.iloc[place : place + 10].sum()).mean() for place in places]
    np.testing.assert_allclose(-np.array(gains), found["loss"])
    every = [-np.expm1(panel.iloc[place : place + 10].sum()).mean() for place in range(1, len(panel) - 9)]
    assert found["loss"].iloc[0] == pytest.approx(max(every)) and found["loss"].is_monotonic_decreasing
    assert (np.diff(np.sort(places)) >= 10).all()


def test_a_panel_that_only_rises_has_no_episode():
    rising = pd.DataFrame({"A": np.full(50, 0.01)}, pd.bdate_range("2020-01-01", periods=50))
    assert defaults.worst_episodes(rising, 5).empty


def test_sizes_follow_the_panels_own_volatility(panel):
    spread = panel.mean(axis=1).std() * np.sqrt(20)
    low, high = defaults.market_band(panel, 20)
    assert low == pytest.approx(-5 * spread, rel=0.06) and high == pytest.approx(-3 * spread, rel=0.06)
    np.testing.assert_allclose(defaults.losses(panel, 20), -np.expm1(-spread * np.arange(2, 6)), rtol=0.06)
    with pytest.raises(ParameterError, match="too few"):
        defaults.losses(panel.iloc[:40], 20)


def test_the_future_begins_at_the_last_close_not_after_the_wanted_date(panel):
    assert defaults.as_of(panel) == panel.index[-1]
    assert defaults.as_of(panel, panel.index[100] + pd.Timedelta(hours=1)) == panel.index[100]
    with pytest.raises(ParameterError, match="leaves 0 dates.*the panel runs from"):
        defaults.as_of(panel, "1999-01-04")


def test_the_refuge_is_judged_on_falls_alone():
    """X shares every rise and no fall, Y three tenths of both: over all dates Y looks calmer, in falls X does."""
    market_move = np.random.default_rng(2).normal(0, 0.01, 600)
    columns = {"M": market_move, "N": 1.1 * market_move, "X": np.maximum(market_move, 0.0), "Y": 0.3 * market_move}
    assert defaults.refuge(pd.DataFrame(columns, pd.bdate_range("2015-01-01", periods=600))) == "X"
