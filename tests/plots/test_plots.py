"""Every figure draws on real and on degenerate input, without a warning, and shows the numbers it was given."""

import warnings
from dataclasses import replace

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from workbench import plots, samplers, scenarios
from workbench.backtesting import comparison as forecasts
from workbench.errors import DataError, ParameterError
from workbench.plots._fan import _around
from workbench.plots._style import canvas, label_right, look, spread
from workbench.reporting.tables import closest_episodes
from workbench.reporting.verdicts import best_baseline, market_futures
from workbench.validation import risk_table, table, trial
from workbench.validation.trial import aligned, prepare


@pytest.fixture(autouse=True)
def strict():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        yield
    plt.close("all")


def market(assets: int, days: int = 1500, seed: int = 3) -> pd.DataFrame:
    """Heavy-tailed log returns with clustering volatility and one common factor."""
    rng = np.random.default_rng(seed)
    size = np.exp(0.4 * np.sin(np.arange(days) / 60))[:, None]
    shocks = rng.standard_t(5, (days, 1)) + rng.standard_t(5, (days, assets))
    names = [f"asset {place}" for place in range(assets)]
    return pd.DataFrame(0.006 * size * shocks, pd.bdate_range("2000-01-03", periods=days), names)


def imagined(assets: int, chains: int = 2, draws: int = 300, horizon: int = 10) -> tuple[pd.DataFrame, object]:
    history = market(assets)
    fitted = samplers.fit_chains("block_bootstrap", history, chains, seed=1)
    return history, samplers.sample_chains(fitted, draws, horizon, seed=1)


SHAPES = {
    "as usual": {"assets": 5},
    "one chain": {"assets": 3, "chains": 1},
    "one asset": {"assets": 1},
    "two assets": {"assets": 2},
    "one day": {"assets": 3, "horizon": 1},
    "three days": {"assets": 3, "horizon": 3},
    "one of everything": {"assets": 1, "chains": 1, "draws": 20, "horizon": 1},
}
FIGURES = {
    "fans": lambda history, tree: plots.fan_charts(tree, history, history.index[-1], list(history.columns[:3])),
    "fan with its sequel": lambda history, tree: plots.fan_charts(tree, history, history.index[-40]),
    "tails": lambda history, tree: plots.tail_plot(cases(history, tree)),
    "facts": lambda history, tree: plots.stylised_facts(cases(history, tree)),
    "worst": lambda history, tree: plots.worst_paths(tree, history, closest_episodes(tree, history)),
    "ranks": lambda history, tree: plots.rank_bars(scenarios.pnl(tree).isel(time=-1)),
    "verdict": lambda history, tree: plots.verdict_map(findings(history, tree)),
}


def cases(history: pd.DataFrame, tree) -> dict:
    case = prepare(aligned(tree, history), history, start="last")
    return {"block_bootstrap": case, "another": case}


def findings(history: pd.DataFrame, tree) -> pd.DataFrame:
    checks = ["volatility", "drift", "clustering"]
    return table(trial(tree, history, start="last", checks=checks)).assign(sampler="block_bootstrap")


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_figure_draws_every_shape(figure: str, shape: str) -> None:
    axes = np.atleast_1d(FIGURES[figure](*imagined(**SHAPES[shape])))
    assert all(isinstance(ax, Axes) for ax in axes.ravel())
    axes.ravel()[0].figure.canvas.draw()
    assert axes.ravel()[0].figure.get_figwidth() == pytest.approx(7.2)
    assert not plt.get_fignums(), "a figure left open is shown twice in a notebook"


@pytest.mark.parametrize("assets", [2, 3, 12])
def test_dependence_of_few_and_many_assets(assets: int) -> None:
    history, tree = imagined(assets)
    axes = plots.dependence_maps(cases(history, tree)["another"], "block_bootstrap")
    axes[0, 0].figure.canvas.draw()
    drawn = axes[0, 0].images[0].get_array()
    assert drawn.shape == (assets, assets) and np.isnan(np.diag(drawn.filled(np.nan))).all()


def test_dependence_needs_two_assets() -> None:
    history, tree = imagined(1)
    with pytest.raises(ParameterError, match="two assets"):
        plots.dependence_maps(cases(history, tree)["another"], "x")


def test_marks_find_a_changed_correlation_and_spare_a_correct_one() -> None:
    """From the null: about 5 % of 10 pairs marked; independent assets against a common factor: all of them."""
    history, tree = imagined(5, draws=2000)
    case = cases(history, tree)["another"]
    correct = plots.dependence_maps(case, "x")[0, 2].get_title(loc="left")
    rng = np.random.default_rng(0)
    mixed = np.stack([rng.permutation(column) for column in np.moveaxis(case.fake, 2, 0)], axis=2)
    case = replace(case, fake=mixed)
    shuffled = plots.dependence_maps(case, "x")[0, 2].get_title(loc="left")
    assert int(correct.split()[1]) <= 20 and int(shuffled.split()[1]) == 100


