r"""Joint shocks: how the assets of one day are drawn together, once each one's own dynamics are taken out.

A shock model is fitted to standardised residuals (day, asset) and maps one day's noise (draw, width) to residuals
(draw, asset). ``bootstrap`` takes whole days of the past; the copulas draw Gaussian scores and leave the margin to
:class:`.SplicedMargins`:

* ``gaussian``: :math:`s = L n`, no tail dependence;
* ``t``: :math:`s = \Phi^{-1}T_\nu(L n\sqrt{\nu/\chi^2_\nu})`, lower and upper tail dependence
  :math:`2t_{\nu+1}(-\sqrt{(\nu+1)(1-\rho)/(1+\rho)})` (Demarta & McNeil 2005);
* ``factor``: regression on principal components or on named columns, resampled factors and resampled residuals.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import pandas as pd
import torch
from scipy import stats
from scipy.optimize import minimize_scalar
from torch import Tensor

from workbench._require import count
from workbench.errors import ParameterError
from workbench.registry import Registry
from workbench.samplers._tables import lookup
from workbench.samplers.shocks._margins import GaussianMargins, SplicedMargins
from workbench.stats import normal_scores, ranks

SHOCKS = Registry("shock model")
Margins = GaussianMargins | SplicedMargins
SMALLEST = 1e-6  # eigenvalue of a correlation below which its likelihood is that of a repaired one


class Shocks(ABC):
    """Base of the shock models; ``width`` columns of noise a day, known once fitted."""

    width: int

    @abstractmethod
    def fit(self, residuals: np.ndarray, margins: Margins, seed: int, assets: list[str]) -> Shocks:
        """Learn from residuals (day, asset); ``margins`` come fitted to the same residuals."""

    @abstractmethod
    def decode(self, noise: Tensor) -> Tensor:
        """Residuals (draw, asset) from standard normals (draw, width)."""


def uniform_index(noise: Tensor, size: int) -> Tensor:
    """Positions 0..size-1, uniform, from standard normals; monotone in the noise."""
    return (torch.special.ndtr(noise) * size).long().clamp(0, size - 1)


@SHOCKS.register("bootstrap")
class Bootstrap(Shocks):
    """Whole days of the past, drawn with equal chance; with a tail, ranks are kept and values come from the splice.

    With spliced margins each asset's rank is jittered inside its 1/n step, so that values between and beyond the
    observed ones occur and the margin beyond the threshold is exactly the generalised Pareto distribution.
    """

    def fit(self, residuals: np.ndarray, margins: Margins, seed: int, assets: list[str]) -> Bootstrap:
        self.jitter = isinstance(margins, SplicedMargins) and margins.tail > 0
        self.margins = margins
        if self.jitter:
            self.pool_ = torch.as_tensor((ranks(residuals, "ordinal") - 1) / len(residuals))
        else:
            self.pool_ = torch.as_tensor(residuals, dtype=torch.float32)
        self.width = 1 + residuals.shape[1] * self.jitter
        return self

    def decode(self, noise: Tensor) -> Tensor:
        days = len(self.pool_)
        rows = self.pool_[uniform_index(noise[:, 0], days)]
        if not self.jitter:
            return rows
        within = torch.special.ndtr(noise[:, 1:].double()) / days
        return self.margins.quantile(torch.special.ndtri(rows + within).float())


@SHOCKS.register("gaussian")
class GaussianCopula(Shocks):
    """Gaussian copula: correlation of the normal scores."""

    def fit(self, residuals: np.ndarray, margins: Margins, seed: int, assets: list[str]) -> GaussianCopula:
        self.margins = margins
        plain = isinstance(margins, GaussianMargins)
        scores = residuals / residuals.std(axis=0) if plain else normal_scores(residuals)
        self.root_ = _cholesky(np.corrcoef(scores, rowvar=False))
        self.width = residuals.shape[1]
        return self

    def decode(self, noise: Tensor) -> Tensor:
        return self.margins.quantile(noise @ self.root_.T)


@SHOCKS.register("t")
class StudentCopula(Shocks):
    """Student-t copula: correlation from Kendall's tau, degrees of freedom by pseudo-likelihood."""

    def fit(self, residuals: np.ndarray, margins: Margins, seed: int, assets: list[str]) -> StudentCopula:
        self.margins = margins
        uniforms = stats.norm.cdf(normal_scores(residuals))
        correlation = _kendall_correlation(residuals)
        self.root_ = _cholesky(correlation)
        if np.linalg.eigvalsh(correlation)[0] < SMALLEST:  # duplicated assets, or ranks that no joint distribution has
            correlation = (self.root_ @ self.root_.T).double().numpy() + SMALLEST * np.eye(len(correlation))
        found = minimize_scalar(
            lambda dof: -_t_copula_likelihood(uniforms, correlation, dof), bounds=(2.1, 60.0), method="bounded"
        )
        self.dof_ = float(found.x)
        self.width = residuals.shape[1] + 1
        self.scale_mixture_ = ScaleMixture(self.dof_)
        return self

    def decode(self, noise: Tensor) -> Tensor:
        return self.margins.quantile(self.scale_mixture_.scores(noise[:, 1:] @ self.root_.T, noise[:, :1]))


