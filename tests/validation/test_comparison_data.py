"""Comparison data against arithmetic by hand: the null, the least errors, and one whole comparison number by number."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from workbench.validation.engine import _null_width
from workbench.validation.engine._null import Reading, Redraws, Spread
from workbench.validation.engine.comparison_data import CHUNK, ComparisonData, SetSummary, mean_of
from workbench.validation.engine.features import by_day


def whole(x: np.ndarray) -> np.ndarray:
    """Cumulative return of each window, (window, asset)."""
    return x.sum(axis=1)


def data_of(real, fake=None, weights=None, **options) -> ComparisonData:
    """Comparison data of windows (window, time, asset), one unit being one log return."""
    real = np.asarray(real, dtype=np.float32)
    fake = real if fake is None else np.asarray(fake, dtype=np.float32)
    weights = np.full(len(real), 1 / len(real)) if weights is None else np.asarray(weights)
    assets = tuple("ABC"[: real.shape[2]])
    days = options.pop("days", real[:, 0])
    return ComparisonData(
        real, fake, weights, assets, np.ones(len(assets)), np.asarray(days), options.pop("stride", 1), fake, days,
        SetSummary.of(fake), 252, **options,
    )  # fmt: skip


def redraws(windows: int = 4, freedom: float = 9.0, widen: float = 1.0, seed: int = 0) -> Redraws:
    rng = np.random.default_rng(seed)
    blocks, draws = (rng.dirichlet(np.ones(windows), 5) for _ in range(2))
    return Redraws(blocks, draws, freedom, widen)


def normals(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def test_repeats_and_the_largest_return_of_a_set():
    values = np.array([[[1.0, -4.0]], [[-3.0, 2.0]], [[1.0, -4.0]], [[1.0, -4.0]]])
    summary = SetSummary.of(values)
    assert (summary.draws, summary.repeats) == (4, 2) and summary.largest.tolist() == [3.0, 4.0]


def test_memory_is_the_mean_autocorrelation_one_to_three_months_apart_of_the_log_level():
    """Levels e, 1/e, e, 1/e: products over four months are -3/4, 2/4 and -1/4; days beyond whole months don't count."""
    months = np.exp(np.repeat([1.0, -1.0, 1.0, -1.0], 22))
    days = np.concatenate([np.column_stack([0.5 * months, -1.5 * months]), np.full((5, 2), 1e3)])
    assert data_of(normals(4, 2, 2), days=days).memory == pytest.approx(-1 / 6)
    assert data_of(normals(4, 2, 1), days=np.zeros((88, 1))).memory == 0.0


@pytest.mark.parametrize(("conditional", "length"), [(False, 7), (True, 4)])
def test_blocks_of_the_null_are_counted_in_windows(conditional, length):
    """100 days: blocks of 2.8 x 10 days (half as many for a conditional set), a window begins every four days."""
    real, days = normals(25, 2, 1), normals(100, 1)
    null = data_of(real, days=days, stride=4, conditional=conditional, redraws=30).null
    assert null.freedom == pytest.approx(25 / length) and null.widen == pytest.approx(1 / (1 - length / 25))
    assert null.blocks.shape == null.draws.shape == (30, 25)
    again, other = (data_of(real, days=days, stride=4, redraws=30, seed=seed).null for seed in (0, 1))
    assert np.array_equal(again.blocks, null.blocks) != conditional and not np.array_equal(other.draws, null.draws)


def test_a_block_is_at_least_one_window():
    assert data_of(normals(9, 2, 1), days=normals(16, 1), stride=40, redraws=5).null.freedom == pytest.approx(9.0)


def test_given_redraws_are_taken_and_equal_weights_draw_their_own():
    shared = redraws()
    data = data_of(normals(4, 2, 1), weights=[0.1, 0.2, 0.3, 0.4], shared=shared)
    assert data.null is shared and "Redraws" not in repr(data)
    alike = data.equally_weighted()
    assert alike.weights.tolist() == [0.25] * 4 and alike.shared is None and alike.null is not shared


def test_the_factor_of_a_check_comes_with_the_same_redraws(monkeypatch):
    monkeypatch.setattr(_null_width, "factor", lambda name, data: {"tails": 1.5}[name])
    data = data_of(normals(12, 2, 1), redraws=5)
    own = data.for_check("tails")
    assert own.factor == 1.5 and own.null is data.null and data.factor == 1.0


def test_the_least_error_of_a_rare_share_is_that_of_independent_days():
    data = data_of(normals(4, 2, 1), weights=[0.1, 0.2, 0.3, 0.4], days=normals(30, 1))
    assert data.rare_error == pytest.approx(0.5 * np.sqrt(0.30 * 4 / 30))


