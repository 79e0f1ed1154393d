"""Markdown to HTML that asks no network: maths as MathML, images from the notebook alone, scripts and remote parts out.

MathML is drawn by browsers themselves; ``latex2mathml`` (MIT, plain Python) writes it. A formula that it cannot read is
shown as its source, never dropped.
"""

from __future__ import annotations

import html
import re

from bs4 import BeautifulSoup, Tag
from latex2mathml import converter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

_FORBIDDEN = re.compile("^(script|link|iframe|object|embed|base|meta|audio|video|source|frame|applet)$")
_LOADING = (
    "src", "srcset", "poster", "background", "data", "xlink:href", "action", "formaction", "ping", "manifest"
)  # fmt: skip
_REMOTE_STYLE = re.compile(r"@import[^;]*;?|url\(\s*['\"]?(?!data:|#)[^)]*\)", re.IGNORECASE)


class _Renderer(IPythonRenderer):
    """nbconvert's Markdown renderer with maths set as MathML and headings that can be linked to."""

    def __init__(self, attachments: dict | None = None) -> None:
        super().__init__(escape=False, exclude_anchor_links=True, attachments=attachments)

    def inline_math(self, body: str) -> str:
        return mathml(body, "inline")

    def block_math(self, body: str) -> str:
        return mathml(body, "block")

    def latex_environment(self, name: str, body: str) -> str:
        return mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block")

    def heading(self, text: str, level: int, **attrs: object) -> str:
        return f'<h{level} id="{slug(text)}">{text}</h{level}>\n'


def slug(text: str) -> str:
    """Words of a heading as an anchor."""
    return re.sub(r"\W+", "-", words(text).lower()).strip("-") or "section"


def words(fragment: str) -> str:
    """The text of a piece of HTML."""
    return BeautifulSoup(fragment, "html.parser").get_text()


def mathml(source: str, display: str) -> str:
    """A LaTeX formula as MathML, with its source as alternative text; as its source if it cannot be read."""
    try:
        drawn = converter.convert(source.strip(), display=display)
    except Exception:  # the library raises many kinds, and a report must not fail on one formula
        return f'<code class="formula">{html.escape(source)}</code>'
    return drawn.replace("<math ", f'<math alttext="{html.escape(source.strip(), quote=True)}" ', 1)


def markdown(source: str, attachments: dict | None = None) -> str:
    """Markdown as HTML that is safe to open anywhere."""
    return offline(MarkdownWithMath(renderer=_Renderer(attachments)).render(source))


def inline(source: str) -> str:
    """One paragraph of Markdown without the paragraph around it."""
    text = markdown(source).strip()
    whole = re.fullmatch(r"<p>(.*)</p>", text, re.DOTALL)
    return whole.group(1) if whole and "<p>" not in whole.group(1) else text


def offline(fragment: str) -> str:
    """HTML without anything that runs or that a browser would fetch by itself; links to click stay.

    A remote image leaves a line that says what was left out.
    """
    soup = BeautifulSoup(fragment, "html.parser")
    for element in soup.find_all(_FORBIDDEN):
        element.decompose()
    for image in soup.find_all("img"):
        if not str(image.get("src", "")).startswith("data:"):
            image.replace_with(f"[image not included: {image.get('alt') or image.get('src')}]")
    for element in soup.find_all(True):
        _disarm(element)
    for style in soup.find_all("style"):
        style.string = _REMOTE_STYLE.sub("", style.get_text())
    return str(soup)


def _disarm(element: Tag) -> None:
    for name, value in list(element.attrs.items()):
        text = " ".join(value) if isinstance(value, list) else str(value)
        loads = name in _LOADING and not text.startswith("data:")
        fetched = name == "href" and element.name in ("image", "use", "feimage") and not text.startswith(("#", "data:"))
        if loads or fetched or name.startswith("on") or text.strip().lower().startswith("javascript:"):
            del element[name]
        elif name == "style":
            element[name] = _REMOTE_STYLE.sub("", text)
