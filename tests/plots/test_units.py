"""What a row of the panel is called stands on every axis, in every caption and table: days, weeks, months, hours."""

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pandas as pd
import pytest

from workbench import data, plots, scenarios
from workbench.plots import stress as figures
from workbench.reporting import in_units, sentence, tables, verdicts, words
from workbench.validation._prepare import prepare

PANELS = {"B": "trading day", "D": "day", "W-FRI": "week", "ME": "month", "QE": "quarter", "h": "hour"}


@pytest.fixture(params=PANELS, scope="module")
def panel(request: pytest.FixtureRequest) -> tuple[pd.DataFrame, str]:
    rng = np.random.default_rng(2)
    dates = pd.date_range("1950-01-31", periods=280, freq=request.param, name="date")
    return pd.DataFrame(0.01 * rng.standard_normal((280, 2)), dates, ["A", "B"]), PANELS[request.param]


@pytest.fixture(scope="module")
def tree(panel):
    draws = panel[0].to_numpy()[np.random.default_rng(3).integers(0, 280, (400, 8))].astype(np.float32)
    return scenarios.assemble(draws.reshape(1, 400, 8, 2), ["A", "B"])


def labels(axes) -> str:
    """Every text of a figure, and what the pointer reads."""
    figure = np.atleast_1d(axes).ravel()[0].figure
    texts = [text.get_text() for text in figure.findobj(matplotlib.text.Text)]
    return " | ".join([*texts, *(str(artist.get_gid() or "") for artist in figure.findobj())])


def test_a_row_has_one_name(panel):
    returns, name = panel
    assert data.unit(returns) == data.unit(returns.index) == name
    assert in_units(8, returns) == f"8 {name}s" and in_units(1, returns) == f"1 {name}"
    year = data.periods_per_year(returns)
    assert data.unit(year) == ("step" if name == "hour" else name), "a number of hours a year depends on the calendar"


def test_figures_name_the_row(panel, tree):
    returns, name = panel
    fan = plots.fan_charts(tree, returns, returns.index[-1], ["A"])
    worst = plots.worst_paths(tree, returns, tables.closest_episodes(tree, returns))
    facts = plots.stylised_facts({"a": prepare(scenarios.pooled(tree), returns)})
    for drawn, wanted in ((fan, f"{name}s from the start"), (fan, f"the book, {name} 3:"), (worst, f"{name}s"),
                          (worst, f"{name} 8:")):  # fmt: skip
        assert wanted in labels(drawn)
    assert f"k, {'step' if name == 'hour' else name}s" in labels(facts)
    for drawn in (fan, worst, facts):
        assert name == "trading day" or "trading day" not in labels(drawn)
        assert name in ("day", "trading day") or " day" not in labels(drawn)


def test_captions_and_tables_name_the_row(panel):
    returns, name = panel
    span = in_units(8, returns)
    fan = words("fan", sampler="a", assets=["A"], n=400, days=span, start=returns.index[-1], sequel="")
    asked = sentence("stress/question", low=-0.1, high=-0.05, days=span, refuge="A")
    risk = pd.DataFrame(
        {"level": [0.99], "value": [0.1], "draw_error": [0.01], "seed_low": [0.09], "seed_high": [0.11]}
    )
    trust = verdicts.trust(risk, 8, 4, "", returns)
    shown = tables.sources(returns, returns, returns.iloc[:3], returns).to_html()
    for text in (fan.caption, asked, trust):
        assert span in text and (name == "trading day" or "trading day" not in text)
    assert f"280 {name}s of 2 assets" in shown and f"3 {name}s after the start" in shown
    assert (f"one a {name}" in shown) == (name != "trading day")


def test_ways_to_lose_name_the_row(panel):
    from types import SimpleNamespace

    returns, name = panel
    path = returns.iloc[:8].reset_index(drop=True)
    near = SimpleNamespace(first=returns.index[0], last=returns.index[7], distance=1.0)
    answer = SimpleNamespace(modes=[SimpleNamespace(path=path, precedent=near, loss=0.1, distance=2.0)])
    assert figures.ways_to_lose({"a": answer}, returns)[-1, 0].get_xlabel() == name
