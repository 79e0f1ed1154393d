"""What the command does with an error: one line on standard error and the documented exit code, never a traceback."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from workbench.errors import WorkbenchError, printable

REJECTED, BAD_INPUT, UNFORESEEN, CANNOT_TELL = 1, 2, 4, 5
INTERRUPTED, CLOSED_PIPE = 130, 141  # as a shell says it
UsageError: Any = typer.BadParameter.__base__  # click of the machine, or the copy within typer
BY_VERDICT = {"rejected": REJECTED, "cannot tell": CANNOT_TELL}


class Commands(TyperGroup):
    """The commands; an exception becomes a line and an exit code, so that a crash never reads as a rejection."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the words name."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # the reader of our output left
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(CLOSED_PIPE) from None
        except (WorkbenchError, OSError) as wrong:
            _line(wrong)
            raise typer.Exit(getattr(wrong, "exit_code", BAD_INPUT)) from None
        except KeyboardInterrupt:
            _line("interrupted")
            raise typer.Exit(INTERRUPTED) from None
        except Exception as wrong:
            if type(wrong).__module__.partition(".")[0] in ("click", "typer"):
                raise _usage(wrong) from None
            _line(f"unforeseen error: {type(wrong).__name__}: {wrong}; {_traceback(ctx.params['debug'])}")
            raise typer.Exit(UNFORESEEN) from None


def _line(what: object) -> None:
    print(f"workbench: {printable(' '.join(str(what).split()))}", file=sys.stderr)


def _usage(wrong: Exception) -> Exception:
    """An error of usage as one line and its exit; an exit as it is."""
    if not isinstance(wrong, UsageError):
        return wrong
    _line(f"{wrong.format_message()} {wrong.ctx.get_usage()}; see {wrong.ctx.command_path} --help")
    return typer.Exit(BAD_INPUT)


def _traceback(debug: bool) -> str:
    """Print the traceback, or keep it in a file; returns where it is."""
    if debug:
        traceback.print_exc()
        return "its traceback stands above"
    with tempfile.NamedTemporaryFile("w", prefix="workbench-", suffix=".log", delete=False, encoding="utf-8") as log:
        traceback.print_exc(file=log)
    return f"its traceback is in {log.name}"
