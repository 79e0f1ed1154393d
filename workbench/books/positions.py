r"""Positions: linear holdings, European options, bonds off a curve.

Option (Black & Scholes 1973, Merton 1973), spot in units of today's, :math:`\theta = \pm 1` for a call or a put:

.. math:: V = \theta\left[S e^{-q\tau}\Phi(\theta d_1) - K e^{-r\tau}\Phi(\theta d_2)\right],\qquad
          d_{1,2} = \frac{\log(S/K) + (r - q \pm \sigma^2/2)\,\tau}{\sigma\sqrt\tau},

and its limit :math:`(\theta[S e^{-q\tau} - K e^{-r\tau}])^+` where :math:`\sigma\sqrt\tau = 0`. Rates may be negative.

Bond: :math:`V = \sum_k c_k\,e^{-(y(\tau_k) + \Delta(\tau_k))\,\tau_k}`, continuously compounded yields, linear between
the curve's tenors and flat beyond them. Flows already paid count at face value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import torch
from torch import Tensor

from workbench import _require
from workbench._require import number
from workbench.errors import ParameterError

SIGNS = {"call": 1.0, "put": -1.0}


@dataclass(frozen=True)
class Linear:
    """Holdings bought today and kept: ``weights`` asset -> money in it, as a fraction of the notional."""

    weights: Mapping[str, float]

    def __post_init__(self) -> None:
        _require.weights("a linear position", self.weights)

    def needs(self) -> tuple[set[str], set[str]]:
        return set(self.weights), set()

    def value(self, moves: Mapping[str, Tensor], volatility: Mapping[str, Tensor], years: float) -> Tensor:
        return reduce(torch.add, (weight * moves[name].exp() for name, weight in self.weights.items()))


@dataclass(frozen=True)
class Option:
    """European option on one column.

    strike : in units of today's spot, 1 is at the money; positive. maturity : years from now, positive. quantity :
    notional in units of today's spot, negative when written. rate, dividend : continuously compounded, a year.
    """

    underlying: str
    kind: str = "put"
    strike: float = 1.0
    maturity: float = 0.25
    quantity: float = 1.0
    rate: float = 0.0
    dividend: float = 0.0

    def __post_init__(self) -> None:
        _require_kind(self.kind)
        number("strike", self.strike, above=0)
        number("maturity", self.maturity, above=0)
        for name in ("quantity", "rate", "dividend"):
            number(name, getattr(self, name))

    def needs(self) -> tuple[set[str], set[str]]:
        return {self.underlying}, {self.underlying}

    def value(self, moves: Mapping[str, Tensor], volatility: Mapping[str, Tensor], years: float) -> Tensor:
        spot, left = moves[self.underlying].exp(), max(self.maturity - years, 0.0)
        sigma = volatility[self.underlying]
        return self.quantity * black_scholes_merton(spot, self.strike, left, sigma, self.kind, self.rate, self.dividend)


def black_scholes_merton(
    spot: Tensor, strike: float, years: float, sigma: Tensor, kind: str = "call", rate: float = 0.0,
    dividend: float = 0.0,
) -> Tensor:  # fmt: skip
    """Value of a European option, elementwise; at maturity (``years`` 0) what it pays.

    spot, sigma : tensors of one shape; spots and ``strike`` positive, volatilities zero or positive.
    """
    _require_kind(kind)
    number("strike", strike, above=0)
    number("years", years, least=0)
    if not bool((spot > 0).all() & (sigma >= 0).all()):
        raise ParameterError("spots must be positive and volatilities zero or positive; NaN is neither")
    sign, width = SIGNS[kind], sigma * years**0.5
    grown, owed = spot * math.exp(-dividend * years), strike * math.exp(-rate * years)
    uncertain = width > 0
    width = torch.where(uncertain, width, 1.0)
    d1 = (grown / owed).log() / width + width / 2
    value = sign * (grown * torch.special.ndtr(sign * d1) - owed * torch.special.ndtr(sign * (d1 - width)))
    return torch.where(uncertain, value, (sign * (grown - owed)).clamp(min=0.0))


def _require_kind(kind: str) -> None:
    if kind not in SIGNS:
        raise ParameterError(f"an option is a 'call' or a 'put', got {kind!r}")


@dataclass(frozen=True)
class Bond:
    """Fixed cash flows discounted off a curve whose yields move with the panel's columns.

    times : years from now, positive. amounts : money at each time. curve : column -> (tenor in years, today's yield as
    a fraction), tenors increasing; the column's simulated values are changes of that yield, fractions.
    """

    times: Sequence[float]
    amounts: Sequence[float]
    curve: Mapping[str, tuple[float, float]]

    def __post_init__(self) -> None:
        if len(self.times) != len(self.amounts) or not len(self.times):
            raise ParameterError(f"a bond needs as many amounts as positive times, got {self.amounts} at {self.times}")
        for time, amount in zip(self.times, self.amounts):
            number("the time of a cash flow", time, above=0)
            number(f"the amount at {time} years", amount)
        for name, (tenor, level) in self.curve.items():
            number(f"the tenor of {name!r}", tenor, above=0)
            number(f"the yield of {name!r}", level)
        tenors = [tenor for tenor, _ in self.curve.values()]
        if not tenors or any(late <= early for early, late in zip(tenors, tenors[1:])):
            raise ParameterError(f"the curve's tenors must increase, got {tenors}")

    def needs(self) -> tuple[set[str], set[str]]:
        return set(self.curve), set()

    def value(self, moves: Mapping[str, Tensor], volatility: Mapping[str, Tensor], years: float) -> Tensor:
        yields = torch.stack([level + moves[name] for name, (_, level) in self.curve.items()], dim=1)
        left, tenors = np.asarray(self.times) - years, [tenor for tenor, _ in self.curve.values()]
        weights = torch.as_tensor(np.stack([np.interp(left, tenors, one) for one in np.eye(len(tenors))]))
        discount = (-(yields @ weights) * torch.as_tensor(left.clip(min=0.0))).exp()
        return discount @ torch.as_tensor(self.amounts, dtype=torch.float64)
