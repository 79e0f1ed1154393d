"""Tables in a notebook: names and texts in a pandas Styler are text, never markup.

A DataFrame escapes what it shows, a Styler does not. In a kernel that imports :mod:`workbench.studies` both do, and
neither is read as maths.
"""

from __future__ import annotations

import html
import sys
from collections import defaultdict
from typing import Any


def install() -> None:
    """Use :func:`styler_html` in the running kernel; without one nothing happens."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        return
    import pandas as pd

    pd.options.display.html.use_mathjax = False
    pd.options.styler.html.mathjax = False
    shell.display_formatter.formatters["text/html"].for_type_by_name("pandas.io.formats.style", "Styler", styler_html)


def styler_html(styler: Any) -> str:
    """What a Styler shows, with labels, their names, texts and caption escaped."""
    shown = styler._copy(deepcopy=True)
    shown.data = _escaped(styler.data)
    for axis in ("index", "columns"):
        _escape_labels(shown, axis)
    shown.caption = _text(styler.caption)
    return shown.to_html(table_uuid=styler.uuid)


def _escape_labels(styler: Any, axis: str) -> None:
    """Labels as the styler formats them, then escaped."""
    chosen = getattr(styler, f"_display_funcs_{axis}")
    escaped = {place: (lambda label, write=write: _text(write(label))) for place, write in chosen.items()}
    setattr(styler, f"_display_funcs_{axis}", defaultdict(lambda: _text, escaped))


def _text(value: Any) -> Any:
    return html.escape(value) if isinstance(value, str) else value


def _escaped(data: Any) -> Any:
    """The frame with its texts and the names of its axes escaped, its labels as they were."""
    safe = data.rename_axis(index=_text, columns=_text)
    for place, kind in enumerate(data.dtypes):
        if kind.kind not in "iufbmM":
            safe.isetitem(place, data.iloc[:, place].astype(object).map(_text))
    return safe
