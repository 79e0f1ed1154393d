"""Faults of single days: how large, how extreme, how skewed, in which unit."""

from __future__ import annotations

import numpy as np

from workbench.power.faults.fault import fault
from workbench.power.faults.helpers import normal_scores, ranks, some, spread


@fault("clipped tails", severity=0.4, group="tails")
def clipped_tails(draws, severity, rng, context):
    """Days beyond the 5 % x severity quantile on either side are cut back to it.

    Comes from winsorised training data, from a tanh or min-max output layer, from a bootstrap's finite pool.
    """
    low, high = np.quantile(draws, [0.05 * severity, 1 - 0.05 * severity], axis=(0, 1))
    return np.clip(draws, low, high)


@fault("thin tails", severity=1.0, group="tails")
def thin_tails(draws, severity, rng, context):
    """Each asset's values move towards normal ones of the same mean, spread and order.

    Comes from a lognormal model, or a network that maps Gaussian noise smoothly: it can't make power tails.
    """
    return (1 - severity) * draws + severity * (draws.mean((0, 1)) + spread(draws) * normal_scores(draws))


@fault("fat tails", severity=0.5, group="tails")
def fat_tails(draws, severity, rng, context):
    """Values are stretched, x |x|^(severity / 2), and brought back to their spread: extremes too frequent.

    Comes from a Student t base with too few degrees of freedom, or a tail index fitted to one crash.
    """
    centre, unit = draws.mean((0, 1)), spread(draws)
    z = (draws - centre) / unit
    stretched = z * np.abs(z) ** (0.5 * severity)
    return centre + stretched * unit / spread(stretched)


@fault("wrong skew sign", severity=1.0, group="facts")
def wrong_skew(draws, severity, rng, context):
    """Each asset's law of a day is mirrored about its mean, the order of values stays: rises as large as falls were.

    Comes from a sign convention (losses positive) mixed up between fitting and sampling.
    """
    mirrored = 2 * draws.mean((0, 1)) - draws
    size = draws.shape[0] * draws.shape[1]
    values = np.sort(mirrored.reshape(size, -1), axis=0)
    remapped = np.stack([values[ranks(draws[..., a]), a] for a in range(draws.shape[2])], axis=2)
    return (1 - severity) * draws + severity * remapped


@fault("losses for returns", severity=1.0, group="facts")
def losses_for_returns(draws, severity, rng, context):
    """A share of the paths has the opposite sign: losses delivered as returns.

    Comes from a risk system that writes profit and loss with the loss positive.
    """
    at = some(len(draws), severity, rng)
    draws[at] = -draws[at]
    return draws


@fault("volatility too small", severity=0.6, group="facts")
def too_small(draws, severity, rng, context):
    """Everything is 50 % x severity smaller. Comes from mode collapse, a shrunken output, a calm training window."""
    return draws * (1 - 0.5 * severity)


@fault("volatility too large", severity=0.6, group="facts")
def too_large(draws, severity, rng, context):
    """Everything is 60 % x severity larger. Comes from a crisis that fills the training window, or double counting."""
    return draws * (1 + 0.6 * severity)


@fault("day-count slip", severity=1.0, group="facts")
def day_count(draws, severity, rng, context):
    """Volatility per calendar day for trading days: everything times (252/365)^(severity / 2).

    Comes from annualising with 252 days and going back to days with 365.
    """
    return draws * (252 / 365) ** (severity / 2)


@fault("drift", severity=0.6, group="facts")
def drift(draws, severity, rng, context):
    """Every day gains 0.25 x severity of the asset's daily volatility.

    Comes from a mean fitted to a bull market, or a bias of the network's last layer.
    """
    return draws + 0.25 * severity * spread(draws)


@fault("percent for fraction", severity=1.0, group="facts")
def percent(draws, severity, rng, context):
    """Everything times 100^severity. Comes from a vendor who writes per cent where fractions are agreed."""
    return draws * 100.0**severity


@fault("some paths in percent", severity=0.5, group="tails")
def some_percent(draws, severity, rng, context):
    """2 % x severity of the paths are a hundred times too large; at the documented severity 1 %.

    Comes from one worker of many with another convention, or files glued together.
    """
    at = some(len(draws), 0.02 * severity, rng)
    draws[at] *= 100.0
    return draws


@fault("simple for log returns", severity=1.0, group="facts")
def simple(draws, severity, rng, context):
    """exp(x) - 1 for x: simple returns delivered as log returns; a drift of half the variance and a little skew."""
    return (1 - severity) * draws + severity * np.expm1(draws)


@fault("discretised prices", severity=0.8, group="tails")
def discretised(draws, severity, rng, context):
    """Log prices stand on a grid whose step is severity x the asset's daily volatility.

    Comes from prices rounded to a coarse tick, or a tokeniser with few bins.
    """
    step = severity * spread(draws)
    levels = np.round(draws.cumsum(1) / step) * step
    return np.diff(levels, axis=1, prepend=0.0)


@fault("white noise added", severity=0.5, group="facts")
def noise(draws, severity, rng, context):
    """Independent noise of severity x each asset's daily volatility lies over everything.

    Comes from a diffusion model stopped before its last steps, or a decoder that samples its own variance.
    """
    return draws + severity * spread(draws) * rng.standard_normal(draws.shape)
