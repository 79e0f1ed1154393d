"""How good is a forecast, in points? Proper scores: lower is better, the mean over days compares forecasters.

    FZ0       (L - VaR)+ / (alpha ES) + VaR/ES + log ES - 1         Patton, Ziegel and Chen (J. Econometrics 211, 2019)
    quantile  (I - alpha)(L - VaR)                                   Koenker and Bassett's check loss of the return
    CRPS      E|X - y| - E|X - X'|/2, one asset                      Matheson and Winkler (Management Sci. 22, 1976)
    energy    E|X - y| - E|X - X'|/2, all assets                     Gneiting and Raftery (JASA 102, 2007)
    variogram sum_ij ( |y_i - y_j|^p - E|X_i - X_j|^p )^2            Scheuerer and Hamill (Mon. Weather Rev. 143, 2015)

The last three are *fair* (Ferro, Quart. J. Royal Met. Soc. 140, 2014): expectations over pairs take distinct members
only, so that the mean score does not depend on how many members an ensemble has,
    E|X - X'| ~ sum_{k != l} |x_k - x_l| / (m(m - 1)),    (E v - a)^2 ~ (mean v - a)^2 - var(v)/m .
Distances come from one matrix product a day. Every table of this house that speaks of these scores calls these lines.

Differences of FZ0 between forecasters do not depend on the unit of the loss. The energy score is nearly blind to
dependence: read the variogram score beside it. The mean FZ0 of one forecaster and the minimally biased Z are one
statistic, mean FZ0 = mean log ES - Zb, hence one p-value.
"""

from __future__ import annotations

import numpy as np
import scoringrules as sr
import torch
from torch import Tensor

from workbench.backtesting.backtests.sample import Sample
from workbench.errors import DataError


def fz0_score(loss: np.ndarray, var: np.ndarray, es: np.ndarray, level: float) -> np.ndarray:
    """FZ0 of each day; ``loss``, ``var``, ``es`` are positive losses as fractions, ``es`` above 0."""
    loss, var, es = (np.asarray(a, float) for a in (loss, var, es))
    if np.any(es <= 0):
        raise DataError("the FZ0 score needs every ES above 0 (a positive loss)")
    return np.maximum(loss - var, 0.0) / ((1.0 - level) * es) + var / es + np.log(es) - 1.0


def quantile_score(loss: np.ndarray, var: np.ndarray, level: float) -> np.ndarray:
    """Check loss of each day, in units of return."""
    gap = np.asarray(loss, float) - np.asarray(var, float)
    return np.where(gap > 0, level * gap, (level - 1.0) * gap)


def crps(observed: np.ndarray, ensemble: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score of ensembles ``(..., member)`` against ``(...)``."""
    observed, ensemble = _fitting(observed, ensemble, ensemble.shape[:-1])
    ordered = np.sort(ensemble, axis=-1)
    return np.asarray(sr.crps_ensemble(observed, ordered, estimator="pwm", sorted_ensemble=True))


def energy_score(observed: np.ndarray, ensemble: np.ndarray) -> np.ndarray:
    """Energy score of ensembles ``(..., member, asset)`` against ``(..., asset)``: one number a day, ``(...)``."""
    return _by_day(_energy, observed, ensemble)


def variogram_score(observed: np.ndarray, ensemble: np.ndarray, power: float = 0.5) -> np.ndarray:
    """Variogram score of order ``power``, same shapes as :func:`energy_score`; every pair counts twice."""
    return _by_day(lambda day, members: _variogram(day, members, power), observed, ensemble)


def _by_day(score, observed: np.ndarray, ensemble: np.ndarray) -> np.ndarray:
    observed, ensemble = _fitting(observed, ensemble, (*ensemble.shape[:-2], ensemble.shape[-1]))
    days = zip(observed.reshape(-1, observed.shape[-1]), ensemble.reshape(-1, *ensemble.shape[-2:]))
    scores = [float(score(torch.tensor(day), torch.tensor(members))) for day, members in days]
    return np.array(scores).reshape(observed.shape[:-1])


def _fitting(observed: np.ndarray, ensemble: np.ndarray, wanted: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    observed, ensemble = np.asarray(observed, float), np.asarray(ensemble, float)
    if observed.shape != wanted:
        raise DataError(
            f"an ensemble of shape {ensemble.shape} needs observations of shape {wanted}, got {observed.shape}"
        )
    return observed, ensemble


def _energy(day: Tensor, members: Tensor) -> Tensor:
    """Of one day (asset,) and its members (member, asset)."""
    centred, count = members - members.mean(dim=0), len(members)
    squares = centred.square().sum(dim=1)
    gaps = torch.addmm(squares[:, None] + squares, centred, centred.T, alpha=-2.0).clamp_(min=0.0).sqrt_()
    apart = (gaps.sum() - gaps.diagonal().sum()) / (count * (count - 1))
    return torch.linalg.vector_norm(members - day, dim=1).mean() - apart / 2


def _variogram(day: Tensor, members: Tensor, power: float) -> Tensor:
    first, second = torch.triu_indices(len(day), len(day), 1)
    drawn = (members[:, first] - members[:, second]).abs_().pow_(power)  # (member, pair)
    mean = drawn.mean(dim=0)
    spread = drawn.square().mean(dim=0) - mean.square()
    came = (day[first] - day[second]).abs().pow(power)
    return 2.0 * ((mean - came).square() - spread / (len(members) - 1)).sum()


def fz0(sample: Sample) -> np.ndarray:
    """Mean FZ0 of each history."""
    excess = np.where(sample.hits, sample.loss - sample.var, 0.0)
    return np.mean(excess / (sample.alpha * sample.es) + sample.var / sample.es + np.log(sample.es) - 1.0, axis=-1)
