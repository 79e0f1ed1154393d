r"""Value at risk and expected shortfall of equally likely losses.

For losses :math:`L` (positive is bad) and a level :math:`c`, with :math:`q` the smallest loss such that a share of at
least :math:`c` of the draws lies at or below it,

.. math:: \mathrm{VaR} = q, \qquad \mathrm{ES} = q + \frac{1}{n(1-c)}\sum_k (L_k - q)_+ ,

the mean of the worst share :math:`1-c`, the atom at :math:`q` split (Acerbi and Tasche, Journal of Banking & Finance
26, 2002, 1487-1503).
"""

from __future__ import annotations

import numpy as np

from workbench.errors import ParameterError

ROUNDING = 9  # decimals of n (1 - level): 1,000 (1 - .99) is 10 draws and not 10.000000000000009


def _checked(losses: np.ndarray, level: float) -> np.ndarray:
    if not 0.0 < level < 1.0:
        raise ParameterError(f"a level is a probability between 0 and 1, found {level}; 99 % is 0.99")
    losses = np.asarray(losses)
    losses = losses if losses.dtype.kind == "f" else losses.astype(float)
    if losses.shape[-1:] in ((), (0,)):
        raise ParameterError(f"VaR and ES need at least one loss; got an array of shape {losses.shape}")
    if not np.isfinite(losses).all():
        raise ParameterError(f"{int((~np.isfinite(losses)).sum())} of {losses.size} losses are not finite numbers")
    return losses


def var_es(losses: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """VaR and ES at ``level`` of losses ``(..., draw)``, each ``(...)``."""
    losses = _checked(losses, level)
    share = round(losses.shape[-1] * (1.0 - level), ROUNDING)  # of draws in the tail, rarely whole
    whole = min(int(share), losses.shape[-1] - 1)
    worst = -np.sort(np.partition(-losses, whole, axis=-1)[..., : whole + 1], axis=-1)
    edge = worst[..., -1]
    return edge, (worst[..., :whole].sum(axis=-1) + (share - whole) * edge) / share


def value_at_risk(losses: np.ndarray, level: float) -> float:
    """VaR at ``level`` of all losses, whatever their shape.

    >>> value_at_risk(np.arange(1.0, 101.0), 0.95)
    95.0
    """
    return float(var_es(np.ravel(losses), level)[0])


def expected_shortfall(losses: np.ndarray, level: float) -> float:
    """ES at ``level`` of all losses, whatever their shape.

    >>> expected_shortfall(np.arange(1.0, 11.0), 0.75)  # (10 + 9 + 8 / 2) / 2.5
    9.2
    """
    return float(var_es(np.ravel(losses), level)[1])


def tail_values(losses: np.ndarray, var: float | np.ndarray, level: float) -> np.ndarray:
    """u = VaR + (L - VaR)+ / (1 - level), whose mean is ES, in the shape of ``losses``: for errors of an ES."""
    return var + np.maximum(_checked(losses, level) - var, 0.0) / (1.0 - level)
