"""Faults of dependence: what assets do together, and columns that are not what they are called."""

from __future__ import annotations

import numpy as np

from workbench.power.faults._helpers import market, normal_scores, some, spread, with_margins
from workbench.power.faults.fault import Array, Context, Rng, fault


@fault("independent assets", severity=0.4, group="dependence", assets=2, paths=1.0)
def _unlinked(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """In a share of the paths every asset comes from another path: margins and memory right, dependence gone.

    Comes from one model an asset (a forecaster that treats series as independent).
    """
    return np.stack([rng.permutation(draws[..., asset]) for asset in range(draws.shape[2])], axis=2)


@fault("assets too alike", severity=0.4, group="dependence", assets=2)
def _too_alike(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Each asset moves towards the market, severity of it, with its own spread kept.

    Comes from a low-rank factor model, or a generator that learnt the first component only.
    """
    unit = spread(draws)
    common = market(draws)[..., None]
    mixed = (1 - severity) * draws / unit + severity * common / common.std()
    return mixed * unit / spread(mixed)


@fault("broken joint crashes", severity=1.0, group="dependence", assets=2)
def _broken_crashes(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """On a share of days on which two assets or more are in their worst 5 %, all but one trade their day for another's.

    Comes from shocks drawn asset by asset beyond a threshold, or a tail splice that forgets the copula.
    """
    cut = np.quantile(draws, 0.05, axis=(0, 1))
    low = draws < cut
    crowd = (low.sum(2) >= 2) & (rng.random(draws.shape[:2]) < severity)
    spared = rng.integers(0, draws.shape[2], size=draws.shape[:2])
    out = draws.copy()
    for asset in range(draws.shape[2]):
        leave = np.argwhere(crowd & low[..., asset] & (spared != asset))
        quiet = np.argwhere(~crowd & ~low[..., asset])
        there = quiet[rng.permutation(len(quiet))[: len(leave)]]
        leave = leave[: len(there)]
        here, other = (*leave.T, asset), (*there.T, asset)
        out[here], out[other] = draws[other], draws[here]
    return out


@fault("tail independence with right correlation", severity=1.0, group="dependence", assets=2, paths=1.0)
def _tail_independence(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """In a share of the paths the uncorrelated parts of normal scores come from different paths: a Gaussian copula.

    Margins stay, correlation nearly. Comes from a Gaussian copula fitted to correlations: the matrix is right, and
    crashes do not come together.
    """
    ridge, flat = 1e-9 * np.eye(draws.shape[2]), normal_scores(draws).reshape(-1, draws.shape[2])
    root = np.linalg.cholesky(np.cov(flat.T) + ridge)
    parts = np.linalg.solve(root, flat.T).T.reshape(draws.shape)
    for part in range(draws.shape[2]):
        parts[..., part] = rng.permutation(parts[..., part])
    wanted = np.corrcoef(draws.reshape(-1, draws.shape[2]).T) + ridge
    return with_margins(parts @ np.linalg.cholesky(wanted).T, draws)


@fault("swapped columns", severity=1.0, group="facts", assets=2)
def _swapped(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """In a share of the paths the most and the least volatile asset stand in each other's column.

    Comes from columns matched by place and not by name.
    """
    unit, at = spread(draws), some(len(draws), severity, rng)
    a, b = int(unit.argmax()), int(unit.argmin())
    draws[at[:, None], :, [a, b]] = draws[at[:, None], :, [b, a]]
    return draws


@fault("rescaled columns", severity=0.5, group="facts", assets=2)
def _rescaled(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """Every second asset is 60 % x severity larger and the others smaller by the same factor: the average looks right.

    Comes from scales of a normaliser that are put back on the wrong columns.
    """
    factor = np.where(np.arange(draws.shape[2]) % 2, 1 + 0.6 * severity, 1 / (1 + 0.6 * severity))
    return draws * factor


@fault("one bad asset", severity=1.0, group="dependence", assets=2, paths=1.0)
def _one_bad(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """One asset of many, in a share of the paths, comes from another path: marginal dynamics correct, cross-asset dependence destroyed.

    Comes from one series refreshed from another run.
    """
    asset = int(rng.integers(draws.shape[2]))
    draws[..., asset] = np.roll(draws[..., asset], 1, axis=0)
    return draws


@fault("one asset copies another", severity=0.6, group="dependence", assets=2)
def _copycat(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """The last asset moves towards the first, severity of it, in its own spread.

    Comes from a gap in the data filled by a neighbour, or a duplicated column.
    """
    unit = spread(draws)
    mixed = (1 - severity) * draws[..., -1] / unit[-1] + severity * draws[..., 0] / unit[0]
    draws[..., -1] = mixed * unit[-1] / mixed.std()
    return draws


@fault("one asset with its sign changed", severity=1.0, group="dependence", assets=2, paths=1.0)
def _one_sign(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """In a share of the paths one asset has the opposite sign: a currency quoted the other way round."""
    draws[..., rng.integers(draws.shape[2])] *= -1
    return draws


@fault("one asset lagged by a day", severity=1.0, group="dependence", assets=2, paths=1.0)
def _lagged(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """In a share of the paths one asset's days come a day late. Comes from closing times across time zones."""
    asset = int(rng.integers(draws.shape[2]))
    draws[..., asset] = np.roll(draws[..., asset], 1, axis=1)
    return draws


@fault("one asset sees tomorrow", severity=0.5, group="dependence", assets=2)
def _sees_tomorrow(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """One asset's day holds severity of the market's next day. Comes from features computed over a centred window."""
    unit, asset = spread(draws), int(rng.integers(draws.shape[2]))
    ahead = np.roll(market(draws), -1, axis=1)
    ahead[:, -1] = rng.permutation(ahead[:, -1])
    mixed = (1 - severity) * draws[..., asset] / unit[asset] + severity * ahead / ahead.std()
    draws[..., asset] = mixed * unit[asset] / mixed.std()
    return draws


@fault("sizes out of step", severity=1.0, group="dependence", assets=2, paths=1.0)
def _out_of_step(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """In a share of the paths each asset's sizes of days come from another path, its signs stay.

    Comes from volatility filters run asset by asset with shocks that share their signs only.
    """
    sizes = [np.abs(rng.permutation(draws[..., asset])) for asset in range(draws.shape[2])]
    return np.sign(draws) * np.stack(sizes, axis=2)


@fault("one factor too few", severity=0.7, group="dependence", assets=3)
def _lost_direction(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """The direction of least variance loses a share of its size: a hedged book looks safer than it is.

    Comes from a latent space narrower than the market, or principal components cut off.
    """
    flat = draws.reshape(-1, draws.shape[2]) / spread(draws)
    least = np.linalg.eigh(np.cov(flat.T))[1][:, 0]
    flat = flat - severity * np.outer((flat - flat.mean(0)) @ least, least)
    return flat.reshape(draws.shape) * spread(draws)


@fault("broken identity", severity=0.5, group="identities", needs="identities", assets=3)
def _broken_identity(draws: Array, severity: float, rng: Rng, context: Context) -> Array:
    """The last column of the first declared identity carries noise of 1 % x severity of its volatility.

    Comes from generating an index beside its constituents, or a cross rate beside its legs, instead of computing it.
    """
    asset = [*context.assets].index([*context.identities[0]["weights"]][-1])
    draws[..., asset] += 0.01 * severity * spread(draws)[asset] * rng.standard_normal(draws.shape[:2])
    return draws