class ScaleMixture:
    """Student-t by a shared scale: normals times sqrt(dof / chi-square), and back to normal scores, by fine tables."""

    def __init__(self, dof: float) -> None:
        grid = np.linspace(-6.5, 6.5, 4097)
        chi2 = stats.chi2.isf(stats.norm.sf(grid), dof)
        self.mixing_ = torch.as_tensor(np.sqrt(dof / chi2), dtype=torch.float32)
        log_t = np.linspace(0, 12.0, 4097)
        self.scores_ = torch.as_tensor(-stats.norm.ppf(stats.t.sf(np.expm1(log_t), dof)), dtype=torch.float32)

    def mix(self, normals: Tensor, shared: Tensor) -> Tensor:
        """Student-t (draw, asset) from normals (draw, asset) and one more normal a draw (draw, 1)."""
        return normals * lookup(self.mixing_, (shared + 6.5) / 13.0 * 4096)

    def scores(self, normals: Tensor, shared: Tensor) -> Tensor:
        """Normal scores (draw, asset) of that."""
        student = self.mix(normals, shared)
        return student.sign() * lookup(self.scores_, student.abs().log1p() / 12.0 * 4096)


@SHOCKS.register("factor")
class Factor(Shocks):
    """Linear factors: ``factors`` principal components (at most one an asset), or the columns named in ``observed``.

    The factors of a day are drawn together from the past; every asset's regression residual by itself, so that what
    the factors do not carry is independent. ParameterError where an observed column is not in the panel.
    """

    def __init__(self, factors: int = 3, observed: tuple[str, ...] = ()) -> None:
        self.factors, self.observed = count("factors", factors, 1), tuple(observed)

    def fit(self, residuals: np.ndarray, margins: Margins, seed: int, assets: list[str]) -> Factor:
        drivers = self._drivers(residuals, assets)
        design = np.column_stack([np.ones(len(residuals)), drivers])
        loadings, *_ = np.linalg.lstsq(design, residuals, rcond=None)
        self.loadings_ = torch.as_tensor(loadings, dtype=torch.float32)
        self.drivers_ = torch.as_tensor(design, dtype=torch.float32)
        self.unexplained_ = torch.as_tensor(residuals - design @ loadings, dtype=torch.float32)
        self.width = 1 + residuals.shape[1]
        return self

    def _drivers(self, residuals: np.ndarray, assets: list[str]) -> np.ndarray:
        unknown = sorted(set(self.observed) - set(assets))
        if unknown:
            raise ParameterError(f"observed factors {unknown} are not columns of the panel; it has {assets}")
        if self.observed:
            return residuals[:, [assets.index(name) for name in self.observed]]
        _, _, directions = np.linalg.svd(residuals - residuals.mean(axis=0), full_matrices=False)
        return residuals @ directions[: self.factors].T

    def decode(self, noise: Tensor) -> Tensor:
        days, assets = self.unexplained_.shape
        common = self.drivers_[uniform_index(noise[:, 0], days)] @ self.loadings_
        own = self.unexplained_.reshape(-1)[uniform_index(noise[:, 1:], days) * assets + torch.arange(assets)]
        return common + own


def _cholesky(correlation: np.ndarray) -> Tensor:
    values, vectors = np.linalg.eigh(np.atleast_2d(correlation))
    repaired = (vectors * values.clip(1e-8)) @ vectors.T
    scale = np.sqrt(np.diag(repaired))
    return torch.as_tensor(np.linalg.cholesky(repaired / np.outer(scale, scale)), dtype=torch.float32)


def _kendall_correlation(residuals: np.ndarray) -> np.ndarray:
    taus = pd.DataFrame(residuals).corr(lambda one, other: stats.kendalltau(one, other).statistic)
    return np.sin(np.pi * taus.to_numpy() / 2)


def _t_copula_likelihood(uniforms: np.ndarray, correlation: np.ndarray, dof: float) -> float:
    quantiles = stats.t.ppf(uniforms, dof)
    joint = stats.multivariate_t.logpdf(quantiles, shape=correlation, df=dof)
    return float((joint - stats.t.logpdf(quantiles, dof).sum(axis=1)).sum())
