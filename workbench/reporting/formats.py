"""How numbers are written, in every sentence, caption, table and tick: one rule a kind of number.

In a sentence the kind stands in the braces, with ``+`` for a sign and a digit for the decimals:
``{loss:pct1}, {gap:+pct2}, {p:p}, {confidence:level}, {start:date}, {draws:n}, {var:bp}, {failed:names}, {known:rows}``.

>>> House().format("VaR {c:level}: {v:pct}, {p:p}, {n:n} draws", c=0.975, v=0.31499, p=0.0002, n=10_000)
'VaR 97.5 %: 31.5 %, p < .001, 10,000 draws'
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from workbench import data
from workbench._text import MISSING, level, literal, number, percent, probability
from workbench.errors import ParameterError


def p_value(p: float) -> str:
    """Two digits that matter, and no zero that claims certainty.

    >>> [p_value(p) for p in (0.4, 0.0234, 0.0002, float("nan"))]
    ['.40', '.023', '< .001', '–']
    """
    if p is None or not np.isfinite(p):
        return MISSING
    if p >= 0.995:
        return "1.00"
    return "< .001" if p < 0.001 else f"{p:.{2 if p >= 0.0995 else 3}f}"[1:]


def basis_points(value: float, digits: int = 0, sign: bool = False) -> str:
    """Hundredths of a per cent of the book; ``value`` is in basis points already.

    >>> basis_points(1234.4)
    '1,234 bp'
    """
    return f"{number(value, digits, sign)} bp"


def date(day: Any) -> str:
    """A day as ISO date.

    >>> date(pd.Timestamp("2008-09-12 17:30"))
    '2008-09-12'
    """
    return f"{pd.Timestamp(day):%Y-%m-%d}"


def names(items: Iterable[Any] | str, empty: str = "none") -> str:
    """A list of names; ``empty`` when there are none.

    >>> names(["drift", "tails"]), names([])
    ('drift, tails', 'none')
    """
    return items if isinstance(items, str) else ", ".join(map(str, items)) or empty


def in_units(count: int, panel: pd.DataFrame | pd.DatetimeIndex | int) -> str:
    """A number of rows in what a row of the panel is called (:func:`workbench.data.unit`).

    panel : (date, asset), its dates, or periods a year.

    >>> in_units(20, 252), in_units(1, 52), in_units(1200, 12)
    ('20 trading days', '1 week', '1,200 months')
    """
    return f"{number(count)} {data.unit(panel)}{'' if count == 1 else 's'}"


def rows(panel: pd.DataFrame | pd.DatetimeIndex) -> str:
    """The length of a panel.

    >>> rows(pd.date_range("2020-01-31", periods=24, freq="ME"))
    '24 months'
    """
    return in_units(len(panel), panel)


def bullets(lines: Iterable[str]) -> str:
    """Markdown of a list."""
    return "\n".join(f"- {line if isinstance(line, Prose) else literal(line)}" for line in lines)


def named_bullets(lines: Mapping[str, str] | pd.Series) -> str:
    """Markdown of a list whose items begin with a name."""
    return bullets(Prose(f"**{literal(name)}** {line}.") for name, line in lines.items())


def simple(log_returns: Any) -> Any:
    """Log returns as simple returns, which a per cent is always of; no loss exceeds 100 %."""
    return np.expm1(log_returns)


def _p_relation(p: float) -> str:
    written = p_value(p)
    return f"p {written}" if written.startswith("<") else f"p = {written}"


KINDS: dict[str, Callable[..., str]] = {
    "pct": percent, "bp": basis_points, "n": number, "level": level, "p": _p_relation, "date": date, "names": names,
    "prob": probability, "rows": rows,
}  # fmt: skip
_SIGNED = (percent, basis_points, number)
_SPEC = re.compile(rf"(\+?)({'|'.join(KINDS)})(\d?)")


class Prose(str):
    """Markdown that was composed here; any other text in a sentence is a name, and stands as it is."""


class House(string.Formatter):
    """``str.format`` with the kinds of this module; a value that is missing or not used is an error.

    markdown : names are escaped (:func:`workbench._text.literal`); a :class:`Prose` is not.
    """

    def __init__(self, markdown: bool = True) -> None:
        self.markdown = markdown

    def format_field(self, value: Any, spec: str) -> str:
        found = _SPEC.fullmatch(spec)
        if not found:
            return self._text(format(value, spec), value)
        sign, kind, digits = found.groups()
        if kind == "names":
            return self._text(names(value), value)
        write = KINDS[kind]
        if write not in _SIGNED:
            return write(value)
        return write(value, **({"digits": int(digits)} if digits else {}), sign=bool(sign))

    def _text(self, written: str, value: Any) -> str:
        return literal(written) if self.markdown and not isinstance(value, (Prose, int, float)) else written

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if key not in kwargs:
            raise ParameterError(f"the sentence needs {key!r}; it was given {', '.join(kwargs) or 'nothing'}")
        return kwargs[str(key)]

    def check_unused_args(self, used: set[int | str], args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        unused = sorted(set(kwargs) - used)
        if unused:
            raise ParameterError(f"the sentence does not use {', '.join(map(str, unused))}")
