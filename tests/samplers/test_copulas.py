"""Copulas and factors against closed forms: the t distribution by its shared scale, its likelihood, its repairs."""

import numpy as np
import pytest
import torch
from scipy import stats

from workbench.errors import ParameterError
from workbench.samplers.shocks import Factor, SplicedMargins, _classical
from workbench.samplers.shocks._classical import (
    SMALLEST,
    GaussianCopula,
    ScaleMixture,
    StudentCopula,
    _cholesky,
    _t_copula_likelihood,
    uniform_index,
)  # fmt: skip
from workbench.samplers.shocks._margins import GaussianMargins


class AsTheyCome:
    """Margins that leave scores as they are."""

    def quantile(self, scores: torch.Tensor) -> torch.Tensor:
        return scores


def student(days: int, dof: float, correlation: float, seed: int = 1) -> np.ndarray:
    shape = [[1.0, correlation], [correlation, 1.0]]
    return stats.multivariate_t.rvs(shape=shape, df=dof, size=days, random_state=seed)


@pytest.mark.parametrize("dof", [2.5, 5.0, 30.0])
def test_a_shared_scale_makes_normals_student_t_and_scores_bring_them_back(dof):
    mixture = ScaleMixture(dof)
    shared = torch.tensor([[-6.0], [-2.0], [0.0], [1.5], [6.0]])
    normals = torch.tensor([[1.0, -2.0]]).expand(5, 2)
    scale = np.sqrt(dof / stats.chi2.ppf(stats.norm.cdf(shared.numpy().astype(float)), dof))
    expected = normals.numpy() * scale
    np.testing.assert_allclose(mixture.mix(normals, shared), expected, rtol=2e-3)
    scores = stats.norm.ppf(stats.t.cdf(-np.abs(expected), dof)) * -np.sign(expected)
    np.testing.assert_allclose(mixture.scores(normals, shared), scores, rtol=3e-3)
    far = torch.tensor([[1e9, -1e9]]), torch.tensor([[0.0]])
    edge = -stats.norm.ppf(stats.t.sf(np.expm1(12.0), dof))
    np.testing.assert_allclose(mixture.scores(*far)[0], [edge, -edge], rtol=1e-4)
    beyond = mixture.mix(torch.ones(2, 1), torch.tensor([[-6.5], [-9.0]]))
    assert beyond[0] == beyond[1]


def test_a_drawn_vector_uses_its_first_normal_as_the_scale():
    copula = StudentCopula()
    copula.margins, copula.root_ = AsTheyCome(), torch.tensor([[1.0, 0.0], [0.6, 0.8]])
    copula.scale_mixture_ = ScaleMixture(4.0)
    noise = torch.tensor([[1.0, 0.5, -1.0], [-1.0, 0.5, -1.0]])
    normals = torch.tensor([[0.5, 0.3 - 0.8]]).expand(2, 2)
    torch.testing.assert_close(copula.decode(noise), copula.scale_mixture_.scores(normals, noise[:, :1]))


def test_the_likelihood_of_a_t_copula_is_joint_over_marginal_densities():
    dof, rho = 4.0, 0.5
    uniforms = np.array([[0.1, 0.3], [0.8, 0.6]])
    x, y = stats.t.ppf(uniforms, dof).T
    form = (x**2 - 2 * rho * x * y + y**2) / (dof * (1 - rho**2))
    joint = np.log(1 / (2 * np.pi * np.sqrt(1 - rho**2))) - (dof + 2) / 2 * np.log1p(form)
    expected = (joint - stats.t.logpdf(x, dof) - stats.t.logpdf(y, dof)).sum()
    shape = np.array([[1.0, rho], [rho, 1.0]])
    assert _t_copula_likelihood(uniforms, shape, dof) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("dof", "low", "high"), [(4.0, 3.2, 5.0), (1.0, 2.1, 2.1001)])
def test_degrees_of_freedom_are_found_and_kept_above_the_least(dof, low, high):
    """3,000 days: a standard error of about .3 at 4; one degree of freedom lies beyond the bound of 2.1."""
    days = student(3000, dof, 0.5)
    copula = StudentCopula().fit(days, SplicedMargins(0.0).fit(days), 0, ["a", "b"])
    assert low <= copula.dof_ <= high and copula.width == 3
    assert float(copula.root_[1, 0]) == pytest.approx(0.5, abs=0.06)


