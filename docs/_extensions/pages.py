"""Pages made from what is there: the reference, what is registered, measured tables, the gallery of studies."""

from __future__ import annotations

import ast
import html
import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import docstrings
import pandas as pd
from sphinx.application import Sphinx

import workbench

DOCS = Path(__file__).parents[1]
ROOT, MADE = DOCS.parent, DOCS / "_generated"
RESULTS = ROOT / "benchmarks" / "results"
MOST_ROWS = 150
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
SUBJECTS = ("forecasts", "checks", "backtests", "stress", "speed")


def write(name: str, text: str) -> None:
    """A page, left alone where it is the same as before."""
    place = MADE / name
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.exists() or place.read_text(encoding="utf-8") != text:
        place.write_text(text, encoding="utf-8")


def heading(text: str, sign: str = "=") -> str:
    return f"{text}\n{sign * len(text)}\n\n"


# ---------------------------------------------------------------------------------------------------- the reference


def public_modules(name: str) -> Iterator[str]:
    """A package and all below it that no underscore hides."""
    module = importlib.import_module(name)
    yield name
    for found in pkgutil.iter_modules(getattr(module, "__path__", [])):
        if not found.name.startswith("_"):
            yield from public_modules(f"{name}.{found.name}")


def offered(module) -> list[str]:
    """``__all__``, or the public names that are defined in the module itself."""
    own = [name for name, what in vars(module).items() if getattr(what, "__module__", None) == module.__name__]
    return [name for name in getattr(module, "__all__", own) if not name.startswith("_")]


def entry(module, name: str, shown: set[str]) -> str:
    """The directive that documents one name; ``shown`` are classes that a package above has put on its own page."""
    what, full = getattr(module, name, None), f"{module.__name__}.{name}"
    if inspect.ismodule(what):
        return f"* :doc:`{what.__name__}`\n\n"
    if inspect.isclass(what):
        own = f"{what.__module__}.{what.__qualname__}"
        again = own != full and own in shown
        shown |= {own} - {full}
        return f".. autoclass:: {full}\n   :members:\n" + "   :no-index:\n" * again + "\n"
    if inspect.isroutine(what) or inspect.isfunction(what):
        return f".. autofunction:: {full}\n\n"
    return f".. autodata:: {full}\n   :no-value:\n\n"


def reference() -> None:
    faces = [f"workbench.{name}" for name in workbench.__all__] + ["workbench.errors", "workbench.registry"]
    whole = {name for face in faces for name in public_modules(face)}
    shown: set[str] = set()
    for name in sorted(whole):
        module = importlib.import_module(name)
        below = sorted(other for other in whole if other.rpartition(".")[0] == name)
        twice = name.rpartition(".")[2] in offered(importlib.import_module(name.rpartition(".")[0]))
        index = "   :no-index:\n" if twice else ""
        text = heading(name) + f".. automodule:: {name}\n   :no-members:\n{index}\n"
        text += "".join(entry(module, each, shown) for each in offered(module))
        if below:
            text += ".. toctree::\n   :caption: Modules\n   :maxdepth: 1\n\n" + "".join(
                f"   {x.rpartition('.')[2]} <{x}>\n" for x in below
            )
        write(f"reference/{name}.rst", text)
    stale = {path.stem for path in (MADE / "reference").glob("*.rst")} - whole - {"index"}
    for name in stale:
        (MADE / "reference" / f"{name}.rst").unlink()
    intro = (
        "What each package offers, in the order in which data flow. Returns are log returns as fractions, arrays name "
    )
    intro += "their axes as *(draw, time, asset)*, losses are positive, and everything random takes a seed.\n\n"
    lines = "".join(f"   {face}\n" for face in faces)
    write("reference/index.rst", heading("Reference") + intro + f".. toctree::\n   :maxdepth: 1\n\n{lines}")


# ------------------------------------------------------------------------------------------- what is registered


