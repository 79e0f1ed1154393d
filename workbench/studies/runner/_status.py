"""``status.json``: the state of a run while it runs and after, however it ended.

States: ``running``, ``completed``, ``failed`` (a cell raised, or left early), ``killed`` (the kernel or the run's own
process died), ``timed out``. The process that runs writes its number and start time, so that ``running`` beside a dead
process is recognised as killed.
"""

from __future__ import annotations

import datetime
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from workbench._cache import whole

_NAME = "status.json"


class Status(dict[str, Any]):
    """The content of one status file; every change is written at once, beside and renamed."""

    def __init__(self, folder: Path, **facts: object) -> None:
        me = psutil.Process()
        super().__init__(
            state="running", **facts, cell=None, cells=None, label=None, error=None, started=now(), finished=None,
            seconds=None, process={"pid": me.pid, "created": me.create_time(), "host": socket.gethostname()},
        )  # fmt: skip
        self.folder = folder
        self.change()

    def change(self, **facts: object) -> None:
        """Set entries and write the file."""
        self.update(facts)
        write(self.folder, self)

    def end(self, state: str, error: dict[str, str] | None = None) -> None:
        """The last change: ``state``, and what went wrong as ``{"name", "message"}``."""
        finished = now()
        span = datetime.datetime.fromisoformat(finished) - datetime.datetime.fromisoformat(self["started"])
        self.change(state=state, error=error, finished=finished, seconds=round(span.total_seconds(), 3))


def now() -> str:
    """UTC, ISO 8601, to the millisecond."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


def write(folder: Path, content: Mapping[str, Any]) -> None:
    """Replace the status file in one step."""
    with whole(folder / _NAME) as beside:
        beside.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")


def read(folder: Path) -> dict[str, Any]:
    """The status in a folder; empty where there is none that can be read."""
    try:
        return dict(json.loads((folder / _NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def alive(status: Mapping[str, Any]) -> bool:
    """Whether the process that wrote the status still runs; on another host nobody can know, and it counts as alive."""
    process = status.get("process")
    if not process:
        return False
    if process["host"] != socket.gethostname():
        return True
    try:
        return abs(psutil.Process(process["pid"]).create_time() - process["created"]) < 1.0
    except psutil.Error:
        return False
