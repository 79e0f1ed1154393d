"""Guarantees of the tail: each holds for a sound model, is refuted where it is broken, and the study runs."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import integrate, stats

from workbench import samplers
from workbench.samplers.shocks import Calibration, SplicedMargins, joint_tail
from workbench.studies import run
from workbench.validation import tail_guarantees as guarantees


@pytest.fixture(scope="module")
def margins() -> SplicedMargins:
    return SplicedMargins(0.05).fit(stats.t(4).rvs((3000, 3), random_state=1))


@pytest.fixture(scope="module")
def draws() -> np.ndarray:
    return np.random.default_rng(2).standard_normal((200_000, 3)).astype(np.float32)


def test_the_decoder_inverts_the_survival_function(margins):
    assert guarantees.survival_errors(margins).to_numpy().max() < 1e-12
    bent = copy.deepcopy(margins)
    bent.survival = margins.survival
    bent.shape_ = margins.shape_ * 1.001
    assert guarantees.survival_errors(bent).to_numpy().max() > 1e-5


def test_the_index_of_exact_scores_is_in_range_and_that_of_a_bent_tail_is_not(margins, draws):
    single = 1 - 0.05 / 6
    exact = guarantees.hill(margins, margins.quantile(torch.as_tensor(draws)).numpy(), 0.01, single)
    assert exact["inside"].all() and (exact["k"] > 1500).all()
    bent = guarantees.hill(margins, margins.quantile(torch.as_tensor(1.15 * draws)).numpy(), 0.01, single)
    assert not bent["inside"].any()


def test_the_joint_tail_of_a_shared_scale_by_quadrature():
    """P(both below x) / u for two t(4) variables that share their chi-square, at u = 1 %."""
    x = stats.t.ppf(0.01, 4)
    both, _ = integrate.quad(lambda c: stats.norm.cdf(x * np.sqrt(c / 4)) ** 2 * stats.chi2.pdf(c, 4), 0, 60)
    assert joint_tail(4.0, 0.01) == pytest.approx(both / 0.01, rel=1e-4)
    assert joint_tail(4.0) == pytest.approx(2 * stats.t.cdf(-np.sqrt(5), 5))
    assert joint_tail(4.0, 1e-9) == pytest.approx(float(joint_tail(4.0)), rel=0.01)
    assert joint_tail(None) == 0


def comonotone(noise: torch.Tensor) -> torch.Tensor:
    """A process whose assets always move together, on a scale that is far from normal."""
    return noise[:, :1].sinh().expand(-1, 3) * torch.tensor([1.0, 2.0, 0.5])


def calibrated(mixture: float | None) -> torch.Tensor:
    calibration = Calibration(beyond=0.05, mixture=mixture, sample=2**16).fit(comonotone, 1)
    noise = torch.randn(200_000, 1 + calibration.width, generator=torch.Generator().manual_seed(3))
    return calibration.scores(comonotone(noise[:, :1]), noise[:, 1:])


@pytest.mark.parametrize("mixture", [None, 4.0])
def test_calibrated_scores_are_standard_normal_and_crash_together_as_implied(mixture):
    scores = calibrated(mixture)
    worst = max(stats.kstest(column, "norm").statistic for column in scores.numpy().T)
    assert worst < 2 * 1.36 / np.sqrt(2**16)  # two samples' worth of error, that of the calibration the larger
    curve = guarantees.crashing_together(scores, [0.02, 0.005, 0.001], 0.05, mixture)
    assert curve["z"].abs().max() < 3.5
    other = guarantees.crashing_together(scores, [0.005], 0.05, 4.0 if mixture is None else None)
    assert other["z"].abs().max() > 3.5


def test_a_score_in_the_last_stratum_is_the_tail_of_a_normal():
    """Given that it is past the edge, the score's probability is uniform: exactly, whatever the network does."""
    scores = calibrated(4.0).numpy()
    for column in scores.T:
        within = stats.norm.cdf(column[column < stats.norm.ppf(0.0499)]) / 0.0499
        assert stats.kstest(within, "uniform").pvalue > 1e-4


def test_the_shortfall_is_finite_below_index_one_and_only_there(margins):
    growth = guarantees.partial_shortfall(margins, [0.3, 0.8, 1.0, 1.2])
    for shape in (0.3, 0.8):
        assert growth[shape].iloc[-1] == pytest.approx(guarantees.shortfall(margins, shape), rel=1e-3)
    quarters = growth.iloc[[10_000, 20_000, 30_000, 40_000]]
    assert np.ptp(quarters[1.0].diff().iloc[1:]) < 1e-3 * quarters[1.0].diff().iloc[1]  # as fast in the end as before
    assert (quarters[1.2].pct_change().iloc[1:] > 10).all() and guarantees.shortfall(margins, 1.2) == np.inf


def test_the_study_runs_to_its_verdict(tmp_path):
    given = {
        "dataset": "us_indices", "until": "2005-12-30", "filter": "ewma", "draws": 60_000, "beyond": 0.02,
        "levels": [0.05, 0.01, 0.003], "options": {"hidden": 8, "steps": 50, "sample": 65536},
    }  # fmt: skip
    found = run("tail_proof", given, tmp_path)
    assert found.state == "completed" and "6 of 6 promises hold" in found.verdict.text
    tails = pd.read_parquet(found.path / "tails.parquet")
    assert len(tails) == 2 * 2 * 2 and set(tails["side"]) == {"lower", "upper"}


def test_a_learned_model_that_learns_nothing_is_the_gaussian_copula():
    """Two assets with correlation .7 and next to no training: the calibrated scores have that correlation."""
    pair = np.random.default_rng(4).multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], 1500)
    shocks = samplers.make("filtered", shocks="vae", tails="gpd").shocks
    shocks.steps, shocks.sample = 25, 2**15
    shocks.fit(pair, SplicedMargins(0.05).fit(pair), 0, ["a", "b"])
    drawn = guarantees.draw_scores(shocks, 40_000, 1).numpy()
    assert np.corrcoef(drawn.T)[0, 1] == pytest.approx(np.corrcoef(pair.T)[0, 1], abs=0.03)
