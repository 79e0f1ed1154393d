r"""Entropy pooling (Meucci 2008): weights on given scenarios that meet views and depart least from equal weights.

.. math:: \min_q \sum_i q_i\log\frac{q_i}{p_i}\quad\text{subject to}\quad \sum_i q_i f_j(x_i) \;(=,\le,\ge)\; v_j .

Solved by :class:`skfolio.prior.EntropyPooling`. Left to itself it answers infeasible views with a posterior that rests
on a scenario or two, so a linear programme first asks whether any weights meet the views, and the answer is refused
when it rests on too few: the effective number of scenarios is :math:`\exp(-\sum q_i\log q_i)`.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from scipy.optimize import linprog
from scipy.special import entr
from skfolio.exceptions import SolverError
from skfolio.prior import EntropyPooling

from workbench._require import number
from workbench.errors import ParameterError, Refusal
from workbench.stress.events import Functional, written

FLOOR = 50.0  # effective scenarios below which there is no answer
SLACK = 1e-3  # of a view's prior standard deviation: the residual that is still called met


@dataclass(frozen=True)
class View:
    """The mean of a number of the path under the new weights: ``sense`` is "==", "<=" or ">="."""

    of: Functional
    sense: str
    value: float

    def __post_init__(self) -> None:
        if self.sense not in ("==", "<=", ">="):
            raise ParameterError(f"a view's sense is '==', '<=' or '>=', got {self.sense!r}")
        number("the value of a view", self.value)

    def __str__(self) -> str:
        return f"mean {self.of} {self.sense} {written(self.of, self.value)}"


@dataclass(frozen=True)
class Pooled:
    """New weights (draw,), and what they cost. residuals : by view, asked and met."""

    weights: np.ndarray
    effective: float
    divergence: float
    residuals: pd.DataFrame


def pool(paths: np.ndarray, assets: Sequence[str], views: Sequence[View], floor: float = FLOOR) -> Pooled:
    """Weights on ``paths`` (draw, time, asset) that meet ``views``.

    Raises Refusal when no weights meet the views (it says by how much and which is at fault), or when fewer than
    ``floor`` effective scenarios would carry the answer.
    """
    if not views:
        raise ParameterError("entropy pooling needs at least one view, such as View(Move('AAPL'), '==', -0.05)")
    number("floor", floor, least=0)
    tensor = torch.as_tensor(np.asarray(paths))
    values = np.stack([view.of(tensor, assets).double().numpy() for view in views], axis=1)
    scale = values.std(axis=0)
    if not (scale > 0).all():
        still = views[int(np.argmin(scale > 0))]
        raise Refusal(f"the {still.of} is the same in all {len(values)} scenarios; weights cannot move its mean")
    targets, senses = np.array([view.value for view in views]), np.array([view.sense for view in views])
    _require_feasible(values / scale, targets / scale, scale, views)
    weights = _solve(values / scale, targets / scale, views)
    met = weights @ values
    over = met - targets
    gap = np.select([senses == "==", senses == "<="], [abs(over), over], -over).clip(min=0.0) / scale
    residuals = pd.DataFrame({"asked": targets, "met": met, "residual": gap}, index=list(map(str, views)))
    if (gap > SLACK).any():
        missed = [f"{view}: met {written(view.of, value)}" for view, value, by in zip(views, met, gap) if by > SLACK]
        raise Refusal(f"the views were not met: {'; '.join(missed)}")
    effective = float(np.exp(entr(weights).sum()))
    if effective < floor:
        raise Refusal(
            f"the views can be met, but only {effective:.1f} effective scenarios of {len(weights)} would carry the "
            f"answer (floor {floor:g}); ask for less, or condition the sampler itself with given()"
        )
    return Pooled(weights, effective, float(np.log(len(weights) / effective)), residuals)


def _require_feasible(values: np.ndarray, targets: np.ndarray, scale: np.ndarray, views: Sequence[View]) -> None:
    """Least total slack, in prior standard deviations, over all weights: a linear programme."""
    draws, size = values.shape
    signs = {"==": (1, -1), "<=": (1,), ">=": (-1,)}
    sides = [(number, sign) for number, view in enumerate(views) for sign in signs[view.sense]]
    rows = [np.concatenate([sign * values[:, number], -np.eye(size)[number]]) for number, sign in sides]
    of_weights = np.repeat([1.0, 0.0], [draws, size])
    found = linprog(
        1.0 - of_weights, rows, [sign * targets[number] for number, sign in sides], of_weights[None], 1.0, method="highs"
    )  # fmt: skip
    missed = found.x[draws:]
    if missed.sum() > 1e-7:
        nearest = zip(views, found.x[:draws] @ values * scale, missed)
        named = [
            f"{view}: nearest that can be reached {written(view.of, value)}"
            for view, value, gap in nearest
            if gap > 1e-9
        ]
        raise Refusal(f"no weights on these {draws} scenarios meet the views together: {'; '.join(named)}")


def _solve(values: np.ndarray, targets: np.ndarray, views: Sequence[View]) -> np.ndarray:
    """Weights by the library's dual solver, or by its primal one where the dual does not arrive."""
    names = [f"view{number}" for number in range(len(views))]
    table = pd.DataFrame(values - targets, columns=names)
    table["unviewed"] = np.linspace(-1, 1, len(table))  # the library asks for two columns at the least
    statements = [f"{name} {view.sense} 0" for name, view in zip(names, views)]
    for solver in ("TNC", "CLARABEL"):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                posterior = EntropyPooling(mean_views=statements, solver=solver).fit(table)
            return np.asarray(posterior.return_distribution_.sample_weight)
        except SolverError as failed:
            reason = failed
    raise Refusal(f"weights that meet the views exist, but no solver arrived at them ({reason}); ask for less")
