"""Pages of a printed report: what is read from the PDF, and figures that are narrowed so that no page has a hole."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import matplotlib.pyplot as plt
import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ParameterError
from workbench.studies.report import _pdf
from workbench.studies.report._fitting import HOLE, LAST, NARROWEST, WIDTHS, fit, waste
from workbench.studies.report._html import export
from workbench.studies.report._pages import BOTTOM, TOP, Page, read

CAPTION = 14.0  # mm of caption and margins, between the values that are tried
Block = float | tuple[float]  # mm of text, or of a figure at the full width


def typeset(blocks: Sequence[Block], widths: Sequence[int]) -> list[Page]:
    """Pages as a browser fills them: text flows on, a figure with its caption moves to the next page where it must."""
    pages, foot, figures, narrowed = list[Page](), TOP, list[tuple[float, float]](), iter(widths)
    for block in blocks:
        if isinstance(block, tuple):
            height = block[0] * next(narrowed) / WIDTHS[0]
            if foot + height + CAPTION > BOTTOM:
                pages.append(Page(foot, tuple(figures)))
                foot, figures = TOP, []
            figures.append((foot, foot + height))
            foot += height + CAPTION
            continue
        foot += block
        while foot > BOTTOM:
            pages.append(Page(BOTTOM, tuple(figures)))
            foot, figures = TOP + foot - BOTTOM, []
    return [*pages, Page(foot, tuple(figures))]


def fitted(blocks: Sequence[Block]) -> tuple[list[int], list[Page]]:
    figures = sum(isinstance(block, tuple) for block in blocks)
    widths = fit(figures, lambda widths: typeset(blocks, widths))
    return widths, typeset(blocks, widths)


def test_a_figure_that_nearly_fits_is_narrowed_and_others_are_not():
    blocks = [180.0, (80.0,), 100.0, (60.0,)]
    assert waste(typeset(blocks, [167, 167])) == pytest.approx(BOTTOM - TOP - 180)
    widths, pages = fitted(blocks)
    assert NARROWEST <= widths[0] < 167 and widths[1] == 167 and waste(pages) == 0 and len(pages[0].figures) == 1


def test_figures_of_one_page_are_narrowed_together():
    widths, pages = fitted([80.0, (80.0,), (88.0,), 90.0])
    assert widths[0] == widths[1] < 167 and len(pages[0].figures) == 2


def test_what_cannot_be_mended_stays_as_it_is():
    widths, pages = fitted([150.0, (200.0,), 100.0])
    assert widths == [167] and pages[0].room == pytest.approx(BOTTOM - TOP - 150)


def test_a_last_page_of_a_few_lines_is_taken_in():
    blocks = [100.0, (100.0,), 60.0]
    assert typeset(blocks, [167])[-1].room > LAST
    widths, pages = fitted(blocks)
    assert widths[0] < 167 and len(pages) == 1


@given(st.lists(st.floats(1, 120) | st.tuples(st.floats(20, 200)), min_size=1, max_size=12))
def test_fitting_never_adds_pages_or_waste_and_keeps_figures_legible(blocks):
    widths, pages = fitted(blocks)
    before = typeset(blocks, [WIDTHS[0]] * len(widths))
    assert (len(pages), waste(pages)) <= (len(before), waste(before))
    assert all(NARROWEST <= width <= WIDTHS[0] for width in widths)


def test_a_pdf_of_another_hand_has_no_pages_to_read(tmp_path):
    (tmp_path / "other.pdf").write_bytes(b"%PDF-1.7\nstream\nnot compressed\nendstream\n")
    assert read(tmp_path / "other.pdf") == []
    assert fit(2, lambda _: []) == [WIDTHS[0]] * 2


def picture(height: float) -> nbformat.NotebookNode:
    figure = plt.figure(figsize=(7.2, height))
    figure.add_subplot()
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=160)
    plt.close(figure)
    data = {"image/png": base64.b64encode(drawn.getvalue()).decode()}
    return nbformat.v4.new_code_cell("draw()", outputs=[nbformat.v4.new_output("display_data", data)])


def test_chromium_prints_what_is_read_and_the_hole_is_closed(tmp_path):
    try:
        _pdf.browser()
    except ParameterError:
        pytest.skip("no Chromium or Chrome is installed")
    cells = [
        nbformat.v4.new_markdown_cell("# Title"),
        picture(6.4),
        picture(4.8),
        nbformat.v4.new_markdown_cell("End."),
    ]
    report = export(nbformat.v4.new_notebook(cells=cells), tmp_path / "report.html").path
    plain = read(_pdf._print(report, tmp_path / "plain.pdf", report))
    assert [len(page.figures) for page in plain] == [1, 1] and plain[0].room > HOLE and plain[1].opens_with_figure
    for page, inches in zip(plain, (6.4, 4.8)):
        assert page.figures[0][1] - page.figures[0][0] == pytest.approx(167 * inches / 7.2, rel=0.01)
    mended = read(_pdf.print_pdf(report, tmp_path / "report.pdf"))
    heights = [lower - upper for upper, lower in mended[0].figures]
    assert len(heights) == 2 and NARROWEST * 4.8 / 7.2 - 1 < heights[1] < 167 * 4.8 / 7.2 and not waste(mended)
