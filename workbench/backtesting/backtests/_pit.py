"""Are the forecast probabilities uniform and independent? Berkowitz's likelihood ratios, whole and tail.

Berkowitz (Journal of Business and Economic Statistics 19, 2001). With z_t = Phi^-1(u_t) a right model makes z standard
normal and independent. Whole: an AR(1) with free mean, variance and slope against N(0, 1), chi-square(3). Tail: only
values below c = Phi^-1(alpha) are looked at, the rest count as censored at c, free mean and variance, chi-square(2).

Whole follows rugarch's ``BerkowitzTest(lags = 1)``: x = z - mean(z) is regressed on its own lag without a constant,
the first lag padded with 0, sigma^2 = RSS / (n - 1), and both likelihoods are summed over t = 2..n. It differs from the
exact Gaussian likelihood by terms of order 1/n.

Tail, in Olsen's parametrisation theta = 1/sigma, delta = mu/sigma, is concave:
    log L = k log theta - sum_tail (theta z - delta)^2 / 2 + (n - k) log Phi(delta - theta c) ,
so Newton's method on the three numbers (k, sum z, sum z^2) finds the maximum of all histories at once.
"""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr, ndtri

from workbench.backtesting.backtests._sample import Sample
from workbench.stats import probit


def berkowitz(sample: Sample) -> np.ndarray:
    """LR of each history, three degrees of freedom."""
    z = probit(sample.need_pit)
    n = z.shape[-1]
    x = z - z.mean(axis=-1, keepdims=True)
    lagged = np.sum(x[..., :-1] ** 2, axis=-1)
    rho = np.sum(x[..., 1:] * x[..., :-1], axis=-1) / np.maximum(lagged, 1e-300)
    residual = x[..., 1:] - rho[..., None] * x[..., :-1]
    rss = np.sum(residual**2, axis=-1)
    variance = np.maximum((rss + x[..., 0] ** 2) / (n - 1), 1e-300)
    free = -0.5 * ((n - 1) * np.log(variance) + rss / variance)
    return np.maximum(2.0 * (free + 0.5 * np.sum(z[..., 1:] ** 2, axis=-1)), 0.0)


def _mills(a: np.ndarray) -> np.ndarray:
    """phi(a) / Phi(a), stable far to the left."""
    return np.exp(-0.5 * a * a - 0.5 * np.log(2.0 * np.pi) - log_ndtr(a))


def _tail_likelihood(theta, delta, k, s1, s2, rest, c):
    spread = theta**2 * s2 - 2.0 * theta * delta * s1 + delta**2 * k
    return k * np.log(theta) - 0.5 * spread + rest * log_ndtr(delta - theta * c)


def _newton(theta, delta, k, s1, s2, rest, c):
    """One damped Newton step of all histories."""
    a = delta - theta * c
    m = _mills(a)
    bend = rest * m * (m + a)
    g_theta, g_delta = k / theta - theta * s2 + delta * s1 - c * rest * m, theta * s1 - delta * k + rest * m
    h_tt, h_td, h_dd = k / theta**2 + s2 + c * c * bend, -s1 - c * bend, k + bend
    det = np.maximum(h_tt * h_dd - h_td**2, 1e-12)
    d_theta, d_delta = (h_dd * g_theta - h_td * g_delta) / det, (h_tt * g_delta - h_td * g_theta) / det
    room = np.where(d_theta < 0, 0.5 * theta / np.maximum(-d_theta, 1e-300), 1.0)
    size = np.minimum(1.0, np.minimum(room, 2.0 / np.maximum(np.hypot(d_theta, d_delta), 1e-300)))
    return theta + size * d_theta, delta + size * d_delta


def berkowitz_tail(sample: Sample) -> np.ndarray:
    """LR of each history, two degrees of freedom; without a value in the tail the rest is as likely as it can be."""
    z, c = probit(sample.need_pit), ndtri(sample.alpha)
    inside = z < c
    tail = np.where(inside, z, 0.0)
    k, s1, s2 = inside.sum(axis=-1).astype(float), tail.sum(axis=-1), (tail**2).sum(axis=-1)
    rest = z.shape[-1] - k
    theta, delta = np.ones_like(s1), np.zeros_like(s1)
    for _ in range(60):
        theta, delta = _newton(theta, delta, np.maximum(k, 1e-9), s1, s2, rest, c)
    free = np.where(k > 0, _tail_likelihood(theta, delta, k, s1, s2, rest, c), 0.0)
    fixed = _tail_likelihood(1.0, 0.0, k, s1, s2, rest, c)
    return np.maximum(2.0 * (free - fixed), 0.0)
