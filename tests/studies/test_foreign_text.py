"""Foreign text is never markup: names, attributes and values of strangers in every place of a report or a terminal.

Each place is given text that would rewrite the page, the sentence or the screen, were it taken for more than text. It
must stand there to be read, and nothing of it may have become an element, an attribute or a control character.
"""

import base64
import contextlib
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from workbench import cli, scenarios
from workbench.errors import WorkbenchError
from workbench.governance.manifest import Report
from workbench.registry import Registry
from workbench.reporting import audits, bullets, tables
from workbench.studies import export
from workbench.studies._display import styler_html
from workbench.studies.report._html import Verdict
from workbench.studies.runner._progress import Progress
from workbench.studies.runner._record import Run
from workbench.validation.audit import audit

NAME = "<style>*{display:none}</style><h1 class=verdict onclick=go()>accepted</h1><!-- </table></td> \" '"
SCREEN = "\x1b[2J\x1b]0;accepted\x07\x9b1A\u202eaccepted\r"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
FRAME = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}, pd.Index(["r", "s"], name="rows"))


def html(fragment: str):
    return new_code_cell("x", outputs=[new_output("display_data", {"text/html": fragment})])


def table(frame: pd.DataFrame, caption=None):
    style = frame.style.format(precision=2)
    return html(styler_html(style.set_caption(caption) if caption else style))


def output(kind: str, **content):
    return new_code_cell("x", outputs=[new_output(kind, **content)])


def display(data: dict, **metadata):
    return new_code_cell("x", outputs=[new_output("display_data", data, metadata=metadata)])


def workbench(text: str, **role):
    return display({"text/markdown": text}, workbench=role)


def figure(alt="Some words of a figure", caption="", mime="image/png", data=PIXEL):
    return display({mime: data}, **{mime: {"alt": alt}, "workbench": {"caption": caption}})


PAIRS = pd.MultiIndex.from_tuples([(NAME, "x"), ("q", "y")], names=["one", NAME])
CELLS = {
    "column of a styled table": lambda: table(FRAME.rename(columns={"a": NAME})),
    "row of a styled table": lambda: table(FRAME.rename(index={"r": NAME})),
    "cell of a styled table": lambda: table(FRAME.assign(b=[NAME, "y"])),
    "categorical cell of a styled table": lambda: table(FRAME.assign(b=pd.Categorical([NAME, "y"]))),
    "name of the rows of a styled table": lambda: table(FRAME.rename_axis(index=NAME)),
    "name of the columns of a styled table": lambda: table(FRAME.rename_axis(columns=NAME)),
    "level of the rows of a styled table": lambda: table(FRAME.set_axis(PAIRS)),
    "level of the columns of a styled table": lambda: table(FRAME.set_axis(PAIRS, axis=1)),
    "caption of a styled table": lambda: table(FRAME, NAME),
    "column of a plain table": lambda: html(FRAME.rename(columns={"a": NAME})._repr_html_()),
    "row of a plain table": lambda: html(FRAME.rename(index={"r": NAME})._repr_html_()),
    "cell of a plain table": lambda: html(FRAME.assign(b=[NAME, "y"]).to_html()),
    "name of the rows of a plain table": lambda: html(FRAME.rename_axis(NAME)._repr_html_()),
    "a value that shows itself": lambda: output("execute_result", data={"text/plain": repr(NAME)}),
    "printed text": lambda: output("stream", name="stdout", text=NAME + SCREEN),
    "a warning": lambda: output("stream", name="stderr", text=NAME + SCREEN),
    "a traceback": lambda: output("error", ename="E", evalue=NAME, traceback=[NAME]),
    "Markdown from code": lambda: workbench(f"The asset {NAME} fell."),
    "a list in Markdown from code": lambda: workbench(f"- {NAME}\n- more"),
    "the verdict": lambda: workbench(f"{NAME} failed.", role="verdict", outcome="rejected"),
    "the outcome of the verdict": lambda: workbench("Failed.", role="verdict", outcome=NAME),
    "the label of a key figure": lambda: workbench("Failed.", role="verdict", key={NAME: "1"}),
    "a key figure": lambda: workbench("Failed.", role="verdict", key={"VaR": NAME}),
    "the caption of a figure": lambda: figure(caption=f"**Fan** of {NAME}"),
    "code": lambda: new_code_cell(f"x = 1  # {NAME}"),
}  # fmt: skip
ATTRIBUTES = {
    "words of a figure": lambda: figure(alt=NAME),
    "words of a figure in the cell": lambda: new_code_cell(
        "x", metadata={"alt": [NAME]}, outputs=[new_output("display_data", {"image/png": PIXEL})]
    ),
}
FACTS = {
    "name of the data": {"rows": {"Data": NAME}},
    "label of a fact": {"rows": {NAME: "x"}},
    "name of a parameter": {"parameters": [(NAME, "1", "")]},
    "value of a parameter": {"parameters": [("books", NAME, "")]},
    "meaning of a parameter": {"parameters": [("books", "1", NAME)]},
}


