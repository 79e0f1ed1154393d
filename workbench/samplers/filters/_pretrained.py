r"""The pretrained filter: one recursion learned over many markets, used on assets that it never saw.

Nothing is estimated for an asset but its level: two years of history, or a new listing, are enough.

.. math:: \log v_{t+1,i} = \log h_{t+1,i} + f_\theta(x_{t,i}), \qquad
          h_{t+1} = (1-\rho)\,s_t + (\alpha+\gamma 1[\varepsilon_t<0])\,\varepsilon_t^2 + \beta h_t,

with :math:`\alpha, \gamma, \beta` shared by all assets of all markets (:math:`\rho = \alpha + \gamma/2 + \beta`), the
target :math:`s` a slow exponentially weighted variance, and :math:`\varepsilon` bounded at eight standard deviations.
:math:`x` are scale-free: faster variances over ``h``, smoothed signed surprises, their means over the panel, and slow
statistics of the asset's own past that show what kind of asset it is (its volatility, leverage, tails, co-movement and
share of idle days). The level of :class:`.NeuralFilter` stands above it,
:math:`\log\sigma^2 = \log v + \kappa\log m`.

Which markets, assets and days the network saw is written in the record beside the weights
(:mod:`workbench.samplers.training.weights`); a use that overlaps with them raises a warning.
"""

from __future__ import annotations

import warnings

import pandas as pd
import torch
from torch import Tensor

from workbench._require import count, number
from workbench.samplers._panel import live_series
from workbench.samplers.filters._classical import FILTERS, State, row, tensor
from workbench.samplers.filters._neural import WARM_UP, Levelled, Networks, decay_rate, negative_likelihood
from workbench.samplers.training import weights

HALF_LIVES = (2.0, 5.0, 12.0, 30.0, 80.0, 250.0)  # days, of the faster variances
SIGNED_HALF_LIVES = (3.0, 15.0, 60.0)  # days, of the smoothed signed surprises
SLOW, KIND = 500.0, 250.0  # half-lives in days: of the variance's target, of the statistics of kind
ALPHA, GAMMA, BETA = 0.03, 0.05, 0.93
KIND_PRIOR = (-0.3, 0.75, 0.35, 0.02)  # leverage, mean absolute surprise, co-movement, idle days of an unknown asset
TYPICAL = 0.01  # a day's volatility that the level of volatility is measured against
TRUST = 0.75  # share of the network's correction that is passed on
CEILING = 100.0  # drawn variances stay below this many slow ones
MEAN_DAYS = 2000.0  # days of a mean of zero that a sample mean is weighed against
FRESH = len(HALF_LIVES) + len(SIGNED_HALF_LIVES) + 3  # features whose mean over the panel is a feature too


