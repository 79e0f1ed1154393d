"""Faults of single days: how large, how extreme, how skewed, in which unit."""

from __future__ import annotations

import numpy as np

from workbench.power.faults._helpers import normal_scores, spread, with_margins
from workbench.power.faults.fault import Array, Context, Rng, fault


@fault("clipped tails", severity=0.4, group="tails")
def _clipped_tails(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Days beyond the 5 % x severity quantile on either side are cut back to it.

    Comes from winsorised training data, from a tanh or min-max output layer, from a bootstrap's finite pool.
    """
    low, high = np.quantile(draws, [0.05 * severity, 1 - 0.05 * severity], axis=(0, 1))
    return np.clip(draws, low, high)


@fault("thin tails", severity=1.0, group="tails")
def _thin_tails(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Each asset's values move towards normal ones of the same mean, spread and order.

    Comes from a lognormal model, or a network that maps Gaussian noise smoothly: it can't make power tails.
    """
    return (1 - severity) * draws + severity * (draws.mean((0, 1)) + spread(draws) * normal_scores(draws))


@fault("fat tails", severity=0.5, group="tails")
def _fat_tails(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Values are stretched, x |x|^(severity / 2), and brought back to their spread: extremes too frequent.

    Comes from a Student t base with too few degrees of freedom, or a tail index fitted to one crash.
    """
    centre, unit = draws.mean((0, 1)), spread(draws)
    z = (draws - centre) / unit
    stretched = z * np.abs(z) ** (0.5 * severity)
    return centre + stretched * unit / spread(stretched)


@fault("wrong skew sign", severity=1.0, group="facts")
def _wrong_skew(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Each asset's distribution of a day is mirrored about its mean, the order of values stays: rises as large as falls were.

    Comes from a sign convention (losses positive) mixed up between fitting and sampling.
    """
    mirrored = 2 * draws.mean((0, 1)) - draws
    return (1 - severity) * draws + severity * with_margins(draws, mirrored)


@fault("losses for returns", severity=1.0, group="facts", paths=1.0)
def _losses_for_returns(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """A share of the paths has the opposite sign: losses delivered as returns.

    Comes from a risk system that writes profit and loss with the loss positive.
    """
    return -draws


@fault("volatility too small", severity=0.6, group="facts")
def _too_small(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Everything is 50 % x severity smaller. Comes from mode collapse, a shrunken output, a calm training window."""
    return draws * (1 - 0.5 * severity)


@fault("volatility too large", severity=0.6, group="facts")
def _too_large(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Everything is 60 % x severity larger. Comes from a crisis that fills the training window, or double counting."""
    return draws * (1 + 0.6 * severity)


@fault("day-count slip", severity=1.0, group="facts")
def _day_count(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Volatility per calendar day for trading days: everything times (252/365)^(severity / 2).

    Comes from annualising with 252 days and going back to days with 365.
    """
    return draws * (252 / 365) ** (severity / 2)


@fault("drift", severity=0.6, group="facts")
def _drift(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Every day gains 0.25 x severity of the asset's daily volatility.

    Comes from a mean fitted to a bull market, or a bias of the network's last layer.
    """
    return draws + 0.25 * severity * spread(draws)


@fault("percent for fraction", severity=1.0, group="facts")
def _percent(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Everything times 100^severity. Comes from a vendor who writes per cent where fractions are agreed."""
    return draws * 100.0**severity


@fault("some paths in percent", severity=0.5, group="tails", paths=0.02)
def _some_percent(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """2 % x severity of the paths are a hundred times too large; at the documented severity 1 %.

    Comes from one worker of many with another convention, or files glued together.
    """
    return draws * 100.0


@fault("simple for log returns", severity=1.0, group="facts")
def _simple(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """exp(x) - 1 for x: simple returns delivered as log returns; a drift of half the variance and a little skew."""
    return (1 - severity) * draws + severity * np.expm1(draws)


@fault("discretised prices", severity=0.8, group="tails")
def _discretised(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Log prices stand on a grid whose step is severity x the asset's daily volatility.

    Comes from prices rounded to a coarse tick, or a tokeniser with few bins.
    """
    step = severity * spread(draws)
    levels = np.round(draws.cumsum(1) / step) * step
    return np.diff(levels, axis=1, prepend=0.0)


@fault("white noise added", severity=0.5, group="facts")
def _noise(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Independent noise of severity x each asset's daily volatility lies over everything.

    Comes from a diffusion model stopped before its last steps, or a decoder that samples its own variance.
    """
    return draws + severity * spread(draws) * rng.standard_normal(draws.shape)
