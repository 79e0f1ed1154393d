"""Check the built pages: every internal link and anchor leads somewhere, and no page loads anything from a network.

python docs/check_links.py docs/_build/html
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
NAVIGATION = ("canonical", "next", "prev", "search", "index", "author")


@cache
def page(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@cache
def anchors(path: Path) -> frozenset[str]:
    return frozenset(str(found[name]) for name in ("id", "name") for found in page(path).find_all(attrs={name: True}))


def leads_nowhere(link: str, path: Path) -> str | None:
    """Why an internal link is broken; None for one that works or leads outside."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    target = target / "index.html" if target.is_dir() else target
    if not target.is_file():
        return "no such file"
    if parts.fragment and target.suffix == ".html" and unquote(parts.fragment) not in anchors(target):
        return "no such anchor"
    return None


def problems(folder: Path) -> list[str]:
    """One line a broken link or a resource from outside."""
    found = []
    for path in sorted(folder.rglob("*.html")):
        for tag in page(path).find_all(["a", *LOADED]):
            attribute = LOADED.get(tag.name, "href")
            link = str(tag.get(attribute) or "")
            if not link or link.startswith(("data:", "mailto:", "javascript:")):
                continue
            loads = tag.name != "a" and not set(tag.get("rel") or []) & set(NAVIGATION)
            why = "loaded from a network" if loads and urlsplit(link).netloc else leads_nowhere(link, path.resolve())
            if why:
                found.append(f"{path.relative_to(folder)}: {link}: {why}")
    return found


def main(folder: str) -> None:
    found = problems(Path(folder))
    sys.exit("\n".join(found) if found else None)


if __name__ == "__main__":
    main(sys.argv[1])
