"""The tournament: one course for all, comparisons that separate a better sampler from a worse one and from itself, coverage."""

import numpy as np
import pandas as pd
import pytest

from workbench import data, samplers
from workbench.backtesting import tournament
from workbench.backtesting.comparison import diebold_mariano
from workbench.errors import ParameterError
from workbench.plots import tournament as figures
from workbench.reporting._tournament import tournament_headline, where_it_loses
from workbench.studies import run

FAST = {"neural": {"members": 1, "steps": 30, "tune_steps": 5}}


@pytest.fixture(scope="module")
def returns() -> pd.DataFrame:
    return data.returns("us_equities")[["JPM", "KO", "XOM"]].loc["2003":"2009"]


@pytest.fixture(scope="module")
def course(returns) -> tournament.Design:
    return tournament.Design(returns, "2006-12-31", every=6, draws=300, few=100)


@pytest.fixture(scope="module")
def rows(course) -> dict:
    return dict(tournament.rows(["neural", "fhs_moving", "historical"], course, 2, FAST))


def test_a_row_holds_every_score_of_every_day(course, rows) -> None:
    assert list(rows) == [("neural", 0), ("neural", 1), ("fhs_moving", 0), ("historical", 0)]
    row = rows["historical", 0]
    assert len(row) == -(-len(course.returns.loc["2007":"2009"]) // 6) and row.index[0] == pd.Timestamp("2007-01-03")
    assert np.isfinite(row.to_numpy()).all() and {"crps/KO", "fz0_975/equal", "hit_990/long-short 29"} <= set(row)
    assert course.books.loc["long-short 3"].sum() == pytest.approx(0, abs=1e-12)
    assert course.books.loc["long-short 3"].abs().sum() == pytest.approx(2)


def test_scores_are_of_the_return_over_the_horizon(returns) -> None:
    """By hand: historical simulation of three days, its CRPS of one asset and its VaR of the equal-weight book."""
    course = tournament.Design(returns, "2006-12-31", "2007-03-30", horizon=3, every=10, draws=500)
    row = course.run(samplers.make("historical").fit(course.training))
    day, draws = next(
        samplers.roll(samplers.make("historical").fit(course.training), returns, "2007", "2007-03-30", 3, 500, 1)
    )
    came, total = returns.loc[day:].iloc[:3].sum(), draws.sum(axis=1)
    x, y = total[:, 1] / course.unit["KO"] / np.sqrt(3), came["KO"] / course.unit["KO"] / np.sqrt(3)
    apart = np.abs(x[:, None] - x).sum() / (len(x) * (len(x) - 1))
    assert row.at[day, "crps/KO"] == pytest.approx(np.abs(x - y).mean() - apart / 2, rel=1e-4)
    losses = np.sort(-np.expm1(total).mean(axis=1))[::-1]
    loss, var, es = -np.expm1(came).mean(), losses[5], losses[:5].mean()
    answer = max(loss - var, 0) / (0.01 * es) + var / es + np.log(100 * es) - 1
    assert row.at[day, "fz0_990/equal"] == pytest.approx(answer, rel=1e-4)
    assert row.at[day, "hit_990/equal"] == (loss > var)


def test_a_race_is_too_short_without_days_to_fit_or_to_test(returns) -> None:
    for until in ("2003-06-30", "2009-12-31"):
        with pytest.raises(ParameterError, match="250 to fit"):
            tournament.Design(returns, until)


def test_rows_come_back_from_the_store_and_other_questions_do_not(course, rows, tmp_path, monkeypatch) -> None:
    first = dict(tournament.rows(["historical"], course, store=tmp_path))
    monkeypatch.setattr(tournament.Design, "run", lambda *_: pytest.fail("measured again"))
    again = dict(tournament.rows(["historical"], course, store=tmp_path))
    pd.testing.assert_frame_equal(first["historical", 0], again["historical", 0], check_freq=False)
    pd.testing.assert_frame_equal(first["historical", 0], rows["historical", 0], check_freq=False)
    other = tournament.Design(course.returns, "2006-12-31", every=6, draws=301, few=100)
    with pytest.raises(pytest.fail.Exception, match="measured again"):
        dict(tournament.rows(["historical"], other, store=tmp_path))


def test_a_shared_filter_gives_the_same_sampler_as_one_fitted_alone(course) -> None:
    shared: dict = {}
    for name in ("fhs", "gjr_t"):
        found = tournament.fit(name, course.training, 0, shared)
    alone = samplers.make("gjr_t").fit(course.training, 0)
    assert len(shared) == 1 and found.filter is next(iter(shared.values())).filter
    ours, theirs = (sampler.sample(50, 3, seed=2)["scenarios"]["ret"].values for sampler in (found, alone))
    np.testing.assert_array_equal(ours, theirs)


def test_a_fitted_filter_waits_in_the_store_for_another_process(course, tmp_path, monkeypatch) -> None:
    first = tournament.fit("gjr_t", course.training, 0, {}, tmp_path)
    monkeypatch.setattr(samplers.Filtered, "fit", lambda *_: pytest.fail("fitted again"))
    again = tournament.fit("gjr_t", course.training, 0, {}, tmp_path)
    other = tournament.fit("fhs", course.training, 0, {}, tmp_path)  # the same filter, other shocks
    assert [path.suffix for path in tmp_path.iterdir()] == [".safetensors"] and type(other.shocks) is not type(
        first.shocks
    )
    ours, theirs = (sampler.sample(50, 3, seed=2)["scenarios"]["ret"].values for sampler in (first, again))
    np.testing.assert_array_equal(ours, theirs)
    with pytest.raises(pytest.fail.Exception, match="fitted again"):
        tournament.fit("gjr_t", course.training.iloc[1:], 0, {}, tmp_path)


@pytest.mark.parametrize("name", ["historical", "lognormal", "factor", "ewma", "block_bootstrap", "historical_window"])
def test_samplers_that_run_once_do_not_depend_on_their_seed(name, course) -> None:
    one, two = (samplers.make(name).fit(course.training, seed).sample(40, 2, 1)["scenarios"]["ret"] for seed in (0, 1))
    np.testing.assert_array_equal(one, two)
    assert not tournament.seeded(name)


def test_a_comparison_is_diebold_and_mariano_s_averaged_over_seeds(rows) -> None:
    table = tournament.compare(rows, "fhs_moving")
    own = [tournament.series(rows["neural", seed], "crps") for seed in (0, 1)]
    base = tournament.series(rows["fhs_moving", 0], "crps")
    answer = table.loc["CRPS", "neural"]
    assert answer["gain"] == pytest.approx(100 * ((own[0] + own[1]) / 2 - base).mean() / base.mean())
    assert answer["t"] == pytest.approx(diebold_mariano((own[0] + own[1]) / 2, base, 4, "bartlett").statistic)
    assert (
        answer["low"] <= answer["gain"] <= answer["high"]
        and answer["t_low"] <= answer["t_high"]
        and answer["seeds"] == 2
    )
    assert table.loc["CRPS", "historical"]["t"] > 2  # a frozen distribution through 2008
    with pytest.raises(ParameterError, match="ran alone"):
        tournament.compare({("historical", 0): rows["historical", 0]}, "historical")
    with pytest.raises(ParameterError, match="nobody"):
        tournament.compare(rows, "nobody")


def made(gain: float, days: int = 800) -> dict:
    """Rows whose scores are known: one is better than the rest by ``gain`` standard deviations of noise."""
    rng = np.random.default_rng(5)
    index, common = pd.bdate_range("2007-01-01", periods=days), rng.normal(size=days)
    names = {("ours", 0): -gain, ("ours", 1): -gain, ("base", 0): 0.0, ("worse", 0): 0.5}
    columns = ["energy", "crps/a", "crps/b", "fz0_975/equal", "fz0_975/a", "fz0_975/b", "fz0_990/a", "fz0_990/b"]
    made = {
        key: pd.DataFrame({c: common + shift + 0.5 * rng.normal(size=days) for c in columns}, index)
        for key, shift in names.items()
    }
    for key, rate in zip(made, (0.025, 0.025, 0.05, 0.01)):
        made[key]["hit_975/equal"] = made[key]["hit_990/equal"] = rng.random(days) < rate
    return made


def test_the_better_one_is_in_the_set_and_the_first_line_names_it() -> None:
    scores = ("energy", "crps", "fz0_975")
    inside = tournament.confidence_set(made(0.3), scores=scores, draws=300)
    said, outcome = tournament_headline(inside, ["ours"])
    assert outcome == "accepted" and said.startswith("In the 90 % confidence set") and "97.5 %: **ours**." in said
    assert "In none: base, worse." in said
    said, outcome = tournament_headline(tournament.confidence_set(made(-0.3), scores=scores, draws=300), ["ours"])
    assert outcome == "rejected" and "**ours**" not in said.partition("In none")[0]


def test_losses_are_put_in_words_by_regime_and_class() -> None:
    parts = tournament.by_subsample(made(-0.3, 4100), "base", classes={"a": "stocks", "b": "bonds"})
    assert set(parts["part"]) == {"all", "2008", "2020", "2022", "calm", "stocks", "bonds"}
    whole = parts[(parts["kind"] == "regime") & (parts["score"] == "energy score") & (parts["sampler"] == "ours")]
    assert whole["days"].sum() == 4100
    answer = where_it_loses(parts, "base")
    assert answer["ours"].startswith("behind base in 26 of 26") and answer["ours"].endswith("and more; ahead in 0")
    assert "FZ0 97.5 % of stocks (+" in where_it_loses(parts, "base", most=26)["ours"]
    assert "behind base nowhere at t ≥ 2" in where_it_loses(tournament.by_subsample(made(0.3), "base"), "base")["ours"]


def test_coverage_is_kupiec_s_and_overlapping_forecasts_are_passed_over() -> None:
    table = tournament.coverage(made(0.0, 2000))
    assert table.loc[("base", 0, 0.975), "p_value"] < 0.001 and not table.loc[("base", 0, 0.975), "inside"]
    assert table.loc[("ours", 0, 0.975), "inside"] and table.loc[("ours", 0, 0.975), "days"] == 2000
    low, high = table.loc[("ours", 0, 0.975), ["low", "high"]]
    assert 0.015 < low < 0.025 < high < 0.035
    assert tournament.coverage(made(0.0, 2000), horizon=10).loc[("ours", 0, 0.975), "days"] == 200


def test_figures_draw_what_the_tables_hold(rows) -> None:
    fake = made(0.3, 4100)
    parts = tournament.by_subsample(fake, "base", classes={"a": "stocks", "b": "bonds"})
    assert len(figures.comparison_map(parts, "base")) == 4 and len(figures.comparison_map(parts, "base", "class")) == 3
    frames = {"CRPS": tournament.by_sampler(rows, "crps")}
    drawn = figures.lead_plot(frames, "fhs_moving", ["neural"])[0].lines[0].get_ydata()
    assert drawn[-1] == pytest.approx((frames["CRPS"]["neural"] - frames["CRPS"]["fhs_moving"]).sum())
    assert len(figures.coverage_plot(tournament.coverage(fake))) == 2
    dots = figures.seed_plot(rows, "fhs_moving", ["neural"], ["crps"])[0].lines[0].get_xdata()
    assert list(dots) == tournament.seed_ts(rows, "neural", "fhs_moving", "crps")
    with pytest.raises(ParameterError, match="by class"):
        figures.comparison_map(tournament.by_subsample(rows, "fhs_moving"), "fhs_moving", "class")
    board = tournament.scoreboard(rows, "fhs_moving")
    assert board[("energy score", "mean")].is_monotonic_increasing and np.isnan(board.loc["fhs_moving", ("CRPS", "t")])


def test_the_study_names_the_confidence_set_in_its_first_line(tmp_path) -> None:
    given = {
        "dataset": "us_indices", "trained_until": "2008-12-31", "last": "2010-12-31", "every": 8, "long_every": 12,
        "draws": 120, "samplers": ["neural", "fhs_moving", "historical"], "options": FAST,
    }  # fmt: skip
    found = run("horse_race", given, tmp_path)
    assert found.state == "completed" and found.verdict.text.startswith("In the 90 % confidence set on all of")
    assert "behind fhs_moving" in found.verdict.text
    scores = pd.read_parquet(found.path / "scores.parquet")
    assert {name for name, *_ in scores.index} == {"neural", "fhs_moving", "historical"}
