"""Names of strangers inside sentences."""

from __future__ import annotations

import re

from workbench.errors import printable

_MARKUP = re.compile(r"\\[!-/:-@\[-`{-~]|[\\`*$<>&\[\]|~]|(?<![^\W_])_|_(?![^\W_])|^[#+=-](?=\s)")


def literal(text: object) -> str:
    r"""A text for Markdown: what would be markup or maths is escaped, once; an underscore within a word is none.

    >>> print(literal("<b>$x^2$ fhs_gpd _x"))
    \<b\>\$x^2\$ fhs_gpd \_x
    """
    line = printable(text).replace("\n", " ")
    return _MARKUP.sub(lambda found: found[0] if len(found[0]) > 1 else f"\\{found[0]}", line)
