"""Refuse what is not a number within its bounds, with the name, the bound and the value in the message."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Integral, Real

from workbench.errors import ParameterError


def number(
    name: str, value: object, *, above: float = -math.inf, least: float = -math.inf, below: float = math.inf,
    most: float = math.inf,
) -> float:  # fmt: skip
    """``value`` as a float, when it is finite and above < value < below, least <= value <= most.

    Raises ParameterError otherwise.

    >>> number("strike", 1, above=0)
    1.0
    >>> number("strike", float("nan"), above=0)
    Traceback (most recent call last):
    workbench.errors.ParameterError: strike must be a positive number, got nan
    """
    if isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value):
        found = float(value)
        if above < found < below and least <= found <= most:
            return found
    raise ParameterError(f"{name} must be {_bounds('number', above, least, below, most)}, got {_shown(value)}")


def count(name: str, value: object, least: int = 1, most: float = math.inf) -> int:
    """``value`` as an int, when it is a whole number within ``least`` and ``most``.

    >>> count("draws", 0)
    Traceback (most recent call last):
    workbench.errors.ParameterError: draws must be a whole number, at least 1, got 0
    """
    if isinstance(value, Integral) and not isinstance(value, bool) and least <= int(value) <= most:
        return int(value)
    raise ParameterError(
        f"{name} must be {_bounds('whole number', -math.inf, least, math.inf, most)}, got {_shown(value)}"
    )


def weights(name: str, values: Mapping[str, float]) -> None:
    """Refuse an empty mapping asset -> weight, and weights that are not finite."""
    if not values:
        raise ParameterError(f"{name} must name at least one asset, got {dict(values)}")
    for asset, weight in values.items():
        number(f"{name}: the weight of {asset!r}", weight)


def _bounds(kind: str, above: float, least: float, below: float, most: float) -> str:
    if (above, below, most) == (0, math.inf, math.inf):
        return f"a positive {kind}"
    if kind == "number" and (least, below, most) == (0, math.inf, math.inf):
        return "zero or a positive number"
    limits = {"above": above, "at least": least, "below": below, "at most": most}
    bounds = " and ".join(f"{words} {limit:g}" for words, limit in limits.items() if math.isfinite(limit))
    return f"a {kind}, {bounds}" if bounds else f"a {'finite ' if kind == 'number' else ''}{kind}"


def _shown(value: object) -> str:
    """A number of numpy's as a plain number, text in quotation marks."""
    return repr(value.item() if hasattr(value, "item") else value)
