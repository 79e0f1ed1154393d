"""One notebook through papermill in a fresh kernel, with one time limit for all of it, and the truth of how it ended.

Papermill records a killed kernel, a cell that ran out of time and cells never run as completed, and takes
``sys.exit(0)`` for success. The outcome is judged here, from the exceptions and the outputs, and the marks in the
notebook are put right. The kernel is this very interpreter, whatever kernel specifications the machine has.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import papermill
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines

ENGINE = "workbench"
STARTS = 3  # where kernels listen on ports they may meet another's


@dataclass(frozen=True)
class Outcome:
    """How a notebook ended: ``completed``, ``failed``, ``killed`` or ``timed out``; ``cell`` is the place."""

    state: str
    cell: int | None = None
    name: str = ""
    message: str = ""


class Stopped(KeyboardInterrupt):
    """The run's own process was asked to end (SIGTERM)."""


class OutOfTime(Exception):
    """The time of the whole study is over."""


class ThisInterpreter(KernelSpecManager):
    """Knows one kernel: the Python that runs now."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The specification of that kernel, whatever its name."""
        command = [
            sys.executable,
            "-Xfrozen_modules=off",
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
        ]
        return KernelSpec(argv=command, display_name="Python 3", language="python", env={})


class StudyClient(PapermillNotebookClient):
    """Papermill's client with a kernel of this interpreter, killed at once when the study breaks."""

    folder = ""

    def create_kernel_manager(self) -> AsyncKernelManager:
        """A manager of one kernel that listens on sockets in the run's own folder, else on ports."""
        sockets = os.name == "posix" and len(self.folder) < 80  # a socket's path may have 107 characters
        self.km = AsyncKernelManager(
            kernel_name="python3", kernel_spec_manager=ThisInterpreter(), connection_file=f"{self.folder}/kernel.json",
            **({"transport": "ipc", "ip": f"{self.folder}/socket"} if sockets else {}),
        )  # fmt: skip
        return self.km

    def papermill_execute_cells(self) -> None:
        """Run the cells; on the way out of a broken study the kernel is not asked politely."""
        try:
            super().papermill_execute_cells()
        except BaseException:
            self.shutdown_kernel = "immediate"
            raise


class StudyEngine(Engine):
    """Papermill's engine of that client. ``watch(place)`` is told each cell before it runs; ``deadline`` ends all."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, *, watch, deadline, folder, **_) -> None:
        """Start a kernel, run every cell, end the kernel."""
        start = nb_man.cell_start

        def announced(cell, cell_index=None, **more):
            watch(cell_index)
            start(cell, cell_index, **more)

        nb_man.cell_start = announced
        client = StudyClient(
            nb_man,
            timeout_func=lambda cell: _left(deadline),
            startup_timeout=int(min(60, _left(deadline) or 60)) or 1,
        )
        client.folder = folder
        client.execute(env=_environment(folder), cwd=os.getcwd())


papermill_engines.register(ENGINE, StudyEngine)


def _left(deadline: float | None) -> float | None:
    """Seconds that remain; None without a limit. Raises OutOfTime when none do."""
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise OutOfTime
    return left


def _environment(folder: str) -> dict[str, str]:
    """No start-up files of the user, no hash seed of chance: what is not in the manifest has no say in the run."""
    return {
        **os.environ, "IPYTHONDIR": folder, "PYTHONHASHSEED": "0", "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }  # fmt: skip


def execute(notebook: NotebookNode, target: Path, timeout: float | None, watch: Callable[[int], None]) -> Outcome:
    """Run ``notebook``, saved at ``target`` cell by cell, and say how it ended.

    timeout : seconds for the whole study, kernel start included; None is no limit.
    watch : called with the place of each cell before it runs.

    A second SIGTERM or an interrupt by hand ends as ``killed``, after the kernel is gone.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    place: list[int] = []

    def step(cell: int) -> None:
        place.append(cell)
        watch(cell)

    with _quiet(), _terminable(), tempfile.TemporaryDirectory(prefix="study-") as folder:
        outcome = _attempt(notebook, target, deadline, step, place, folder)
    return _corrected(target, outcome)


def _attempt(notebook, target, deadline, step, place, folder) -> Outcome:
    for start in range(1, STARTS + 1):
        try:
            papermill.execute_notebook(
                notebook, str(target), engine_name=ENGINE, kernel_name="python3", language="python", progress_bar=False,
                watch=step, deadline=deadline, folder=folder, autosave_cell_every=0,
            )  # fmt: skip
            return _left_early(target)
        except papermill.PapermillExecutionError as raised:
            return Outcome("failed", place[-1], raised.ename, raised.evalue)
        except (CellTimeoutError, OutOfTime):
            return Outcome(
                "timed out",
                place[-1] if place else None,
                "Timeout",
                "the time limit of the study was reached",
            )
        except DeadKernelError:
            return Outcome("killed", place[-1], "DeadKernel", "the kernel died: killed from outside, or out of memory")
        except KeyboardInterrupt as asked:
            how = "SIGTERM" if isinstance(asked, Stopped) else "an interrupt"
            return Outcome("killed", place[-1] if place else None, "Stopped", f"the run was ended by {how}")
        except RuntimeError as trouble:
            if place or start == STARTS:
                return Outcome(
                    "killed", place[-1] if place else None, "Kernel", f"the kernel did not answer: {trouble}"
                )
    raise AssertionError("unreachable")


def _left_early(target: Path) -> Outcome:
    """A cell that ended in SystemExit(0) stops papermill without an error: the cells after it never ran."""
    notebook = nbformat.read(target, as_version=4)
    for place, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", []):
                return Outcome("failed", place, output.ename, output.evalue or "the cell left the study early")
    return Outcome("completed")


def _corrected(target: Path, outcome: Outcome) -> Outcome:
    """Mark in the saved notebook which cell broke and which never ran, and take out this machine's paths."""
    if not target.is_file():
        return outcome
    notebook = nbformat.read(target, as_version=4)
    notebook.cells = [
        cell for cell in notebook.cells if "papermill-error-cell-tag" not in cell.metadata.get("tags", [])
    ]
    for name in ("input_path", "output_path"):
        notebook.metadata.papermill.pop(name, None)
    if outcome.state != "completed":
        notebook.metadata.papermill["exception"] = True
        for place, cell in enumerate(notebook.cells):
            late = outcome.cell is None or place >= outcome.cell
            if late and "papermill" in cell.metadata:
                cell.metadata.papermill["status"] = outcome.state if place == outcome.cell else "not run"
    nbformat.write(notebook, target)
    return outcome


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Papermill and nbclient log what the outcome says better."""
    loggers = [logging.getLogger(name) for name in ("papermill", "traitlets")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels):
            logger.setLevel(level)


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM becomes an exception, so that the kernel is ended and the status tells the truth."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number, frame):
        raise Stopped

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