@pytest.fixture
def page(tmp_path):
    """The report of cells, and the elements that a report without foreign text has."""

    def make(*cells, **facts) -> BeautifulSoup:
        notebook = new_notebook(cells=[new_markdown_cell("# Report\n\nWords."), *cells])
        return BeautifulSoup(export(notebook, tmp_path / "r.html", facts).path.read_text(), "html.parser")

    return make


def harmless(soup: BeautifulSoup) -> None:
    """Nothing of NAME is markup."""
    assert len(soup.find_all("h1")) == 1 and soup.h1.text == "Report"
    styles = [style.get_text() for style in soup.find_all("style")][1:]
    assert not [style for style in styles if "display" in style]
    assert not [name for tag in soup.find_all(True) for name in tag.attrs if name.startswith("on")]
    assert len(soup.find_all(class_="verdict")) <= 1 and not soup.find_all("h1", class_="verdict")


def readable(text: str) -> bool:
    """Whether NAME can be read in a text, quotation marks as a typesetter or ``repr`` may have put them."""
    return "<style>*{display:none}</style><h1 class=verdict onclick=go()>accepted</h1><!-- </table></td>" in text


@pytest.mark.parametrize("place", CELLS)
def test_in_a_cell(page, place):
    soup = page(CELLS[place]())
    harmless(soup)
    assert readable(soup.get_text())
    assert all(letter.isprintable() or letter in "\n\t" for letter in soup.get_text().replace("\xa0", ""))


@pytest.mark.parametrize("place", ATTRIBUTES)
def test_in_an_attribute(page, place):
    soup = page(ATTRIBUTES[place]())
    harmless(soup)
    assert soup.figure.img["alt"] == NAME


@pytest.mark.parametrize("place", FACTS)
def test_at_the_head(page, place):
    soup = page(**FACTS[place])
    harmless(soup)
    assert readable(soup.header.get_text())


@pytest.mark.parametrize("maths", ["text/latex", "text/markdown"])
def test_in_a_formula(page, maths):
    harmless(page(display({maths: rf"$\text{{{NAME}}} x^2$"})))


def test_in_a_drawing(page):
    drawing = f"<svg xmlns='http://www.w3.org/2000/svg'><script>go()</script><text>{NAME}</text></svg>"
    soup = page(figure(mime="image/svg+xml", data=drawing))
    harmless(soup)
    assert base64.b64decode(soup.figure.img["src"].partition(",")[2]).decode() == drawing and not soup.find("svg")


def test_html_that_nobody_escaped_stays_in_its_place(page):
    harmless(page(html(f"<table><tr><td>{NAME}</td></tr></table>"), new_code_cell("x"), html("<p>after</p>")))


