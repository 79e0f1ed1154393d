"""Learned joint shocks against closed forms and second implementations."""

import numpy as np
import pytest
import torch
from scipy import stats

from workbench.samplers.shocks._classical import SHOCKS, ScaleMixture
from workbench.samplers.shocks._flow import Flow, midpoint
from workbench.samplers.shocks._learned import Field
from workbench.samplers.shocks._margins import SplicedMargins
from workbench.samplers.shocks._spline_flow import Couplings, SplineFlow
from workbench.stats import mean_crps


def normals(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def bent_couplings() -> Couplings:
    network = Couplings(5, 3, 6, 16, torch.Generator().manual_seed(0)).double()
    for place, conditioner in enumerate(network.conditioners):
        conditioner[-1].weight.data = 0.3 * normals(*conditioner[-1].weight.shape, seed=place).double()
    return network


def test_the_spline_flow_is_inverted_and_its_slope_is_the_determinant_by_autograd():
    network, x = bent_couplings(), 2 * normals(50, 5).double()
    base, log_slope = network.to_base(x)
    torch.testing.assert_close(network.from_base(base), x, rtol=0, atol=1e-8)
    jacobian = torch.stack(
        [torch.autograd.functional.jacobian(lambda r: network.to_base(r[None])[0][0], row) for row in x[:10]]
    )
    torch.testing.assert_close(torch.linalg.slogdet(jacobian).logabsdet, log_slope[:10].detach(), rtol=0, atol=1e-8)


def test_the_likelihood_of_an_untrained_spline_flow_is_that_of_a_spherical_t():
    shocks = SplineFlow(smoothing=0.0, reflect=0.0)
    network, scores = shocks.network(4, torch.Generator().manual_seed(0)), normals(200, 4)
    dof = 2.1 + float(network.log_dof.detach().exp())
    exact = -stats.multivariate_t(shape=np.eye(4), df=dof).logpdf(scores.numpy()).mean() / 4
    ours = shocks.loss(network, (scores,), torch.Generator().manual_seed(0))
    assert float(ours.detach()) == pytest.approx(exact, rel=1e-5)


def test_the_energy_distance_by_sorting_is_that_over_all_pairs():
    drawn, real = normals(40, 3), normals(25, 3, seed=1)
    cross = (drawn[:, None] - real[None]).abs().mean(dim=(0, 1))
    inside = (drawn[:, None] - drawn[None]).abs().sum(dim=(0, 1)) / (40 * 39)
    torch.testing.assert_close(mean_crps(drawn, real), cross - inside / 2)


def test_an_untrained_field_moves_nothing_and_a_known_velocity_is_followed():
    x = normals(30, 3)
    assert torch.equal(midpoint(Field(3, 2, 8, torch.Generator().manual_seed(0)), x, [0.8, 0.0]), x)

    def turning(x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        """Velocity (a - 1) sin cos / (a cos^2 + sin^2) x of normals with variance a: the variance goes from 1 to a."""
        cosine, sine = condition[:, :1], condition[:, 1:]
        return (1 - 4.0) * sine * cosine / (4.0 * cosine**2 + sine**2) * x

    wide = midpoint(turning, x, torch.linspace(np.pi / 2, 0, 65).tolist())
    torch.testing.assert_close(wide, 2 * x, rtol=2e-3, atol=2e-3)


def test_the_flow_learns_the_velocity_of_a_scale_shared_by_all_assets():
    """Days that are small or large for all assets at once: sizes of drawn days spread as those of the days given."""
    scale = torch.where(normals(3000, 1, seed=2) > 0, 1.35, 0.42)
    days = (scale * normals(3000, 8, seed=3)).numpy()
    margins = SplicedMargins(0.05).fit(days)
    shocks = Flow(blur=np.pi / 2, jumps=6, steps=400, sample=2**15, smoothing=0.0).fit(
        days, margins, 0, list("abcdefgh")
    )
    sizes = np.square(shocks.decode(normals(8192, shocks.width, seed=4)).numpy()).mean(axis=1)
    independent = np.square(margins.quantile(normals(8192, 8, seed=5)).numpy()).mean(axis=1)
    real = np.square(days).mean(axis=1)
    assert np.log(independent).std() < 0.7 * np.log(real).std()
    assert np.log(sizes).std() == pytest.approx(np.log(real).std(), rel=0.2)


@pytest.mark.parametrize("name", ["flow", "diffusion", "nsf", "vae", "generator"])
def test_every_shock_model_keeps_the_margins_and_the_correlation(name):
    """1,500 days of three assets with correlation .6, 20,480 draws: errors of calibration, training and draws."""
    days = stats.multivariate_t(shape=np.full((3, 3), 0.6) + 0.4 * np.eye(3), df=5, seed=8).rvs(1500)
    margins = SplicedMargins(0.05).fit(days)
    shocks = SHOCKS.make(name, hidden=8, steps=50, sample=2**15).fit(days, margins, 0, list("abc"))
    scores = shocks.scores(normals(20_480, shocks.width, seed=6)).detach().numpy()
    assert max(stats.kstest(column, "norm").statistic for column in scores.T) < 0.018
    assert stats.kendalltau(scores[:4000, 0], scores[:4000, 1]).statistic == pytest.approx(
        stats.kendalltau(days[:, 0], days[:, 1]).statistic, abs=0.06
    )


def test_the_shared_scale_gives_student_variables_and_normal_scores():
    mixture, noise = ScaleMixture(4.0), normals(50_000, 2, seed=7)
    assert stats.kstest(mixture.mix(noise[:, :1], noise[:, 1:]).numpy()[:, 0], stats.t(4).cdf).pvalue > 0.001
    assert stats.kstest(mixture.scores(noise[:, :1], noise[:, 1:]).numpy()[:, 0], "norm").pvalue > 0.001
