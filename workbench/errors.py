"""One family of errors: each says what is wrong, where (column, date, row) and how to fix it.

The command line prints a :class:`WorkbenchError` as one line on standard error and exits with its ``exit_code``.
"""

from typing import Any


def printable(text: object) -> str:
    r"""``text`` without control, format and surrogate characters: each is written as an escape; line breaks stay.

    Names of columns and attributes come from files of strangers; in a terminal a control character can erase or
    reorder what was printed before it.

    >>> printable("\x1b[2JALPHA\u202e")
    '\\x1b[2JALPHA\\u202e'
    """
    return "".join(
        letter if letter.isprintable() or letter == "\n" else letter.encode("unicode_escape").decode("ascii")
        for letter in str(text)
    )


class WorkbenchError(Exception):
    """What a user can correct: bad input, bad usage, or a question without a defensible answer.

    The message is :func:`printable` whatever names stand in it.
    """

    exit_code = 2

    def __str__(self) -> str:
        return printable(super().__str__())


class DataError(WorkbenchError):
    """A panel or a file of prices or returns is malformed."""


class ScenarioError(WorkbenchError):
    """A scenario set is malformed, or a file does not hold one."""


class ParameterError(WorkbenchError):
    """An option, a parameter or a name is unknown, ill-typed or out of range."""


class FitError(WorkbenchError):
    """A sampler cannot be fitted to this panel, or is used before it is fitted."""


class Refusal(WorkbenchError):
    """The question is understood and refused, because any answer would be invented."""


class CellFailed(WorkbenchError):
    """A study started and did not finish: a cell raised, the kernel died, or time ran out.

    run : the :class:`workbench.studies.Run` with the partial notebook and the status.
    """

    exit_code = 3

    def __init__(self, message: str, run: Any = None) -> None:
        super().__init__(message)
        self.run = run
