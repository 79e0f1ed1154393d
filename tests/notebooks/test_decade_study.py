"""The unseen decade: its figures draw, its verdict follows from its table, the notebook runs on a small preset."""

import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import pytest
from scipy.stats import binom

from workbench.backtesting import unseen_decade as decade
from workbench.errors import WorkbenchError
from workbench.plots import unseen_decade as figures
from workbench.reporting import tables, verdicts
from workbench.studies import run

SMALL = {"datasets": ["us_indices"], "samplers": ["lognormal", "historical"], "draws": 40, "every": 504}


def made(coverage: float, ratio: float, others: float = 0.9) -> pd.DataFrame:
    rows = [
        {"sampler": "fhs", "distribution": distribution, "years": years, "statistic": statistic, "pairs": 40,
         "effective": 11.5, "coverage": coverage if statistic == "volatility" else others, "ratio": ratio}
        for distribution in ("stationary", "unseen decade") for years in (1, 4) for statistic in ("volatility", "drawdown")
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [((0.9, 0.8), "accepted"), ((0.6, 0.8), "mixed"), ((0.9, 1.01), "rejected"), ((0.99, 0.8, 0.5), "rejected")],
)
def test_the_verdict_follows_its_rule(given: tuple, outcome: str) -> None:
    found = verdicts.unseen_decade(made(*given), "fhs")
    assert found.outcome == outcome and "40 pairs" in found.text and "11.5" in found.text


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory):
    return run("unseen_decade", SMALL, tmp_path_factory.mktemp("reports"))


def test_the_notebook_runs_to_its_verdict_and_leaves_its_tables(study) -> None:
    assert study.state == "completed", study
    rows, covered = (pd.read_parquet(study.path / name) for name in ("rows.parquet", "coverage.parquet"))
    pd.testing.assert_frame_equal(decade.coverage(rows), covered)
    assert study.verdict.outcome == verdicts.unseen_decade(covered, "lognormal").outcome
    shown = [output for cell in nbformat.read(study.notebook, as_version=4).cells for output in cell.get("outputs", [])]
    drawn = [output for output in shown if "image/png" in output.get("data", {})]
    assert len(drawn) == 2 and all(output.metadata["image/png"]["alt"] for output in drawn)
    assert not [output for output in shown if output.output_type == "stream" and output.name == "stderr"]


def test_a_table_row_holds_both_distributions_and_correct_coverage_has_its_range(study) -> None:
    covered = pd.read_parquet(Path(study.path) / "coverage.parquet")
    shown = tables.decade(covered)
    assert len(shown.data) == len(covered) / 2 and "worst month" in shown.data.index.get_level_values("statistic")
    first = covered[covered["distribution"] == "unseen decade"].iloc[0]
    row = shown.data.loc[(first["sampler"], first["years"], first["statistic"].replace("_", " "))]
    assert row["with levels of their own", "coverage"] == first["coverage"] and row["", "pairs"] == first["pairs"]
    assert "unseen decade" not in shown.to_html() and "%" in shown.to_html()
    low, high = decade.chance_range(40.2)
    outside = binom.cdf(40 * low - 1, 40, 0.9) + binom.sf(40 * high, 40, 0.9)
    assert (low, high) == (32 / 40, 39 / 40) and 0.01 < outside < 0.05


def test_figures_draw_without_a_warning_and_show_every_coverage(study) -> None:
    rows, covered = (pd.read_parquet(Path(study.path) / name) for name in ("rows.parquet", "coverage.parquet"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        axes = figures.coverage_plot(covered)
        axes[0].figure.canvas.draw()
        figures.interval_plot(rows, "us_indices", "lognormal")[0].figure.canvas.draw()
    marks = sum(
        len(mark.get_xdata()) for ax in axes for mark in ax.get_lines() if mark.get_marker() not in ("", "None")
    )
    assert marks == len(covered)
    plt.close("all")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"datasets": ["us_indexes"]}, "us_indexes"),
        ({"record": "until_1066"}, "record"),
        ({"samplers": ["fhz"]}, "'fhz'"),
        ({"every": 0}, "at least 1"),
        ({"draws": 5}, "at least 20"),
    ],
)
def test_what_cannot_be_judged_is_refused_before_a_kernel_starts(changed: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match=message):
        run("unseen_decade", SMALL | changed, tmp_path)
    assert not list(tmp_path.iterdir())