def test_fan_shows_the_quantiles_it_names_and_the_real_path() -> None:
    history, tree = imagined(3)
    start = history.index[-40]
    axes = plots.fan_charts(tree, history, start)
    last = 100 * scenarios.pnl(tree).isel(time=-1).values
    band = axes[0].collections[0].get_paths()[0].vertices
    assert band[:, 1].max() >= np.quantile(last, 0.99) - 1e-9
    past, realised = _around(history, start, None, 60, 10)
    here = history.index.get_loc(start)
    by_hand = np.expm1(history.iloc[here + 1 : here + 11].sum()).mean()
    assert realised.iloc[-1] == pytest.approx(by_hand) and past.iloc[-1] == 0 and realised.iloc[0] == 0
    assert len(past) == 61 and len(realised) == 11


def test_no_sequel_where_the_data_end() -> None:
    history, _ = imagined(2)
    assert _around(history, history.index[-1], None, 5, 10)[1].empty


def test_closest_episode_of_a_real_episode_is_itself() -> None:
    history = market(4)
    begin = 700
    copied = history.iloc[begin : begin + 10].to_numpy()
    tree = scenarios.assemble(np.stack([copied, 0.1 * np.abs(copied)]), list(history.columns))
    worst = 0 if np.expm1(copied.sum(0)).mean() < np.expm1(0.1 * np.abs(copied).sum(0)).mean() else 1
    found = closest_episodes(tree, history, worst=2).set_index("draw").loc[0]
    assert worst == 0 and found["first"] == history.index[begin] and found["distance"] == pytest.approx(0, abs=1e-6)


def test_yardstick_is_a_distance_between_episodes_that_share_no_day() -> None:
    history, tree = imagined(3)
    assert closest_episodes(tree, history).attrs["typical"] > 0
    with pytest.raises(ParameterError, match="episodes"):
        closest_episodes(tree, history.iloc[:20])


def test_splice_states_the_pooled_index_and_refuses_a_sampler_without() -> None:
    history = market(3)
    spliced = samplers.SAMPLERS.make("filtered", filter="constant", tails="gpd").fit(history)
    axes = plots.splice_plot(spliced, history)
    axes[0].figure.canvas.draw()
    assert f"{spliced.shocks.margins.shape_[0]:.2f}" in axes[0].get_title(loc="left")
    assert plots.has_splice(spliced)
    plain = samplers.SAMPLERS.make("historical").fit(history)
    assert not plots.has_splice(plain)
    with pytest.raises(ParameterError, match="gpd"):
        plots.splice_plot(plain, history)


def test_risk_intervals_are_as_wide_as_their_errors() -> None:
    _, tree = imagined(3)
    risks = risk_table(tree, levels=(0.9,))
    axes = plots.risk_intervals({"neural": risks, "fhs": risks}, realised=0.2)
    thin, thick = axes[0].lines[0].get_xdata(), axes[0].lines[1].get_xdata()
    row = risks[risks["measure"] == "VaR"].iloc[0]
    assert np.ptp(thin) == pytest.approx(200 * 1.96 * row["draw_error"])
    assert np.ptp(thick) == pytest.approx(100 * (row["seed_high"] - row["seed_low"]))
    alone = plots.risk_intervals({"neural": risk_table(imagined(1, chains=1)[1], levels=(0.9,))})
    alone[0].figure.canvas.draw()
    with pytest.raises(ParameterError, match="seed_low"):
        plots.risk_intervals({"neural": risks.drop(columns="seed_low")})


def test_rank_bars_mark_a_chain_that_lies_lower() -> None:
    """A bin of a converged chain leaves the 99 % band in 1 % of bins."""
    rng = np.random.default_rng(5)
    values = rng.normal(size=(4, 2000))
    correct = _hatched(values)
    values[2] -= 1.0
    assert correct <= 4 and _hatched(values) >= 20


def _hatched(values: np.ndarray) -> int:
    tree = scenarios.assemble(values[..., None, None] / 100, ["a"])
    axes = plots.rank_bars(scenarios.returns(tree).isel(time=0, asset=0))
    return sum(bool(bar.get_hatch()) for ax in axes for bar in ax.patches)


