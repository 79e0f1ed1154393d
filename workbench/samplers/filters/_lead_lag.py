r"""Lead and lag: a linear forecast of today's residuals from yesterday's, where closes are not taken at the same hour.

A currency fixed at noon in Frankfurt has not seen New York's afternoon; its next fixing has. Whatever filter explains
the volatilities, its standardised residuals :math:`e_t` then follow a vector autoregression,

.. math:: e_{t+1} = B^\top [e_t] + u_{t+1}, \qquad \hat B = (X^\top X + c\,n\,I)^{-1} X^\top Y,

with :math:`[\cdot]` clipped at four standard deviations and :math:`\hat B` by ridge regression over n days (Hoerl &
Kennard 1970, Technometrics 12, 55-67; Lo & MacKinlay 1990, J. Econometrics 45, 181-211 on non-synchronous trading).
The penalty c is chosen within the training sample: fitted on the days before, scored on the days that follow. Where the
gain is not significant there, as on stocks that close together, the term is left out and the filter stays what it was.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from workbench.samplers.filters._classical import FILTERS, Filter, State

PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0)  # c, where the residuals' variance is one
BLOCKS = 6  # of the training span; the first two are never scored
CLEAR = 3.0  # t of the gain a day from which on the term is used
CLIP = 4.0


@FILTERS.register("lead_lag")
class LeadLag(Filter):
    """Adds a lead-lag term to the mean of a filter where it improves forecasts within the training sample.

    inner : the filter, a name or the object itself. Fitted: ``weights_``, B (asset yesterday, asset today), or None.
    """

    def __init__(self, inner: str | Filter = "neural") -> None:
        self.inner = FILTERS.make(inner) if isinstance(inner, str) else inner

    def fit(self, returns: pd.DataFrame, seed: int) -> LeadLag:
        self.inner.fit(returns, seed)
        residuals = self.inner.standardise(returns)[self.joint_from(returns) :].double().numpy()
        penalty = _penalty(residuals)
        self.weights_ = None if penalty is None else torch.as_tensor(_ridge(residuals, penalty), dtype=torch.float32)
        return self

    @property
    def start_(self) -> State:  # type: ignore[override]
        """The filter's start; the lead-lag forecast is zero on day one."""
        start = self.inner.start_
        return start if self.weights_ is None else start | {"led": torch.zeros(1, len(self.weights_))}

    def joint_from(self, returns: pd.DataFrame) -> int:
        return self.inner.joint_from(returns)

    def moments(self, state: State) -> tuple[Tensor, Tensor]:
        mean, scale = self.inner.moments(state)
        return (mean, scale) if self.weights_ is None else (mean + scale * state["led"], scale)

    def update(self, state: State, returns: Tensor) -> State:
        return self.inner.update(state, returns) | self._led(state, returns)

    def simulate_step(self, state: State, returns: Tensor) -> State:
        return self.inner.simulate_step(state, returns) | self._led(state, returns)

    def _led(self, state: State, returns: Tensor) -> State:
        if self.weights_ is None:
            return {}
        mean, scale = self.inner.moments(state)
        return {"led": ((returns - mean) / scale).clamp(-CLIP, CLIP) @ self.weights_}


def _ridge(residuals: np.ndarray, penalty: float) -> np.ndarray:
    """B (asset, asset) of residuals (day, asset)."""
    before, after = residuals[:-1].clip(-CLIP, CLIP), residuals[1:].clip(-CLIP, CLIP)
    system = before.T @ before + penalty * len(before) * np.eye(before.shape[1])
    return np.linalg.solve(system, before.T @ (after - after.mean(axis=0)))


def _penalty(residuals: np.ndarray) -> float | None:
    """The penalty whose forecasts are best on days that follow those it was fitted on; None where no gain is clear."""
    gains = {penalty: _gains(residuals, penalty) for penalty in PENALTIES}
    best = max(gains, key=lambda penalty: gains[penalty].mean())
    gain = gains[best]
    return best if gain.mean() > CLEAR * gain.std() / np.sqrt(len(gain)) else None


def _gains(residuals: np.ndarray, penalty: float) -> np.ndarray:
    """Squared error that the forecasts save, a mean over the assets for every scored day."""
    edges = np.linspace(0, len(residuals), BLOCKS + 1).astype(int)
    days = []
    for first, last in zip(edges[2:-1], edges[3:]):
        before, came = residuals[first - 1 : last - 1].clip(-CLIP, CLIP), residuals[first:last].clip(-CLIP, CLIP)
        forecast = before @ _ridge(residuals[:first], penalty)
        days.append((came**2 - (came - forecast) ** 2).mean(axis=1))
    return np.concatenate(days)
