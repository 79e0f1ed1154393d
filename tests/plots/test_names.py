"""Names of assets, samplers and files stand in every figure as they are: never as maths, never left out."""

from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pandas as pd
import pytest

from workbench import plots, samplers, scenarios
from workbench.backtesting import comparison
from workbench.plots import _style, backtests, monitors, power, stress, tail_guarantees, tournament
from workbench.stress.reverse_stress import closest_episode
from workbench.validation import risk_table
from workbench.validation.crisis_shape import CrisisShape
from workbench.validation.trial import prepare

NAMES = ["_$x^2$<&a>", "b_$\\frac{1}$", "$c$^_&<d>"]
LONG = [
    "An index of forty characters, number 001",
    "An index of forty characters, number 002",
    "$_long^name of an asset & <its> class$ 03",
]
DAYS = pd.bdate_range("2000-01-03", periods=900)


def market(names=NAMES) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return pd.DataFrame(0.01 * (rng.standard_t(5, (900, 1)) + rng.standard_t(5, (900, len(names)))), DAYS, names)


HISTORY = market()
TREE = samplers.sample_chains(samplers.fit_chains("block_bootstrap", HISTORY, 2, seed=1), 200, 10, seed=1)
CASE = prepare(scenarios.pooled(TREE), HISTORY)
FORECAST = pd.DataFrame(
    {"realised": HISTORY.mean(axis=1), "var_0.99": 0.03, "es_0.99": 0.04, "pit": np.linspace(0.001, 0.999, 900)}
)
EVERY = dict.fromkeys(NAMES, FORECAST)


def gains() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    truth = pd.DataFrame(rng.normal(0, 0.01, (240, 2)), DAYS[:240], ["u", "v"])
    scores = comparison.forecast_scores({name: rng.normal(0, 0.01, (240, 100, 2)) for name in NAMES}, truth)
    return comparison.compare_scores(scores, NAMES[2])


def parts() -> pd.DataFrame:
    rows = [
        (name, "CRPS", kind, part, 1.5, 50) for name in NAMES for kind, part in (("all", "all"), ("class", NAMES[1]))
    ]
    return pd.DataFrame(rows, columns=["sampler", "score", "kind", "part", "t", "days"])


def coverage() -> pd.DataFrame:
    index = pd.MultiIndex.from_product([NAMES, [0.99], [0]], names=["sampler", "level", "seed"])
    return pd.DataFrame({"low": 0.0, "high": 0.02, "rate": 0.01}, index)


def findings() -> pd.DataFrame:
    return pd.DataFrame([(name, "drift", "facts", 0.5, "pass") for name in NAMES],
                        columns=["sampler", "check", "question", "p_value", "verdict"])  # fmt: skip


def reverse():
    path = HISTORY.iloc[:10]
    near = closest_episode(path.sum(), HISTORY, 10)
    mode = type("Mode", (), {"path": path, "precedent": near, "loss": 0.1, "distance": 3.0})
    return type("Found", (), {"modes": [mode]})


def shape() -> CrisisShape:
    table = pd.DataFrame({"value": [0.5], "real_low": [0.1], "real_high": [0.9], "fails": [False]}, ["even"])
    return type("Shape", (), {"table": table})  # type: ignore[return-value]


def hill() -> pd.DataFrame:
    rows = [(asset, side, 0.2, 0.3, 0.25, 0.25, True) for asset in range(3) for side in ("lower", "upper")]
    return pd.DataFrame(rows, columns=["asset", "side", "low", "high", "fitted", "index", "inside"])


EVIDENCE = pd.DataFrame(0.1, DAYS, NAMES)
ALARMS = pd.DataFrame({"date": DAYS[5:8], "monitor": NAMES})
SHARES = pd.DataFrame({"share": [0.02, 0.03, 0.05], "standard_error": 0.001}, NAMES)
NODES = pd.DataFrame({"do": 0.01, "given": 0.02, "standard_error": 0.001}, NAMES)
TESTS = pd.DataFrame(
    {"node": NAMES, "other": NAMES[::-1], "given": "", "t": [1.0, 3, 1], "refuted": [False, True, False]}
)
EDGES = pd.DataFrame({"edge": NAMES, "change": ["dropped", "reversed", "dropped"], "effect": [0.1, 0.2, 0.3]})
CURVES = pd.DataFrame({"break": NAMES, "monitor": NAMES, "years": [1.0, 3, 10], "median": [5.0, 6, 7]})
CRASHES = pd.DataFrame({"level": [0.1, 0.01], "implied": [0.2, 0.1], "measured": [0.2, 0.1], "error": 0.01})
FAULTS = pd.DataFrame({"process": NAMES, "days": 9, "share": 0.1, "low": 0.0, "high": 0.2, "n": 9, "check": NAMES})
LENGTHS = pd.DataFrame([(name, size, 0.5, 0.4, 0.6) for name in NAMES for size in ("small", "large")],
                       columns=["fault", "market", "share", "low", "high"])  # fmt: skip
DETECTION = pd.DataFrame({"fault": NAMES, "severity": 0.5, "share": 0.5, "low": 0.4, "high": 0.6})
IMPACT = pd.DataFrame({"book": NAMES, "level": 0.95, "measure": "VaR", "scenarios": 5.0, "history": 4.0, "low": 3.0,
                       "high": 6.0})  # fmt: skip
