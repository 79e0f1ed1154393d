"""How every figure looks: one width, one palette, one look a sampler, labels that do not collide.

Colours are seaborn's ``colorblind`` palette. A sampler keeps its colour, line and marker in every figure, so that a
page printed in grey can still be read by line and marker. A name is drawn as it is, whatever is in it: text is maths
only where a label says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any
from zlib import crc32

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter
from scipy.optimize import isotonic_regression

from workbench.errors import ParameterError, WorkbenchError
from workbench.reporting import formats

WIDTH = 7.2  # inches: a column of 46 rem, and A4 between its margins
REAL = "0.15"  # grey of everything that has happened
FAINT = "0.55"
COLOURS = [sns.color_palette("colorblind")[place] for place in (0, 1, 2, 3, 5, 4, 9, 7)]
BLUES = sns.blend_palette(["0.97", COLOURS[0], "#012338"], as_cmap=True)
LINES: tuple[Any, ...] = (
    "-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)), (0, (3, 1)), (0, (8, 2)), (0, (2, 2)),
    (0, (4, 1, 1, 1, 1, 1)),
)  # fmt: skip
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h")
ORDER = ("neural", "fhs", "fhs_moving", "gjr_t", "historical", "lognormal", "block_bootstrap", "ewma")  # fmt: skip

themed = mpl.rc_context(
    {
        "axes.edgecolor": "0.6", "axes.grid": True, "axes.axisbelow": True, "axes.linewidth": 0.7,
        "axes.labelsize": 8.5, "axes.titlesize": 9.5, "axes.titlelocation": "left", "axes.titleweight": "normal",
        "axes.spines.top": False, "axes.spines.right": False, "axes.labelcolor": "0.25", "axes.facecolor": "white",
        "grid.color": "0.92", "grid.linewidth": 0.6, "xtick.color": "0.35", "ytick.color": "0.35",
        "xtick.labelsize": 8, "ytick.labelsize": 8, "xtick.major.width": 0.6, "ytick.major.width": 0.6,
        "xtick.minor.visible": False, "legend.frameon": False, "legend.fontsize": 8, "font.size": 8.5,
        "text.parse_math": False, "font.family": "DejaVu Sans", "lines.linewidth": 1.4, "figure.facecolor": "white",
    }
)  # fmt: skip  # a decorator: matplotlib's settings while a figure is drawn, and only then


def look(sampler: str) -> dict[str, Any]:
    """Colour, line style and marker of a sampler: the same in every figure and every study."""
    place = ORDER.index(sampler) if sampler in ORDER else crc32(sampler.encode())
    return {
        "color": COLOURS[place % len(COLOURS)],
        "linestyle": LINES[place % len(LINES)],
        "marker": MARKERS[place % len(MARKERS)],
    }


def line(sampler: str) -> dict[str, Any]:
    """The look without its marker, and the name for the legend."""
    return {key: value for key, value in look(sampler).items() if key != "marker"} | {"label": named(sampler)}


def named(label: str) -> str:
    """A label that a legend shows: Matplotlib leaves out those that begin with an underscore."""
    return f"\u200a{label}" if label.startswith("_") else label


def short(names: Iterable[str], most: int = 14) -> list[str]:
    """Names of at most ``most`` characters: longer ones lose their middle, or bear their place where that is ambiguous.

    >>> short(["SP500", "Emerging Markets Bond Index A", "Euro Area Government Bonds", "Euro Area German Bonds"])
    ['SP500', 'Emergin…ndex A', '3 Euro Area …', '4 Euro Area …']
    """
    whole = list(map(str, names))
    cut = [name if len(name) <= most else f"{name[: most // 2]}…{name[most // 2 + 1 - most :]}" for name in whole]
    alike = pd.Series(cut, dtype=object).duplicated(keep=False)
    return [
        f"{place} {name[: most - 4]}…" if twin and len(name) > most else text
        for place, (name, text, twin) in enumerate(zip(whole, cut, alike), 1)
    ]


def name_key(figure: Figure, names: Iterable[str], shown: Iterable[str]) -> None:
    """Under a figure, in two columns, what each shortened name stands for."""
    pairs = [f"{cut} = {name}" for name, cut in zip(names, shown) if cut != name]
    if pairs:
        half, wide = -(-len(pairs) // 2), max(map(len, pairs)) + 3
        lines = [left.ljust(wide) + right for left, right in zip_longest(pairs[:half], pairs[half:], fillvalue="")]
        figure.set_figheight(figure.get_figheight() + 0.12 * half)
        figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize=6.5, family="DejaVu Sans Mono", color="0.25")


def canvas(rows: int = 1, columns: int = 1, height: float = 2.8, **options: Any) -> np.ndarray:
    """A figure of the standard width; its Axes, (row, column)."""
    figure, axes = plt.subplots(rows, columns, figsize=(WIDTH, height), layout="constrained", squeeze=False, **options)
    plt.close(figure)  # shown by whoever asked for it, not a second time by the notebook
    return axes


def rows_down(ax: Axes, names: Iterable[str], **labels: Any) -> None:
    """One row a name, the first on top, without grid and ticks; ``labels`` are the axes' own (xlabel, title)."""
    listed = list(names)
    ax.set(yticks=range(len(listed)), yticklabels=listed, ylim=(len(listed) - 0.5, -0.5), **labels)
    ax.grid(False, axis="y")
    ax.tick_params(axis="y", length=0)


