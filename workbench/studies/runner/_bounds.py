"""Bounds of a parameter, read from the last words of its comment, so that whoever lists the parameters sees them.

They hold for a number, or for each number of a list::

    budget: int = 10_000  # paths spent on each of these probabilities, at least 1,500
    levels: list[float] = [0.99]  # of VaR, each above 0.5 and below 1
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from workbench._require import number
from workbench.errors import ParameterError

_WORDS = {"above": "above", "at least": "least", "below": "below", "at most": "most"}
_CLAUSE = rf"(?:{'|'.join(_WORDS)}) -?\d[\d,]*(?:\.\d+)?"
_LAST = re.compile(rf"(?:^|[,;] )(?:each )?({_CLAUSE}(?: and {_CLAUSE})?)$")


def bounds(comment: str) -> dict[str, float]:
    """What the last words of a comment allow, as :func:`workbench._require.number` takes it; empty where they are none.

    >>> bounds("scenarios a day, at least 2 and at most 4,096"), bounds("trading days ahead")
    ({'least': 2.0, 'most': 4096.0}, {})
    """
    last = _LAST.search(comment)
    clauses = [clause.rpartition(" ") for clause in last[1].split(" and ")] if last else []
    return {_WORDS[words]: float(limit.replace(",", "")) for words, _, limit in clauses}


def require_within(name: str, value: Any, limits: Mapping[str, float], default: Any) -> None:
    """Raise ParameterError, with bound and remedy, for a number outside ``limits`` and for an empty list of numbers.

    name : what the message calls the parameter. default : named as the remedy. A list that is empty by default may be.
    """
    if not limits or value is None:
        return
    remedy = f"choose another, or leave it out for the default {default!r}"
    if isinstance(value, list | tuple) and not value and default:
        raise ParameterError(f"{name} needs one number at the least, got an empty list: {remedy}")
    for item in value if isinstance(value, list | tuple) else [value]:
        try:
            number(name, item, **limits)
        except ParameterError as wrong:
            raise ParameterError(f"{wrong}: {remedy}") from None