def test_verdict_map_writes_symbols_beside_colours() -> None:
    rows = [("neural", "volatility", "facts", 0.4, "pass"), ("neural", "drift", "facts", 0.0001, "fail"),
            ("neural", "copying", "copying", np.nan, "not applicable"), ("fhs", "volatility", "facts", 0.02, "warn"),
            ("fhs", "drift", "facts", 0.5, "pass"), ("fhs", "copying", "copying", 0.9, "pass")]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["sampler", "check", "question", "p_value", "verdict"])
    (ax,) = plots.verdict_map(frame)
    said = [text.get_text() for text in ax.texts]
    assert {".40", "< .001 ✕", "–", ".020 !"} <= set(said)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["neural\n1 of 2 failed", "fhs\n0 of 3 failed"]
    with pytest.raises(ParameterError, match="question"):
        plots.verdict_map(frame.drop(columns="question"))


def test_a_sampler_looks_the_same_everywhere_and_no_two_known_ones_alike() -> None:
    looks = [str(look(name)) for name in ("neural", "fhs", "fhs_moving", "gjr_t", "historical", "lognormal")]
    assert len(set(looks)) == 6 and look("something new") == look("something new")


def test_labels_are_moved_apart() -> None:
    placed = spread([0.5, 0.5, 0.5, 0.9], 0.1)
    assert np.diff(np.sort(placed)).min() >= 0.1 - 1e-12 and placed[:3].mean() == pytest.approx(0.5)
    ax = canvas()[0, 0]
    label_right(ax, ["a", "b"], [0.5, 0.5], ["k", "k"])
    assert len(ax.texts) == 2


# Forecast scores and the first lines -----------------------------------------------------------------------------


def known_forecasts(days: int = 240) -> tuple[dict[str, np.ndarray], pd.DataFrame]:
    rng = np.random.default_rng(8)
    index, shape = pd.bdate_range("2010-01-04", periods=days), (days, 200, 2)
    truth = pd.DataFrame(rng.normal(0, 0.01, (days, 2)), index, ["a", "b"])
    sizes = {"neural": 0.01, "fhs": 0.02, "lognormal": 0.04}
    return {name: rng.normal(0, size, shape) for name, size in sizes.items()}, truth


def test_the_right_distribution_gains_and_the_wider_the_worse() -> None:
    ensembles, truth = known_forecasts()
    scores = forecasts.forecast_scores(ensembles, truth)
    gains = forecasts.compare_scores(scores, "fhs")
    assert set(scores) == {"energy score", "CRPS", "FZ0 97.5 %"}
    assert (gains.xs("neural", level="sampler")["t"] < -3).all()
    assert (gains.xs("lognormal", level="sampler")["t"] > 3).all()
    axes = plots.score_plot(gains, "fhs")
    axes[0].figure.canvas.draw()
    with pytest.raises(DataError, match="shape"):
        forecasts.forecast_scores({"fhs": ensembles["fhs"][:5]}, truth)
    with pytest.raises(ParameterError, match="reference"):
        forecasts.compare_scores(scores, "nobody")


def verdicts(fails: dict[str, int]) -> pd.DataFrame:
    asked = [(name, place, count) for name, count in fails.items() for place in range(9)]
    rows = [(name, f"check {place}", "fail" if place < count else "pass") for name, place, count in asked]
    return pd.DataFrame(rows, columns=["sampler", "check", "verdict"])


@pytest.mark.parametrize(
    ("fails", "reference", "outcome", "said"),
    [
        ({"neural": 0, "fhs": 2}, "fhs", "accepted", "neural is preferred"),
        ({"neural": 6, "fhs": 2}, "fhs", "rejected", "**the baseline fhs is preferred to neural**"),
        ({"neural": 1, "fhs": 2}, "fhs", "mixed", "beats fhs"),
        ({"lognormal": 1, "fhs": 2}, "fhs", "rejected", "loses to fhs"),
    ],
)
def test_the_baseline_may_win_and_then_the_first_lines_say_so(fails, reference, outcome, said) -> None:
    ensembles, truth = known_forecasts()
    scores = forecasts.forecast_scores({name: ensembles[name] for name in fails}, truth)
    sampler = next(iter(fails))
    assert best_baseline(scores, sampler) == reference
    words, found, *_ = market_futures(
        sampler, verdicts(fails), scores, forecasts.compare_scores(scores, reference), "Trust."
    )
    assert found == outcome and said in words and "Trust." in words
    assert f"failed {fails[sampler] or 'none'} of 9" in words


def test_first_lines_without_held_out_days() -> None:
    words, outcome, *_ = market_futures("neural", verdicts({"neural": 1, "fhs": 1}), None, None)
    assert outcome == "mixed" and "not known" in words
