"""Do: simulated processes with known interventions, graphs that are right and wrong; registered questions."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from workbench import scenarios
from workbench.errors import FitError, ParameterError, Refusal
from workbench.stress import (
    Constraint,
    Move,
    Question,
    answer,
    causal_graph,
    do,
    fit_structural,
    intervene,
    refute,
    sensitivity,
)
from workbench.stress.causal import independences, observe, stamp

TRUE = {"edges": [["U", "X"], ["U", "Y"], ["X", "Y"]]}


def _confounded(days=20_000, seed=1):
    """U -> X (1), U -> Y (2), X -> Y (-0.5), unit shocks: observed slope of Y on X is +.5, imposed -.5."""
    u, x, y = np.random.default_rng(seed).normal(size=(3, days))
    x = u + x
    return pd.DataFrame({"U": u, "X": x, "Y": 2 * u - 0.5 * x + y})


def _clustered(days, seed):
    """A chain A -> B -> C with one stochastic volatility for all three."""
    generator = np.random.default_rng(seed)
    log_volatility = np.zeros(days)
    for day in range(1, days):
        log_volatility[day] = 0.97 * log_volatility[day - 1] + 0.2 * generator.normal()
    a, b, c = generator.normal(size=(3, days)) * np.exp(log_volatility)
    b = 0.7 * a + b
    return pd.DataFrame({"A": a, "B": b, "C": 0.6 * b + c}, pd.bdate_range("2000-01-01", periods=days))


def test_imposed_and_seen_differ_as_the_process_says():
    model = fit_structural(_confounded(), causal_graph(TRUE))
    table = intervene(model, {"X": 2.0}, draws=40_000, seed=2).table
    error = 4 * np.sqrt(5 / 40_000) + 0.05  # four standard errors of the draws, and the slopes' own
    assert table.loc["Y", "do"] == pytest.approx(-1.0, abs=error)
    assert table.loc["Y", "given"] == pytest.approx(1.0, abs=error)
    assert table.loc["Y", "do_sd"] ** 2 == pytest.approx(5.0, rel=0.05)
    assert table.loc["Y", "given_sd"] ** 2 == pytest.approx(3.0, rel=0.05)
    assert table.loc["U", "do"] == pytest.approx(0.0, abs=error) and table.loc["U", "given"] == pytest.approx(
        1.0, abs=error
    )


def test_lagged_model_recovers_its_coefficients():
    generator = np.random.default_rng(3)
    values = np.zeros((6000, 2))
    for day in range(1, 6000):
        first = 0.3 * values[day - 1, 0] + generator.normal()
        values[day] = first, -0.4 * first + 0.2 * values[day - 1, 1] + generator.normal()
    model = fit_structural(pd.DataFrame(values, columns=["p", "q"]), causal_graph({"edges": [["p", "q"]]}), lags=1)
    assert model.direct[1, 0] == pytest.approx(-0.4, abs=0.06)
    np.testing.assert_allclose(np.diag(model.lagged[0]), [0.3, 0.2], atol=0.06)
    assert do(model, {"p": 1.0}, 500)["q"].mean() == pytest.approx(-0.4 + model.baseline()[1] - 0, abs=0.25)


def test_true_graph_stands_and_wrong_graph_falls():
    truth = causal_graph({"edges": [["A", "B"], ["B", "C"]]})
    wrong = causal_graph({"edges": [["A", "B"], ["A", "C"]]})
    panel = _clustered(2500, 5)
    assert independences(truth) == [("C", "A", ("B",))]
    assert not refute(panel, truth)["refuted"].any()
    assert refute(panel, wrong)["refuted"].any()


def test_false_alarms_under_clustered_volatility_stay_near_the_level():
    """120 true graphs at 5 %: more than 14 refuted has probability .001; the iid formula refutes over a quarter."""
    truth = causal_graph({"edges": [["A", "B"], ["B", "C"]]})
    assert sum(refute(_clustered(1000, 100 + seed), truth)["refuted"].any() for seed in range(120)) <= 14


def test_every_edge_is_weighed():
    table = sensitivity(_confounded(5000), causal_graph(TRUE), "X", "Y").set_index(["edge", "change"])
    assert table.loc[("X -> Y", "dropped"), "effect"] == 0.0
    assert table.loc[("U -> X", "dropped"), "effect"] == pytest.approx(-0.5, abs=0.06)
    assert table.loc[("U -> Y", "dropped"), "effect"] == pytest.approx(0.5, abs=0.06)


def test_graphs_are_read_from_yaml_and_networkx_and_refused_when_malformed(tmp_path):
    file = tmp_path / "graph.yaml"
    file.write_text("nodes: [Z]\nedges:\n  - [A, B]\n")
    assert set(causal_graph(file)) == {"A", "B", "Z"}
    assert causal_graph(nx.DiGraph([("A", "B")])).has_edge("A", "B")
    for wrong, message in [
        ({"edges": [["A", "B"], ["B", "A"]]}, "cycle"),
        ({"edges": [["A"]]}, "pair"),
        ({}, "edges"),
        ("no.yaml", "no graph file"),
    ]:
        with pytest.raises(ParameterError, match=message):
            causal_graph(wrong)
    with pytest.raises(FitError, match="no columns"):
        fit_structural(_confounded(100), causal_graph({"edges": [["U", "Q"]]}))
    with pytest.raises(ParameterError, match="unknown"):
        do(fit_structural(_confounded(500), causal_graph(TRUE)), {"Q": 1.0})


def test_registered_question_counts_all_and_refuses_a_hand_picked_few():
    values = np.random.default_rng(0).normal(0, 0.02, (1, 2000, 3, 2))
    tree = scenarios.assemble(values, ["A", "B"])
    question = Question(
        "When A falls, does B?", (Constraint(Move("A"), high=-0.04),), Constraint(Move("B"), high=0.0), 0.9, "desk"
    )
    verdict = answer(question, tree, question.seal)
    moves = values.sum(axis=2)[0]
    assert len(verdict.meeting) == (moves[:, 0] <= -0.04).sum()
    assert len(verdict.supporting) + len(verdict.opposing) == len(verdict.meeting)
    assert verdict.word == "too bold" and "too bold" in str(verdict)
    with pytest.raises(Refusal, match="picked by hand"):
        verdict.select(verdict.supporting[:5])
    assert "left out" in verdict.select(verdict.supporting[:5], "all in which B rises, and others like these")
    with pytest.raises(Refusal, match="do not meet"):
        verdict.select(np.setdiff1d(np.arange(2000), verdict.meeting)[:1], "rest")
    with pytest.raises(Refusal, match="registered"):
        answer(question, tree, "0" * 64)
    with pytest.raises(Refusal, match="too few"):
        rare = Question("?", (Constraint(Move("A"), high=-0.5),), Constraint(Move("B"), high=0.0), 0.9)
        answer(rare, tree, rare.seal)


def test_a_thesis_is_judged_by_the_interval_of_its_share():
    """Clopper-Pearson by hand: 50 of 100 gives 39.8 % to 60.2 %; 450 of 500 gives 87.0 % to 92.5 %."""
    draws, half = np.arange(100.0), np.arange(500.0)

    def judged(values, share, below):
        tree = scenarios.assemble(values.reshape(1, -1, 1, 1), ["A"])
        question = Question("?", (Constraint(Move("A"), high=1e9),), Constraint(Move("A"), high=below), share)
        return answer(question, tree, question.seal)

    wide = judged(draws, 0.5, 49.5)
    assert wide.interval == pytest.approx((0.3983, 0.6017), abs=1e-4) and wide.word == "cannot tell"
    assert judged(draws, 0.7, 49.5).word == "too bold" and judged(draws, 0.3, 49.5).word == "too cautious"
    tight = judged(half, 0.9, 449.5)
    assert tight.interval == pytest.approx((0.8703, 0.9249), abs=2e-4) and tight.word == "holds"


def test_the_seal_changes_with_everything_that_was_registered():
    base = dict(text="?", event=(Constraint(Move("A"), high=0.0),), thesis=Constraint(Move("B"), high=0.0), share=0.5)
    other = dict(text="!", event=(Constraint(Move("A"), high=-0.1),), thesis=Constraint(Move("B"), low=0.0), share=0.6)
    seals = {Question(**base).seal} | {Question(**base | {name: value}).seal for name, value in other.items()}
    assert len(seals | {Question(**base, author="desk").seal}) == 6


def test_the_baseline_takes_the_newest_day_first():
    """x_t = .5 x_{t-1} - .3 x_{t-2} + u: what the past says of tomorrow, by the fitted coefficients and by hand."""
    generator, x = np.random.default_rng(6), np.zeros(3000)
    for day in range(2, 3000):
        x[day] = 0.5 * x[day - 1] - 0.3 * x[day - 2] + generator.normal()
    x[-2:] = 4.0, -2.0
    model = fit_structural(pd.DataFrame({"x": x}), causal_graph({"nodes": ["x"], "edges": []}), lags=2)
    np.testing.assert_allclose(model.lagged[:, 0, 0], [0.5, -0.3], atol=0.06)
    assert model.baseline()[0] == pytest.approx(0.5 * -2.0 - 0.3 * 4.0, abs=0.4)


def test_joint_shocks_keep_the_dependence_that_the_graph_leaves_out():
    """Two nodes of correlation .8 and no edge: joint draws keep it within five standard errors, independent ones do not."""
    first, second = np.random.default_rng(7).normal(size=(2, 4000))
    panel = pd.DataFrame({"a": first, "b": 0.8 * first + 0.6 * second, "c": second})
    model = fit_structural(panel, causal_graph({"nodes": ["a", "b", "c"], "edges": []}))
    joint, apart = (do(model, {"c": 0.0}, 10_000, seed=3, shocks=shocks) for shocks in ("joint", "independent"))
    assert joint["a"].corr(joint["b"]) == pytest.approx(panel["a"].corr(panel["b"]), abs=5 * 0.36 / 100)
    assert abs(apart["a"].corr(apart["b"])) < 5 / 100
    seen = observe(model, {"a": 1.0}, 10_000, seed=3)
    assert seen["b"].mean() == pytest.approx(panel["a"].cov(panel["b"]) / panel["a"].var(), abs=0.05)


def test_the_statistics_are_those_of_a_second_implementation():
    """t by statsmodels' HAC regression on a constant, adjusted p-values by its Holm; persistent independent series."""
    from statsmodels.api import OLS
    from statsmodels.stats.multitest import multipletests

    generator, values = np.random.default_rng(8), np.zeros((1200, 4))
    for day in range(1, 1200):
        values[day] = 0.9 * values[day - 1] + generator.normal(size=4)
    panel = pd.DataFrame(values, columns=list("ABCD"))
    table = refute(panel, causal_graph({"nodes": list("ABCD"), "edges": []}))
    assert len(table) == 6
    for row in table.itertuples():
        product = panel[row.node].sub(panel[row.node].mean()) * panel[row.other].sub(panel[row.other].mean())
        lags = int(4 * 12 ** (2 / 9))
        fitted = OLS(product, np.ones(1200)).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": False})
        assert row.t == pytest.approx(float(fitted.tvalues.iloc[0]), rel=1e-6)
    holm = multipletests(table["p_value"], 0.05, "holm")
    np.testing.assert_allclose(table["holm_p"], holm[1])
    np.testing.assert_array_equal(table["refuted"], holm[0])


