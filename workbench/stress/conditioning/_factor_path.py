r"""Factor paths: scenarios in which a factor follows a path that is given day by day.

The factor must be a column of the panel, so that its volatility follows the given path. What moves with the factor by a
constant loading is best taken out first: with :math:`r_i = \beta_i f + e_i` a sampler fitted to the panel
:math:`(f, e_1, \dots)` keeps the dependence of the residuals' size on the factor's, and the loadings stay as they are
while volatility rises (:class:`FactorModel`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from workbench import scenarios
from workbench._require import number
from workbench.errors import ParameterError
from workbench.samplers import Sampler
from workbench.stress.conditioning._condition import Conditional, given
from workbench.stress.conditioning._convergence import LEAST_ESS
from workbench.stress.events import Constraint, Move
from workbench.stress.problem import Start


@dataclass(frozen=True)
class FactorModel:
    """A panel rewritten as a factor and what it leaves of each asset. loadings : asset -> beta. factor : its column."""

    factor: str
    loadings: pd.Series

    @classmethod
    def fit(cls, returns: pd.DataFrame, factor: str) -> FactorModel:
        """Least-squares loadings of every other column of ``returns`` (day, asset) on the column ``factor``."""
        if factor not in returns:
            raise ParameterError(f"the factor {factor!r} is no column of the panel; it has {list(returns.columns)}")
        others = returns.drop(columns=factor)
        if not returns[factor].var() > 0:
            raise ParameterError(f"the factor {factor!r} does not vary: it explains nothing of the other columns")
        return cls(factor, others.apply(lambda column: column.cov(returns[factor])) / returns[factor].var())

    def panel(self, returns: pd.DataFrame) -> pd.DataFrame:
        """Factor and residuals, the panel on which to fit the sampler."""
        left = returns[list(self.loadings.index)] - np.outer(returns[self.factor], self.loadings)
        return pd.concat([returns[[self.factor]], left], axis=1)

    def rebuild(self, tree: xr.DataTree) -> xr.DataTree:
        """Scenarios of factor and residuals as scenarios of factor and assets."""
        values = scenarios.returns(tree).sel(asset=[self.factor, *self.loadings.index]).values.copy()
        values[..., 1:] += values[..., :1] * self.loadings.to_numpy(dtype=values.dtype)
        attrs = {str(name): value for name, value in tree.attrs.items()}
        return scenarios.assemble(values, [self.factor, *self.loadings.index], **attrs)


def factor_path(
    sampler: Sampler, factor: str, values: Sequence[float], draws: int = 2000, seed: int = 0, start: Start = "last",
    least_ess: float = LEAST_ESS,
) -> Conditional:  # fmt: skip
    """Scenarios in which the column ``factor`` has the log returns ``values``, one a day, finite; otherwise as
    :func:`given`.
    """
    targets = [number(f"the value of day {day}", value) for day, value in enumerate(values, 1)]
    constraints = [Constraint(Move(factor, day, day), value, value) for day, value in enumerate(targets, 1)]
    return given(sampler, constraints, draws, len(constraints), seed, start, least_ess=least_ess)