@pytest.mark.parametrize("link", ["[x](javascript:go())", "![x](http://x.example/a.png)", "<javascript:go()>"])
def test_links_of_names_neither_run_nor_load(page, link):
    soup = page(workbench(f"The asset {link} fell."))
    assert not [tag for tag in soup.find_all(["a", "img"]) if not str(tag.get("href", "#")).startswith(("#", "http"))]
    assert not soup.find("img")


def test_what_shows_itself_in_a_notebook():
    shapes = Registry(NAME)
    shapes.register(NAME)(lambda: None)
    run = Run(NAME, "0", Path("/tmp") / "a'\"<b>", "failed", False, Verdict(NAME, NAME), (NAME,))
    for shown in (shapes._repr_html_(), run._repr_html_(), replace(run, state="completed")._repr_html_()):
        soup = BeautifulSoup(shown, "html.parser")
        assert not soup.find(["style", "h1", "b"]) and readable(soup.get_text())


def test_in_the_terminal(capsys, monkeypatch, tmp_path):
    """Names, messages, verdicts and files as lines of a terminal."""
    from workbench.cli import _listing
    from workbench.cli.app import _print_verification

    monkeypatch.setattr(_listing, "rows", lambda kind: [{"name": SCREEN, "summary": SCREEN}])
    with pytest.raises(SystemExit):
        cli.main(["list", "checks"])
    _print_verification(Report(SCREEN, problems=[{"file": SCREEN, "problem": SCREEN}], notes=[SCREEN]))
    Progress(shown=False).note(SCREEN)
    print(WorkbenchError(SCREEN))
    with contextlib.suppress(SystemExit):
        cli.main(["run", f"{SCREEN}.ipynb", "--output", str(tmp_path)])
    lines = "".join(capsys.readouterr())
    assert lines.count("accepted") >= 10 and all(letter.isprintable() or letter == "\n" for letter in lines)


def test_a_verdict_in_the_terminal_has_no_markup():
    from workbench._text import literal

    name = "<b>$x^2$ _a_ **b** [c](http://d) `e` fhs_gpd"
    assert Verdict(f"**{literal(name)}** is *rejected*.", "rejected").plain == f"{name} is rejected."


def test_in_the_line_of_progress(monkeypatch):
    from workbench.studies.runner._status import Status

    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    status = type("S", (Status,), {"__init__": lambda self: None, "change": lambda self, **facts: None})()
    shown = Progress(shown=True)
    shown.watch(SCREEN, new_notebook(cells=[new_markdown_cell(f"# {SCREEN}"), new_code_cell("1")]), status)(1)
    shown.close()
    assert all(letter.isprintable() or letter == "\n" for letter in stream.getvalue().replace("\r\x1b[K", ""))


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_attributes_of_a_foreign_set_are_text_in_the_report_of_its_audit(page, tmp_path, suffix):
    """What the audit notes of a vendor's set (its attribute ``reading``) and its asset's name, as the study shows them."""
    rng = np.random.default_rng(3)
    history = pd.DataFrame(0.01 * rng.standard_t(6, (700, 2)), pd.bdate_range("2000-01-03", periods=700), [NAME, "B"])
    tree = scenarios.assemble((0.01 * rng.standard_t(6, (200, 5, 2))).astype("float32"), [NAME, "B"])
    tree.attrs.update(reading=NAME + SCREEN.replace("\x00", ""), vendor=NAME)
    path = scenarios.save(tree, tmp_path / f"vendor{suffix}")
    audited = audit(path, history)
    assert any(NAME in note for note in audited.notes)
    found = tables.departures(tables.findings({NAME: audited.findings}))
    shown = page(
        workbench(bullets(audited.notes)), workbench(bullets(audits.effects(audited))), html(styler_html(found))
    )
    harmless(shown)
    said = shown.get_text()
    assert readable(said) and all(letter.isprintable() or letter in "\n\t" for letter in said.replace("\xa0", ""))
