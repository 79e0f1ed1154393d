"""The unseen decade: statistics against a second implementation, intervals and counts against closed forms."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from workbench.backtesting import unseen_decade as decade
from workbench.errors import ParameterError
from workbench.samplers.training import long_run

SMALL = {"draws": 60, "every": 252, "last": "2012-06-29"}


@pytest.fixture(scope="module")
def judged() -> pd.DataFrame:
    return decade.judge_all(["us_indices"], ["lognormal", "block_bootstrap"], **SMALL)


def test_statistics_are_those_of_a_loop_over_days() -> None:
    paths = 0.01 * np.random.default_rng(2).standard_t(4, (3, 260, 3)) + 0.004 * np.ones((3, 260, 1))
    found = decade.statistics(paths)
    for draw, path in enumerate(paths):
        frame = pd.DataFrame(path)
        book = np.log(np.exp(frame).mean(axis=1))
        wealth = np.exp(book.cumsum())
        assert found["volatility"][draw] == pytest.approx(book.std(ddof=0) * np.sqrt(252))
        assert found["worst_month"][draw] == pytest.approx(-book.rolling(20).sum().min())
        peak, deepest = 1.0, 0.0
        for value in wealth:
            peak = max(peak, value)
            deepest = max(deepest, np.log(peak / value))
        assert found["drawdown"][draw] == pytest.approx(deepest)
        upper = np.triu_indices(3, 1)
        assert found["correlation"][draw] == pytest.approx(frame.corr().to_numpy()[upper].mean())
        quarters = [frame[first : first + 63].corr().to_numpy()[upper].mean() for first in (0, 63, 126, 189)]
        assert found["worst_correlation"][draw] == pytest.approx(max(quarters))


def test_one_asset_has_no_correlation_and_an_exploded_path_stays_finite() -> None:
    paths = np.zeros((2, 63, 1))
    paths[0, 5] = 1e15
    found = decade.statistics(paths)
    assert set(found) == {"volatility", "worst_month", "drawdown"}
    assert all(np.isfinite(values).all() for values in found.values())


def test_the_interval_of_normal_draws_is_the_normal_one() -> None:
    """A hundred thousand draws; quantiles within four standard errors. The penalty is 2 / .1 of what lies outside."""
    values, edge = np.random.default_rng(1).standard_normal(100_000), norm.ppf(0.95)
    inside, outside = decade.interval(values, 0.3), decade.interval(values, 3.0)
    error = 4 * np.sqrt(0.05 * 0.95 / 1e5) / norm.pdf(edge)
    assert abs(inside["upper"] - edge) < error and abs(inside["lower"] + edge) < error
    assert inside["score"] == pytest.approx(inside["upper"] - inside["lower"])
    assert outside["score"] == pytest.approx(inside["score"] + 20 * (3.0 - inside["upper"]))
    assert abs(inside["pit"] - norm.cdf(0.3)) < 4 * 0.5 / np.sqrt(1e5)


def splits(panels: int, gap: int, count: int, years: int = 1) -> pd.DataFrame:
    days = pd.date_range("1990-01-01", periods=count, freq=f"{gap}D")
    tables = [pd.DataFrame({"panel": f"p{place}", "split": days, "years": years}) for place in range(panels)]
    return pd.concat(tables, ignore_index=True)


def test_disjoint_splits_count_whole_and_repeated_ones_once() -> None:
    rng = np.random.default_rng(3)
    apart = splits(1, 366, 20).assign(pit=rng.random(20))
    assert decade.effective_pairs(apart) == pytest.approx(20)
    same = splits(5, 366, 20)
    same["pit"] = np.tile(rng.random(20), 5)
    assert decade.effective_pairs(same) == pytest.approx(20)
    assert decade.effective_pairs(splits(1, 366, 1).assign(pit=0.5)) == pytest.approx(1)


def test_overlapping_splits_count_by_the_share_of_days_in_common() -> None:
    """Ten yearly splits judged over four years: n^2 / sum of max(0, 1 - |i - j| / 4)."""
    rows = splits(1, 365, 10, years=4).assign(pit=0.3)
    gaps = 365 * np.abs(np.subtract.outer(np.arange(10), np.arange(10))) / (4 * 365.25)
    assert decade.effective_pairs(rows) == pytest.approx(100 / np.maximum(1 - gaps, 0).sum())


def test_independent_panels_count_on_their_own() -> None:
    """Four panels without anything in common: 80 pairs; the estimate of the correlation costs some of them."""
    rng = np.random.default_rng(6)
    found = [decade.effective_pairs(splits(4, 366, 20).assign(pit=rng.random(80))) for _ in range(50)]
    assert 60 < np.mean(found) <= 80


def test_both_distributions_are_judged_on_the_same_pairs(judged: pd.DataFrame) -> None:
    assert set(judged["distribution"]) == {"stationary", "unseen decade"}
    sizes = judged.groupby(["sampler", "distribution", "years", "statistic"]).size().unstack("distribution")
    assert (sizes["stationary"] == sizes["unseen decade"]).all() and set(judged["years"]) == {1}
    realised = judged.pivot_table(index=["sampler", "split", "statistic"], columns="distribution", values="realised")
    assert np.array_equal(realised["stationary"], realised["unseen decade"])
    width = (judged["upper"] - judged["lower"]).groupby([judged["statistic"], judged["distribution"]]).mean().unstack()
    assert (width["unseen decade"] > width["stationary"]).all()


def test_judging_repeats_itself(judged: pd.DataFrame) -> None:
    again = decade.judge("us_indices", "lognormal", **SMALL)
    same = judged[judged["sampler"] == "lognormal"].reset_index(drop=True)
    pd.testing.assert_frame_equal(again[same.columns], same)


def test_coverage_counts_what_lies_inside_and_compares_with_the_stationary(judged: pd.DataFrame) -> None:
    table = decade.coverage(judged).set_index(["sampler", "distribution", "years", "statistic"])
    key = ("lognormal", "unseen decade", 1, "volatility")
    mine = judged[(judged["sampler"] == key[0]) & (judged["statistic"] == key[3])]
    own, plain = (mine[mine["distribution"] == name] for name in ("unseen decade", "stationary"))
    inside = ((own["lower"] <= own["realised"]) & (own["realised"] <= own["upper"])).mean()
    assert table.at[key, "coverage"] == inside and table.at[key, "pairs"] == len(own)
    assert table.at[key, "ratio"] == pytest.approx(own["score"].mean() / plain["score"].mean())
    gain = own["score"].to_numpy() - plain["score"].to_numpy()
    expected = gain.mean() / gain.std(ddof=1) * np.sqrt(table.at[key, "effective"])
    assert table.at[key, "t"] == pytest.approx(expected)
    assert (table.xs("stationary", level="distribution")["ratio"] == 1).all()


def test_a_panel_is_judged_without_its_market() -> None:
    assert decade.spread("wti") == long_run.load("until_2015", ["oil"])
    assert decade.spread("us_indices") == decade.spread("us_equities") != long_run.load("until_2015")


def test_bonds_earn_returns_and_monthly_panels_are_refused() -> None:
    assert decade.panel("us_treasuries").abs().max().max() < 0.1
    with pytest.raises(ParameterError, match="'moodys' is monthly"):
        decade.judge("moodys", "lognormal")
    with pytest.raises(ParameterError, match="'us_indices' has .* eleven years"):
        decade.judge("us_indices", "lognormal", last="2008-12-31")
