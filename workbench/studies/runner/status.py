"""``status.json``: the truth about a run while it runs and after, whatever became of it.

States: ``running``, ``completed``, ``failed`` (a cell raised, or left early), ``killed`` (the kernel or the run's own
process died), ``timed out``. The process that runs writes its number and start time, so that ``running`` beside a dead
process is recognised for what it is.
"""

from __future__ import annotations

import datetime
import json
import os
import socket
from pathlib import Path

import psutil

NAME = "status.json"
BROKEN = ("failed", "killed", "timed out")


class Status(dict):
    """The content of one status file; every change is written at once, beside and renamed."""

    def __init__(self, folder: Path, **facts) -> None:
        me = psutil.Process()
        super().__init__(
            state="running", **facts, cell=None, cells=None, label=None, error=None, started=now(), finished=None,
            seconds=None, process={"pid": me.pid, "created": me.create_time(), "host": socket.gethostname()},
        )  # fmt: skip
        self.folder = folder
        self._write()

    def at(self, cell: int, cells: int, label: str) -> None:
        """The run has come to code cell ``cell`` (from 1) of ``cells``."""
        self._change(cell=cell, cells=cells, label=label)

    def end(self, state: str, error: dict[str, str] | None = None) -> None:
        """The last word: ``state``, and what went wrong as ``{"name", "message"}``."""
        finished = now()
        span = datetime.datetime.fromisoformat(finished) - datetime.datetime.fromisoformat(self["started"])
        self._change(state=state, error=error, finished=finished, seconds=round(span.total_seconds(), 3))

    def _change(self, **facts) -> None:
        self.update(facts)
        self._write()

    def _write(self) -> None:
        write(self.folder, self)


def now() -> str:
    """UTC, ISO 8601, to the millisecond."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


def write(folder: Path, content: dict) -> None:
    """Replace the status file in one step."""
    beside = folder / f".{NAME}"
    beside.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    os.replace(beside, folder / NAME)


def read(folder: Path) -> dict | None:
    """The status in a folder; None where there is none that can be read."""
    try:
        return json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def alive(status: dict | None) -> bool:
    """Whether the process that wrote the status still runs; on another host nobody can know, and it counts as alive."""
    process = (status or {}).get("process")
    if not process:
        return False
    if process["host"] != socket.gethostname():
        return True
    try:
        return abs(psutil.Process(process["pid"]).create_time() - process["created"]) < 1.0
    except psutil.Error:
        return False
