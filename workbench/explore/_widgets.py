"""The playground's widgets: drop-downs refit at most one sampler, sliders only look at what is drawn."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from workbench import data, samplers
from workbench.errors import WorkbenchError
from workbench.explore._figures import fan, graph_objects, worst_paths
from workbench.explore._options import OptionFields
from workbench.explore._session import LONGEST, Session
from workbench.reporting.formats import in_units, level, percent

LEFT_OUT = ("filtered",)
PATHS = 24  # single paths over the fan
INVITATION = "Click a path to read its story."
WIDTH = "90px"  # of the name before a widget


Asked = tuple[str, str, dict[str, Any]]  # sampler, start, options
Shown = tuple[Asked, int]  # and horizon


def playground(
    dataset: str = "us_indices", sampler: str = "fhs_moving", draws: int = 1000, seed: int = 1,
    columns: Mapping[str, str] | None = None,
) -> Any:  # fmt: skip
    """Widgets for data set (name or file), sampler and its options, start, horizon, loss and confidence.

    A click on a path shows its story; fits and draws longer than a second show their progress. A sampler that trains
    waits for the button. columns : header in a file -> name of the asset, or ``date``.

    Raises WorkbenchError where ipywidgets or plotly is not installed.
    """
    try:
        import anywidget  # noqa: F401  # what plotly's figures in notebooks are made of
        import ipywidgets  # noqa: F401
    except ImportError:
        raise WorkbenchError("the playground needs: pip install 'scenario-workbench[explore]'") from None
    return _Playground(Session(dataset, draws, seed, columns), dataset, sampler).layout()


class _Playground:
    """The widgets and the session that they move."""

    def __init__(self, session: Session, dataset: str, sampler: str) -> None:
        import ipywidgets as widgets

        go = graph_objects()
        self.session, self.dataset = session, dataset
        self.shown: Shown | None = None
        self.ask = _questions(dataset, sampler)
        self.options = OptionFields(sampler, self.show)
        self.train = widgets.Button(description="Train and draw", button_style="primary")
        self.answer, self.tale = widgets.HTML(), widgets.HTML()
        self.progress = widgets.Output(layout={"min_height": "34px"})  # its place is kept, so that no figure jumps
        self.figures = {"fan": go.FigureWidget(), "worst": go.FigureWidget()}
        for name in ("answer", "tale", "progress", "train"):
            getattr(self, name).add_class({"tale": "workbench-story"}.get(name, f"workbench-{name}"))
        for name, widget in self.ask.items():
            widget.observe(self._other_sampler if name == "sampler" else self.show, "value")
        self.train.on_click(lambda _: self.show(train=True))
        self.show(train=True)

    def layout(self) -> Any:
        """Controls to the left, figures to the right."""
        import ipywidgets as widgets

        asked = [*self.ask.values(), self.options.box, self.train]
        controls = widgets.VBox([*asked, self.answer, self.tale], layout={"width": "330px"})
        shown = widgets.VBox([self.progress, *self.figures.values()], layout={"flex": "1 1 auto"})
        return widgets.HBox([controls, shown])

    def show(self, _: Any = None, train: bool = False) -> None:
        """Answer what the widgets ask now, or say why not."""
        try:
            self._load()
            asked = self._asked()
            waits = self.options.trains and not train and not self.session.drawn(*asked)
            self.train.layout.display = "" if waits else "none"
            if waits:
                self.answer.value = "This sampler trains, for up to minutes: set its options, then press the button."
                return
            self._draw(asked)
        except (WorkbenchError, ValueError) as refused:
            self.answer.value = f"<b>{html.escape(str(refused))}</b>"

    def _other_sampler(self, change: Any) -> None:
        self.options.change(change["new"])
        self.show()

    def _load(self) -> None:
        if self.ask["dataset"].value != self.dataset:
            self.answer.value = "Loading ..."
            self.session.load(self.ask["dataset"].value)
            self.dataset = self.ask["dataset"].value

    def _asked(self) -> Asked:
        return self.ask["sampler"].value, self.ask["start"].value, self.options.chosen()

    def _draw(self, asked: Asked) -> None:
        sampler, start, options = asked
        horizon, loss, confidence = (self.ask[name].value for name in ("horizon", "loss", "confidence"))
        if not self.session.drawn(*asked):
            self.answer.value = f"Fitting and drawing {html.escape(sampler)} ..."
            with self.progress:
                self.session.paths(*asked)
            self.progress.clear_output()
        value = self.session.value(sampler, horizon, start, options)
        risk = self.session.risk(sampler, horizon, loss, confidence, start, options)
        self._redraw("fan", fan(value, loss, paths=PATHS))
        self._redraw("worst", worst_paths(value))
        if (asked, horizon) != self.shown:
            self.shown, self.tale.value = (asked, horizon), INVITATION
        self.answer.value = summary(risk, in_units(horizon, self.session.returns), loss, confidence)

    def _redraw(self, name: str, drawn: Any) -> None:
        figure = self.figures[name]
        with figure.batch_update():
            figure.data = []
            figure.add_traces(drawn.data)
            figure.layout = drawn.layout
        for trace in figure.data:
            if trace.customdata is not None:
                trace.on_click(self._clicked)

    def _clicked(self, trace: Any, points: Any, _: Any) -> None:
        if points.point_inds and self.shown:
            (sampler, start, options), horizon = self.shown
            self.tale.value = in_words(self.session.story(sampler, horizon, trace.customdata[0], start, options))


def _questions(dataset: str, sampler: str) -> dict[str, Any]:
    """The widgets whose values are the question."""
    import ipywidgets as widgets

    names = [name for name in samplers.SAMPLERS if name not in LEFT_OUT]
    ask = {
        "dataset": widgets.Combobox(value=dataset, options=list(data.DATASETS), continuous_update=False),
        "sampler": widgets.Dropdown(value=sampler, options=names),
        "start": widgets.Dropdown(value="last", options=["last", "long-run"]),
        "horizon": widgets.IntSlider(20, 1, LONGEST),
        "loss": widgets.FloatSlider(0.1, min=0.01, max=0.5, step=0.01, readout_format=".0%"),
        "confidence": widgets.FloatSlider(0.99, min=0.9, max=0.995, step=0.005, readout_format=".1%"),
    }
    for name, widget in ask.items():
        widget.description, widget.style.description_width = {"dataset": "data set"}.get(name, name), WIDTH
        widget.add_class(f"workbench-{name}")
    return ask


def summary(risk: dict[str, float], span: str, loss: float, confidence: float) -> str:
    """The answer in a sentence, as HTML; ``span`` is the horizon in words."""
    return (
        f"Over {span}, equal-weight book:<br><b>VaR {level(confidence)}: {percent(risk['VaR'])}</b>, "
        f"ES {percent(risk['ES'])}<br>chance to lose {percent(loss, 0)} or more: <b>{percent(risk['chance'])}</b>"
    )


def in_words(found: dict[str, Any]) -> str:
    """A path's story as HTML: loss, the assets behind it, the closest episode."""
    parts = ", ".join(
        f"{html.escape(str(name))} {percent(part, sign=True)}" for name, part in found["parts"].head(4).items()
    )
    near = "close" if found["distance"] <= found["typical"] else "not close"
    return (
        f"<b>Path {found['draw']}</b> {_outcome(found['loss'])}: {parts}.<br>"
        f"Closest episode: {found['first']:%Y-%m-%d} to {found['last']:%Y-%m-%d}, {near} by this market's measure "
        f"({found['distance']:.2f}; typical {found['typical']:.2f})."
    )


def _outcome(loss: float) -> str:
    return f"loses {percent(loss)}" if loss >= 0 else f"gains {percent(-loss)}"
