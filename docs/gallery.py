"""Run every study with small settings and lay its report and first figure where the pages find them.

    python docs/gallery.py [study ...]

Settings stand in ``docs/gallery.yaml``. A study whose inputs have not changed is not run again.
"""

from __future__ import annotations

import base64
import io
import json
import shlex
import shutil
import sys
from pathlib import Path

import nbformat
import yaml
from PIL import Image

from workbench import studies

DOCS = Path(__file__).parent
MADE, RUNS, WIDTH = DOCS / "_generated", DOCS / "_build" / "runs", 900


def figures(notebook: Path) -> list[tuple[bytes, str]]:
    """Pictures of an executed notebook with their descriptions, in order."""
    cells = nbformat.read(notebook, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
    return [
        (base64.b64decode(shown["data"]["image/png"]), shown["metadata"].get("image/png", {}).get("alt", ""))
        for shown in outputs
    ]


def written(value: object) -> str:
    """As it is given on the command line: lists and mappings in YAML's short form."""
    short = isinstance(value, (list, dict))
    return yaml.safe_dump(value, default_flow_style=True, width=1000).strip() if short else str(value)


def card(name: str, asked: dict) -> dict:
    """Run one study; its report and picture go to ``_generated/extra/reports``."""
    asked = dict(asked or {})
    which = asked.pop("figure", 0)
    ran = studies.run(name, asked, RUNS)
    place = MADE / "extra" / "reports"
    place.mkdir(parents=True, exist_ok=True)
    shutil.copy(ran.path / "report.html", place / f"{name}.html")
    shown = figures(ran.path / "notebook.ipynb")
    picture, alt = shown[min(which, len(shown) - 1)]
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.thumbnail((WIDTH, 2 * WIDTH))
    image.save(place / f"{name}.png")
    title = nbformat.read(ran.path / "notebook.ipynb", as_version=4).cells[0].source.splitlines()[0].lstrip("# ")
    call = " ".join(f"-p {key}={shlex.quote(written(value))}" for key, value in asked.items())
    return {"title": title, "verdict": ran.verdict.text if ran.verdict else "", "alt": alt, "call": call}


def main(names: list[str]) -> None:
    settings = yaml.safe_load((DOCS / "gallery.yaml").read_text())
    known = MADE / "gallery.json"
    MADE.mkdir(exist_ok=True)
    cards = json.loads(known.read_text()) if known.exists() else {}
    for name in names or settings:
        cards[name] = card(name, settings[name])
        ordered = {study: cards[study] for study in settings if study in cards}
        known.write_text(json.dumps(ordered, indent=1, ensure_ascii=False), encoding="utf-8")
        print(name, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
