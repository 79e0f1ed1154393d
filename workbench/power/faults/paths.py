"""Faults of time: the order of days, memory, and how risk grows along the horizon."""

from __future__ import annotations

import numpy as np

from workbench.power.faults._helpers import with_margins
from workbench.power.faults.fault import Array, Context, Rng, fault


@fault("shuffled days", severity=1.0, group="facts", paths=1.0)
def _shuffled(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """In a share of the paths the days stand in random order: same days, no memory within the path.

    Comes from a model that is exchangeable in time, or a set sorted by another key on its way.
    """
    order = rng.permuted(np.tile(np.arange(draws.shape[1]), (len(draws), 1)), axis=1)
    return np.take_along_axis(draws, order[..., None], axis=1)


@fault("independent days", severity=1.0, group="facts", paths=1.0)
def _independent(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """In a share of the paths each day comes from another path: no calm and no wild paths.

    Comes from a model fitted to days and strung together, such as a joint distribution of one day used for twenty.
    """
    return rng.permutation(draws.reshape(-1, draws.shape[2])).reshape(draws.shape)


@fault("reversed time", severity=1.0, group="facts", paths=1.0)
def _reversed_time(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """A share of the paths runs backwards. Comes from files sorted newest first."""
    return draws[:, ::-1]


@fault("reversed leverage", severity=1.0, group="facts", paths=1.0)
def _reversed_leverage(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Rises, not falls, raise volatility in a share of the paths; the distribution of single days stays as it was.

    Comes from a sign lost in the news term of a GARCH filter.
    """
    return with_margins(-draws, draws)


@fault("return autocorrelation", severity=0.5, group="facts")
def _autocorrelation(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Returns follow an AR(1) with coefficient severity / 2, spread kept.

    Comes from stale or smoothed prices, and from networks that predict levels.
    """
    phi = 0.5 * severity
    for t in range(1, draws.shape[1]):
        draws[:, t] = phi * draws[:, t - 1] + np.sqrt(1 - phi**2) * draws[:, t]
    return draws


@fault("stale prices", severity=0.5, group="facts")
def _stale_prices(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Each asset's price stands still on a share severity / 2 of days, and catches up on the next.

    Comes from illiquid quotes carried forward.
    """
    still = rng.random(draws.shape) < 0.5 * severity
    owed = np.zeros((len(draws), draws.shape[2]))
    for t in range(draws.shape[1]):
        due = draws[:, t] + owed
        draws[:, t], owed = np.where(still[:, t], 0.0, due), np.where(still[:, t], due, 0.0)
    return draws


@fault("volatility drifts over the horizon", severity=0.5, group="facts")
def _drifting_volatility(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Volatility grows along the horizon, by a factor (1 + severity) / (1 - severity / 2) from first to last day.

    Comes from feedback in a model fed with its own output, or a filter that explodes.
    """
    ramp = np.linspace(1 - 0.5 * severity, 1 + severity, draws.shape[1])
    return draws * (ramp / np.sqrt(np.square(ramp).mean()))[:, None]


@fault("horizon variance not growing", severity=0.5, group="facts")
def _bridged(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Paths are pulled back to where they began: each day loses severity x the path's mean day.

    Comes from windows normalised by their own mean, and from models of levels with bounded output.
    """
    return draws - severity * (draws.mean(1, keepdims=True) - draws.mean((0, 1)))


@fault("volatility of volatility too large", severity=0.5, group="facts")
def _wilder_volatility(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Each path has a random size of its own: times exp(0.8 severity N), mean square kept.

    Comes from a volatility filter with too much news, or a latent scale that over-disperses.
    """
    size = 0.8 * severity
    return draws * np.exp(size * rng.standard_normal((len(draws), 1, 1)) - size**2)


@fault("volatility of volatility too small", severity=1.0, group="facts")
def _tamer_volatility(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Every path is brought towards the same size: divided by its own root mean square to the power severity.

    Comes from windows standardised one by one before learning, and not restored.
    """
    own = np.sqrt(np.square(draws).mean(1, keepdims=True)) + 1e-12
    typical = np.sqrt(np.square(draws).mean((0, 1)))
    return draws * (typical / own) ** severity
