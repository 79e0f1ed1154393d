"""Faults of generation: copies, collapse, paths left out, and sets that ignore today's state."""

from __future__ import annotations

import numpy as np

from workbench.power.faults._helpers import market, some, spread
from workbench.power.faults.fault import Array, Context, Rng, fault
from workbench.validation.engine._null import windows

JITTER = 0.05
MODES = 20


def _copied(days: Array, draws: Array, rng: Rng) -> Array:
    """As many windows of a panel (day, asset) at random places as there are draws, jittered."""
    begin = rng.integers(0, len(days) - draws.shape[1] + 1, size=len(draws))
    copies = windows(days, begin, draws.shape[1])
    return copies + JITTER * copies.std((0, 1)) * rng.standard_normal(copies.shape)


@fault("memorised windows", severity=0.5, group="copying", needs="history", paths=1.0)
def _memorised(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """A share of the draws are windows of the history with jitter of 5 % of a day's volatility.

    Comes from a network large enough to store its training set.
    """
    return _copied(context.history, draws, rng)


@fault("partial copying", severity=0.5, group="copying", needs="history", paths=0.1)
def _partial_copying(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """10 % x severity of the draws are jittered windows of the history: at the documented severity one in twenty.

    Comes from over-training late in a run; medians of distances do not see it.
    """
    return _copied(context.history, draws, rng)


@fault("leaked hold-out", severity=0.5, group="copying", needs="holdout", paths=0.1)
def _leaked(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """10 % x severity of the draws are jittered windows of days that the model must not have seen.

    Comes from scaling, selecting or training on the whole file before splitting it.
    """
    return _copied(context.holdout, draws, rng)


@fault("look-ahead", severity=0.7, group="conditional", needs="holdout", conditional=True)
def _look_ahead(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Every draw is pulled towards the path that then came, severity of the way.

    Comes from a feature of the state that is known only later.
    """
    return (1 - severity) * draws + severity * context.holdout[: draws.shape[1]]


@fault("few modes", severity=0.9, group="copying")
def _few_modes(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Every draw is one of 20 paths, with a share 1 - severity of variance of its own.

    Comes from mode collapse of an adversarial generator.
    """
    modes = draws[some(len(draws), min(1.0, MODES / len(draws)), rng)]
    return np.sqrt(severity) * modes[np.arange(len(draws)) % len(modes)] + np.sqrt(1 - severity) * draws


@fault("repeated draws", severity=0.1, group="copying")
def _repeated(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """A share of the draws are copies of others, to the bit. Comes from workers that share a seed."""
    at = some(len(draws), 0.5 * severity, rng)
    others = np.setdiff1d(np.arange(len(draws)), at)
    draws[at] = draws[rng.choice(others, len(at))]
    return draws


@fault("antithetic twins", severity=0.2, group="copying")
def _twins(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """A share of the draws are mirror images of others, passed off as independent.

    Comes from variance reduction that is not declared; errors of tail numbers are then too small.
    """
    pairs = rng.permutation(len(draws))[: 2 * max(1, round(severity * len(draws) / 2))].reshape(-1, 2)
    draws[pairs[:, 1]] = 2 * draws.mean((0, 1)) - draws[pairs[:, 0]]
    return draws


def _without(draws: Array, score: Array, share: float) -> Array:
    """The draws without the share that scores highest; their order stays."""
    return draws[np.sort(np.argsort(score)[: max(20, round((1 - share) * len(draws)))])]


@fault("calm paths only", severity=0.8, group="facts")
def _calm_only(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """The wildest half x severity of the draws is missing.

    Comes from a training window without a crisis, and from rejecting draws that look implausible.
    """
    return _without(draws, np.abs(market(draws)).mean(1), 0.5 * severity)


@fault("crisis paths dropped", severity=1.0, group="tails")
def _crises_dropped(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """The 10 % x severity of paths on which the market falls deepest are missing.

    Comes from filters against outliers that take the crash for an error.
    """
    return _without(draws, -market(draws).cumsum(1).min(1), 0.1 * severity)


@fault("survivorship", severity=0.6, group="tails")
def _survivorship(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """An asset whose path ends in its worst 20 % x severity takes the path it has in another draw: no firm fails.

    Comes from data sets that list only the firms that are still there.
    """
    for asset in range(draws.shape[2]):
        end = draws[..., asset].sum(1)
        failed = np.flatnonzero(end < np.quantile(end, 0.2 * severity))
        alive = np.setdiff1d(np.arange(len(draws)), failed)
        draws[failed, :, asset] = draws[rng.choice(alive, len(failed)), :, asset] + _dust(draws, failed, asset, rng)
    return draws


def _dust(draws: Array, at: Array, asset: int, rng: Rng) -> Array:
    """A thousandth of the asset's volatility, so that no path is repeated to the bit."""
    return 1e-3 * spread(draws)[asset] * rng.standard_normal((len(at), draws.shape[1]))


@fault("condition ignored", severity=1.0, group="conditional", needs="unconditional", conditional=True)
def _condition_ignored(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """A share of the draws comes from the long run instead of today's state.

    Comes from a generator whose conditioning input was dropped, or never learnt.
    """
    return _mixed(draws, context.unconditional, severity, rng)


@fault("stale regime", severity=1.0, group="conditional", needs="stale", conditional=True)
def _stale_regime(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """A share of the draws starts from the state of another day.

    Comes from a model state cached and not rolled forward.
    """
    return _mixed(draws, context.stale, severity, rng)


def _mixed(draws: Array, others: Array, share: float, rng: Rng) -> Array:
    at = some(min(len(draws), len(others)), share, rng)
    draws[at] = others[at]
    return draws