def test_the_stamp_is_that_of_the_edges_whatever_their_order():
    first, second = causal_graph({"edges": [["A", "B"], ["A", "C"]]}), causal_graph({"edges": [["A", "C"], ["A", "B"]]})
    assert stamp(first) == stamp(second) != stamp(causal_graph({"edges": [["A", "B"], ["B", "C"]]}))


def test_every_part_of_an_event_must_be_met():
    values = np.random.default_rng(0).normal(0, 0.02, (1, 2000, 1, 2))
    tree, moves = scenarios.assemble(values, ["A", "B"]), values[0, :, 0].astype("float32")
    event = Constraint(Move("A"), high=0.0), Constraint(Move("B"), low=0.0)
    question = Question("?", event, Constraint(Move("A"), high=-0.01), 0.5)
    np.testing.assert_array_equal(
        answer(question, tree, question.seal).meeting, np.flatnonzero((moves[:, 0] <= 0) & (moves[:, 1] >= 0))
    )


@pytest.mark.parametrize(
    "ask, message",
    [
        (lambda m, p, g: do(m, {"X": float("nan")}), "value of 'X'.*nan"),
        (lambda m, p, g: do(m, {"X": 1.0}, draws=0), "draws"),
        (lambda m, p, g: do(m, {"X": 1.0}, shocks="none"), "shocks"),
        (lambda m, p, g: fit_structural(p, g, lags=-1), "lags"),
        (lambda m, p, g: refute(p, g, level=1.0), "level.*below 1"),
        (lambda m, p, g: sensitivity(p, g, "X", "Q"), "'Q'.*no nodes"),
        (lambda m, p, g: causal_graph({"edges": "A, B"}), "list of pairs"),
        (lambda m, p, g: causal_graph("A -> B"), "edges"),
    ],
)
def test_nonsense_about_a_graph_is_refused_by_name(ask, message):
    panel, graph = _confounded(500), causal_graph(TRUE)
    with pytest.raises(ParameterError, match=message):
        ask(fit_structural(panel, graph), panel, graph)
