"""Are the forecast probabilities uniform and independent? Berkowitz's likelihood ratios, Du and Escanciano's tail.

Berkowitz (Journal of Business and Economic Statistics 19, 2001). With z_t = Phi^-1(u_t) a right model makes z standard
normal and independent. Whole: an AR(1) with free mean, variance and slope against N(0, 1), chi-square(3). Tail: only
values below c = Phi^-1(alpha) are looked at, the rest count as censored at c, free mean and variance, chi-square(2).

Whole follows rugarch's ``BerkowitzTest(lags = 1)``: x = z - mean(z) is regressed on its own lag without a constant,
the first lag padded with 0, sigma^2 = RSS / (n - 1), and both likelihoods are summed over t = 2..n. It differs from the
exact Gaussian likelihood by terms of order 1/n.

Tail, in Olsen's parametrisation theta = 1/sigma, delta = mu/sigma, is concave:
    log L = k log theta - sum_tail (theta z - delta)^2 / 2 + (n - k) log Phi(delta - theta c) ,
so Newton's method on the three numbers (k, sum z, sum z^2) finds the maximum of all histories at once.

Is the whole tail of the forecast right, unconditionally and given the previous days? Du and Escanciano (Management
Science 63, 2017). The cumulative violation H_t = (alpha - u_t)+ / alpha of the PIT u_t = F_t(r_t) has mean alpha/2 and
variance alpha (1/3 - alpha/4) whatever the distribution, and is independent over time:

    U = sqrt(n) (mean H - alpha/2) / sqrt(alpha (1/3 - alpha/4))      large when the tail is understated
    C = n sum_{j=1..5} rho_j^2 ,   rho_j = gamma_j / gamma_0 ,   gamma_j = sum_t d_t d_{t-j} / (n - j) ,
with d = H - alpha/2.

C divides each autocovariance by its own number of terms and centres at alpha/2, as the paper does; code that centres at
the sample mean differs by some percent. A history without a violation would have C = 5 n, the centre being off; it says
nothing about memory and gets C = 0.
"""

from __future__ import annotations

from typing import NamedTuple

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


class _Tail(NamedTuple):
    """What the likelihood needs of each history: days, sum z and sum z^2 of the tail, days of the rest; and the edge."""

    k: np.ndarray
    s1: np.ndarray
    s2: np.ndarray
    rest: np.ndarray
    c: float

    def likelihood(self, theta: np.ndarray, delta: np.ndarray) -> np.ndarray:
        """log L of each history."""
        spread = theta**2 * self.s2 - 2.0 * theta * delta * self.s1 + delta**2 * self.k
        return self.k * np.log(theta) - 0.5 * spread + self.rest * log_ndtr(delta - theta * self.c)

    def newton(self, theta: np.ndarray, delta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """One damped Newton step of all histories."""
        k, c, a = np.maximum(self.k, 1e-9), self.c, delta - theta * self.c
        m = np.exp(-0.5 * a * a - 0.5 * np.log(2.0 * np.pi) - log_ndtr(a))  # phi(a) / Phi(a), stable far to the left
        bend = self.rest * m * (m + a)
        g_theta = k / theta - theta * self.s2 + delta * self.s1 - c * self.rest * m
        g_delta = theta * self.s1 - delta * k + self.rest * m
        h_tt, h_td, h_dd = k / theta**2 + self.s2 + c * c * bend, -self.s1 - c * bend, k + bend
        det = np.maximum(h_tt * h_dd - h_td**2, 1e-12)
        d_theta, d_delta = (h_dd * g_theta - h_td * g_delta) / det, (h_tt * g_delta - h_td * g_theta) / det
        room = np.where(d_theta < 0, 0.5 * theta / np.maximum(-d_theta, 1e-300), 1.0)
        size = np.minimum(1.0, np.minimum(room, 2.0 / np.maximum(np.hypot(d_theta, d_delta), 1e-300)))
        return theta + size * d_theta, delta + size * d_delta


def berkowitz_tail(sample: Sample) -> np.ndarray:
    """LR of each history, two degrees of freedom; without a value in the tail the rest is as likely as it can be."""
    z, edge = probit(sample.need_pit), ndtri(sample.alpha)
    inside = z < edge
    low, k = np.where(inside, z, 0.0), inside.sum(axis=-1).astype(float)
    tail = _Tail(k, low.sum(axis=-1), (low**2).sum(axis=-1), z.shape[-1] - k, edge)
    theta, delta = np.ones_like(k), np.zeros_like(k)
    fixed = tail.likelihood(theta, delta)
    for _ in range(60):
        theta, delta = tail.newton(theta, delta)
    free = np.where(k > 0, tail.likelihood(theta, delta), 0.0)
    return np.maximum(2.0 * (free - fixed), 0.0)


LAGS = 5


def cumulative_violations(pit: np.ndarray, alpha: float) -> np.ndarray:
    """H_t: 0 outside the tail, up to 1 at its very end."""
    return np.maximum(alpha - pit, 0.0) / alpha


def du_escanciano_u(sample: Sample) -> np.ndarray:
    """The unconditional statistic U, standard normal for long samples."""
    a = sample.alpha
    mean = cumulative_violations(sample.need_pit, a).mean(axis=-1)
    return np.sqrt(sample.days) * (mean - a / 2.0) / np.sqrt(a * (1.0 / 3.0 - a / 4.0))


def du_escanciano_c(sample: Sample) -> np.ndarray:
    """The conditional statistic C, chi-square(5) for very long samples only."""
    n = sample.days
    d = cumulative_violations(sample.need_pit, sample.alpha) - sample.alpha / 2.0
    variance = np.mean(d * d, axis=-1)
    lagged = [np.sum(d[..., j:] * d[..., :-j], axis=-1) / (n - j) for j in range(1, LAGS + 1)]
    seen = np.any(sample.need_pit < sample.alpha, axis=-1)
    return np.where(seen, n * sum((gamma / variance) ** 2 for gamma in lagged), 0.0)