class PooledGarch:
    """The state, its recursion and the features: all that needs no network. ``mu``, ``floor`` (1, asset)."""

    def __init__(self, mu: Tensor, variance: Tensor) -> None:
        self.mu, self.floor = mu, 1e-3 * variance

    def start(self, variance: Tensor) -> dict[str, Tensor]:
        """State (1, asset) before the first day of assets with this variance."""
        idle = torch.zeros_like(variance)
        return {
            "variance": variance,
            "slow": variance,
            "squares": variance[..., None].repeat(1, 1, len(HALF_LIVES)),
            "surprises": idle[..., None].repeat(1, 1, len(SIGNED_HALF_LIVES) + 1),
            "kind": torch.tensor(KIND_PRIOR).expand(*variance.shape, -1).clone(),
        }

    def update(self, state: dict[str, Tensor], returns: Tensor, live: Tensor | None = None) -> dict[str, Tensor]:
        """The recursion's part of the state after log returns (draw, asset); ``live`` marks those that traded."""
        scale = state["variance"].sqrt()
        surprise = ((returns - self.mu) / scale).clamp(-8, 8)
        square = (surprise * scale).square()
        keep, slow = decay_rate(HALF_LIVES), float(decay_rate([SLOW])[0])
        bounded = surprise.clamp(-6, 6)
        signed = decay_rate(SIGNED_HALF_LIVES)
        smoothed = signed * state["surprises"][..., 1:] + (1 - signed) * bounded[..., None]
        persistence = ALPHA + GAMMA / 2 + BETA
        variance = (
            (1 - persistence) * state["slow"] + (ALPHA + GAMMA * (surprise < 0)) * square + BETA * state["variance"]
        )
        return {
            "variance": torch.maximum(variance, self.floor),
            "slow": torch.maximum(slow * state["slow"] + (1 - slow) * square, self.floor),
            "squares": torch.maximum(keep * state["squares"] + (1 - keep) * square[..., None], self.floor[..., None]),
            "surprises": torch.cat([bounded[..., None], smoothed], dim=-1),
            "kind": self._kind(state, bounded, returns, live),
        }

    @staticmethod
    def _kind(state: dict[str, Tensor], surprise: Tensor, returns: Tensor, live: Tensor | None) -> Tensor:
        """Slow means of the statistics that show an asset's kind, after this day."""
        traded = surprise.shape[-1] if live is None else live.sum(dim=-1, keepdim=True).clamp(min=1)
        market = surprise.sum(dim=-1, keepdim=True) / traded
        small = surprise.clamp(-3, 3)
        before = state["surprises"][..., 0].clamp(-3, 3)
        today = torch.stack(
            [before * (small.square() - 1), surprise.abs(), small * market.clamp(-3, 3), (returns == 0).float()], dim=-1
        )
        keep = float(decay_rate([KIND])[0])
        return keep * state["kind"] + (1 - keep) * today

    @staticmethod
    def own_features(state: dict[str, Tensor]) -> Tensor:
        """Features (draw, asset, feature) of each asset by itself."""
        variance = state["variance"]
        return torch.cat(
            [
                (state["squares"] / variance[..., None]).log().clamp(-6, 6),
                state["surprises"],
                state["surprises"][..., :1].abs(),
                (variance / state["slow"]).log()[..., None].clamp(-4, 4),
                (state["slow"].sqrt() / TYPICAL).log()[..., None].clamp(-4, 3),
                state["kind"],
            ],
            dim=-1,
        )


def with_panel(own: Tensor, inside: Tensor | None = None) -> Tensor:
    """Own features (draw, asset, feature) and the panel's means of the fresh ones, over the assets ``inside``."""
    fresh = own[..., :FRESH]
    if inside is None:
        mean = fresh.mean(dim=-2, keepdim=True)
    else:
        weight = inside[..., None].float()
        mean = (fresh * weight).sum(dim=-2, keepdim=True) / weight.sum(dim=-2, keepdim=True).clamp(min=1)
    return torch.cat([own, mean.expand_as(fresh)], dim=-1)