def test_streams_differ_by_stage_and_by_seed():
    data = data_of(normals(4, 2, 1))
    numbers = [d.rng(stage).random() for d in (data, dataclasses.replace(data, seed=1)) for stage in ("null", "pairs")]
    assert len(set(numbers)) == 4 and data.rng("null").random() == numbers[0]


def test_thresholds_are_quantiles_of_the_weighted_history_also_of_features_by_day():
    real = np.array([[[1.0], [2.0]], [[3.0], [4.0]]])
    data = data_of(real, weights=[0.25, 0.75])
    assert data.threshold(by_day, [0.25, 0.26, 0.65])[:, 0].tolist() == [2.0, 3.0, 4.0]
    assert data.threshold(whole, [0.25, 0.26])[:, 0].tolist() == [3.0, 7.0]


def test_a_mean_over_chunks_is_the_mean():
    values = normals(2 * CHUNK + 1, 2, 2).astype(np.float32) + 100
    np.testing.assert_allclose(mean_of(whole, values), values.astype(float).sum(axis=1).mean(axis=0), rtol=1e-7)


def test_the_variance_of_block_redraws_is_widened_by_the_memory_a_statistic_holds():
    shared = redraws(widen=1.25)
    data = data_of(normals(4, 3, 2), days=normals(49, 2), shared=shared)
    assert data.widened(0.0) == 1.25 and data.widened(0.2) == pytest.approx(1.25 * (1 + 70 * 0.2 / 7))
    assert dataclasses.replace(data, conditional=True).widened(0.2) == 1.25
    phi, centre = normals(4, 2, seed=3), np.array([0.1, -0.2])
    found = data.spread(phi, lambda mean: 2 * mean, centre, memory=0.2)
    blocks, draws = (2 * part @ phi - centre for part in (shared.blocks, shared.draws))
    expected = 1.25 * 3 * np.einsum("ra,rb->ab", blocks, blocks) / 5 + np.einsum("ra,rb->ab", draws, draws) / 5
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-12)
    assert found.freedom == 9.0


