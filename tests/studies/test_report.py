"""The exported report: no request to any network, words for every figure, maths typeset, code folded away."""

import base64
import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from workbench.errors import ParameterError
from workbench.studies import export, show, verdict
from workbench.studies.report._markup import markdown, safe

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
HOSTILE = """
<script src="https://cdn.example/x.js"></script><link rel="stylesheet" href="https://cdn.example/x.css"/>
<style>@import url("https://cdn.example/y.css"); td { background: url(https://cdn.example/z.png) }</style>
<img src="https://cdn.example/a.png" onerror="alert(1)"/><iframe src="//cdn.example"></iframe>
<p style="background-image: url('http://cdn.example/b.png')" onclick="go()">kept</p>
<svg><image href="https://cdn.example/c.png"/><use xlink:href="https://cdn.example/d.svg#a"/></svg>
<video poster="https://cdn.example/e.png"></video><input type="image" src="https://cdn.example/f.png"/>
<table border="1" class="dataframe"><tr><th>VaR</th><td>0.1</td></tr></table>"""


def image(**metadata):
    return new_output("display_data", {"image/png": PIXEL, "text/plain": "<Figure>"}, metadata=metadata)


def code(source: str, *outputs, tags=(), **metadata):
    cell = new_code_cell(source, outputs=list(outputs))
    cell.metadata.update(metadata, tags=list(tags))
    return cell


def caption(text: str):
    cell = new_markdown_cell(text)
    cell.metadata.tags = ["caption"]
    return cell


@pytest.fixture
def page(tmp_path):
    """Export cells and return the parsed page and what the export said."""

    def make(*cells, **facts):
        written = export(new_notebook(cells=list(cells)), tmp_path / "report.html", facts)
        return BeautifulSoup(written.path.read_text(), "html.parser"), written

    return make


def requests_of(soup) -> list[str]:
    """Everything a browser would fetch by itself."""
    asked = [str(tag) for tag in soup.find_all(["script", "link", "iframe", "object", "embed", "base"])]
    for tag in soup.find_all(True):
        for name in ("src", "srcset", "poster", "data", "background", "xlink:href"):
            if tag.get(name) and not str(tag[name]).startswith(("data:", "#")):
                asked.append(f"{tag.name} {name}={tag[name]}")
        if tag.name in ("image", "use") and str(tag.get("href", "#"))[:1] != "#":
            asked.append(str(tag))
    styles = "".join(tag.get_text() for tag in soup.find_all("style")) + "".join(
        tag.get("style", "") for tag in soup.find_all(True)
    )
    return asked + re.findall(r"@import[^;]*|url\(\s*['\"]?(?!data:|#)[^)]+", styles)


def test_nothing_is_fetched_whatever_the_cells_say(page):
    soup, _ = page(
        new_markdown_cell("# T\n\n" + HOSTILE + "\n\n![pic](https://cdn.example/g.png) [a link](https://example.org)"),
        code("x", new_output("display_data", {"text/html": HOSTILE})),
        code("y", new_output("execute_result", {"text/markdown": HOSTILE})),
    )
    assert requests_of(soup) == []
    assert not [name for tag in soup.find_all(True) for name in tag.attrs if name.startswith("on")]
    assert "kept" in soup.get_text()
    assert soup.find("a", href="https://example.org"), "links to click stay"
    policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'")


def test_the_detector_of_requests_detects():
    assert len(requests_of(BeautifulSoup(HOSTILE, "html.parser"))) >= 9
    assert requests_of(BeautifulSoup(safe(HOSTILE), "html.parser")) == []


def test_every_figure_has_its_words(page):
    words = "Loss of every sampler as bars"
    soup, written = page(
        code("a", image(**{"image/png": {"alt": words}, "workbench": {"caption": "Look at $\\xi$."}})),
        code("b", image(), alt=["Two lines that cross"]),
        caption("From the *next* cell."),
        code("c", image(), image(), alt="The first of two"),
        caption("Only the last figure's."),
    )
    figures = soup.find_all("figure")
    assert [figure.img["alt"] for figure in figures] == [
        words, "Two lines that cross", "The first of two", "Only the last figure's.",
    ]  # fmt: skip
    assert figures[0].figcaption.math and figures[1].figcaption.em.text == "next"
    assert figures[2].figcaption is None and written.undescribed == 1
    assert "Only the last" not in "".join(section.get_text() for section in soup.find_all("section"))


def test_an_undescribed_figure_is_counted(page):
    soup, written = page(new_markdown_cell("## Fan"), code("a", image()))
    assert written.undescribed == 1 and "Fan" in soup.find("img")["alt"]


