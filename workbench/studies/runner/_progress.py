"""What a person at a terminal sees while a study runs: one line a cell, with the heading it stands under."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from nbformat import NotebookNode

from workbench.errors import printable
from workbench.studies.runner._cells import labels
from workbench.studies.runner._status import Status


class Progress:
    """Lines on standard error. ``shown``: True, False, or None for only on a terminal. Notes always appear."""

    def __init__(self, shown: bool | None = None) -> None:
        self.shown = sys.stderr.isatty() if shown is None else shown
        self._line, self._start = "", time.monotonic()
        self._since = self._start

    def note(self, text: str) -> None:
        """A line that matters, terminal or not."""
        print(printable(text), file=sys.stderr, flush=True)

    def watch(self, study: str, notebook: NotebookNode, status: Status) -> Callable[[int], None]:
        """What :func:`~workbench.studies.runner._execution.execute` calls before each cell."""
        headings = labels(notebook)
        code = [place for place, cell in enumerate(notebook.cells) if cell.cell_type == "code"]

        def step(place: int) -> None:
            if place in code:
                number = code.index(place) + 1
                status.change(cell=number, cells=len(code), label=headings[place])
                self._begin(f"{study}: cell {number} of {len(code)}  {headings[place]}")

        return step

    def close(self) -> None:
        """Finish the last line."""
        if self._line:
            took, total = time.monotonic() - self._since, time.monotonic() - self._start
            print(f"\r\x1b[K{self._line}  {took:.1f} s (all {total:.0f} s)", file=sys.stderr, flush=True)
            self._line = ""

    def _begin(self, line: str) -> None:
        self.close()
        if self.shown:
            self._line, self._since = printable(line), time.monotonic()
            print(f"{self._line} ...", end="", file=sys.stderr, flush=True)
