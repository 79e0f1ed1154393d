"""Rosenblatt's transform of draws: the conditional distributions of known copulas, uniform for any right forecast, alert."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.backtesting.backtests._ranks import energy_rank
from workbench.backtesting.backtests._rosenblatt import departure, joint_p_value, rosenblatt, rosenblatt_day
from workbench.backtesting.ensembles import panel_uniformity
from workbench.errors import DataError

CORRELATION = np.array([[1.0, 0.7, 0.3], [0.7, 1.0, 0.5], [0.3, 0.5, 1.0]])
ROOT = np.linalg.cholesky(CORRELATION)


def gaussian(rng: np.random.Generator, shape: tuple[int, ...], root: np.ndarray = ROOT) -> np.ndarray:
    return rng.standard_normal((*shape, len(root))) @ root.T


def student(rng: np.random.Generator, shape: tuple[int, ...], nu: float = 4.0) -> np.ndarray:
    return gaussian(rng, shape) / np.sqrt(rng.chisquare(nu, (*shape, 1)) / nu)


def days_of_the_past(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Forty days drawn again and again, nothing like a t copula, with ties."""
    past = np.exp(student(np.random.default_rng(3), (40,), 2.5))
    return past[rng.integers(0, 40, shape)]


FORECASTS = {"gaussian": gaussian, "student": student, "days of the past": days_of_the_past}


def conditional_student(x: np.ndarray, nu: float) -> np.ndarray:
    """F(x_i | x_<i) of a multivariate t by its textbook conditional distribution, with R's blocks and not its root."""
    u = np.empty_like(x)
    for i in range(x.shape[-1]):
        known, block = x[:, :i], CORRELATION[:i, :i]
        weight = np.linalg.solve(block, CORRELATION[:i, i]) if i else np.zeros(0)
        spread = 1.0 - CORRELATION[i, :i] @ weight
        distance = np.einsum("ti,ij,tj->t", known, np.linalg.inv(block), known) if i else 0.0
        scale = np.sqrt(spread * (nu + distance) / (nu + i))
        u[:, i] = stats.t.cdf((x[:, i] - known @ weight) / scale, nu + i)
    return u


@pytest.mark.parametrize("nu", [4.0, np.inf])
def test_it_is_the_conditional_distribution_of_a_t_copula_whatever_the_margins(nu: float) -> None:
    """Bent margins. The error of a rank among m draws is about (4 m)^-1/2, .011 at 2,000, and halves with four times m
    (days far out, conditioned on extremes, err more)."""
    rng = np.random.default_rng(1)
    draw = student if nu == 4.0 else gaussian
    x, draws = draw(rng, (60,)), draw(rng, (60, 2000))
    known = conditional_student(x, min(nu, 1e8))
    few, many = (np.abs(rosenblatt(np.exp(draws[:, :m]), np.exp(x), nu)[0] - known) for m in (500, 2000))
    assert many.mean() < 0.015 and np.quantile(many, 0.95) < 0.05
    assert many.mean() < 0.75 * few.mean()


@pytest.mark.parametrize("name", FORECASTS)
def test_a_right_forecast_has_uniform_ranks_whatever_its_copula(name: str) -> None:
    """Four looks at 500 days; each false alarm once in 1,000."""
    rng = np.random.default_rng(2)
    day, draws = FORECASTS[name](rng, (500,)), FORECASTS[name](rng, (500, 99))
    for u in rosenblatt(draws, day)[0].T:
        assert stats.kstest(u, "uniform").pvalue > 0.001
    distance = [rosenblatt_day(members, came, number) for number, (members, came) in enumerate(zip(draws, day))]
    assert stats.kstest(distance, "uniform").pvalue > 0.001


@pytest.mark.parametrize("name", ["gaussian", "days of the past"])
def test_the_joint_test_keeps_its_size(name: str) -> None:
    """60 right forecasters: at most 10 of 60 rejected at 5 % (more happens once in 1,500)."""
    rng = np.random.default_rng(4)
    p = [
        joint_p_value(rosenblatt(FORECASTS[name](rng, (80, 49)), FORECASTS[name](rng, (80,)), pretended=19))
        for _ in range(60)
    ]
    assert np.mean(np.array(p) <= 0.05) <= 10 / 60


def test_it_finds_a_wrong_correlation_that_the_energy_rank_hardly_sees() -> None:
    rng = np.random.default_rng(5)
    looser = np.linalg.cholesky(0.5 * CORRELATION + 0.5 * np.eye(3))
    day, draws = gaussian(rng, (250,)), gaussian(rng, (250, 99), looser)
    assert joint_p_value(rosenblatt(draws, day, pretended=199)) <= 0.01
    assert stats.kstest(energy_rank(draws, day, np.ones(3)), "uniform").pvalue > 0.01


def test_departure_is_a_likelihood_ratio() -> None:
    z = gaussian(np.random.default_rng(6), (300,))
    moments = z.T @ z / 300
    free = stats.multivariate_normal(cov=moments).logpdf(z).sum()
    fixed = stats.multivariate_normal(cov=np.eye(3)).logpdf(z).sum()
    assert departure(stats.norm.cdf(z)) == pytest.approx(2 * (free - fixed), rel=1e-6)


def test_the_distance_of_a_day_does_not_know_the_order_of_the_assets() -> None:
    rng = np.random.default_rng(7)
    draws, came = gaussian(rng, (300,)), gaussian(rng, ())
    assert rosenblatt_day(draws, came, 8) == rosenblatt_day(draws[:, [2, 0, 1]], came[[2, 0, 1]], 8)
    with pytest.raises(DataError, match="expected"):
        rosenblatt(draws[None], came)


def test_a_panel_is_judged_by_each_of_its_pits() -> None:
    rng = np.random.default_rng(8)
    table = pd.DataFrame(rng.random((300, 3)), columns=["dependence", "width", "rosenblatt"])
    assert (panel_uniformity(table)["p_value"] > 0.01).all()
    wild = panel_uniformity(table.assign(width=stats.norm.cdf(0.5 + rng.standard_normal(300))))
    assert wild.at["width", "p_value"] < 0.01 < wild.at["dependence", "p_value"] and wild.at["width", "mean"] > 0.3
    with pytest.raises(DataError, match="width"):
        panel_uniformity(table.drop(columns="width"))
