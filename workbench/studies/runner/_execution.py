"""One notebook through papermill in a fresh kernel, with one time limit for all of it, and a true account of its end.

Papermill records a killed kernel, a cell that ran out of time and cells never run as completed, and takes
``sys.exit(0)`` for success. The outcome is judged here, from the exceptions and the outputs, and the marks in the
notebook are corrected. The kernel is this very interpreter, whatever kernel specifications the machine has.
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
from typing import Any

import nbformat
import papermill
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines

from workbench.studies.runner._cells import ERROR_MARK, INJECTED, tags

_ENGINE = "workbench"
_STARTS = 3  # where kernels listen on ports they may meet another's
_ARGV = [sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"]


@dataclass(frozen=True)
class Outcome:
    """How a notebook ended: ``completed``, ``failed``, ``killed`` or ``timed out``; ``cell`` is the place."""

    state: str
    cell: int | None = None
    name: str = ""
    message: str = ""


class _Stopped(KeyboardInterrupt):
    """The run's own process was asked to end (SIGTERM)."""


class _OutOfTime(Exception):
    """The time of the whole study is over."""


class _ThisInterpreter(KernelSpecManager):
    """Offers one kernel: the Python that runs now."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(argv=_ARGV, display_name="Python 3", language="python", env={})


class _Client(PapermillNotebookClient):
    """Papermill's client with a kernel of this interpreter, killed at once when the study breaks."""

    folder = ""

    def create_kernel_manager(self) -> AsyncKernelManager:
        """A manager of one kernel that listens on sockets in a folder of its own, else on ports."""
        sockets = os.name == "posix" and len(self.folder) < 80  # a socket's path may have 107 characters
        self.km = AsyncKernelManager(
            kernel_name="python3", kernel_spec_manager=_ThisInterpreter(), connection_file=f"{self.folder}/kernel.json",
            **({"transport": "ipc", "ip": f"{self.folder}/socket"} if sockets else {}),
        )  # fmt: skip
        return self.km

    def papermill_execute_cells(self) -> None:
        """Run the cells; the kernel of a broken study is killed without waiting for it."""
        try:
            super().papermill_execute_cells()
        except BaseException:
            self.shutdown_kernel = "immediate"
            raise


class _Engine(Engine):
    """Papermill's engine of that client. ``watch(place)`` is called before each cell; ``deadline`` ends all."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, *, watch: Callable[[int], None],
        deadline: float | None, folder: str, **_: Any,
    ) -> None:  # fmt: skip
        """Start a kernel, run every cell, end the kernel."""
        start = nb_man.cell_start

        def announced(cell: NotebookNode, cell_index: int, **more: Any) -> None:
            watch(cell_index)
            start(cell, cell_index, **more)

        nb_man.cell_start = announced
        patience = int(min(60, _left(deadline) or 60)) or 1
        client = _Client(nb_man, timeout_func=lambda cell: _left(deadline), startup_timeout=patience)
        client.folder = folder
        client.execute(env=_environment(folder), cwd=os.getcwd())


papermill_engines.register(_ENGINE, _Engine)


def _left(deadline: float | None) -> float | None:
    """Seconds that remain; None without a limit. Raises _OutOfTime when none do."""
    left = None if deadline is None else deadline - time.monotonic()
    if left is not None and left <= 0:
        raise _OutOfTime
    return left


def _environment(folder: str) -> dict[str, str]:
    """No start-up files of the user and a fixed hash seed: what is not in the manifest has no influence on the run.

    Nobody watches this kernel, and a bar would stay in the report: progress is off.
    """
    return {
        **os.environ, "IPYTHONDIR": folder, "PYTHONHASHSEED": "0", "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline", "WORKBENCH_PROGRESS": "0",
    }  # fmt: skip


def execute(notebook: NotebookNode, target: Path, timeout: float | None, watch: Callable[[int], None]) -> Outcome:
    """Run ``notebook``, saved at ``target`` cell by cell, and return how it ended.

    timeout : seconds for the whole study, kernel start included; None is no limit.
    watch : called with the place of each cell before it runs.

    A SIGTERM or an interrupt by hand ends as ``killed``, after the kernel is gone.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    places: list[int] = []

    def step(cell: int) -> None:
        places.append(cell)
        watch(cell)

    with _quiet(), _terminable(), tempfile.TemporaryDirectory(prefix="study-") as folder:
        for last in [False] * (_STARTS - 1) + [True]:
            try:
                _papermill(notebook, target, watch=step, deadline=deadline, folder=folder)
                outcome = _left_early(target)
            except (Exception, KeyboardInterrupt) as raised:
                if _unstarted(raised) and not places and not last:
                    continue  # another kernel took the port
                outcome = _judged(raised, places[-1] if places else None)
            break
    _correct_marks(target, outcome)
    return outcome


def _unstarted(raised: BaseException) -> bool:
    """Whether the kernel did not start, which is worth another try."""
    return isinstance(raised, RuntimeError) and not isinstance(raised, DeadKernelError)


def _papermill(notebook: NotebookNode, target: Path, **engine: Any) -> None:
    papermill.execute_notebook(
        notebook, str(target).replace("{", "{{").replace("}", "}}"), engine_name=_ENGINE, kernel_name="python3",
        language="python", progress_bar=False, autosave_cell_every=0, **engine,
    )  # fmt: skip


def _judged(raised: BaseException, cell: int | None) -> Outcome:
    """What an exception of papermill or its kernel means; one that is not theirs is raised again."""
    match raised:
        case papermill.PapermillExecutionError():
            return Outcome("failed", cell, raised.ename, raised.evalue)
        case CellTimeoutError() | _OutOfTime():
            return Outcome("timed out", cell, "Timeout", "the time limit of the study was reached")
        case DeadKernelError():
            return Outcome("killed", cell, "DeadKernel", "the kernel died: killed from outside, or out of memory")
        case KeyboardInterrupt():
            how = "SIGTERM" if isinstance(raised, _Stopped) else "an interrupt"
            return Outcome("killed", cell, "Stopped", f"the run was ended by {how}")
        case RuntimeError():
            return Outcome("killed", cell, "Kernel", f"the kernel did not answer: {raised}")
    raise raised


def _left_early(target: Path) -> Outcome:
    """A cell that ended in SystemExit(0) stops papermill without an error: the cells after it never ran."""
    for place, cell in enumerate(nbformat.read(target, as_version=4).cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error" and "raises-exception" not in tags(cell):
                return Outcome("failed", place, output.ename, output.evalue or "the cell left the study early")
    return Outcome("completed")


def _correct_marks(target: Path, outcome: Outcome) -> None:
    """Mark in the saved notebook which cell broke and which never ran, and take out this machine's paths.

    The folder it grew in is renamed and the notebook stands in its own: ``run_dir`` becomes ``"."``.
    """
    if not target.is_file():
        return
    notebook = nbformat.read(target, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if ERROR_MARK not in tags(cell)]
    for name in ("input_path", "output_path"):
        notebook.metadata.papermill.pop(name, None)
    for cell in notebook.cells:
        if INJECTED in tags(cell):
            cell.source = cell.source.replace(repr(str(target.parent.resolve())), repr("."))
    if outcome.state != "completed":
        notebook.metadata.papermill["exception"] = True
        for place, cell in enumerate(notebook.cells):
            if "papermill" in cell.metadata and (outcome.cell is None or place >= outcome.cell):
                cell.metadata.papermill["status"] = outcome.state if place == outcome.cell else "not run"
    nbformat.write(notebook, target)


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
    """SIGTERM becomes an exception, so that the kernel is ended and the status is true."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: object) -> None:
        raise _Stopped

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
