"""Markdown and HTML of a notebook as HTML that is safe to open anywhere: text, tables, links, maths and own images.

What an author wrote in a Markdown cell may use HTML; what code put out (names of columns, files, books are in it) may
not, and stands as text. Of both only the tags, attributes and declarations listed here remain. Maths becomes MathML,
which browsers draw themselves; ``latex2mathml`` (MIT, plain Python) writes it. A formula that it cannot read is shown
as its source, never dropped.
"""

from __future__ import annotations

import html
import re

from bs4 import BeautifulSoup, Tag
from bs4.element import PreformattedString
from latex2mathml import converter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

_TAGS = re.compile(
    "a|abbr|b|blockquote|br|caption|code|col|colgroup|dd|del|div|dl|dt|em|h[1-6]|hr|i|img|kbd|li|ol|p|pre|q"
    "|s|small|span|strong|style|sub|sup|table|tbody|td|tfoot|th|thead|tr|u|ul"
    "|math|m(enclose|error|fenced|frac|i|multiscripts|n|o|over|padded|phantom|root|row|space|sqrt|style|sub|subsup|sup"
    "|table|td|text|tr|under|underover)"
)
_DROPPED = re.compile(
    "applet|audio|base|button|embed|form|frame|frameset|iframe|input|link|meta|noscript|object|script|select|source|svg"
    "|template|textarea|title|video"
)
_ATTRIBUTES = {
    "class": re.compile(
        r"data|blank|dataframe|index_name|n|formula|highlight|(row|col)_heading|(level|row|col)\d+|hl-\w+|[a-z]{1,2}\d?"
    ),
    "id": re.compile(r"T_\w+"),
    "href": re.compile(r"(https?://|mailto:|#).*", re.DOTALL),
    "src": re.compile(r"data:image/(png|jpeg|gif|svg\+xml);.*", re.DOTALL),
    **dict.fromkeys(("colspan", "rowspan", "start"), re.compile(r"\d+")),
    **dict.fromkeys(("alt", "title", "scope", "align", "alttext", "display", "xmlns"), re.compile(".*", re.DOTALL)),
}
_OF_MATHS = re.compile(
    r"accent|accentunder|align|column\w*|depth|fence|form|frame|height|\w*size|largeop|linethickness|lspace|math\w+"
    r"|movablelimits|notation|row\w+|rspace|scriptlevel|separators?|stretchy|symmetric|voffset|width|displaystyle"
)
_STYLE = re.compile(
    r"(background(-color)?|border(-\w+)*|color|font-(size|style|weight)|(max-|min-)?(height|width)|padding(-\w+)?"
    r"|text-(align|decoration)|vertical-align|white-space)\s*:[\w\s#%.,()-]*"
)
_DAY = re.compile(r"(?<![\w-])\d{4}-\d\d-\d\d(?![\w-])")
_AS_IT_IS = ("style", "code", "pre", "td", "th", "mtext")  # where a date stands alone, or no markup may
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SELECTOR = re.compile(r"\s*#T_\w+[\w\s.#>:-]*")


class _Renderer(IPythonRenderer):
    """nbconvert's Markdown renderer with maths set as MathML and headings that can be linked to."""

    def __init__(self, attachments: dict | None, authored: bool) -> None:
        super().__init__(escape=not authored, exclude_anchor_links=True, attachments=attachments or {})
        self.highest = 1 if authored else 3

    def inline_math(self, body: str) -> str:
        return mathml(body, "inline")

    def block_math(self, body: str) -> str:
        return mathml(body, "block")

    def latex_environment(self, name: str, body: str) -> str:
        return mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block")

    def heading(self, text: str, level: int, **attrs: object) -> str:
        level = max(level, self.highest)
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


def markdown(source: str, attachments: dict | None = None, authored: bool = False) -> str:
    """Markdown as HTML that is safe to open anywhere; ``authored`` allows HTML and chapters."""
    return safe(MarkdownWithMath(renderer=_Renderer(attachments, authored)).render(source))


def inline(source: str) -> str:
    """One paragraph of Markdown, without HTML in it and without the paragraph around it."""
    text = markdown(source).strip()
    whole = re.fullmatch(r"<p>(.*)</p>", text, re.DOTALL)
    return whole.group(1) if whole and "<p>" not in whole.group(1) else text


def safe(fragment: str) -> str:
    """HTML without anything that runs, that a browser would fetch by itself, or that reaches beyond its own place.

    Links to click stay, dates stay on one line. An image that is not in the notebook leaves a line that says what was
    left out.
    """
    soup = BeautifulSoup(fragment, "html.parser")
    for node in soup.find_all(string=lambda text: isinstance(text, PreformattedString)):
        node.extract()  # comments, declarations
    for element in soup.find_all(True):
        if not element.decomposed:
            _disarm(element)
    for text in soup.find_all(string=_DAY):
        if text.parent is not None and text.parent.name not in _AS_IT_IS:
            whole = _DAY.sub(r'<span class="date">\g<0></span>', html.escape(text, quote=False))
            text.replace_with(BeautifulSoup(whole, "html.parser"))
    return str(soup)


def _disarm(element: Tag) -> None:
    if _DROPPED.fullmatch(element.name):
        element.decompose()
    elif element.name == "style":
        _scope(element)
    elif not _TAGS.fullmatch(element.name):
        element.unwrap()
    else:
        element.attrs = dict(filter(None, (_attribute(element, *pair) for pair in element.attrs.items())))
        if element.name == "img" and not element.get("src"):
            element.replace_with(f"[image not included: {element.get('alt', '')}]")


def _attribute(element: Tag, name: str, value: object) -> tuple[str, str] | None:
    """The attribute, or what may stay of it."""
    words = value if isinstance(value, list) else [str(value)]
    if name == "style":
        kept = [part.strip() for part in words[0].split(";") if _STYLE.fullmatch(part.strip())]
        return (name, "; ".join(kept)) if kept else None
    known = _ATTRIBUTES.get(name) or (_OF_MATHS if element.name.startswith("m") else None)
    if known is _OF_MATHS:
        return (name, " ".join(words)) if _OF_MATHS.fullmatch(name) else None
    if name == "id" and re.fullmatch("h[1-6]", element.name):
        return name, words[0]
    kept = [word for word in words if known and known.fullmatch(word)]
    return (name, " ".join(kept)) if kept else None


def _scope(style: Tag) -> None:
    """Of a style sheet only what a pandas table says of its own cells; elsewhere than before a table, nothing."""
    if style.find_parent(["table", "td", "th", "caption"]):
        return style.decompose()
    rules = []
    for selectors, body in _RULE.findall(style.get_text()):
        kept = [part.strip() for part in body.split(";") if _STYLE.fullmatch(part.strip())]
        if kept and all(_SELECTOR.fullmatch(selector) for selector in selectors.split(",")):
            rules.append(f"{' '.join(selectors.split())} {{ {'; '.join(kept)} }}")
    style.string = "\n".join(rules)
    style.attrs = {}
    return None
