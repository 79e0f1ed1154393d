"""A report as PDF, printed by a headless Chromium or Chrome, where one is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from workbench._cache import whole
from workbench.errors import ParameterError, WorkbenchError

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-extensions", "--no-pdf-header-footer", "--generate-pdf-document-outline",
)  # fmt: skip
_SECONDS = 180
_WIDTHS = (167, 158, 150)  # mm of a figure on paper: the widest of those that need the fewest pages


def browser() -> str:
    """Path of the browser; raises ParameterError where none is installed."""
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        raise ParameterError(
            "a PDF needs Chromium or Chrome, and neither is installed; install one, or print report.html from a browser"
        )
    return found


def print_pdf(report: Path, target: Path) -> Path:
    """Print the HTML file ``report`` to ``target``, replaced in one step; the browser has no profile and no network.

    Figures are printed a little narrower where that fills pages that would be half empty.
    """
    page = report.read_text(encoding="utf-8")
    with whole(target) as beside, tempfile.TemporaryDirectory(prefix="print-") as folder:
        printed = []
        for width in _WIDTHS:
            narrowed = Path(folder) / f"{width}.html"
            narrowed.write_text(page.replace("--figure: 167mm", f"--figure: {width}mm", 1), encoding="utf-8")
            printed.append(_print(narrowed, narrowed.with_suffix(".pdf"), report))
        shutil.copyfile(min(printed, key=_pages), beside)
    return target


def _pages(printed: Path) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes()))


def _print(page: Path, target: Path, report: Path) -> Path:
    """One printing of ``page``; messages name the ``report``."""
    with tempfile.TemporaryDirectory(prefix="print-") as profile:
        root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        words = [browser(), *_FLAGS, *root, f"--user-data-dir={profile}", f"--print-to-pdf={target.resolve()}"]
        try:
            done = subprocess.run([*words, page.resolve().as_uri()], capture_output=True, timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            raise WorkbenchError(f"the browser did not print {report} within {_SECONDS} seconds") from None
    if done.returncode or not target.is_file():
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise WorkbenchError(f"the browser could not print {report}: {last or f'exit code {done.returncode}'}")
    return target
