"""The report: one HTML file of a finished study that needs no network, reads well on paper, and shows code on request.

nbconvert's own templates load scripts and describe no figure; this one (``template/``) loads nothing, forbids loading
by a content security policy, folds code away, and puts run, data, parameters, code and the verdict at the head.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from markupsafe import Markup
from nbconvert.exporters import TemplateExporter
from nbconvert.filters import Highlight2HTML
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter

from workbench._cache import whole
from workbench.errors import printable
from workbench.reporting._verdict import Verdict as Declared
from workbench.studies.report._markup import inline, markdown, slug, words
from workbench.studies.report._outputs import draw, role
from workbench.studies.runner._cells import heading_lines, tags, title

_TEMPLATES = Path(__file__).parent / "template"


class Verdict(Declared):
    """The line a study declares, as its report holds it."""

    @property
    def plain(self) -> str:
        """The text without its markup."""
        return " ".join(words(inline(self.text)).split())


@dataclass(frozen=True)
class Export:
    """A report that was written, the verdict in it, and how many of its figures have no words of their own."""

    path: Path
    verdict: Verdict | None
    undescribed: int


def export(notebook: Path | NotebookNode, target: Path, facts: Mapping[str, object] | None = None) -> Export:
    """Write the report of an executed notebook.

    notebook : the notebook or its path.
    target : the HTML file to write; replaced in one step.
    facts : what stands at the head: ``rows`` (label -> text) and ``parameters`` ((name, value, meaning), ...).
    """
    node = notebook if isinstance(notebook, NotebookNode) else nbformat.read(notebook, as_version=4)
    blocks, undescribed = _blocks(node)
    verdict = verdict_of(node)
    named = title(node) or target.stem
    style = (_TEMPLATES / "report.css").read_text(encoding="utf-8").replace("string(title)", _css(named))
    resources = {
        "title": named, "blocks": blocks, "contents": _contents(node), "facts": facts or {},
        "verdict": verdict and {
            "html": Markup(inline(verdict.text)), "outcome": verdict.outcome, "word": verdict.word or verdict.outcome,
        },
        "key": verdict.key if verdict else {},
        "style": Markup(style + HtmlFormatter(style="friendly").get_style_defs(".highlight")),
    }  # fmt: skip
    exporter = TemplateExporter(
        template_file="report.html.j2", template_paths=[str(_TEMPLATES)], file_extension=".html"
    )
    body, _ = exporter.from_notebook_node(node, resources={"report": resources})
    with whole(target) as beside:
        beside.write_text(body, encoding="utf-8")
    return Export(target, verdict, undescribed)


def _css(text: str) -> str:
    """A string of CSS; whatever is neither letter nor digit is written as its code."""
    return '"' + "".join(x if x.isalnum() else f"\\{ord(x):06x}" for x in text) + '"'


def verdict_of(notebook: NotebookNode) -> Verdict | None:
    """The last verdict declared by :func:`workbench.studies.verdict`, else the text of a cell tagged ``verdict``."""
    found = None
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            text = "".join(output.get("data", {}).get("text/markdown", ""))
            if text and ("verdict" in tags(cell) or role(output).get("role") == "verdict"):
                said = role(output)
                found = Verdict(text, said.get("outcome", "mixed"), dict(said.get("key", {})), said.get("word", ""))
    return found


def _contents(notebook: NotebookNode) -> list[dict[str, object]]:
    lines = [line for cell in notebook.cells if cell.cell_type == "markdown" for line in heading_lines(cell.source)]
    chapters = [Markup(inline(line[3:].strip())) for line in lines if line.startswith("## ")]
    return [{"html": chapter, "anchor": slug(chapter)} for chapter in chapters]


def _blocks(notebook: NotebookNode) -> tuple[list[dict[str, Any]], int]:
    """Cells as HTML, and the number of figures that have no words of their own."""
    cells = [cell for cell in notebook.cells if "remove-cell" not in tags(cell)]
    blocks: list[dict[str, Any]] = []
    undescribed, heading, titled = 0, "", False
    remarked: set[str] = set()
    for cell, following in zip(cells, [*cells[1:], None]):
        if cell.cell_type == "markdown":
            heading = next((line.lstrip("# ") for line in reversed(heading_lines(cell.source))), heading)
            source, titled = (cell.source, titled) if titled else _without_title(cell.source)
            if not _caption(cell):
                blocks.append({"prose": Markup(markdown(source, cell.get("attachments"), authored=True))})
        elif cell.cell_type == "code":
            drawn = draw(cell, _caption(following), heading)
            undescribed += drawn.undescribed
            fresh = [text for text in dict.fromkeys(drawn.remarks) if text not in remarked]
            remarked.update(fresh)
            drawn.shown[:0] = [f'<p class="remark">{html.escape(printable(text))}.</p>' for text in fresh]
            _add(blocks, _code(cell), Markup("".join(drawn.aside)), Markup("\n".join(filter(None, drawn.shown))))
    return blocks, undescribed


def _add(blocks: list[dict[str, Any]], code: Markup, aside: Markup, shown: Markup) -> None:
    """Append a block of code; code that shows nothing folds away together with the code that follows it."""
    if blocks and "code" in blocks[-1] and not blocks[-1]["shown"]:
        silent = blocks.pop()
        code, aside = silent["code"] + code, silent["aside"] + aside
    blocks.append({"code": code, "aside": aside, "shown": shown})


def _without_title(source: str) -> tuple[str, bool]:
    """The head of the report has the title already."""
    lines = source.splitlines()
    first = next((i for i, line in enumerate(lines) if line.startswith("# ")), None)
    return ("\n".join(lines[:first] + lines[first + 1 :]), True) if first is not None else (source, False)


def _caption(cell: NotebookNode | None) -> str:
    """The words of a markdown cell that is tagged as the caption of the figure before it."""
    return cell.source if cell is not None and cell.cell_type == "markdown" and "caption" in tags(cell) else ""


def _code(cell: NotebookNode) -> Markup:
    hidden = "remove-input" in tags(cell) or not cell.source.strip()
    return Markup("" if hidden else Highlight2HTML(pygments_lexer="python")(cell.source))
