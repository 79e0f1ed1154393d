"""The report: one HTML file of a finished study that needs no network, reads well on paper, and shows code on request.

nbconvert's own templates load scripts and describe no figure; this one (``template/``) loads nothing, forbids loading
by a content security policy, folds code away, and puts run, data, parameters, code and the verdict at the head.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from markupsafe import Markup
from nbconvert.exporters import TemplateExporter
from nbconvert.filters import Highlight2HTML
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter

from workbench.studies.report.markup import inline, markdown, slug
from workbench.studies.report.outputs import draw, role
from workbench.studies.runner.notebooks import heading_lines, title

TEMPLATES = Path(__file__).parent / "template"


@dataclass(frozen=True)
class Verdict:
    """The line a study declares: Markdown, and ``accepted``, ``rejected`` or ``mixed``."""

    text: str
    outcome: str


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
    spoken = verdict_of(node)
    resources = {
        "title": title(node) or target.stem, "blocks": blocks, "contents": _contents(node), "facts": facts or {},
        "verdict": spoken and {"html": Markup(inline(spoken.text)), "outcome": spoken.outcome},
        "style": Markup(_style()),
    }  # fmt: skip
    exporter = TemplateExporter(template_file="report.html.j2", template_paths=[str(TEMPLATES)], file_extension=".html")
    body, _ = exporter.from_notebook_node(node, resources={"report": resources})
    beside = target.with_name(f".{target.name}")
    beside.write_text(body, encoding="utf-8")
    beside.replace(target)
    return Export(target, spoken, undescribed)


def _style() -> str:
    return (TEMPLATES / "report.css").read_text(encoding="utf-8") + HtmlFormatter(style="friendly").get_style_defs(
        ".highlight"
    )


def verdict_of(notebook: NotebookNode) -> Verdict | None:
    """The last verdict declared by :func:`workbench.studies.verdict`, else the text of a cell tagged ``verdict``."""
    spoken = None
    for cell in notebook.cells:
        tagged = "verdict" in cell.metadata.get("tags", [])
        for output in cell.get("outputs", []):
            words = "".join(output.get("data", {}).get("text/markdown", ""))
            if words and (tagged or role(output).get("role") == "verdict"):
                spoken = Verdict(words, role(output).get("outcome", "mixed"))
    return spoken


def _contents(notebook: NotebookNode) -> list[dict[str, object]]:
    lines = [line for cell in notebook.cells if cell.cell_type == "markdown" for line in heading_lines(cell.source)]
    chapters = [Markup(inline(line[3:].strip())) for line in lines if line.startswith("## ")]
    return [{"html": chapter, "anchor": slug(chapter)} for chapter in chapters]


def _blocks(notebook: NotebookNode) -> tuple[list[dict[str, Markup]], int]:
    """Cells as HTML, and the number of figures that have no words of their own."""
    cells = [cell for cell in notebook.cells if "remove-cell" not in cell.metadata.get("tags", [])]
    blocks, undescribed, heading, titled = [], 0, "", False
    for place, cell in enumerate(cells):
        if cell.cell_type == "markdown":
            heading = next((line.lstrip("# ") for line in reversed(heading_lines(cell.source))), heading)
            source, titled = (cell.source, titled) if titled else _without_title(cell.source)
            if not _is_caption(cell):
                blocks.append({"prose": Markup(markdown(source, cell.get("attachments")))})
        elif cell.cell_type == "code":
            following = cells[place + 1] if place + 1 < len(cells) else None
            block, missing = _code_block(cell, following, heading)
            blocks.append(_merged(blocks, block))
            undescribed += missing
    return blocks, undescribed


def _merged(blocks: list[dict[str, Markup]], block: dict[str, Markup]) -> dict[str, Markup]:
    """Code that shows nothing folds away together with the code that follows it."""
    if not blocks or "code" not in blocks[-1] or blocks[-1]["shown"]:
        return block
    silent = blocks.pop()
    return {"code": silent["code"] + block["code"], "aside": silent["aside"] + block["aside"], "shown": block["shown"]}


def _without_title(source: str) -> tuple[str, bool]:
    """The head of the report has the title already."""
    lines = source.splitlines()
    first = next((i for i, line in enumerate(lines) if line.startswith("# ")), None)
    return ("\n".join(lines[:first] + lines[first + 1 :]), True) if first is not None else (source, False)


def _is_caption(cell: NotebookNode | None) -> bool:
    return cell is not None and cell.cell_type == "markdown" and "caption" in cell.metadata.get("tags", [])


def _code_block(cell: NotebookNode, following: NotebookNode | None, heading: str) -> tuple[dict[str, Markup], int]:
    drawn = draw(cell, following.source if _is_caption(following) else "", heading)
    hidden = "remove-input" in cell.metadata.get("tags", []) or not cell.source.strip()
    code = "" if hidden else Highlight2HTML(pygments_lexer="python")(cell.source)
    return {
        "code": Markup(code),
        "aside": Markup("".join(drawn.aside)),
        "shown": Markup("\n".join(drawn.shown)),
    }, drawn.undescribed
