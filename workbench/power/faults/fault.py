"""The registry of faults: what a planted corruption is, what it may know, and how it is registered.

A fault is a function ``fault(draws, severity, rng, context) -> draws`` on a scenario set (draw, time, asset) of log
returns. Severity runs from 0, the set as it was to the bit, to 1, the worst that the fault can do. Each has a
documented severity, at which the checks are required to find it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from workbench.errors import ParameterError
from workbench.power.faults._helpers import some
from workbench.registry import Registry

FAULTS = Registry("fault")
Array = np.ndarray
Rng = np.random.Generator
NOTHING = np.empty(0)


@dataclass(frozen=True)
class Context:
    """What some faults need beside the draws; all returns are log returns.

    history : (day, asset), what the model was fitted on.
    holdout : (day, asset), the days after it, which the model must not have seen.
    unconditional : (draw, time, asset), draws of the long run, for a set that should start from today.
    stale : (draw, time, asset), draws from the state of another day.
    identities : identities that the truth obeys (:mod:`workbench.validation.checks.identities`).
    assets : names of the columns.
    """

    history: Array
    holdout: Array = field(default_factory=lambda: NOTHING)
    unconditional: Array = field(default_factory=lambda: NOTHING)
    stale: Array = field(default_factory=lambda: NOTHING)
    identities: tuple[dict, ...] = ()
    assets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """A corruption of a scenario set, called with draws, severity, a generator and a context.

    severity : documented severity; group : the question that should find it. corrupt : the function. needs : the field
    of :class:`Context` that it reads. conditional : whether it is a fault only of sets that start today. assets :
    fewest columns. paths : it falls on so large a share of the paths, times the severity, and the function is handed
    those alone, in random order; 0, it is handed the whole set.
    """

    name: str
    severity: float
    group: str
    corrupt: Callable[..., Array]
    needs: str = ""
    conditional: bool = False
    assets: int = 1
    paths: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "__doc__", self.corrupt.__doc__)

    def __call__(self, draws: Array, severity: float, rng: Rng, context: Context | None = None) -> Array:
        if not 0.0 <= severity <= 1.0:
            raise ParameterError(f"severity {severity} of fault {self.name!r} is not within [0, 1]")
        if draws.ndim != 3 or draws.shape[2] < self.assets:
            raise ParameterError(
                f"fault {self.name!r} needs draws (draw, time, asset) of at least {self.assets} assets, "
                f"got shape {draws.shape}"
            )
        if self.needs and not len(getattr(context, self.needs, ())):
            raise ParameterError(f"fault {self.name!r} needs {self.needs!r} in its context")
        if severity == 0:
            return draws.copy()
        changed = np.array(draws, dtype=float)
        if self.paths:
            at = some(len(draws), self.paths * severity, rng)
            changed[at] = self.corrupt(changed[at], float(severity), rng, context)
        else:
            changed = self.corrupt(changed, float(severity), rng, context)
        return changed.astype(draws.dtype)


def fault(name: str, **about: Any) -> Callable[[Callable[..., Array]], Fault]:
    """Decorator: register a corruption as the :class:`Fault` ``name``; ``about`` it, the other fields of that class."""

    def register(corrupt: Callable[..., Array]) -> Fault:
        entry = Fault(name=name, corrupt=corrupt, **about)
        FAULTS.register(name)(entry)
        return entry

    return register


def plant(
    name: str, draws: Array, severity: float | None = None, seed: int = 0, context: Context | None = None
) -> Array:
    """Plant the fault ``name`` in a scenario set; at its documented severity when none is given.

    >>> import numpy as np
    >>> x = np.random.default_rng(1).standard_normal((40, 5, 2)) / 100
    >>> bool((plant("volatility too large", x, 1.0) == 1.6 * x).all())
    True
    """
    chosen = cast(Fault, FAULTS[name])
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=tuple(name.encode()))))
    return chosen(draws, chosen.severity if severity is None else severity, rng, context)
