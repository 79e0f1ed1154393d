"""Backtest and drift: their figures draw, their tables count right, and both notebooks run to a verdict."""

import warnings

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from workbench import plots
from workbench.backtesting import recalibration as conformal
from workbench.backtesting.backtests._null import t_var_es
from workbench.backtesting.monitors import MonitorReport, replay
from workbench.errors import DataError
from workbench.plots import backtests, monitors
from workbench.plots.backtests import _month_zones, _simultaneous_band
from workbench.studies import run
from workbench.validation.extrapolation import assess


def forecasts(days: int = 700, seed: int = 1, factor: float = 1.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    realised = 0.01 * rng.standard_t(5, days)
    realised[days // 2 :] *= factor
    columns = {"realised": realised, "pit": rng.random(days), "dependence": rng.random(days), "width": rng.random(days)}
    columns["rosenblatt"] = rng.random(days)
    for level in (0.975, 0.99):
        columns |= {f"{kind}_{level:g}": 0.01 * value for kind, value in zip(("var", "es"), t_var_es(1 - level, 5))}
    return pd.DataFrame(columns, index=pd.bdate_range("2003-01-01", periods=days))


def market(assets: int) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    names = [f"asset {place}" for place in range(assets)]
    return pd.DataFrame(0.01 * rng.standard_t(5, (1200, assets)), pd.bdate_range("2000-01-03", periods=1200), names)


def silent(dates: pd.DatetimeIndex, raised: dict[str, list[int]]) -> MonitorReport:
    flat = pd.DataFrame(0.5, dates, ["scale", "hits"])
    alarms = [(dates[day], name, "x", name) for name, days in raised.items() for day in days]
    return MonitorReport(flat, flat, pd.DataFrame(alarms, columns=["date", "monitor", "what", "leading"]))


CURVES = pd.DataFrame(
    [("tail", "scale", 1.0, 9.0), ("tail", "scale", 10.0, 20.0), ("tail", "hits", 1.0, np.inf)],
    columns=["break", "monitor", "years", "median"],
)
FIGURES = {
    "hits": lambda: backtests.hit_band({"a": forecasts(), "b": forecasts(seed=2)}, 0.99),
    "hits of one day a year": lambda: backtests.hit_band({"a": forecasts(2).drop(columns="es_0.975")}, 0.975),
    "pit": lambda: backtests.pit_ecdf({"a": forecasts(300), "b": forecasts(250)}),
    "calendar": lambda: backtests.traffic_calendar({"a": forecasts(), "b": forecasts(400, factor=3.0)}),
    "calendar of a short year": lambda: backtests.traffic_calendar({"a": forecasts(30)}),
    "evidence": lambda: monitors.evidence_paths(*watch(), {"shock": "2004-01-05"}),
    "evidence without alarms": lambda: monitors.evidence_paths(watch()[0], watch()[1].iloc[:0]),
    "delays": lambda: monitors.delay_curves(CURVES),
    "factors": lambda: monitors.factor_paths({"tracking": recalibrated()}, 0.99),
    "support": lambda: plots.distance_plot(assess(market(3))),
    "support and scores": lambda: plots.distance_plot(assess(market(1)), WRONG, 0.99),
}
WRONG = pd.DataFrame({"hits": [0.01, 0.0], "hits_error": [0.004, 0.0], "forecasts": [100, 99]}, index=[1, 2])


def watch() -> tuple[pd.DataFrame, pd.DataFrame]:
    seen = silent(forecasts().index, {"scale": [3, 400]})
    return seen.evidence, seen.alarms


def recalibrated() -> pd.DataFrame:
    return conformal.recalibrate(forecasts(), [0.99], conformal.Recalibration())


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_draws_without_a_warning(figure: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        axes = np.atleast_1d(FIGURES[figure]())
        assert all(isinstance(ax, Axes) for ax in axes.ravel())
        axes.ravel()[0].figure.canvas.draw()
    plt.close("all")


def test_titles_count_the_hits() -> None:
    table = forecasts()
    hits = int((-table["realised"] > table["var_0.99"]).sum())
    assert f"{hits} hits in 700 forecasts, 7.0 expected" in backtests.hit_band({"a": table})[0].get_title(loc="left")


def test_the_calendar_has_the_zone_of_the_last_250_days() -> None:
    zones = _month_zones(forecasts(700, factor=6.0))
    assert zones.isna().loc[2003].sum() >= 11 and zones.loc[2005].dropna().isin(["red"]).all()
    assert _month_zones(forecasts(700, factor=0.0)).loc[2005].dropna().isin(["green"]).all()


def test_the_band_holds_the_whole_curve_of_nineteen_in_twenty() -> None:
    """400 uniform samples of 200: between 92 and 98 % stay inside a 95 % band (binomial, two-sided 99 %)."""
    at = np.linspace(0, 1, 52)[1:-1]
    low, high = _simultaneous_band(200, at)
    sets = np.random.default_rng(8).random((400, 200))
    ecdf = (sets[:, :, None] <= at).mean(axis=1)
    inside = ((ecdf >= low - 1e-9) & (ecdf <= high + 1e-9)).all(axis=1).mean()
    assert 0.92 <= inside <= 0.985


def test_delays_count_trading_days_from_the_shock_and_quiet_alarms_have_an_interval() -> None:
    dates = forecasts().index
    watches = {"crisis": silent(dates, {"scale": [10, 300, 350], "hits": [20]}), "calm": silent(dates, {"hits": [5]})}
    found = replay.days_to_detection(watches, {"crisis": dates[298]})
    assert found.at["scale", "crisis"] == 3 and np.isnan(found.at["hits", "crisis"])
    false = replay.false_alarms({"calm": watches["calm"]})
    rate = 10 * 252 / 700
    assert false.at["hits", "in ten years"] == pytest.approx(rate) and false.at["scale", "alarms"] == 0
    assert false.at["scale", "low"] < 1e-6 < false.at["scale", "high"] == pytest.approx(3.689 * rate, rel=1e-3)
    assert false.at["hits", "low"] == pytest.approx(0.0253 * rate, rel=1e-2)


@pytest.mark.parametrize("draw", [backtests.hit_band, backtests.pit_ecdf, backtests.traffic_calendar])
def test_a_table_without_its_columns_is_named(draw) -> None:
    with pytest.raises(DataError, match="needs the column"):
        draw({"a": forecasts()[["realised"]]})


BACKTEST = {
    "dataset": "us_indices", "samplers": ["ewma", "historical"], "first": "2017-01-03", "last": "2018-06-29",
    "draws": 300, "refit": "never", "levels": [0.99],
}  # fmt: skip
DRIFT = {
    "sampler": "ewma", "replays": {"taper": ["us_indices", "2012-09-03", "2013-08-30", "2013-05-22"]},
    "quiet": {"2004": ["us_indices", "2004-01-02", "2004-12-31"]},
    "training": ["us_indices", "2005-01-03", "2006-12-29"],
    "refit": 126, "draws": 300, "years": 2.0, "histories": 20, "rates": [1.0, 2.0],
}  # fmt: skip


@pytest.fixture(scope="module", params=[("backtest", BACKTEST), ("drift", DRIFT)], ids=["backtest", "drift"])
def study(request, tmp_path_factory: pytest.TempPathFactory):
    name, given = request.param
    return name, run(name, given, tmp_path_factory.mktemp(name))


def test_a_study_runs_to_its_verdict_and_leaves_its_tables(study) -> None:
    name, ran = study
    assert ran.state == "completed"
    if name == "backtest":
        tests = pd.read_parquet(ran.path / "tests.parquet")
        answer = pd.read_parquet(ran.path / "forecasts.parquet")
        one = answer[(answer["sampler"] == "ewma") & (answer["book"] == "equal")]
        hits = int((-one["realised"] > one["var_0.99"]).sum())
        assert f"{hits} hits" in ran.verdict.text and set(tests["sampler"]) == {"ewma", "historical"}
    else:
        delays = pd.read_parquet(ran.path / "delays.parquet")
        assert set(delays["years"]) == {1.0, 2.0} and "taper" in ran.verdict.text
        assert set(pd.read_parquet(ran.path / "alarms.parquet")["episode"]) <= {"taper", "2004"}


def test_every_figure_of_a_study_has_words_and_nothing_is_complained_about(study) -> None:
    name, ran = study
    cells = nbformat.read(ran.notebook, as_version=4).cells
    shown = [output for cell in cells for output in cell.get("outputs", [])]
    figures = [output for output in shown if "image/png" in output.get("data", {})]
    assert len(figures) == {"backtest": 5, "drift": 3}[name]
    assert all(output.metadata["image/png"]["alt"] for output in figures)
    said = [output.text for output in shown if output.output_type == "stream" and output.name == "stderr"]
    assert not [text for text in said if "IProgress" not in text]  # tqdm misses a widget that nothing here needs
