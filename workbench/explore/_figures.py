"""Figures that answer to the pointer: a fan and the worst paths, drawn with plotly and complete in themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from workbench.errors import WorkbenchError
from workbench.reporting.formats import percent

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
SHADES = ("rgba(38,84,124,.12)", "rgba(38,84,124,.22)", "rgba(38,84,124,.34)")


def graph_objects() -> Any:
    """plotly's graph objects; WorkbenchError that names the extra where it is not installed."""
    try:
        import plotly.graph_objects as go
    except ImportError:
        raise WorkbenchError("figures to play with need plotly: pip install 'scenario-workbench[explore]'") from None
    return go


def fan(value: np.ndarray, loss: float | None = None, title: str = "", paths: int = 0) -> Any:
    """Quantiles of the book's change (draw, day), as a fraction, against days; ``loss`` is drawn as a line.

    paths : so many single paths over it, evenly spaced from the one that ends lowest to the one that ends highest.
    """
    go = graph_objects()
    days = np.arange(value.shape[1] + 1)
    levels = np.pad(100 * np.quantile(value, QUANTILES, axis=0), ((0, 0), (1, 0)))
    figure = go.Figure()
    for shade, (low, high) in zip(SHADES, ((0, 6), (1, 5), (2, 4))):
        name = f"{percent(QUANTILES[low], 0)} to {percent(QUANTILES[high], 0)}"
        figure.add_scatter(x=days, y=levels[low], line={"width": 0}, showlegend=False, name=percent(QUANTILES[low], 0))
        figure.add_scatter(x=days, y=levels[high], line={"width": 0}, fill="tonexty", fillcolor=shade, name=name)
    figure.add_scatter(x=days, y=levels[3], line={"color": "#26547c", "width": 2}, name="median")
    for draw in np.argsort(value[:, -1])[np.linspace(0, len(value) - 1, paths).astype(int)]:
        _add_path(figure, value, draw, {"color": "rgba(90,90,90,.35)", "width": 1}, showlegend=False)
    if loss is not None:
        figure.add_hline(
            y=-100 * loss, line={"color": "#c1121f", "dash": "dash"}, annotation_text=f"loss of {percent(loss, 0)}"
        )
    return _dressed(figure, title)


def worst_paths(value: np.ndarray, count: int = 8, title: str = "") -> Any:
    """The paths (draw, day) that end lowest, one line each; hovering names the draw."""
    go = graph_objects()
    figure = go.Figure()
    for rank, draw in enumerate(np.argsort(value[:, -1])[:count]):
        shade = "#c1121f" if rank == 0 else f"rgba(193,18,31,{0.75 - 0.07 * rank:.2f})"
        _add_path(figure, value, draw, {"color": shade})
    return _dressed(figure, title)


def _add_path(figure: Any, value: np.ndarray, draw: int, line: Mapping[str, Any], **options: Any) -> None:
    """One path that names itself to the pointer; a click finds its draw in ``customdata``."""
    days = np.arange(value.shape[1] + 1)
    figure.add_scatter(
        x=days, y=np.pad(100 * value[draw], (1, 0)), name=f"path {draw}", customdata=[int(draw)] * len(days),
        line=line, hovertemplate=f"path {draw}<br>step %{{x}}: %{{y:.1f}} %<extra></extra>", **options,
    )  # fmt: skip


def _dressed(figure: Any, title: str) -> Any:
    figure.update_layout(
        template="plotly_white", title=title, height=360, margin={"l": 50, "r": 20, "t": 40, "b": 40},
        xaxis_title="steps ahead", yaxis_title="change of the book, %", hovermode="closest",
    )  # fmt: skip
    return figure
