r"""The mean of several filters: each is fed the common day, their log variances are averaged.

.. math:: \log\sigma^2_{t,i} = \frac1K\sum_k \log\sigma^2_{k,t,i}, \qquad
          \mu_{t,i} = \frac1K\sum_k \mu_{k,t,i} \ \text{ or, pooled, }\
          \mu_i = \sigma_i\,\frac1A\sum_j \frac{\bar r_j}{\sigma_j} .

Errors of filters that were learnt from different data are only partly the same, and the average keeps the smaller part
(Bates & Granger 1969, Operational Research Quarterly 20, 451-468, on combined forecasts). With ``pooled`` every asset has
the panel's mean Sharpe ratio: the mean of one asset over ten years is mostly noise.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import pandas as pd
import torch
from torch import Tensor

from workbench.errors import FitError, ParameterError
from workbench.samplers._panel import live_series
from workbench.samplers.filters._classical import FILTERS, Filter, State, row
from workbench.samplers.training.weights import Overlap


@FILTERS.register("mean")
class MeanFilter(Filter):
    """Averages the log variances and the means of ``inner`` filters, names or the objects themselves.

    pooled : True gives every asset a drift of its standard deviation times the panel's mean Sharpe ratio. A filter that
    cannot be used without knowing later days (:meth:`.Filter.knows_only_the_past`) is left out, with a warning
    (:class:`workbench.samplers.training.weights.Overlap`); FitError where none is left. Fitted: ``used_``, the filters
    that are averaged; ``drift_`` (1, asset), log return a day, or None.
    """

    def __init__(self, inner: Sequence[str | Filter] = ("neural", "pretrained"), pooled: bool = False) -> None:
        if isinstance(inner, str) or not inner:
            raise ParameterError(f"inner must be a list of filters, at least one, got {inner!r}")
        self.inner = [FILTERS.make(one) if isinstance(one, str) else one for one in inner]
        self.pooled = bool(pooled)

    def fit(self, returns: pd.DataFrame, seed: int) -> MeanFilter:
        self.used_ = [one for one in self.inner if one.knows_only_the_past(returns)]
        if not self.used_:
            raise FitError(f"every filter of the mean knows days after {returns.index[-1].date()}")
        for one in self.inner:
            if one not in self.used_:
                what = f"{type(one).__name__} is left out of the mean: it was made from days after"
                warnings.warn(f"{what} {returns.index[-1].date()}", Overlap, stacklevel=2)
        for one in self.used_:
            one.fit(returns, seed)
        live = live_series(returns).values()
        sharpe = sum(series.mean() / series.std() for series in live) / len(live)
        self.drift_ = row([series.std() for series in live]) * float(sharpe) if self.pooled else None
        return self

    @property
    def start_(self) -> State:  # type: ignore[override]
        return _joined([one.start_ for one in self.used_])

    def joint_from(self, returns: pd.DataFrame) -> int:
        return max(one.joint_from(returns) for one in self.used_)

    def moments(self, state: State) -> tuple[Tensor, Tensor]:
        means, scales = zip(*(one.moments(part) for one, part in zip(self.used_, self._parts(state))))
        scale = torch.stack([scale.log() for scale in scales]).mean(dim=0).exp()
        return sum(means) / len(means) if self.drift_ is None else self.drift_, scale

    def update(self, state: State, returns: Tensor) -> State:
        return _joined([one.update(part, returns) for one, part in zip(self.used_, self._parts(state))])

    def simulate_step(self, state: State, returns: Tensor) -> State:
        return _joined([one.simulate_step(part, returns) for one, part in zip(self.used_, self._parts(state))])

    def _parts(self, state: State) -> list[State]:
        parts: list[State] = [{} for _ in self.used_]
        for key, value in state.items():
            place, _, name = key.partition(".")
            if name:  # what another part of the sampler keeps in the state has a plain name
                parts[int(place)][name] = value
        return parts


def _joined(states: Sequence[State]) -> State:
    return {f"{place}.{name}": value for place, state in enumerate(states) for name, value in state.items()}
