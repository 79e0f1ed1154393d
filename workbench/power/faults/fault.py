"""The registry of faults: what a planted corruption is, what it may know, and how it is registered.

A fault is a function ``fault(draws, severity, rng, context) -> draws`` on a scenario set (draw, time, asset) of log
returns. Severity runs from 0, the set as it was to the bit, to 1, the worst that the fault can do. Each has a
documented severity, at which a court that deserves its name must find it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

import numpy as np

from workbench.errors import ParameterError
from workbench.registry import Registry

FAULTS = Registry("fault")
Fault = Callable[..., np.ndarray]


@dataclass(frozen=True)
class Context:
    """What some faults need beside the draws; all returns are log returns.

    history : (day, asset), what the model was fitted on.
    holdout : (day, asset), the days after it, which the model must not have seen.
    unconditional : (draw, time, asset), draws of the long-run law, for a set that should start from today.
    stale : (draw, time, asset), draws from the state of another day.
    identities : laws of motion that the truth obeys (:mod:`workbench.validation.checks.identities`).
    assets : names of the columns.
    """

    history: np.ndarray
    holdout: np.ndarray | None = None
    unconditional: np.ndarray | None = None
    stale: np.ndarray | None = None
    identities: tuple[dict, ...] | None = None
    assets: tuple[str, ...] = ()


def fault(
    name: str, *, severity: float, group: str, needs: str = "history", conditional: bool = False, assets: int = 1
) -> Callable[[Fault], Fault]:
    """Decorator: register a corruption as the fault ``name``.

    severity : documented severity; group : the question that should find it.
    needs : the field of :class:`Context` that it reads.
    conditional : whether it is a fault only of sets that start today.
    assets : fewest columns.
    """

    def enter(function: Fault) -> Fault:
        @wraps(function)
        def planted(
            draws: np.ndarray, severity: float, rng: np.random.Generator, context: Context | None = None
        ) -> np.ndarray:
            _admit(name, draws, severity, context, needs, assets)
            if severity == 0:
                return draws.copy()
            return function(np.array(draws, dtype=float), float(severity), rng, context).astype(draws.dtype)

        planted.name, planted.severity, planted.group = name, severity, group
        planted.needs, planted.conditional, planted.assets = needs, conditional, assets
        return FAULTS.register(name)(planted)

    return enter


def _admit(name: str, draws: np.ndarray, severity: float, context: Context | None, needs: str, assets: int) -> None:
    if not 0.0 <= severity <= 1.0:
        raise ParameterError(f"severity {severity} of fault {name!r} is not within [0, 1]")
    if draws.ndim != 3 or draws.shape[2] < assets:
        raise ParameterError(
            f"fault {name!r} needs draws (draw, time, asset) of at least {assets} assets, got shape {draws.shape}"
        )
    if needs != "history" and getattr(context, needs, None) is None:
        raise ParameterError(f"fault {name!r} needs {needs!r} in its context")


def plant(
    name: str, draws: np.ndarray, severity: float | None = None, seed: int = 0, context: Context | None = None
) -> np.ndarray:
    """Plant the fault ``name`` in a scenario set; at its documented severity when none is given.

    >>> import numpy as np
    >>> x = np.random.default_rng(1).standard_normal((40, 5, 2)) / 100
    >>> bool((plant("volatility too large", x, 1.0) == 1.6 * x).all())
    True
    """
    chosen = FAULTS[name]
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=tuple(name.encode()))))
    return chosen(draws, chosen.severity if severity is None else severity, rng, context)
