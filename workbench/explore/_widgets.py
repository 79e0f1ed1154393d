"""The playground's widgets: drop-downs refit at most one sampler, sliders only look at what is drawn."""

from __future__ import annotations

import html
from typing import Any

from workbench import data, samplers
from workbench.errors import WorkbenchError
from workbench.explore._figures import fan, graph_objects, worst_paths
from workbench.explore._session import LONGEST, Session

LEFT_OUT = ("filtered",)


def playground(dataset: str = "us_indices", sampler: str = "fhs_moving", draws: int = 1000, seed: int = 1) -> Any:
    """Widgets for data set (name or file), sampler, start, horizon, loss and confidence; a click shows a path's story.

    Raises WorkbenchError where ipywidgets or plotly is not installed.
    """
    try:
        import anywidget  # noqa: F401  # what plotly's figures in notebooks are made of
        import ipywidgets as widgets
    except ImportError:
        raise WorkbenchError("the playground needs: pip install 'scenario-workbench[explore]'") from None
    go, session = graph_objects(), Session(dataset, draws, seed)
    wide = {"description_width": "90px"}
    names = [name for name in samplers.SAMPLERS if name not in LEFT_OUT]
    ask = {
        "dataset": widgets.Combobox(value=dataset, options=list(data.DATASETS), description="data set", style=wide),
        "sampler": widgets.Dropdown(value=sampler, options=names, description="sampler", style=wide),
        "start": widgets.Dropdown(value="last", options=["last", "long-run"], description="start", style=wide),
        "horizon": widgets.IntSlider(20, 1, LONGEST, description="horizon", style=wide),
        "loss": widgets.FloatSlider(0.1, min=0.01, max=0.5, step=0.01, readout_format=".0%",
                                    description="loss", style=wide),
        "confidence": widgets.FloatSlider(0.99, min=0.9, max=0.995, step=0.005, readout_format=".1%",
                                          description="confidence", style=wide),
    }  # fmt: skip
    for slider in ("horizon", "loss", "confidence"):
        ask[slider].add_class(f"workbench-{slider}")
    answer, tale = widgets.HTML(), widgets.HTML("Click a path to read its story.")
    answer.add_class("workbench-answer")
    tale.add_class("workbench-story")
    figures = {"fan": go.FigureWidget(), "worst": go.FigureWidget()}
    state = {"dataset": dataset}

    def clicked(trace: Any, points: Any, _: Any) -> None:
        if points.point_inds:
            found = session.story(ask["sampler"].value, ask["horizon"].value, trace.customdata[0], ask["start"].value)
            tale.value = in_words(found)

    def show(_: Any = None) -> None:
        try:
            if ask["dataset"].value != state["dataset"]:
                answer.value = "Loading ..."
                session.load(ask["dataset"].value)
                state["dataset"] = ask["dataset"].value
            chosen, horizon, start = ask["sampler"].value, ask["horizon"].value, ask["start"].value
            value = session.value(chosen, horizon, start)
            risk = session.risk(chosen, horizon, ask["loss"].value, ask["confidence"].value, start)
        except (WorkbenchError, ValueError) as refused:
            answer.value = f"<b>{html.escape(str(refused))}</b>"
            return
        for name, drawn in (("fan", fan(value, ask["loss"].value)), ("worst", worst_paths(value))):
            with figures[name].batch_update():
                figures[name].data = []
                figures[name].add_traces(drawn.data)
                figures[name].layout = drawn.layout
        for trace in figures["worst"].data:
            trace.on_click(clicked)
        answer.value = summary(risk, horizon, ask["loss"].value, ask["confidence"].value)

    for widget in ask.values():
        widget.observe(show, "value")
    show()
    controls = widgets.VBox([*ask.values(), answer, tale], layout={"width": "330px"})
    return widgets.HBox([controls, widgets.VBox(list(figures.values()), layout={"flex": "1 1 auto"})])


def summary(risk: dict[str, float], horizon: int, loss: float, confidence: float) -> str:
    """The answer in a sentence, as HTML."""
    return (
        f"Over {horizon} days, equal-weight book:<br><b>VaR {confidence:.1%}: {risk['VaR']:.1%}</b>, "
        f"ES {risk['ES']:.1%}<br>chance to lose {loss:.0%} or more: <b>{risk['chance']:.1%}</b>"
    )


def in_words(found: dict[str, Any]) -> str:
    """A path's story as HTML: loss, the assets behind it, the closest episode."""
    parts = ", ".join(f"{html.escape(str(name))} {part:+.1%}" for name, part in found["parts"].head(4).items())
    near = "close" if found["distance"] <= found["typical"] else "not close"
    return (
        f"<b>Path {found['draw']}</b> loses {found['loss']:.1%}: {parts}.<br>"
        f"Closest episode: {found['first']:%Y-%m-%d} to {found['last']:%Y-%m-%d}, {near} by this market's measure "
        f"({found['distance']:.2f}; typical {found['typical']:.2f})."
    )