def registered() -> None:
    """Data sets with licences, samplers, checks, faults, studies: what ``workbench list`` gives."""
    asked = [sys.executable, "-m", "workbench.cli", "list", "--json"]
    listed = json.loads(subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    text = "# What is there\n\nAs `workbench list` prints it; everything is found by its name.\n\n"
    for kind, rows in listed.items():
        text += f"## {kind.capitalize()}\n\n{markdown(rows)}\n\n"
    write("registered.md", text)


def markdown(rows: list[dict]) -> str:
    """A table of what is plain in the rows."""
    plain = {key for row in rows for key, value in row.items() if isinstance(value, (str, int, float, bool))}
    keys = [key for key in rows[0] if key in plain]
    lines = [" | ".join(keys), " | ".join("---" for _ in keys)]
    lines += [" | ".join(str(row.get(key, "")).replace("|", "\\|").replace("\n", " ") for key in keys) for row in rows]
    return _DATE.sub("\\1‑\\2‑\\3", "\n".join(f"| {line} |" for line in lines))  # hyphens that do not break


# -------------------------------------------------------------------------------------------- measured tables


def results() -> None:
    """A page a table of ``benchmarks/results``, with what was measured, how, and by which commit."""
    commits = json.loads((RESULTS / "commits.json").read_text())
    tables = {path.stem: path for path in sorted(RESULTS.glob("*.csv"))}
    listing = []
    for subject in SUBJECTS:
        package = importlib.import_module(f"benchmarks.{subject}")
        text = f"# {subject.capitalize()}\n\n{(package.__doc__ or '').strip()}\n\n"
        for module in pkgutil.iter_modules(package.__path__):
            source = (ROOT / "benchmarks" / subject / f"{module.name}.py").read_text()
            mine = [name for name in tables if f'"{name}.csv"' in source or made_by(name, module.name)]
            doc = "\n".join(docstrings.readable(inspect.cleandoc(ast_docstring(source)).splitlines()))
            call = f"Run it: ``python -m benchmarks {module.name}``."
            text += f"## {module.name}\n\n```{{eval-rst}}\n{doc}\n\n{call}\n```\n\n"
            text += "".join(table(tables[name], commits) for name in mine)
        write(f"results/{subject}.md", text)
        listing.append(subject)
    intro = "# Measured\n\nTables of `benchmarks/results`, by subject. Each says which commit measured it.\n\n"
    write("results/index.md", intro + "```{toctree}\n" + "\n".join(listing) + "\n```\n")


def made_by(table: str, benchmark: str) -> bool:
    """Tables whose names are composed: ``horse_race_t`` of ``horse_race``, ``stress_million`` of ``stress``."""
    others = ("stress_episodes", "stress_likeness", "stress_reverse")
    own = {"horse_race": table.startswith("horse_race"), "stress": table.startswith("stress_")}
    return own.get(benchmark, False) and not (benchmark == "stress" and table.startswith(others))


def ast_docstring(source: str) -> str:
    return ast.get_docstring(ast.parse(source), clean=False) or ""


def table(path: Path, commits: dict) -> str:
    """One table as HTML, its first rows where it is long, and the file itself to download."""
    frame = pd.read_csv(path)
    shown = frame.head(MOST_ROWS)
    body = aligned(
        shown.to_html(index=False, border=0, na_rep="", classes="measured", float_format=lambda x: f"{x:g}"), shown
    )
    rows = f"{len(frame)} rows" if len(frame) <= MOST_ROWS else f"the first {MOST_ROWS} of {len(frame)} rows"
    by = ", ".join(f"`{commit}`" for commit in commits.get(path.name, ["unknown"]))
    note = (
        f"{{download}}`{path.name} <{Path('../../..') / path.relative_to(ROOT)}>`: {rows}, measured by commit {by}.\n\n"
    )
    return f'### {path.stem}\n\n{note}```{{raw}} html\n<div class="wide">{body}</div>\n```\n\n'


def aligned(table: str, frame: pd.DataFrame) -> str:
    """Words stand on the left, numbers on the right."""
    for name in frame.select_dtypes(exclude=["number", "bool"]):
        table = table.replace(f"<th>{html.escape(name)}</th>", f'<th class="text">{html.escape(name)}</th>')
    return re.sub(r"<td>(?=[A-Za-z])", '<td class="text">', table)


# -------------------------------------------------------------------------------------------------- gallery


def gallery() -> None:
    """A card a study that ``docs/gallery.py`` has run: its first figure, its verdict, its whole report."""
    known = MADE / "gallery.json"
    cards = json.loads(known.read_text()) if known.exists() else {}
    text = "# Gallery\n\nStudies run with small settings on data that comes with the workbench; press a picture for "
    text += "the whole report, as a committee would get it.\n\n"
    if not cards:
        text += "No study has been run here yet: `make docs` runs them, `python docs/gallery.py` alone does too.\n"
    for name, card in cards.items():
        alt, verdict = html.escape(card["alt"]), html.escape(unmarked(card["verdict"]))
        called = html.escape(f"workbench run {name} {card['call']}".strip())
        picture = f'<img src="../reports/{name}.png" alt="{alt}" loading="lazy">'
        link = f'<a class="card" href="../reports/{name}.html">{picture}</a>'
        text += f'## {card["title"]}\n\n```{{raw}} html\n{link}\n<p class="verdict">{verdict}</p>\n'
        text += f'<pre class="call">{called}</pre>\n```\n\n'
    write("gallery.md", text)


def unmarked(text: str) -> str:
    """Markdown without its bold marks and escapes."""
    return re.sub(r"\\([^A-Za-z0-9\s])", r"\1", text.replace("**", ""))


def make(app: Sphinx) -> None:
    (MADE / "extra").mkdir(parents=True, exist_ok=True)
    reference()
    registered()
    results()
    gallery()


def setup(app: Sphinx) -> dict:
    app.connect("builder-inited", make)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
