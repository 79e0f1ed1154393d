r"""Positions: linear holdings, European options, bonds off a curve.

Option (Black & Scholes 1973, Merton 1973), spot in units of today's, :math:`\theta = \pm 1` for a call or a put:

.. math:: V = \theta\left[S e^{-q\tau}\Phi(\theta d_1) - K e^{-r\tau}\Phi(\theta d_2)\right],\qquad
          d_{1,2} = \frac{\log(S/K) + (r - q \pm \sigma^2/2)\,\tau}{\sigma\sqrt\tau}.

Bond: :math:`V = \sum_k c_k\,e^{-(y(\tau_k) + \Delta(\tau_k))\,\tau_k}`, continuously compounded yields, linear between
the curve's tenors and flat beyond them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.errors import ParameterError


@dataclass(frozen=True)
class Linear:
    """Holdings bought today and kept: ``weights`` asset -> money in it, as a fraction of the notional."""

    weights: Mapping[str, float]

    def needs(self) -> tuple[set[str], set[str]]:
        return set(self.weights), set()

    def value(self, moves: Mapping[str, Tensor], volatility: Mapping[str, Tensor], years: float) -> Tensor:
        return sum(weight * moves[name].exp() for name, weight in self.weights.items())


@dataclass(frozen=True)
class Option:
    """European option on one column.

    strike : in units of today's spot, 1 is at the money. maturity : years from now. quantity : notional in units of
    today's spot, negative when written. rate, dividend : continuously compounded, a year.
    """

    underlying: str
    kind: str = "put"
    strike: float = 1.0
    maturity: float = 0.25
    quantity: float = 1.0
    rate: float = 0.0
    dividend: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in ("call", "put"):
            raise ParameterError(f"an option is a 'call' or a 'put', got {self.kind!r}")
        if self.strike <= 0 or self.maturity <= 0:
            raise ParameterError(f"strike and maturity must be positive, got {self.strike} and {self.maturity}")

    def needs(self) -> tuple[set[str], set[str]]:
        return {self.underlying}, {self.underlying}

    def value(self, moves: Mapping[str, Tensor], volatility: Mapping[str, Tensor], years: float) -> Tensor:
        spot, left = moves[self.underlying].exp(), max(self.maturity - years, 0.0)
        sigma = volatility[self.underlying]
        return self.quantity * black_scholes_merton(spot, self.strike, left, sigma, self.kind, self.rate, self.dividend)


def black_scholes_merton(
    spot: Tensor,
    strike: float,
    years: float,
    sigma: Tensor,
    kind: str = "call",
    rate: float = 0.0,
    dividend: float = 0.0,
) -> Tensor:
    """Value of a European option, elementwise; at maturity (``years`` 0) what it pays."""
    sign = 1.0 if kind == "call" else -1.0
    if years <= 0:
        return (sign * (spot - strike)).clamp(min=0.0)
    width = sigma * years**0.5
    d1 = ((spot / strike).log() + (rate - dividend) * years) / width + width / 2
    grown, owed = spot * _discount(dividend, years), strike * _discount(rate, years)
    return sign * (grown * torch.special.ndtr(sign * d1) - owed * torch.special.ndtr(sign * (d1 - width)))


def _discount(rate: float, years: float) -> float:
    return float(torch.exp(torch.tensor(-rate * years, dtype=torch.float64)))


@dataclass(frozen=True)
class Bond:
    """Fixed cash flows discounted off a curve whose yields move with the panel's columns.

    times : years from now. amounts : money at each time. curve : column -> (tenor in years, today's yield as a
    fraction); the column's simulated values are daily changes of that yield, fractions.
    """

    times: Sequence[float]
    amounts: Sequence[float]
    curve: Mapping[str, tuple[float, float]]

    def __post_init__(self) -> None:
        tenors = [tenor for tenor, _ in self.curve.values()]
        if len(self.times) != len(self.amounts) or not self.times or min(self.times) <= 0:
            raise ParameterError(f"a bond needs as many amounts as positive times, got {self.amounts} at {self.times}")
        if not tenors or any(late <= early for early, late in zip(tenors, tenors[1:])):
            raise ParameterError(f"the curve's tenors must increase, got {tenors}")

    def needs(self) -> tuple[set[str], set[str]]:
        return set(self.curve), set()

    def value(self, moves: Mapping[str, Tensor], volatility: Mapping[str, Tensor], years: float) -> Tensor:
        yields = torch.stack([level + moves[name] for name, (_, level) in self.curve.items()], dim=1)
        left = torch.as_tensor(self.times, dtype=torch.float64) - years
        weights = self._weights(left)  # (time, tenor)
        amounts = torch.as_tensor(self.amounts, dtype=torch.float64)
        return (amounts * (-(yields @ weights.T) * left.clamp(min=0.0)).exp()).sum(dim=1)

    def _weights(self, left: Tensor) -> Tensor:
        """Linear interpolation as a matrix (time, tenor); flows already paid count at face value."""
        tenors = torch.as_tensor([tenor for tenor, _ in self.curve.values()], dtype=torch.float64)
        if len(tenors) == 1:
            return torch.ones(len(left), 1, dtype=torch.float64)
        at = left.clamp(tenors[0], tenors[-1])
        upper = torch.searchsorted(tenors, at).clamp(1, len(tenors) - 1)
        share = (at - tenors[upper - 1]) / (tenors[upper] - tenors[upper - 1])
        weights = torch.zeros(len(left), len(tenors), dtype=torch.float64)
        weights.scatter_(1, upper[:, None], share[:, None])
        return weights.scatter_(1, upper[:, None] - 1, 1 - share[:, None])
