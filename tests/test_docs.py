"""The documentation builds without a warning, every internal link leads somewhere, and no page loads from a network."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def loaded(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_broken_links_and_foreign_resources_are_found(tmp_path):
    (tmp_path / "index.html").write_text(
        '<h1 id="top"></h1><a href="#top"></a><a href="https://example.org"></a><a href="other.html#end"></a>'
        '<a href="#nowhere"></a><a href="absent.html"></a><script src="https://cdn.example.org/x.js"></script>'
    )
    (tmp_path / "other.html").write_text('<p id="end"></p>')
    assert loaded(DOCS / "check_links.py").problems(tmp_path) == [
        "index.html: #nowhere: no such anchor",
        "index.html: absent.html: no such file",
        "index.html: https://cdn.example.org/x.js: loaded from a network",
    ]


def test_formulas_become_mathml():
    markup = loaded(DOCS / "_extensions" / "mathml.py").markup
    assert markup(r"\sigma^2", "inline").startswith("<math") and 'display="inline"' in markup(r"\sigma^2", "inline")
    assert "<mtable" in markup(r"a &= b \\ c &= d", "block")


def test_docstrings_become_lists_and_formulas_are_set_apart():
    readable = loaded(DOCS / "_extensions" / "docstrings.py").readable
    lines = ["What |x| is.", "", "draws : how many. seed : root.", "  More of it.", "", "Then", "    a = b", "and on."]
    assert readable(lines) == [
        r"What \|x\| is.", "", "", "* **draws**: how many.", "* **seed**: root.", "  More of it.", "", "Then", "",
        ".. code-block:: text", "", "      a = b", "", "and on.",
    ]  # fmt: skip


def test_a_card_shows_a_call_that_a_shell_understands():
    written = loaded(DOCS / "gallery.py").written
    assert [written(x) for x in (["fhs", "lognormal"], {"steps": 100}, 5)] == ["[fhs, lognormal]", "{steps: 100}", "5"]


def test_verdicts_lose_their_marks_and_words_of_tables_stand_left(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS / "_extensions"))
    pages = loaded(DOCS / "_extensions" / "pages.py")
    assert pages.unmarked(r"**a** -\> b\_c") == "a -> b_c"
    frame = pd.DataFrame({"name": ["fhs"], "x": [-1.5]})
    assert pages.aligned(frame.to_html(index=False), frame).count('class="text"') == 2


@pytest.mark.slow
def test_pages_build_without_a_warning_and_every_link_works(tmp_path):
    build = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-d", tmp_path / "trees"]
    own = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([*build, DOCS, tmp_path / "html"], capture_output=True, text=True, env=own)
    assert done.returncode == 0, done.stderr[-4000:]
    assert loaded(DOCS / "check_links.py").problems(tmp_path / "html") == []
    made = tmp_path / "html"
    pages = ("tutorial", "glossary", "_generated/gallery", "_generated/reference/workbench.samplers")
    assert all((made / f"{page}.html").is_file() for page in pages)
    assert "<math" in (made / "_generated/reference/workbench.data.sets.rates.html").read_text()