def bare(ax: Axes) -> None:
    """A map of cells: no grid, no ticks, no frame."""
    ax.tick_params(length=0)
    ax.grid(False)
    ax.spines[:].set_visible(False)


def labels_on_top(ax: Axes) -> None:
    """Column labels above a map."""
    ax.tick_params(length=0, labeltop=True, labelbottom=False)


def panels(count: int, most: int, height: float, extra: float = 0.0, **options: Any) -> np.ndarray:
    """Small multiples: ``count`` Axes in reading order, at most ``most`` a row; inches a row, and beside the rows."""
    columns = min(most, count)
    rows = -(-count // columns)
    flat = canvas(rows, columns, height * rows + extra, **options).ravel()
    for ax in flat[count:]:
        ax.remove()
    return flat[:count]


def per_cent(ax: Axes, digits: int = 0) -> None:
    """Ticks of the x axis in per cent; values are fractions."""
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: formats.percent(value, digits)))


def powers(axis: Axis) -> None:
    """Powers of ten as text along a logarithmic axis."""
    raised = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    axis.set_major_formatter(FuncFormatter(lambda value, _: "10" + f"{round(np.log10(value))}".translate(raised)))
    axis.set_minor_formatter("")


def demand(
    table: pd.DataFrame, columns: Iterable[str], what: str, error: type[WorkbenchError] = ParameterError
) -> pd.DataFrame:
    """The table itself, or an error that names the columns it lacks."""
    missing = [name for name in columns if name not in table]
    if missing:
        raise error(
            f"{what} lacks the columns {missing}; the figure needs the columns {list(columns)}, found {list(table.columns)}"
        )
    return table


def remark(ax: Axes, text: str, at: tuple[float, float], shift: tuple[float, float], **options: Any) -> None:
    """A small grey remark beside a point, moved by ``shift`` points."""
    style: Mapping[str, Any] = {"fontsize": 7.5, "color": FAINT} | options
    ax.annotate(text, at, xytext=shift, textcoords="offset points", **style)


def spread(heights: Sequence[float], gap: float) -> np.ndarray:
    """Heights moved apart until neighbours are at least ``gap`` from each other, in the same order, mean kept.

    >>> spread([1.0, 1.0, 5.0], 1.0).tolist()
    [0.5, 1.5, 5.0]
    """
    order, steps = np.argsort(heights, kind="stable"), gap * np.arange(len(heights))
    placed = np.empty(len(order))
    placed[order] = isotonic_regression(np.asarray(heights, dtype=float)[order] - steps).x + steps
    return placed


def label_right(
    ax: Axes, texts: Sequence[str], heights: Sequence[float], colours: Sequence, gap: float = 0.075
) -> None:
    """Write labels beside the right edge at these heights (data units), moved apart; the axis limits must be set."""
    to_axes = ax.transData + ax.transAxes.inverted()
    wanted = [float(np.clip(to_axes.transform((0, height))[1], 0.0, 1.0)) for height in heights]
    for text, height, colour in zip(texts, spread(wanted, gap), colours):
        ax.annotate(text, (1.0, height), xytext=(4, 0), textcoords="offset points", xycoords="axes fraction",
                    va="center", ha="left", color=colour, fontsize=8, annotation_clip=False)  # fmt: skip


def legend_below(ax: Axes, columns: int = 6) -> None:
    """One legend for the whole figure, under it."""
    handles, labels = ax.get_legend_handles_labels()
    ax.figure.legend(handles, labels, loc="outside lower center", ncols=min(columns, len(labels)), handlelength=2.6)


def spot(ax: Axes, day: float, text: str) -> None:
    """An unseen strip over one day of a panel, with the words that a report shows where the pointer rests on it.

    The words travel in the strip's ``gid``; :func:`workbench.studies.show` collects them.
    """
    strip = Rectangle((day - 0.5, 0), 1, 1, transform=ax.get_xaxis_transform(), visible=False, gid=text)
    ax.add_artist(strip)
