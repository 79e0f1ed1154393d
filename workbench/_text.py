"""How names of strangers and numbers stand in sentences, of a report and of an error."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

import numpy as np

from workbench.errors import printable

_MARKUP = re.compile(r"\\[!-/:-@\[-`{-~]|[\\`*$<>&\[\]|~]|(?<![^\W_])_|_(?![^\W_])|^[#+=-](?=\s)")


MISSING = "–"
_RAREST = 1e-12  # below it a number of zeros says nothing


def literal(text: object) -> str:
    r"""A text for Markdown: what would be markup or maths is escaped, once; an underscore within a word is none.

    >>> print(literal("<b>$x^2$ fhs_gpd _x"))
    \<b\>\$x^2\$ fhs_gpd \_x
    """
    line = printable(text).replace("\n", " ")
    return _MARKUP.sub(lambda found: found[0] if len(found[0]) > 1 else f"\\{found[0]}", line)


def html_rows(rows: Mapping[str, object]) -> str:
    """Rows of an HTML table, a name and its value each; both stand as text.

    >>> html_rows({"draws": 8, "<b>": "x"})
    '<tr><th>draws</th><td>8</td></tr><tr><th>&lt;b&gt;</th><td>x</td></tr>'
    """
    pairs = ([html.escape(printable(text)) for text in pair] for pair in rows.items())
    return "".join(f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in pairs)


def number(value: float, digits: int = 0, sign: bool = False) -> str:
    """Thousands by comma, a true minus; a dash for what is not finite.

    >>> number(-1234.56, 1), number(0.3, 1, sign=True), number(float("nan"))
    ('−1,234.6', '+0.3', '–')
    """
    if value is None or not np.isfinite(value):
        return MISSING
    return f"{round(value, digits) + 0.0:{'+' if sign else ''},.{digits}f}".replace("-", "−")


def percent(fraction: float, digits: int = 1, sign: bool = False) -> str:
    """A fraction in per cent; of returns, simple ones (:func:`simple`).

    >>> percent(0.31499), percent(-0.05, 0, sign=True)
    ('31.5 %', '−5 %')
    """
    written = number(100 * fraction if fraction is not None else np.nan, digits, sign)
    return written if written == MISSING else f"{written} %"


def level(probability: float) -> str:
    """A confidence level in full, never rounded.

    >>> level(0.99), level(0.975), level(0.9995)
    ('99 %', '97.5 %', '99.95 %')
    """
    return f"{100 * probability:.10g} %"


def probability(p: float) -> str:
    """Two digits that matter: in per cent, or as one in so many where it is below a thousandth.

    >>> probability(0.0213), probability(0.00123), probability(8.6e-5), probability(0.0)
    ('2.1 %', '0.12 %', '1 in 12,000', '0 %')
    """
    if p is None or not np.isfinite(p):
        return MISSING
    if 0 < p < _RAREST:
        return f"below 1 in {number(1 / _RAREST)}"
    if 0 < p < 0.001:
        return f"1 in {number(float(f'{1 / p:.1e}'))}"
    nearest = 100 * min(p, 1 - p)
    return percent(p, 0 if nearest <= 0 else max(1 - int(np.floor(np.log10(nearest))), 0))