def test_code_and_warnings_are_folded_and_text_is_shown(page):
    noise = new_output("stream", name="stderr", text="10%\r50%\r100%\n")
    said = new_output("stream", name="stdout", text="\x1b[1mplain\x1b[0m <tag>")
    soup, _ = page(
        code("print(1)", noise, said), code("secret", tags=["remove-cell"]), code("quiet", said, tags=["remove-input"])
    )
    folded = soup.find_all("details", class_="code")
    assert len(folded) == 1 and "print" in folded[0].get_text() and not folded[0].has_attr("open")
    assert "100%" in folded[0].get_text() and "50%" not in folded[0].get_text()
    assert soup.find("div", class_="output").pre.text == "plain <tag>"
    assert "secret" not in soup.get_text() and "quiet" not in soup.get_text()


def test_silent_code_folds_away_together(page):
    said = new_output("stream", name="stdout", text="words")
    soup, _ = page(code("a = 1"), code("b = 2"), code("print('words')", said), code("c = 3"))
    folded = [block.get_text() for block in soup.find_all("details", class_="code")]
    assert len(folded) == 2 and all(name in folded[0] for name in ("a = 1", "b = 2", "words")) and "c = 3" in folded[1]


def test_an_error_is_shown(page):
    soup, _ = page(
        code("1/0", new_output("error", ename="ZeroDivisionError", evalue="x", traceback=["\x1b[31mZeroDivisionError"]))
    )
    assert soup.find("pre", class_="error").text == "ZeroDivisionError"


@pytest.mark.parametrize(
    "source", ["$x^2$", "$$\\frac{a}{b}$$", "\\begin{align} a &= b \\end{align}", "costs $\\alpha$ of \\$5"]
)
def test_maths_is_typeset(source):
    drawn = BeautifulSoup(markdown(source), "html.parser").math
    assert drawn is not None and drawn["alttext"] and "$" not in drawn.get_text()


def test_a_formula_that_cannot_be_read_is_shown_as_written():
    assert "frac{" in markdown("$\\frac{$") and "code" in markdown("$\\frac{$")


def test_the_head_has_title_verdict_facts_and_parameters(page):
    raised = new_output(
        "display_data",
        {"text/markdown": "It is **rejected** at $1 %$"},
        metadata={"workbench": {"role": "verdict", "outcome": "rejected"}},
    )
    soup, written = page(
        new_markdown_cell("# The title & more\n\nFirst words."),
        code("v", raised),
        rows={"Run": "0123", "Data": "<us>"},
        parameters=[("horizon", "20", "days")],
    )
    head = soup.header
    assert head.h1.text == "The title & more" and len(soup.find_all("h1")) == 1
    assert written.verdict.outcome == "rejected" and "rejected" in head.find(class_="verdict")["class"]
    assert head.find(class_="verdict").strong.text == "rejected"
    assert [dd.text for dd in head.find_all("dd")] == ["0123", "<us>"]
    assert [cell.text for cell in head.table.tbody.tr.find_all(["th", "td"])] == ["horizon", "20", "days"]


def test_a_tagged_cell_can_declare_the_verdict_too(page):
    _, written = page(code("v", new_output("execute_result", {"text/markdown": "Level."}), tags=["verdict"]))
    assert (written.verdict.text, written.verdict.outcome) == ("Level.", "mixed")


def test_tables_lose_their_frames_and_headings_get_anchors(page):
    soup, _ = page(
        new_markdown_cell("## One\n\n## Two\n\n## Three"), code("t", new_output("display_data", {"text/html": HOSTILE}))
    )
    table = soup.find("table", class_="dataframe")
    assert not table.has_attr("border") and table.parent["class"] == ["wide"]
    anchors = [link["href"][1:] for link in soup.nav.find_all("a")]
    assert anchors == ["one", "two", "three"] and all(soup.find(id=anchor) for anchor in anchors)


def test_numbers_stand_to_the_right_and_words_to_the_left(page):
    frame = pd.DataFrame(
        {
            "what": ["fan", "tail"],
            "loss, %": [1.5, -2.0],
            "day": ["2008-09-12", "2020-03-16"],
            "p": ["0.03", "<.001 ✕"],
        },
        index=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")], names=["group", "name"]),
    )
    soup, _ = page(code("t", new_output("display_data", {"text/html": frame.to_html()})))
    right = [cell.text for cell in soup.table.find_all(class_="n") if cell.text]
    assert right == ["loss, %", "p", "1.5", "0.03", "−2.0", "<.001 ✕"]


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_show_carries_words_and_closes_the_figure(page, monkeypatch, kind):
    outputs = []
    monkeypatch.setattr(
        "IPython.display.display", lambda shown, metadata, raw=False: outputs.append(_stored(shown, metadata))
    )
    _, axes = plt.subplots(1, 2, figsize=(2, 1))
    show(np.asarray(axes), alt="Two empty panels", caption="Nothing.", kind=kind)
    verdict("Fine.", outcome="accepted")
    assert not plt.get_fignums()
    soup, written = page(code("show(...)", *outputs))
    assert soup.figure.img["alt"] == "Two empty panels" and soup.figure.figcaption.text == "Nothing."
    assert soup.get_text().count("Nothing.") == 1 and written.undescribed == 0
    assert written.verdict.text == "Fine."


