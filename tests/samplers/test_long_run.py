"""Long-run levels: closed forms of what a multiplier does, bits that depend on nothing else, spreads learnt back."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from workbench import data, samplers
from workbench.constants import BLOCK
from workbench.errors import FitError, ParameterError
from workbench.samplers import LongRunLevel, LongRunSpread
from workbench.samplers.training import long_run
from workbench.samplers.training.weights import Overlap

SPREAD = LongRunSpread(common=0.3, remainder=0.2, together=0.5, asset=0.15, drift=0.3)


def market(days: int = 2600, assets: int = 4, seed: int = 5, scale: np.ndarray | float = 0.01) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    values = scale * (0.8 * rng.standard_normal((days, 1)) + 0.6 * rng.standard_normal((days, assets)))
    return pd.DataFrame(values, pd.bdate_range("2000-01-03", periods=days), [f"asset {i}" for i in range(assets)])


def drawn(draws: int = 600, days: int = 30, assets: int = 4, seed: int = 9) -> np.ndarray:
    values = market(draws * days, assets, seed).to_numpy(dtype=np.float32)
    return values.reshape(draws, days, assets)


@pytest.mark.parametrize("assets", [1, 4])
def test_without_spread_the_draws_come_back_to_the_bit(assets: int) -> None:
    level = LongRunLevel(LongRunSpread()).fit(market(assets=assets))
    assert np.array_equal(level.apply(drawn(assets=assets), seed=3), drawn(assets=assets))


@pytest.mark.parametrize("name", ["fhs", "block_bootstrap"])
def test_levels_of_any_sampler_keep_its_type_and_shape(name: str) -> None:
    history = market(700)
    values = samplers.make(name).fit(history).sample(40, 6, 1, "long-run")["scenarios"]["ret"].to_numpy()[0]
    moved = LongRunLevel(SPREAD).fit(history).apply(values, 1)
    assert moved.shape == values.shape and moved.dtype == values.dtype and not np.array_equal(moved, values)


def test_a_draw_depends_on_its_seed_and_place_alone() -> None:
    level, values = LongRunLevel(SPREAD).fit(market()), drawn(BLOCK + 300, 3)
    whole = level.apply(values, 7)
    assert np.array_equal(level.apply(values[:50], 7), whole[:50])
    tail = level.apply_block(values[BLOCK:], 7, 1)
    assert np.array_equal(tail, whole[BLOCK:])
    with ThreadPoolExecutor(2) as pool:
        parts = list(
            pool.map(lambda block: level.apply_block(values[block * BLOCK : (block + 1) * BLOCK], 7, block), [1, 0])
        )
    assert np.array_equal(np.concatenate(parts[::-1]), whole)
    assert not np.array_equal(level.apply(values, 8), whole)


def test_panels_share_the_market_levels_of_a_seed() -> None:
    few, many = (LongRunLevel(SPREAD).fit(market(assets=assets)).levels(3, 0) for assets in (2, 4))
    assert np.array_equal(few.common, many.common) and np.array_equal(few.remainder, many.remainder)
    assert np.array_equal(few.asset, many.asset[:, :2])


def test_levels_have_their_medians_deviations_and_correlation() -> None:
    """Twelve blocks; every bound is four standard errors or more: false alarms below one in a thousand."""
    level = LongRunLevel(SPREAD).fit(market())
    parts = [level.levels(1, block) for block in range(12)]
    common, remainder = (
        np.log(np.concatenate([getattr(part, name) for part in parts])[:, 0]) for name in ("common", "remainder")
    )
    asset = np.log(np.concatenate([part.asset for part in parts]))
    sharpe = np.concatenate([part.drift for part in parts]) / level.deviation_ * np.sqrt(252)
    n = len(common)
    for logs, sd in ((common, 0.3), (remainder, 0.2), (asset[:, 0], 0.15), (sharpe[:, 0], 0.3), (sharpe[:, 3], 0.3)):
        assert abs(np.median(logs)) < 4 * 1.2533 * sd / np.sqrt(n)
        assert abs(logs.std() / sd - 1) < 4 / np.sqrt(2 * n)
    assert abs(np.corrcoef(common, remainder)[0, 1] - 0.5) < 4 * 0.75 / np.sqrt(n)
    assert np.abs(np.corrcoef(asset, rowvar=False) - np.eye(4)).max() < 4.5 / np.sqrt(n)
    loading = level.loading_
    assert abs(np.corrcoef(sharpe[:, 0], sharpe[:, 1])[0, 1] - loading[0] * loading[1]) < 4 / np.sqrt(n)


def test_log_volatility_has_the_variance_of_the_multiplier_and_of_sampling() -> None:
    """One asset, normal days: var log sd = common^2 + 1/(2 (n - 1)), the mean of the log within four errors."""
    history, days = market(assets=1), 100
    values = np.random.default_rng(4).normal(history.mean().iloc[0], 0.01, (8000, days, 1))
    logs = np.log(LongRunLevel(LongRunSpread(common=0.3)).fit(history).apply(values, 2).std(axis=1, ddof=1))[:, 0]
    expected = 0.3**2 + 1 / (2 * (days - 1))
    assert abs(logs.var() / expected - 1) < 4 * np.sqrt(2 / 8000)
    assert abs(logs.mean() - np.log(0.01)) < 4 * np.sqrt(expected / 8000) + 1 / (4 * days)


def test_a_path_is_scaled_part_by_part_as_the_formula_says() -> None:
    history, values = market(), drawn(5, 8).astype(float)
    level = LongRunLevel(SPREAD).fit(history)
    levels, moved = level.levels(6, 0), level.apply(values, 6)
    mean, deviation = history.mean().to_numpy(), history.std(ddof=0).to_numpy()
    vectors = np.linalg.svd((history - mean) / deviation, full_matrices=False)[2]
    projection = np.outer(vectors[0], vectors[0])
    for draw in range(5):
        score = (values[draw] - mean) / deviation
        common = score @ projection
        changed = levels.common[draw] * common + levels.remainder[draw] * (score - common)
        expected = mean + levels.drift[draw] + levels.asset[draw] * deviation * changed
        np.testing.assert_allclose(moved[draw], expected, rtol=1e-9, atol=1e-15)


def test_correlation_rises_with_the_common_level_alone() -> None:
    history = market()
    level = LongRunLevel(LongRunSpread(common=0.5)).fit(history)
    moved, common = level.apply(drawn(400, 200), 5), level.levels(5, 0).common[:400, 0]
    correlation = [np.corrcoef(path, rowvar=False)[np.triu_indices(4, 1)].mean() for path in moved]
    assert np.corrcoef(np.log(common), correlation)[0, 1] > 0.9


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"common": -0.1}, "common must be"),
        ({"together": 1.2}, "together must be"),
        ({"drift": np.nan}, "drift must be"),
    ],
)
def test_a_spread_out_of_bounds_is_refused(values: dict, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        LongRunSpread(**values)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ParameterError, match="spread must be a LongRunSpread, got float"):
        LongRunLevel(0.3)  # type: ignore[arg-type]
    with pytest.raises(FitError, match="not fitted"):
        LongRunLevel(SPREAD).apply(drawn(), 1)
    with pytest.raises(ParameterError, match="4 assets"):
        LongRunLevel(SPREAD).fit(market()).apply(drawn(assets=3), 1)


def planted(seed: int, together: float = 0.6) -> pd.DataFrame:
    """Ten years, then four years at other levels: common .3, remainder .25, asset .2, Sharpe ratios .4."""
    rng = np.random.default_rng(seed)
    past, ahead, assets = long_run.PAST, long_run.AHEAD[-1], 8
    factor, own = rng.standard_normal((past + ahead, 1)), rng.standard_normal((past + ahead, assets))
    first, second = rng.standard_normal(2)
    common, remainder = np.exp(0.3 * first), np.exp(0.25 * (together * first + np.sqrt(1 - together**2) * second))
    level = np.exp(0.2 * rng.standard_normal(assets))
    values = np.sqrt(0.5) * factor + np.sqrt(0.5) * own
    values[past:] = level * np.sqrt(0.5) * (common * factor[past:] + remainder * own[past:])
    shared, alone = rng.standard_normal(), rng.standard_normal(assets)
    values[past:] += 0.4 * (np.sqrt(0.5) * shared + np.sqrt(0.5) * alone) / np.sqrt(252)
    index = pd.bdate_range("1980-01-01", periods=past + ahead)
    return pd.DataFrame(0.01 * values, index, [f"asset {i}" for i in range(assets)])


def test_planted_levels_are_learnt_back() -> None:
    """Mean of the moments over 150 simulated panels against what was planted, within four standard errors.

    Assets' own levels average to something: the two parts have its variance too, .2^2 / 8; so has the past's error,
    1 / (2 x 2,520) of a log deviation and 1/10 of a Sharpe ratio, which a sampler does not draw.
    """
    found = pd.DataFrame([
        long_run.moments(panel.iloc[: long_run.PAST], panel.iloc[long_run.PAST :])
        for panel in map(planted, range(150))
    ])  # fmt: skip
    mean, error = found.mean(), found.std() / np.sqrt(len(found))
    shift = 0.2**2 / 8
    expected = {"common": 0.3**2 + shift, "remainder": 0.25**2 + shift, "cross": 0.6 * 0.3 * 0.25 + shift,
                "asset": 0.2**2, "drift": 0.4**2 + 0.1}  # fmt: skip
    for name, value in expected.items():
        assert abs(mean[name] - value) < 4 * error[name] + 0.003, name
        assert error[name] < 0.5 * value, name


def test_constant_levels_have_no_moments() -> None:
    """Heavy tails and clustering are sampling, not other levels: moments lie within four errors of zero."""
    rng, found = np.random.default_rng(8), []
    for _ in range(60):
        size = 3528
        clusters = np.exp(np.convolve(rng.standard_normal(size + 40), np.full(40, 0.1), "valid")[:size])[:, None]
        values = clusters * (rng.standard_t(5, (size, 1)) + rng.standard_t(5, (size, 5)))
        panel = pd.DataFrame(0.01 * values, pd.bdate_range("1980-01-01", periods=size))
        found.append(long_run.moments(panel.iloc[:2520], panel.iloc[2520:]))
    table = pd.DataFrame(found)
    error = table.std() / np.sqrt(len(table))
    for name in ("common", "remainder", "cross", "asset"):
        assert abs(table[name].mean()) < 4 * error[name] + 0.006, name


def records(**market_moments: dict) -> list[dict]:
    base = {"common": 0.04, "remainder": 0.09, "cross": 0.03, "asset": 0.01, "drift": 0.16, "periods": 2.0}
    return [{"market": name, "moments": base | changed} for name, changed in market_moments.items()]


def test_pooling_weighs_markets_by_periods_and_leaves_some_out() -> None:
    found = long_run.pooled(records(a={}, b={"common": 0.16, "periods": 6.0, "remainder": None, "cross": None}))
    assert found.common == pytest.approx(np.sqrt((2 * 0.04 + 6 * 0.16) / 8), abs=1e-4)
    assert found.remainder == pytest.approx(0.3) and found.drift == pytest.approx(0.4)
    without = long_run.pooled(records(a={}, b={"common": 0.16}), without=["b"])
    assert without == LongRunSpread(0.2, 0.3, 0.5, 0.1, 0.4)
    with pytest.raises(ParameterError, match="no panel is left"):
        long_run.pooled(records(a={}), without=["a"])


def test_moments_below_zero_are_no_spread() -> None:
    assert long_run.pooled(records(a={"common": -0.01})) == LongRunSpread(0.0, 0.3, 0.0, 0.1, 0.4)


def test_shipped_records_follow_from_their_panels_and_end_before_their_last_day() -> None:
    assert long_run.names()
    for name in long_run.names():
        facts = long_run.record(name)
        assert long_run.load(name) == long_run.pooled(facts["panels"])
        assert max(panel["last"] for panel in facts["panels"]) == facts["last"] <= f"{name[-4:]}-12-31"
        assert all(panel["licence"] and panel["sha256"] and panel["first"] < panel["last"] for panel in facts["panels"])


def test_the_newest_record_before_a_day_is_taken() -> None:
    assert long_run.newest_before(pd.Timestamp("2019-12-31")) == "until_2015"
    with pytest.warns(Overlap, match="no long-run levels were learnt before 1995-01-01"):
        assert long_run.newest_before(pd.Timestamp("1995-01-01")) == long_run.names()[0]
    with pytest.raises(ParameterError, match="no record 'until_1066'.*known"):
        long_run.record("until_1066")


def test_pegs_idle_and_missing_assets_take_no_part() -> None:
    panel = market(3000, assets=5)
    panel["peg"], panel["idle"], panel["young"] = 1e-5 * panel["asset 0"], panel["asset 1"], panel["asset 2"]
    panel["stale"] = panel["asset 3"].where(np.arange(3000) // 10 != 70, 0.0)
    panel.iloc[::5, panel.columns.get_loc("idle")] = 0.0
    panel.iloc[:200, panel.columns.get_loc("young")] = np.nan
    past, ahead = next(iter(long_run.windows(panel, 2520, 252, 252)))
    assert list(past) == [f"asset {place}" for place in range(5)] and (len(past), len(ahead)) == (2520, 252)


def test_a_panel_too_short_is_refused() -> None:
    with pytest.raises(ParameterError, match="3000 days, fourteen years"):
        long_run.panel_moments(market(3000))


def test_a_record_is_what_its_panel_gives_today() -> None:
    prices = data.load("wti")["WTI"].dropna()
    returns = np.log(prices).diff().dropna().to_frame().loc[:"2015-12-31"]
    known = next(panel for panel in long_run.record("until_2015")["panels"] if panel["name"] == "oil")
    for name, value in long_run.panel_moments(returns).items():
        assert (
            known["moments"][name] is None
            if np.isnan(value)
            else known["moments"][name] == pytest.approx(value, abs=1e-6)
        )
