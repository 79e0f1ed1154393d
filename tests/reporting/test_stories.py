"""Stories and verdicts of stress tests: the numbers are the numbers, and where there is none to count, that is said."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from workbench.reporting import formats, tables, verdicts
from workbench.reporting.stories import describe
from workbench.stress import causal_graph, fit_structural, intervene, refute, sensitivity


def panel() -> pd.DataFrame:
    values = np.random.default_rng(4).normal(0, 0.01, (300, 3))
    return pd.DataFrame(values, pd.bdate_range("2001-01-01", periods=300), list("ABC"))


def test_narrated_numbers_are_the_numbers():
    path = pd.DataFrame(np.full((5, 3), -0.02), columns=list("ABC"))
    text = describe(path, panel())
    assert formats.percent(math.expm1(-0.1), sign=True) in text and "3 of 3 fall" in text


def test_per_cents_of_a_description_are_simple_returns_of_the_book_that_is_held():
    """Two assets, log returns .5 and -.5: the book is up 12.8 %, while the mean log return is 0."""
    path = pd.DataFrame([[0.25, -0.25], [0.25, -0.25]], columns=["A", "B"])
    text = describe(path, panel()[["A", "B"]])
    assert "the equal-weight market moves +12.8 %" in text and "B −39.3 %" in text and "A +64.9 %" in text
    assert formats.percent(np.expm1([0.25, -0.25]).mean(), sign=True) in text


@pytest.mark.parametrize(
    "freq, first, words",
    [("ME", "2011-01-31", "Worst months"), ("W-FRI", "2011-01-07", "weeks"), ("D", "2011-01-01", "days"),
     ("B", "2011-01-03", "Worst days"), ("h", "2011-01-01 00:00", "Worst hours")],
)  # fmt: skip
def test_a_description_continues_the_history_at_its_own_frequency(freq, first, words):
    dates = pd.date_range(end="2010-12-31 23:00" if freq == "h" else "2010-12-31", periods=300, freq=freq)
    history = pd.DataFrame(np.random.default_rng(0).normal(0, 0.01, (300, 2)), dates, ["A", "B"])
    text = describe(history.iloc[5:8].reset_index(drop=True), history)
    assert text.startswith(f"From {first} to ") and words in text


def test_an_asset_that_never_moved_is_no_extreme_and_nothing_is_nan() -> None:
    history = panel().assign(CASH=0.0)
    text = describe(history.iloc[5:9], history)
    assert "CASH" not in text and "of 4 fall" in text and "nan" not in text


def test_names_of_strangers_are_escaped_once() -> None:
    history = panel().set_axis(["<b>*", "A_x", "`c`"], axis=1)
    text = describe(history.iloc[5:9], history)
    assert r"\<b\>\*" in text and "A_x" in text and "<b>" not in text and r"\\" not in text


@pytest.mark.parametrize(
    ("edges", "said"),
    [
        ([], "no arrow, so the effect on B"),
        ([["A", "B"], ["A", "C"], ["B", "C"]], "implies no independence, so nothing was tested."),
        ([["A", "B"]], "of 2 independences fail"),
    ],
)
def test_a_graph_without_tests_or_arrows_is_answered_in_words(edges: list, said: str) -> None:
    graph, returns = causal_graph({"nodes": list("ABC"), "edges": edges}), panel()
    model = fit_structural(returns, graph)
    tests, weighed = refute(returns, graph), sensitivity(returns, graph, "A", "B")
    effect = float(model.total_effects().loc["B", "A"])
    found = verdicts.causal(intervene(model, {"A": -0.05}, 500), "A", -0.05, "B", tests, weighed, effect)
    assert said in found.text and "0 of 0" not in found.text and "nan" not in found.text


def _ways(chances: dict[tuple[str, str], float]) -> pd.DataFrame:
    near = SimpleNamespace(first=pd.Timestamp("2008-09-01"), distance=0.9)
    mode = SimpleNamespace(distance=3.0, plausibility=0.01, log_likelihood_ratio=-4.5, precedent=near)
    return tables.ways(
        {key: SimpleNamespace(method="gradient", probability=chance, relative_error=0.1, modes=(mode,))
         for key, chance in chances.items()}
    )  # fmt: skip


def test_a_reverse_stress_test_without_shapes_or_company_says_so() -> None:
    none = tables.crisis_shapes({}, {}, {})
    two = _ways({("equal", "fhs"): 1e-3, ("equal", "gjr_t"): 2e-3})
    found = verdicts.reverse_stress(two, none)
    assert "No way was compared with real crises" in found.text and "0 of 0" not in found.text
    assert "factor of 2" in found.text and found.word == "holds"
    alone = verdicts.reverse_stress(two.iloc[:1], none)
    assert "One sampler alone" in alone.text and alone.word == "cannot tell" and "nan" not in str(alone)


def test_a_table_of_no_ways_has_its_columns_and_a_verdict() -> None:
    empty = _ways({})
    assert empty.empty and "P(loss)" in empty and empty.index.names == ["book", "sampler"]
    empty.style.format("{:.2g}", subset=["P(loss)"]).to_html()
    assert verdicts.reverse_stress(empty, tables.crisis_shapes({}, {}, {})).word == "cannot tell"


def test_conditions_that_are_met_exactly_have_no_chains() -> None:
    exact = SimpleNamespace(method="exact", probability=math.nan, evaluations=400, diagnostics=pd.DataFrame())
    assert "no probability" in verdicts.conditioning(exact, 0.0) and "no chains" in verdicts.conditioning(exact, 0.0)
    judged = pd.DataFrame({"r_hat": [1.01], "ess_bulk": [300.0], "ess_tail": [250.0]})
    chains = SimpleNamespace(method="guided", probability=0.02, evaluations=400, diagnostics=judged)
    assert "Worst R-hat 1.010, least ESS 250." in verdicts.conditioning(chains, 0.01)
