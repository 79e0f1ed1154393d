"""Formulas as MathML, which every browser draws by itself: no script, no font, no network."""

from __future__ import annotations

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx

ALIGNED = ("\\\\", "&")


def markup(latex: str, display: str) -> str:
    """One formula; several lines or columns are set as an aligned block."""
    text = latex.strip()
    if any(sign in text for sign in ALIGNED) and "\\begin" not in text:
        text = rf"\begin{{align*}}{text}\end{{align*}}"
    return convert(text, display=display)


def inline(translator, node: nodes.math) -> None:
    translator.body.append(markup(node.astext(), "inline"))
    raise nodes.SkipNode


def block(translator, node: nodes.math_block) -> None:
    parts = [part for part in node.astext().split("\n\n") if part.strip()]
    name = f' id="{node["ids"][0]}"' if node.get("ids") else ""
    translator.body.append(f'<div class="math"{name}>{"".join(markup(part, "block") for part in parts)}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict:
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
