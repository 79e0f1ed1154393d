"""Words of a figure where the pointer rests: at the right place of the picture, as text, without a script."""

import base64
import io

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from matplotlib.patches import Rectangle
from nbformat.v4 import new_code_cell, new_notebook, new_output

from workbench.plots._style import canvas, spot
from workbench.studies import export, show


def shown(figure, monkeypatch) -> dict:
    """The output that ``show`` makes, as a kernel would store it."""
    kept = []
    monkeypatch.setattr("IPython.display.display", lambda data, **more: kept.append((data, more["metadata"])))
    show(figure, alt="a figure of three words")
    data, metadata = kept[0]
    return new_output(
        "display_data",
        {"image/png": base64.b64encode(data["image/png"]).decode(), "text/plain": ""},
        metadata=metadata,
    )


def exported(output, folder) -> BeautifulSoup:
    notebook = nbformat.from_dict(new_notebook(cells=[new_code_cell("show()", outputs=[output])]))
    return BeautifulSoup(export(notebook, folder / "report.html").path.read_text(encoding="utf-8"), "html.parser")


def test_a_spot_lies_where_its_rectangle_is_drawn(monkeypatch):
    axes = canvas(1, 2)
    ax = axes[0, 1]
    ax.set(xlim=(0, 10), ylim=(0, 1), title="a title", ylabel="a label")
    for each in axes.flat:
        each.grid(False)
        each.axis("off")
    ax.add_patch(Rectangle((6.5, 0), 1, 1, color="lime", linewidth=0))
    spot(ax, 7, "day 7")
    output = shown(ax, monkeypatch)
    picture = plt.imread(io.BytesIO(base64.b64decode(output.data["image/png"])))
    green = (picture[..., 1] > 0.9) & (picture[..., 0] < 0.1) & (picture[..., 2] < 0.1)
    rows, columns = np.nonzero(green)
    ((left, top, width, height, text),) = output.metadata["workbench"]["spots"]
    assert text == "day 7" and green.any()
    tall, wide = green.shape
    found = [columns.min() / wide, rows.min() / tall, np.ptp(columns) / wide, np.ptp(rows) / tall]
    np.testing.assert_allclose([left, top, width, height], found, atol=3 / min(green.shape))


def test_a_strip_ends_with_its_panel_and_hides_nothing(monkeypatch):
    ax = canvas()[0, 0]
    ax.set(xlim=(0, 10))
    spot(ax, 10, "the last day")
    spot(ax, 20, "beyond the panel")
    assert ax.get_xlim() == (0, 10)
    spots = shown(ax, monkeypatch).metadata["workbench"]["spots"]
    assert spots[0][0] + spots[0][2] <= 1 and spots[0][2] > 0 and len(spots) == 1


def test_words_are_text_and_the_report_needs_no_script(tmp_path, monkeypatch):
    ax = canvas()[0, 0]
    spot(ax, 0.5, '<script>go()</script>" onmouseover="go()')
    soup = exported(shown(ax, monkeypatch), tmp_path)
    (place,) = soup.select(".spots span")
    assert place["data-words"] == '<script>go()</script>" onmouseover="go()' and set(place.attrs) == {
        "style",
        "data-words",
    }
    assert not soup.find("script") and soup.figure.img["alt"] == "a figure of three words"


@pytest.mark.parametrize(
    "spots",
    [[["0; background: url(//x)", 0, 1, 1, "x"]], [[0, 0, 1, "x"]], [None], "text", [[float("nan")] * 4 + ["x"]], 3],
)
def test_spots_of_strangers_that_are_none_are_left_out(tmp_path, monkeypatch, spots):
    output = shown(canvas()[0, 0], monkeypatch)
    output.metadata["workbench"]["spots"] = spots
    soup = exported(output, tmp_path)
    assert soup.figure.img and not soup.select(".spots")
