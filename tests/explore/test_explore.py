"""The playground refits only what changed, and says what the functions beneath it say."""

import numpy as np
import pandas as pd
import pytest

from workbench import samplers
from workbench.errors import WorkbenchError
from workbench.explore import Session, fan, playground, worst_paths


@pytest.fixture()
def fits(monkeypatch, tmp_path) -> list[str]:
    made, real = [], samplers.cached_fit
    monkeypatch.setenv("WORKBENCH_CACHE", str(tmp_path))
    monkeypatch.setattr(samplers, "cached_fit", lambda name, *rest: made.append(name) or real(name, *rest))
    return made


def test_changing_one_sampler_refits_one_and_moving_a_slider_refits_none(fits):
    session = Session("us_indices", draws=200)
    for horizon, loss, confidence in ((20, 0.1, 0.99), (5, 0.1, 0.99), (20, 0.2, 0.95)):
        session.risk("historical", horizon, loss, confidence)
    assert fits == ["historical"]
    session.risk("lognormal", 20, 0.1, 0.99)
    session.risk("historical", 30, 0.1, 0.99)
    assert fits == ["historical", "lognormal"]


def test_a_shorter_horizon_is_the_first_days_of_a_longer_one(fits):
    session = Session("us_indices", draws=100)
    np.testing.assert_array_equal(session.value("historical", 20)[:, :5], session.value("historical", 5))
    drawn = samplers.make("historical").fit(session.returns, 1).sample(100, 5, seed=1)["scenarios"]["ret"].values[0]
    np.testing.assert_allclose(session.paths("historical")[:, :5], drawn, atol=1e-6)


def test_the_worst_path_has_a_story_that_adds_up(fits):
    session = Session("us_indices", draws=200)
    value = session.value("historical", 10)
    story = session.story("historical", 10, int(value[:, -1].argmin()))
    assert story["loss"] == pytest.approx(-value[:, -1].min(), abs=1e-5)
    assert story["parts"].sum() == pytest.approx(-story["loss"], abs=1e-5) and story["first"] < story["last"]


def test_figures_and_widgets_answer(fits):
    pytest.importorskip("plotly")
    pytest.importorskip("anywidget")
    value = Session("us_indices", draws=100).value("historical", 10)
    assert len(worst_paths(value, 5).data) == 5 and len(fan(value, 0.1).data) == 7
    shown = playground(sampler="historical", draws=100)
    sliders = {child.description: child for child in shown.children[0].children if hasattr(child, "description")}
    before = shown.children[0].children[-2].value
    sliders["horizon"].value = 40
    assert (
        shown.children[0].children[-2].value != before
        and "Over 40 trading days" in shown.children[0].children[-2].value
    )
    sliders["data set"].value = "<b>nothing</b>"
    assert "&lt;b&gt;nothing" in shown.children[0].children[-2].value


def test_a_wrong_confidence_is_refused(fits):
    with pytest.raises(WorkbenchError, match="confidence"):
        Session("us_indices", draws=50).risk("historical", 5, 0.1, float("nan"))


def fields(shown) -> dict:
    controls = shown.children[0].children
    boxes = [controls, *(child.children for child in controls if hasattr(child, "children"))]
    return {field.description: field for box in boxes for field in box if getattr(field, "description", "")}


def test_options_are_those_of_the_sampler_and_a_changed_one_is_fitted_with_it(monkeypatch, tmp_path):
    pytest.importorskip("anywidget")
    made, real = [], samplers.cached_fit
    monkeypatch.setenv("WORKBENCH_CACHE", str(tmp_path))
    monkeypatch.setattr(
        samplers,
        "cached_fit",
        lambda name, *rest, **options: made.append((name, options)) or real(name, *rest, **options),
    )
    shown = playground(sampler="ewma", draws=100)
    answer = shown.children[0].children[-2]
    before = answer.value
    fields(shown)["decay"].value = 0.8
    assert made == [("ewma", {}), ("ewma", {"decay": 0.8})] and answer.value != before
    fields(shown)["decay"].value = 7.0
    assert "decay" in answer.value and "VaR" not in answer.value
    fields(shown)["sampler"].value = "factor"
    assert "decay" not in fields(shown) and {"factors", "observed"} <= set(fields(shown))
    fields(shown)["observed"].value = "[nowhere"
    assert "observed" in answer.value
    assert made[-1] == ("factor", {})


def test_a_sampler_that_trains_waits_for_the_button(fits):
    pytest.importorskip("anywidget")
    shown = playground(sampler="historical", draws=50)
    answer, button = shown.children[0].children[-2], fields(shown)["Train and draw"]
    assert button.layout.display == "none"
    fields(shown)["sampler"].value = "neural"
    assert "press the button" in answer.value and button.layout.display == "" and fits == ["historical"]
    assert "progress" not in fields(shown) and "checkpoint" not in fields(shown)


def test_single_paths_over_the_fan_lead_to_their_story(fits):
    pytest.importorskip("anywidget")
    shown = playground(sampler="historical", draws=100)
    over, tale = shown.children[1].children[1], shown.children[0].children[-1]
    singles = [trace for trace in over.data if trace.customdata is not None]
    assert len(singles) == 24
    singles[-1]._click_callbacks[0](singles[-1], type("Points", (), {"point_inds": [3]})(), None)
    assert "gains" in tale.value and f"Path {singles[-1].customdata[0]}" in tale.value
    fields(shown)["loss"].value = 0.3
    assert "gains" in tale.value, "the same paths are shown"
    fields(shown)["horizon"].value = 3
    assert "Click a path" in tale.value, "a story of paths that are no longer shown is gone"


def test_headers_of_a_file_are_mapped(tmp_path, fits):
    moves = np.random.default_rng(1).normal(0, 0.01, (600, 2)).cumsum(0)
    file = tmp_path / "mine.csv"
    frame = pd.DataFrame(100 * np.exp(moves), pd.bdate_range("2020-01-01", periods=600), ["x1", "x2"])
    frame.to_csv(file, index_label="Tag")
    session = Session(str(file), draws=50, columns={"Tag": "date", "x1": "ALPHA"})
    assert list(session.returns) == ["ALPHA", "x2"]
    session.load("us_indices")
    assert session.risk("historical", 5, 0.1, 0.95)["VaR"] > 0


def test_the_table_on_paper_says_what_the_sliders_say(fits):
    session = Session("us_indices", draws=200)
    table, risk = session.by_horizon("historical", 0.1, 0.95), session.risk("historical", 20, 0.1, 0.95)
    assert list(table) == ["VaR 95 %", "ES 95 %", "chance to lose 10 % or more"] and table.index[-1] == 60
    assert list(table.loc[20]) == [f"{100 * risk[name]:.1f} %" for name in ("VaR", "ES", "chance")]
    assert fits == ["historical"]
