"""The outputs of one cell as HTML: figures with words, tables, text; warnings and progress fold away with the code."""

from __future__ import annotations

import base64
import html
import re
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from bs4 import BeautifulSoup, Tag
from nbformat import NotebookNode

from workbench.errors import printable
from workbench.studies.figures import ROLE
from workbench.studies.report._markup import inline, markdown, mathml, safe, words

_IMAGES = ("image/svg+xml", "image/png", "image/jpeg")
_NUMBER = re.compile(r"[<>≤≥±+\-−]?\s*[\d.,]*\d(e[+-]?\d+)?\s*(%|pp|bp|[!✕*]|\([^)]*\)|±.*|(to|in) .*)?", re.IGNORECASE)
_NEGATIVE = re.compile(r"(?<![\w.])-(?=\.?\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_EMPTY = ("", "–", "-")
_PLAIN = {"nan": "–", "NaN": "–", "NaT": "–", "<NA>": "–", "None": "–", "True": "yes", "False": "no", "inf": "∞"}
_TOGETHER = 8  # rows under one label that a page break must not part
_INTERACTIVE = "An interactive panel stands here in JupyterLab; a report on paper cannot show it."
_WARNED = re.compile(r"\.py:\d+: (ShortenedHistory|ContentChanged|Overlap): (.+)")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Drawn:
    """A cell's outputs: ``shown`` in the report, ``aside`` folded with the code, figures without words counted.

    remarks : warnings of the workbench about the data, which a reader must see.
    """

    remarks: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    undescribed: int = 0


def role(output: NotebookNode) -> dict[str, Any]:
    """What :mod:`workbench.studies.figures` wrote of an output: its role, caption, outcome."""
    return output.get("metadata", {}).get(ROLE, {})


def draw(cell: NotebookNode, caption: str, heading: str) -> Drawn:
    """All outputs of a cell; ``caption`` is for the last figure without its own, ``heading`` is above the cell."""
    drawn = Drawn()
    alts = cell.metadata.get("alt", [])
    alts = [alts] if isinstance(alts, str) else list(alts)
    count = sum(_image(output) is not None for output in cell.get("outputs", []))
    alts += [""] * (count - len(alts))
    captions = [""] * (count - 1) + [caption]
    for output in cell.get("outputs", []):
        if mime := _image(output):
            shown = _figure(output, mime, alts.pop(0), captions.pop(0), heading, drawn)
        elif output.output_type == "stream":
            shown = _text(_overwritten(output.text) if output.name == "stderr" else output.text)
            drawn.remarks += [found[2] for found in _WARNED.finditer("".join(output.text)) if output.name == "stderr"]
        elif output.output_type == "error":
            shown = _text("\n".join(output.traceback)).replace("<pre>", '<pre class="error">', 1)
        else:
            shown = "" if role(output).get("role") == "caption" else _rich(output.data)
        (drawn.aside if output.get("name") == "stderr" else drawn.shown).append(shown)
    return drawn


def _image(output: NotebookNode) -> str | None:
    return next((mime for mime in _IMAGES if mime in output.get("data", {})), None)


def _figure(output: NotebookNode, mime: str, own: str, caption: str, heading: str, drawn: Drawn) -> str:
    caption = inline(role(output).get("caption") or caption)
    alt = output.metadata.get(mime, {}).get("alt") or own or output.metadata.get("alt")
    if not alt:
        drawn.undescribed += 1
        alt = words(caption) or f"Figure without a description, under {heading!r}"
    text = f"<figcaption>{caption}</figcaption>" if caption else ""
    source = _data(output.data[mime], mime)
    picture = f'<img src="{source}" alt="{html.escape(alt, quote=True)}"/>'
    listed = role(output).get("spots")
    if spots := "".join(map(_spot, listed)) if isinstance(listed, list) else "":
        picture = f'<div class="spots">{picture}{spots}</div>'
    return f"<figure>{picture}{text}</figure>"


def _spot(spot: Any) -> str:
    """A place of a picture that shows words where the pointer rests on it; nothing for what is no such place."""
    match spot:
        case [*shares, str(text)] if len(shares) == 4 and all(map(_share, shares)):
            named = zip(("left", "top", "width", "height"), shares)
            place = "; ".join(f"{side}: {100 * share:.4g}%" for side, share in named)
            side = ' class="right"' * (spot[0] > 0.5)
            return f'<span{side} style="{place}" data-words="{html.escape(printable(text), quote=True)}"></span>'
    return ""


def _share(value: Any) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1


def _data(content: str | list[str], mime: str) -> str:
    text = "".join(content)
    code = base64.b64encode(text.encode()).decode() if mime == "image/svg+xml" else text.replace("\n", "").strip()
    return f"data:{mime};base64,{code}"


def _rich(data: dict[str, Any]) -> str:
    shown, data = data, {mime: "".join(value) for mime, value in data.items() if isinstance(value, str | list)}
    if "application/vnd.jupyter.widget-view+json" in shown:
        return f'<p class="remark">{_INTERACTIVE}</p>'
    if "text/html" in data:
        return _table(data["text/html"])
    if "text/markdown" in data:
        return markdown(data["text/markdown"])
    if "text/latex" in data:
        return safe(mathml(data["text/latex"].strip().strip("$"), "block"))
    return _text(data.get("text/plain", ""))


def _table(fragment: str) -> str:
    """A table in the report's own look, in a box that scrolls when it is too wide for the screen."""
    soup = BeautifulSoup(safe(fragment), "html.parser")
    for heading in soup.find_all(["h1", "h2"]):
        heading.unwrap()
    for table in soup.find_all("table"):
        _plain(table)
        if table.name == "p":
            continue
        _repeat(table)
        _align(table)
        table.wrap(soup.new_tag("div", attrs={"class": "wide"}))
    return str(soup)


def _plain(table: Tag) -> None:
    """No Python in a table: a dash for what is missing, yes and no, and no running number before the rows."""
    for cell in table.find_all("td"):
        if cell.get_text().strip() in _PLAIN:
            cell.string = _PLAIN[cell.get_text().strip()]
        elif _DATE.fullmatch(cell.get_text().strip()):
            cell["class"] = "date"
    rows = [row for row in table.find_all("tr") if row.find("td")]
    if not rows:
        table.name, table.string, table.attrs = "p", "None.", {}
    heads = [row.find_all("th") for row in rows]
    corner = [row.find("th") for row in table.find_all("tr") if not row.find("td")]
    numbered = [[str(place)] for place in range(len(rows))] == [[th.get_text().strip() for th in row] for row in heads]
    if rows and numbered and not any(th is not None and th.get_text().strip() for th in corner):
        for head in [*(row[0] for row in heads), *filter(None, corner)]:
            head.decompose()


def _repeat(table: Tag) -> None:
    """A label that spans more rows than may stay together on paper stands in each of them, also behind a page break."""
    rows = table.find_all("tr")
    for place, row in enumerate(rows):
        for column, head in enumerate(row.find_all("th")):
            span = int(str(head.get("rowspan", "1")))
            if span > _TOGETHER:
                del head["rowspan"]
                for following in rows[place + 1 : place + span]:
                    following.insert(column, copy(head))


def _align(table: Tag) -> None:
    """Mark columns of numbers, so that they stand to the right and words to the left; a minus there is a true one.

    Columns are counted from the right, because the labels on the left span rows.
    """
    rows = [list(row.find_all("td")) for row in table.find_all("tr") if row.find("td")]
    for row in table.find_all("tr"):
        for place, cell in enumerate(reversed(row.find_all("td") or row.find_all("th"))):
            if _numeric(rows, place):
                cell["class"] = " ".join([*cell.get_attribute_list("class"), "n"])
                for text in cell.find_all(string=_NEGATIVE) if cell.name == "td" else ():
                    text.replace_with(_NEGATIVE.sub("−", text))


def _numeric(rows: list[list[Tag]], place: int) -> bool:
    """Whether most filled cells of a column, counted from the right, are numbers."""
    cells = [row[-1 - place].get_text().strip() for row in rows if place < len(row)]
    filled = [cell for cell in cells if cell not in _EMPTY]
    return bool(filled) and sum(bool(_NUMBER.fullmatch(cell)) for cell in filled) * 2 > len(filled)


def _text(text: str | list[str]) -> str:
    """Preformatted text without colours; other control characters are written out."""
    bare = _COLOURS.sub("", "".join(text)).replace("\r\n", "\n").expandtabs()
    return f"<pre>{html.escape(printable(bare))}</pre>" if bare.strip() else ""


def _overwritten(text: str | list[str]) -> str:
    """Progress as a terminal leaves it: of a line that was written over only the last."""
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in "".join(text).split("\n"))