def test_twins_get_the_degrees_of_freedom_of_their_repaired_correlation(monkeypatch):
    days = student(400, 3.0, 0.5)
    twins = np.column_stack([days, days[:, 0]])
    seen = []
    likelihood = lambda *args: seen.append(args[1]) or _t_copula_likelihood(*args)  # noqa: E731
    monkeypatch.setattr(_classical, "_t_copula_likelihood", likelihood)
    copula = StudentCopula().fit(twins, SplicedMargins(0.0).fit(twins), 0, list("abc"))
    repaired = (copula.root_ @ copula.root_.T).double().numpy() + SMALLEST * np.eye(3)
    assert all(np.array_equal(matrix, repaired) for matrix in seen)
    uniforms = stats.norm.cdf(stats.norm.ppf((stats.rankdata(twins, axis=0) - 0.5) / 400))
    grid = np.geomspace(2.1, 60.0, 200)
    best = grid[int(np.argmax([_t_copula_likelihood(uniforms, repaired, dof) for dof in grid]))]
    assert copula.dof_ == pytest.approx(best, rel=0.03) and SMALLEST == 1e-6


def test_a_correlation_that_no_distribution_has_is_repaired_to_one_that_has():
    impossible = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    assert np.linalg.eigvalsh(impossible)[0] < -0.5
    root = _cholesky(impossible).double()
    values, vectors = np.linalg.eigh(impossible)
    nearest = (vectors * np.maximum(values, 1e-8)) @ vectors.T
    scale = np.sqrt(np.diag(nearest))
    np.testing.assert_allclose((root @ root.T).numpy(), nearest / np.outer(scale, scale), atol=1e-5)
    assert torch.equal(root, root.tril())
    sound = np.array([[1.0, 0.3], [0.3, 1.0]])
    np.testing.assert_allclose(_cholesky(sound), np.linalg.cholesky(sound), atol=1e-6)


def test_a_gaussian_copula_with_spliced_margins_correlates_ranks_scores():
    days = np.exp(2 * student(500, 8.0, 0.7))
    copula = GaussianCopula().fit(days, SplicedMargins(0.0).fit(days), 0, ["a", "b"])
    scores = stats.norm.ppf((stats.rankdata(days, axis=0) - 0.5) / 500)
    assert float(copula.root_[1, 0]) == pytest.approx(np.corrcoef(scores.T)[0, 1], abs=1e-5)
    assert copula.width == 2
    one = GaussianCopula().fit(days[:, :1], GaussianMargins(), 0, ["a"])
    assert one.root_.tolist() == [[1.0]]


def test_principal_components_are_the_leading_directions_about_the_mean():
    rng = np.random.default_rng(4)
    days = 3.0 + np.outer(rng.standard_normal(300), [2.0, 1.0, 0.0]) + 0.1 * rng.standard_normal((300, 3))
    factor = Factor(1)
    drivers = factor._drivers(days, list("abc"))
    vector = np.linalg.eigh(np.cov(days.T))[1][:, -1]
    np.testing.assert_allclose(np.abs(drivers[:, 0]), np.abs(days @ vector), rtol=1e-9)
    assert drivers.shape == (300, 1) and Factor()._drivers(days[:, :2], ["a", "b"]).shape == (300, 2)
    fitted = factor.fit(days, SplicedMargins(0.0).fit(days), 0, list("abc"))
    design = np.column_stack([np.ones(300), drivers])
    np.testing.assert_allclose(fitted.drivers_, design, rtol=1e-5)
    np.testing.assert_allclose(fitted.loadings_, np.linalg.lstsq(design, days, rcond=None)[0], atol=1e-4)
    assert fitted.width == 4 and (Factor().factors, Factor().observed) == (3, ())


def test_factors_are_at_least_one_and_columns_of_the_panel():
    with pytest.raises(ParameterError, match="^factors must be a whole number, at least 1, got 0$"):
        Factor(0)
    days = np.random.default_rng(4).standard_normal((30, 2))
    with pytest.raises(ParameterError, match=r"^observed factors \['x', 'y'\] are not columns of the panel; it has"):
        Factor(observed=("y", "a", "x")).fit(days, SplicedMargins(0.0).fit(days), 0, ["a", "b"])
    named = Factor(observed=("b", "a"))._drivers(days, ["a", "b"])
    np.testing.assert_array_equal(named, days[:, ::-1])


def test_the_place_of_a_normal_score_is_its_share_of_the_days():
    shares = torch.tensor([0.0, 0.0999, 0.1001, 0.8999, 0.9001, 1.0], dtype=torch.float64)
    assert uniform_index(torch.special.ndtri(shares), 10).tolist() == [0, 0, 1, 8, 9, 9]
