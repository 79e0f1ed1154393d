"""Sentences and captions: every text is used, every field is filled, numbers are written by one rule a kind."""

import ast
import json
import re
import string
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.errors import ParameterError
from workbench.reporting import formats, sentence, words
from workbench.reporting.catalogue import texts
from workbench.reporting.formats import House

ROOT = Path(__file__).parents[2]
CODE = ["".join(cell["source"]) for path in (ROOT / "notebooks").glob("*.ipynb")
        for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]  # fmt: skip
CODE += [path.read_text() for path in (ROOT / "workbench").rglob("*.py")]


def calls() -> list[tuple[str, str, set[str] | None]]:
    """(function, text, names of its keywords) of every call of ``words``, ``sentence`` and ``plain``; None with ``**``."""
    found = []
    for node in (node for code in CODE for node in ast.walk(ast.parse(code))):
        called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        if isinstance(node, ast.Call) and called in ("words", "sentence", "plain"):
            named = [keyword.arg for keyword in node.keywords]
            if node.args and isinstance(node.args[0], ast.Constant):
                found.append((called, node.args[0].value, None if None in named else set(named)))
    return found


def fields(text: str | dict) -> set[str]:
    parts = text.values() if isinstance(text, dict) else [text]
    named = [name for part in parts for _, name, _, _ in string.Formatter().parse(part) if name]
    return {re.split(r"[.\[]", name)[0] for name in named}


def test_every_call_names_a_text_and_gives_its_fields() -> None:
    for function, name, given in calls():
        assert name in texts(), name
        assert isinstance(texts()[name], dict) == (function == "words"), name
        assert given is None or given == fields(texts()[name]), name


def test_every_text_is_used() -> None:
    code = "\n".join(CODE)
    dynamic = ("market_futures/training_", "causal/")  # chosen by a name that is composed
    assert not [name for name in texts() if not re.search(f"[\"']{name}[\"']", code) and not name.startswith(dynamic)]


def test_figures_have_an_alternative_text_of_a_sentence() -> None:
    for name, text in texts().items():
        if isinstance(text, dict):
            assert set(text) == {"alt", "caption"} and len(text["alt"].split()) >= 6, name


@pytest.mark.parametrize(
    ("spec", "value", "written"),
    [
        ("pct", -0.31499, "−31.5 %"), ("+pct0", 0.05, "+5 %"), ("pct2", float("nan"), "–"), ("level", 0.99, "99 %"),
        ("level", 0.999, "99.9 %"), ("p", 0.0001, "p < .001"), ("p", 0.04, "p = .040"), ("p", 1.0, "p = 1.00"),
        ("n", 12345.0, "12,345"), ("bp1", 3.25, "3.2 bp"), ("date", "2020-03-01", "2020-03-01"),
        ("names", [], "none"), ("names", pd.Index(["a", "b"]), "a, b"), (".1e", 3e-14, "3.0e-14"),
    ],
)  # fmt: skip
def test_numbers_are_written_by_their_kind(spec: str, value: object, written: str) -> None:
    assert House().format(f"{{x:{spec}}}", x=value) == written


def test_no_loss_exceeds_one_hundred_per_cent() -> None:
    assert formats.percent(formats.simple(-1.1)) == "−66.7 %"
    assert (formats.simple(np.linspace(-9, 0, 20)) >= -1).all()


def test_a_zero_has_no_sign_and_nothing_certain_is_claimed() -> None:
    assert formats.number(-0.0001, 1) == "0.0"
    assert formats.p_value(0.0) == "< .001" and formats.p_value(0.999) == "1.00"


def test_a_missing_and_an_unused_value_are_named() -> None:
    with pytest.raises(ParameterError, match="needs 'why'"):
        sentence("refused", what="x")
    with pytest.raises(ParameterError, match="does not use more"):
        sentence("refused", what="x", why="y", more=1)
    with pytest.raises(ParameterError, match="no text 'audit/nothing'.*audit/left_out"):
        sentence("audit/nothing")
    with pytest.raises(ParameterError, match="not the words of a figure"):
        words("refused")