def _stored(shown, metadata):
    """An output as a kernel would store it."""
    data = shown if isinstance(shown, dict) else {"text/markdown": shown.data}
    data = {
        mime: base64.b64encode(value).decode() if isinstance(value, bytes) else value for mime, value in data.items()
    }
    return new_output("display_data", data, metadata=metadata)


def test_show_and_verdict_refuse_what_says_nothing():
    figure, axes = plt.subplots()
    for call in (
        lambda: show(axes, alt=""),
        lambda: show(axes, alt="figure"),
        lambda: show(axes, alt="a line of words", kind="gif"),
        lambda: show(42, alt="a line of words"),
        lambda: verdict("", outcome="accepted"),
        lambda: verdict("x", outcome="maybe"),
    ):
        with pytest.raises(ParameterError):
            call()
    plt.close(figure)


def warned(category: str, text: str):
    return new_output("stream", name="stderr", text=f"10%\r/a/b.py:9: {category}: {text}\n  warnings.warn(text)\n")


def test_a_warning_about_the_data_stands_in_the_report_once(page):
    lost = "370 of 1,259 days left out: <b>ILLIQ</b> has no price"
    soup, _ = page(
        code("a", warned("ShortenedHistory", lost)), code("b", warned("ShortenedHistory", lost)),
        code("c", warned("FutureWarning", "of interest to authors")),
    )  # fmt: skip
    remarks = [remark.get_text() for remark in soup.find_all(class_="remark")]
    assert remarks == [f"{lost}."] and not soup.find(class_="remark").find("b")
    assert not soup.find(class_="remark").find_parent("details")


def test_a_table_has_no_python_in_it(page):
    frame = pd.DataFrame({"x": [1.5, np.nan, np.inf], "failed": [True, False, True]})
    soup, _ = page(code("a", new_output("display_data", {"text/html": frame.to_html()})))
    assert [cell.get_text() for cell in soup.table.find_all("td")] == ["1.5", "yes", "–", "no", "∞", "yes"]
    assert [cell.get_text() for cell in soup.table.find_all("th")] == ["x", "failed"], "no running number"
    labelled = pd.DataFrame({"x": [1.5, 2.5]}, index=["a", "b"])
    soup, _ = page(code("a", new_output("display_data", {"text/html": labelled.to_html()})))
    assert [cell.get_text() for cell in soup.table.find_all("th")] == ["", "x", "a", "b"]
    soup, _ = page(code("a", new_output("display_data", {"text/html": frame[:0].to_html()})))
    assert soup.table is None and "None." in soup.main.get_text()


def test_a_widget_leaves_a_line(page):
    panel = {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/plain": "HBox(children=...)"}
    soup, _ = page(code("a", new_output("display_data", panel)))
    assert "interactive" in soup.main.get_text() and "HBox" not in soup.main.get_text()


def test_key_figures_keep_their_order(page):
    said = {"role": "verdict", "outcome": "mixed", "key": [["z", "1"], ["a", "2"]]}
    soup, _ = page(code("a", new_output("display_data", {"text/markdown": "Done."}, metadata={"workbench": said})))
    assert [term.get_text() for term in soup.find(class_="key").find_all("dt")] == ["z", "a"]


def test_the_title_runs_along_the_foot_of_every_page_as_text(page):
    soup, _ = page(new_markdown_cell('# A "title" } </style>\n\nWords.'))
    assert 'content: "A' in soup.style.get_text() and "string(title)" not in soup.style.get_text()
    assert '"title"' not in soup.style.get_text()


def test_a_date_in_a_sentence_is_not_broken_over_two_lines(page):
    soup, _ = page(new_markdown_cell("# T\n\nFrom 2008-09-12 & <b>on</b>, not x-2008-09-12-y or `2001-01-01`."))
    shown = str(soup)
    assert 'From <span class="date">2008-09-12</span> &amp; <b>on</b>' in shown and "x-2008-09-12-y" in shown
    assert "<code>2001-01-01</code>" in shown


def test_parameters_are_written_without_python():
    from workbench.studies.report._front_matter import _worded

    assert [_worded(value) for value in ({}, {"a": [1, "b"]}, None, "", True, [], ["x"])] == [
        "none", "a: 1, b", "not given", "not given", "yes", "none", "x",
    ]  # fmt: skip


def test_a_minus_is_a_true_one_in_numbers_and_a_hyphen_in_names(page):
    frame = pd.DataFrame(
        {"z": ["-1.5", "-.3 ± .1", "2e-05"], "what": ["BRK-2", "up -3 notches", "-"]}, ["2020-03-16", "-4", "d"]
    )
    soup, _ = page(code("t", new_output("display_data", {"text/html": frame.to_html()})))
    cells = [cell.get_text() for cell in soup.table.find_all("td")]
    assert cells == ["−1.5", "BRK-2", "−.3 ± .1", "up -3 notches", "2e-05", "-"]
    assert [cell.get_text() for cell in soup.table.find_all("th")][3:] == ["2020-03-16", "-4", "d"], "labels stay"