@pytest.mark.parametrize("alike", [True, False])
@pytest.mark.parametrize(("horizon", "stride", "step"), [(4, 2, 2), (5, 2, 3), (9, 3, 3), (1, 5, 1)])
def test_dependence_on_todays_state_is_the_weighted_autocovariance_of_windows_without_a_common_day(
    horizon, stride, step, alike
):
    """For a mean the influence of a window is its own departure from the mean."""
    weights = np.array([0.05, 0.2, 0.1, 0.15, 0.0, 0.1, 0.1, 0.3])
    place = np.arange(8)
    again = place % step + 0.01 * place if step > 1 else place**1.5  # the same after ``step`` windows
    turning = np.where(place // step % 2, 1.0, -1.0) * [1, 2, 4, 3, 5, 7, 6, 9]
    phi = again if alike else turning
    phi = np.column_stack([phi, phi + 0.1 * normals(8)])
    data = data_of(normals(8, horizon, 2), weights=weights, stride=stride, conditional=True, shared=redraws(8))
    centre = weights @ phi
    gap = np.where(weights[:, None] > 0, phi - centre, 0.0)
    common, both = np.zeros(2), 0.0
    for first in range(8 - step):
        pair = np.sqrt(weights[first] * weights[first + step])
        both += pair
        common += pair * gap[first] * gap[first + step]
    variance = sum(weight * row**2 for weight, row in zip(weights, gap))
    share = max(0.004, float(np.mean(common / both / variance)))
    expected = share * sum(weight * np.outer(row, row) for weight, row in zip(weights, gap))
    same = lambda mean: mean  # noqa: E731
    np.testing.assert_allclose(data._state_dependence(phi, same, centre, 0.004), expected, rtol=1e-9)
    assert (share > 0.004) == alike, "both sides of the least share are met"
    plain = dataclasses.replace(data, conditional=False).spread(phi, same, centre)
    np.testing.assert_allclose(data.spread(phi, same, centre).covariance - plain.covariance, expected, rtol=1e-9)


def test_a_comparison_number_by_number():
    """The component that departs most in standard errors, and the range that 95 % of the null stays in."""
    real, fake = normals(4, 3, 2), normals(50, 3, 2, seed=5) + [0.5, 0.0]
    shared = redraws(widen=1.5)
    data = data_of(real, fake, weights=[0.1, 0.2, 0.3, 0.4], shared=shared, factor=1.3)
    labels = [("A's sum", ("A",)), ("B's sum", ("B",))]
    found = data.compare(whole, labels=labels, show=lambda value: 100 * value)
    phi = whole(real.astype(np.float32))
    history, scenario = data.weights @ phi, whole(fake).mean(axis=0)
    spread = Spread(1.3**2 * data.spread(phi, lambda mean: mean, history).covariance, 9.0)
    z = (scenario - history) / spread.error
    at = int(np.abs(z).argmax())
    reading = spread.worst(scenario - history)
    assert found.evidence["component"] == labels[at][0] and found.columns == labels[at][1]
    assert found.evidence["departure"] == pytest.approx(z[at], rel=1e-5) and found.evidence["blocks"] == 9.0
    assert found.p_value == pytest.approx(reading.p_value, rel=1e-4) and found.evidence["components"] == 2
    assert found.statistic == pytest.approx(100 * scenario[at], rel=1e-5)
    assert found.evidence["history"] == pytest.approx(100 * history[at], rel=1e-5)
    reach = reading.reach(0.05) * spread.error[at]
    assert found.reference == pytest.approx((100 * (history[at] - reach), 100 * (history[at] + reach)), rel=1e-4)
    assert found.evidence["distribution"] == "t" and found.evidence["comparisons"] == pytest.approx(spread.comparisons)


def test_a_mean_square_is_read_against_f_and_reported_from_zero_on():
    data = data_of(normals(4, 3, 2), normals(40, 3, 2, seed=2), shared=redraws())
    found = data.compare(whole, combine="square")
    phi = whole(data.real)
    spread = data.spread(phi, lambda mean: mean, data.weights @ phi)
    reading = spread.square(whole(data.fake).mean(axis=0) - data.weights @ phi)
    assert found.statistic == pytest.approx(reading.value, rel=1e-5) and found.p_value == pytest.approx(reading.p_value)
    assert found.reference == pytest.approx((0.0, stats.f.isf(0.05, spread.degrees, 9.0)), rel=1e-6)
    assert found.columns == () and found.evidence["component"] == str(reading.component)


def test_an_average_component_gets_half_of_the_level():
    averaged = lambda mean: np.concatenate([mean, mean.mean(-1, keepdims=True)], -1)  # noqa: E731
    data = data_of(normals(4, 3, 2), normals(40, 3, 2, seed=2) + 0.6, shared=redraws())
    found = data.compare(whole, averaged, pooled=True)
    phi = whole(data.real)
    history = averaged(data.weights @ phi)
    spread = data.spread(phi, averaged, history)
    departure = averaged(whole(data.fake).mean(axis=0)) - history
    assert found.p_value == pytest.approx(spread.worst(departure, pooled=True).p_value, rel=1e-4)
    assert found.p_value != pytest.approx(spread.worst(departure).p_value, rel=1e-3)
    assert data.compare(whole, averaged).p_value == pytest.approx(spread.worst(departure).p_value, rel=1e-4)
    one = data_of(normals(4, 3, 1), normals(40, 3, 1, seed=2), shared=redraws())
    assert one.compare(whole, pooled=True).p_value == one.compare(whole).p_value


def test_components_without_spread_or_number_are_left_out_and_errors_have_a_least():
    real, fake = normals(4, 3, 2), normals(40, 3, 2, seed=2)
    real[:, :, 0] = fake[:, :, 0] = 0.25
    data = data_of(real, fake, shared=redraws())
    found = data.compare(whole)
    assert found.evidence["components"] == 1 and found.evidence["component"] == "1"
    assert found.evidence["comparisons"] == 1.0
    nothing = data.compare(lambda x: whole(x)[:, :1])
    assert not nothing.answered and nothing.evidence["reason"] == "no component has a spread in this history"
    raised = data.compare(whole, least=0.7)
    low, high = raised.reference
    reach = Reading("t", 0, 0.0, 0.0, raised.evidence["comparisons"], 9.0).reach(0.05)
    assert (high - low) / 2 == pytest.approx(0.7 * reach, rel=1e-5)
    assert raised.evidence["components"] == 2, "a least error gives a constant component a spread"


def test_other_draws_and_other_features_can_stand_in():
    data = data_of(normals(4, 3, 1), normals(40, 3, 1, seed=2), shared=redraws())
    other = normals(30, 3, 1, seed=3)
    assert data.compare(whole, fake=other).statistic == pytest.approx(float(whole(other).mean()), rel=1e-5)
    twice = data.compare(whole, fake_features=lambda x: 2 * whole(x))
    assert twice.statistic == pytest.approx(2 * float(whole(data.fake).mean()), rel=1e-4)
    assert twice.evidence["history"] == pytest.approx(float(whole(data.real).mean()), rel=1e-5)


def test_fewer_than_six_blocks_of_a_like_state_give_no_answer():
    data = data_of(normals(4, 3, 1), normals(40, 3, 1, seed=2))
    assert dataclasses.replace(data, shared=redraws(freedom=6.0)).compare(whole).answered
    found = dataclasses.replace(data, shared=redraws(freedom=5.96)).compare(whole)
    assert not found.answered
    assert found.evidence["reason"] == "the history holds 6.0 independent blocks of a like state, 6 are needed"


def test_comparison_data_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        data_of(normals(4, 2, 1)).factor = 2.0  # type: ignore[misc]