FIGURES = {
    "fan": lambda: plots.fan_charts(TREE, HISTORY, DAYS[-40], NAMES),
    "risk": lambda: plots.risk_intervals({name: risk_table(TREE, levels=(0.9,)) for name in NAMES}),
    "verdicts": lambda: plots.verdict_map(findings()),
    "tails": lambda: plots.tail_plot(dict.fromkeys(NAMES, CASE)),
    "facts": lambda: plots.stylised_facts(dict.fromkeys(NAMES, CASE)),
    "dependence": lambda: plots.dependence_maps(CASE, NAMES[0]),
    "impact": lambda: plots.risk_impact(IMPACT),
    "scores": lambda: plots.score_plot(gains(), NAMES[2]),
    "hits": lambda: backtests.hit_band(EVERY),
    "pit": lambda: backtests.pit_ecdf(EVERY),
    "traffic": lambda: backtests.traffic_calendar(EVERY),
    "evidence": lambda: monitors.evidence_paths(EVIDENCE, ALARMS, dict.fromkeys(NAMES, DAYS[9])),
    "delays": lambda: monitors.delay_curves(CURVES),
    "factors": lambda: monitors.factor_paths(dict.fromkeys(NAMES, pd.DataFrame({"factor_0.99": 1.1}, DAYS))),
    "comparison": lambda: tournament.comparison_map(parts(), NAMES[2], "class"),
    "leads": lambda: tournament.lead_plot({"CRPS": EVIDENCE}, NAMES[2], NAMES),
    "coverage": lambda: tournament.coverage_plot(coverage()),
    "conditional": lambda: stress.conditional_moves(TREE, dict.fromkeys(NAMES, TREE)),
    "nodes": lambda: stress.do_beside_given(NODES),
    "independences": lambda: stress.independence_tests(TESTS),
    "edges": lambda: stress.edge_sensitivity(EDGES, 0.2),
    "ways": lambda: stress.ways_to_lose(dict.fromkeys(NAMES, reverse()), HISTORY),
    "shapes": lambda: stress.crisis_shapes(dict.fromkeys(NAMES, shape())),
    "shares": lambda: stress.loss_shares({"by position": SHARES}, 0.1),
    "indices": lambda: tail_guarantees.index_plot({"beyond": hill()}, NAMES),
    "crashes": lambda: tail_guarantees.crash_plot(dict.fromkeys(NAMES, CRASHES)),
    "sizes": lambda: power.size_chart(FAULTS, FAULTS),
    "lengths": lambda: power.length_chart(LENGTHS),
    "power": lambda: power.power_curves(DETECTION, pd.Series(0.5, NAMES), NAMES),
    "detection": lambda: power.detection_map(pd.DataFrame(0.5, NAMES, NAMES), pd.Series(0.9, NAMES)),
}  # fmt: skip


def texts(drawn) -> str:
    """All text of a figure as the SVG has it: maths would be pieces of text or an error."""
    figure = np.atleast_1d(drawn).flat[0].figure
    written = BytesIO()
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        figure.savefig(written, format="svg")
    root = ElementTree.fromstring(written.getvalue())
    return "\n".join("".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text"))


@pytest.mark.parametrize("figure", FIGURES)
def test_every_name_is_drawn_literally(figure: str) -> None:
    said = texts(FIGURES[figure]())
    wanted = NAMES[:1] if figure == "scores" else NAMES
    assert not [name for name in wanted if name not in said], said


def test_no_figure_takes_names_untested() -> None:
    """A new function that draws must be tried above, or be one that takes no name."""
    nameless = {"rank_bars", "worst_paths", "distance_plot", "splice_plot", "has_splice", "rare_curve",
                "question_split", "shortfall_plot", "seed_plot"}  # fmt: skip
    public = {name for name in plots.__all__} | {
        name for module in (backtests, monitors, power, stress, tail_guarantees, tournament)
        for name, thing in vars(module).items()
        if callable(thing) and getattr(thing, "__module__", "") == module.__name__ and not name.startswith("_")
    }  # fmt: skip
    tried = {name for draw in FIGURES.values() for name in draw.__code__.co_names}
    assert public - tried <= nameless


def test_powers_of_ten_are_drawn_although_text_is_no_maths() -> None:
    said = texts(tail_guarantees.crash_plot({"a": CRASHES}))
    assert "10⁻²" in said and "$" not in said and "mathdefault" not in said


def test_long_names_are_shortened_and_explained() -> None:
    history = market(LONG)
    tree = samplers.sample_chains(samplers.fit_chains("block_bootstrap", history, 1, seed=1), 100, 10, seed=1)
    axes = plots.dependence_maps(replace(CASE, assets=LONG), "x")
    axes[0, 0].figure.canvas.draw()
    labels = [label.get_text() for label in axes[0, 0].get_yticklabels()]
    said = texts(axes)
    assert len(set(labels)) == 3 and max(map(len, labels)) <= 14 and all(name in said for name in LONG)
    usual = plots.dependence_maps(replace(CASE, assets=["a", "b", "c"]), "x")
    usual[0, 0].figure.canvas.draw()
    assert axes[0, 0].get_window_extent().width > 0.75 * usual[0, 0].get_window_extent().width
    assert all(name in texts(plots.fan_charts(tree, history, DAYS[-40], LONG)) for name in LONG)


def test_a_legend_shows_a_name_that_begins_with_an_underscore() -> None:
    assert _style.named("a_b") == "a_b" and _style.named("_a").endswith("_a") and _style.named("_a") != "_a"
