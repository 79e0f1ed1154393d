"""What a notebook shows so that its report can be read by everybody: figures with words, and one verdict.

Conventions, for authors of notebooks:

- ``show(figure, alt=..., caption=...)`` instead of leaving a figure to appear by itself. ``alt`` says in words what the
  figure shows to somebody who cannot see it; ``caption`` says to everybody what to look for.
- A figure that appears by itself takes its words from the cell's metadata, ``"alt": "..."`` (a list for several
  figures), and its caption from the next markdown cell when that is tagged ``caption``.
- ``verdict("...", outcome="rejected")`` once: the report repeats it below the title.
- Cells tagged ``remove-cell`` do not enter the report; of cells tagged ``remove-input`` only the outputs do.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from workbench.errors import ParameterError
from workbench.studies import _display

ROLE = "workbench"
OUTCOMES = ("accepted", "rejected", "mixed")

_display.install()


def show(figure: Any, alt: str, caption: str = "", kind: str = "png", dpi: int = 160) -> None:
    """Display a figure with its words and close it.

    figure : a Matplotlib Figure, an Axes, an array of Axes, or what has a Figure as ``figure`` (a seaborn grid).
    alt : what the figure shows, for somebody who cannot see it; a sentence or more.
    caption : Markdown under the figure, maths as ``$...$``.
    kind : ``png``, or ``svg`` for few lines that must stay sharp at any size.

    Raises ParameterError for an ``alt`` that says nothing, or another ``kind``.

    The words travel in the output's metadata: ``image/png.alt`` (read by JupyterLab too) and ``workbench.caption``. A
    rectangle of the figure with a ``gid`` is a spot: where the pointer rests on it, the report shows the gid's text.
    """
    from IPython.display import Markdown, display

    if not alt or len(alt.split()) < 3:
        raise ParameterError(f"alt={alt!r} does not describe a figure: say what it shows, in a sentence")
    if kind not in ("png", "svg"):
        raise ParameterError(f"kind={kind!r}: a figure is shown as 'png' or 'svg'")
    drawn = _figure(figure)
    mime = {"png": "image/png", "svg": "image/svg+xml"}[kind]
    words = {mime: {"alt": alt}, ROLE: {"role": "figure", "caption": caption, "spots": _spots(drawn)}}
    display({mime: _render(drawn, kind, dpi), "text/plain": alt}, raw=True, metadata=words)
    if caption:
        display(Markdown(caption), metadata={ROLE: {"role": "caption"}})


def verdict(text: str, outcome: str = "mixed", key: Mapping[str, str] | None = None, word: str = "") -> None:
    """Display the study's conclusion and declare it as such: one or two sentences of Markdown.

    outcome : ``accepted``, ``rejected`` or ``mixed``; gives the line its mark in the report and in ``--json``.
    key : up to six key figures, label -> text, for the summary at the head of the report.
    word : the verdict in the words of its question, such as *too cautious* or *passed*; the outcome when empty.
    """
    from IPython.display import Markdown, display

    if outcome not in OUTCOMES:
        raise ParameterError(f"outcome={outcome!r}: expected one of {', '.join(OUTCOMES)}")
    if not text.strip():
        raise ParameterError("a verdict needs words")
    said = {"role": "verdict", "outcome": outcome, "key": [list(pair) for pair in (key or {}).items()], "word": word}
    display(Markdown(text), metadata={ROLE: said})


def _figure(figure: Any) -> Any:
    """The Figure of what was given: itself, the one an Axes belongs to, or that of the first of an array of Axes."""
    from matplotlib.figure import Figure

    drawn = figure.flat[0] if hasattr(figure, "flat") and len(figure) else figure
    while not isinstance(drawn, Figure):
        above = getattr(drawn, "figure", None)
        if above is None or above is drawn:
            raise ParameterError(f"cannot show {type(figure).__name__}: expected a Matplotlib Figure or Axes")
        drawn = above
    return drawn


def _spots(figure: Any) -> list[list[Any]]:
    """Left, top, width and height of every rectangle with words, as shares of the picture that is saved, and the words."""
    from matplotlib import rcParams
    from matplotlib.patches import Rectangle

    strips = figure.findobj(lambda artist: isinstance(artist, Rectangle) and bool(artist.get_gid()))
    if not strips:
        return []
    figure.draw_without_rendering()
    page = figure.get_tightbbox().padded(rcParams["savefig.pad_inches"]).transformed(figure.dpi_scale_trans)
    shares = [_share(strip, page) for strip in strips]
    return [[*share, strip.get_gid()] for share, strip in zip(shares, strips) if share]


def _share(strip: Any, page: Any) -> list[float]:
    """Left, top, width and height of a rectangle within its Axes, as shares of the page; empty outside them."""
    from matplotlib.transforms import Bbox, BboxTransformFrom

    box = Bbox.intersection(strip.get_window_extent(), strip.axes.bbox)
    if box is None:
        return []
    on_page = box.transformed(BboxTransformFrom(page))
    return [round(float(share), 4) for share in (on_page.x0, 1 - on_page.y1, on_page.width, on_page.height)]


def _render(figure: Any, kind: str, dpi: int) -> bytes | str:
    import matplotlib.pyplot as plt

    buffer = io.BytesIO()
    stamp = {"Date": None} if kind == "svg" else {"Software": None}
    figure.savefig(buffer, format=kind, dpi=dpi, bbox_inches="tight", metadata=stamp)
    plt.close(figure)
    return buffer.getvalue() if kind == "png" else buffer.getvalue().decode()
