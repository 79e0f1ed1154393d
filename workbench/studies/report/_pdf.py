"""A report as PDF, printed by a headless Chromium or Chrome, where one is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from operator import add
from pathlib import Path

from workbench._cache import whole
from workbench.errors import ParameterError, WorkbenchError
from workbench.studies.report._fitting import fit
from workbench.studies.report._pages import Page, read

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-extensions", "--no-pdf-header-footer", "--generate-pdf-document-outline",
)  # fmt: skip
_SECONDS = 180


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

    Figures are printed a little narrower where that fills pages (:func:`fit`).
    """
    pieces = report.read_text(encoding="utf-8").split("<figure>")
    with whole(target) as beside, tempfile.TemporaryDirectory(prefix="print-") as folder:
        page, printed = Path(folder) / "report.html", dict[tuple[int, ...], Path]()

        def pages_of(widths: Sequence[int]) -> list[Page]:
            figures = [f'<figure style="--figure: {width}mm">' for width in widths]
            page.write_text("".join(map(add, pieces, [*figures, ""])), encoding="utf-8")
            made = _print(page, Path(folder) / f"{len(printed)}.pdf", report)
            return read(printed.setdefault(tuple(widths), made))

        best = fit(len(pieces) - 1, pages_of)
        shutil.copyfile(printed[tuple(best)], beside)
    return target


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