@FILTERS.register("pretrained")
class PretrainedFilter(Levelled):
    """A recursion learned over many markets, used as it is or, with ``tune_steps``, tuned to the panel.

    weights : a name of :func:`workbench.samplers.training.weights.names`; None takes the newest trained before the last
        fitted day, so that nothing of a later test can be known. The seed of the fit chooses one of the trained seeds.
    trust : share of the correction of the log variance that is passed on.
    """

    def __init__(self, weights: str | None = None, tune_steps: int = 0, trust: float = TRUST) -> None:
        self.weights, self.tune_steps = weights, count("tune_steps", tune_steps, 0)
        self.trust = number("trust", trust, least=0, most=1)

    def knows_only_the_past(self, returns: pd.DataFrame) -> bool:
        name = self.weights or weights.newest_before(returns.index[-1])
        return bool(weights.record(name).last <= returns.index[-1])

    def fit(self, returns: pd.DataFrame, seed: int) -> PretrainedFilter:
        self.weights_ = self.weights or weights.newest_before(returns.index[-1])
        self.overlap_ = overlap(self.weights_, returns)
        live = live_series(returns)
        mean = row([series.mean() * len(series) / (len(series) + MEAN_DAYS) for series in live.values()])
        variance = row([series.pow(2).mean() for series in live.values()])
        self.garch_ = PooledGarch(mean, variance)
        self.network_, self.centre_, self.spread_ = _networks(self.weights_, seed)
        self.start_ = {
            **self.garch_.start(variance),
            "volatility": variance.sqrt(),
            "level": torch.ones_like(variance),
        }
        if self.tune_steps:
            self._tune(returns, seed)
        return self

    @property
    def mu_(self) -> Tensor:  # type: ignore[override]
        return self.garch_.mu

    def update(self, state: State, returns: Tensor) -> State:
        after = self.garch_.update(state, returns)
        after["level"] = self.level_after(state, ((returns - self.mu_) / state["volatility"]).clamp(-6, 6).square())
        correction = self.trust * self.network_(self._inputs(after)).mean(dim=0)
        after["volatility"] = after["variance"].sqrt() * (0.5 * correction).exp()
        return after

    def simulate_step(self, state: State, returns: Tensor) -> State:
        """As for every levelled filter; the slow variance, too, does not learn from simulated days but stays."""
        after = super().simulate_step(state, returns)
        return after | {"slow": state["slow"].expand_as(after["slow"])}

    def ceiling(self, state: State) -> Tensor:
        return CEILING * state["slow"]

    def _inputs(self, state: State) -> Tensor:
        return (with_panel(self.garch_.own_features(state)) - self.centre_) / self.spread_

    def _tune(self, returns: pd.DataFrame, seed: int) -> None:
        """Go on training on this panel for ``tune_steps`` steps of 256 days."""
        states = {name: value[:-1] for name, value in self.filter_path(returns).items()}
        inputs = self._inputs(states)
        surprise = (tensor(returns) - self.mu_) / states["variance"].sqrt()
        networks, generator = self.network_.requires_grad_(True), torch.Generator().manual_seed(seed)
        optimiser = torch.optim.AdamW(networks.parameters(), lr=3e-4, weight_decay=0.1)
        for _ in range(self.tune_steps):
            days = torch.randint(WARM_UP, len(inputs), (256,), generator=generator)
            loss = negative_likelihood(networks, inputs[days].flatten(0, 1), surprise[days].flatten()).sum()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        self.network_ = networks.requires_grad_(False)


def overlap(name: str, returns: pd.DataFrame) -> dict[str, object]:
    """Whether the weights ``name`` were trained on days after ``returns`` or on its assets; warns of the first.

    Gives ``trained_until``, ``later`` (the weights were trained on days after the last one of ``returns``) and
    ``assets`` (the columns that they were trained on).
    """
    known = weights.record(name)
    later = bool(known.last > returns.index[-1])
    if later:
        warnings.warn(
            f"the weights {name!r} were trained until {known.last.date()}, the fitted panel ends on "
            f"{returns.index[-1].date()}: a test of the days between is no test",
            weights.Overlap,
            stacklevel=3,
        )
    return {"trained_until": str(known.last.date()), "later": later, "assets": known.seen(returns)}


def _networks(name: str, seed: int) -> tuple[Networks, Tensor, Tensor]:
    """The networks of one trained seed of ``name``, and the centre and spread of their features."""
    tensors = weights.load(name)
    trained = weights.record(name).facts["seeds"]
    mine = {key.partition(".")[2]: value for key, value in tensors.items() if key.startswith(f"{seed % trained}.")}
    members, features, hidden = mine["weights.0"].shape
    networks = Networks(members, features, hidden, torch.Generator().manual_seed(0))
    networks.load_state_dict({key: value for key, value in mine.items() if key not in ("centre", "spread")})
    return networks.requires_grad_(False), mine["centre"], mine["spread"]
