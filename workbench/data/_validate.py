"""Validation: everything that is wrong with a panel, by column and date, before anything is fitted.

Every rule of :data:`workbench.data._flaws.RULES` looks at the panel; nothing is corrected, filled or dropped.
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from workbench.data import _rules  # noqa: F401  (it registers its rules)
from workbench.data._flaws import RULES, FlawCase
from workbench.data._wording import counted
from workbench.data.catalogue import KINDS
from workbench.errors import DataError, ParameterError

_COLUMNS = ["severity", "rule", "column", "first", "last", "message", "remedy"]
MINIMUM_ROWS = 250
_SHOWN = 5


def validate(panel: pd.DataFrame, kind: str | None = None, minimum_rows: int = MINIMUM_ROWS) -> pd.DataFrame:
    """What is wrong with a panel, errors first.

    panel : (date, asset) or (date, (field, asset)), as read.
    kind : ``price``, ``yield``, ``return`` or ``level``; by default what ``attrs["kind"]`` says, else ``price``.
    minimum_rows : complete returns that the sampler needs.

    Returns a table ``severity, rule, column, first, last, message, remedy``, empty for a clean panel.

    Raises DataError when the panel is empty or has no dates, ParameterError for an unknown kind.

    >>> from workbench.data import load
    >>> len(validate(load("us_indices")))
    0
    """
    kind = kind or panel.attrs.get("kind", "price")
    if kind not in KINDS:
        raise ParameterError(f"kind is {kind!r}; expected one of {', '.join(KINDS)}")
    _demand_dates(panel)
    case = FlawCase(panel, kind, minimum_rows)
    found = [(flaw.severity, name, *flaw[1:]) for name, rule in RULES.items() for flaw in rule(case)]
    table = pd.DataFrame(found, columns=_COLUMNS).astype({"first": "datetime64[ns]", "last": "datetime64[ns]"})
    return table.sort_values("severity", kind="stable", ignore_index=True)


def require_valid(
    panel: pd.DataFrame, kind: str | None = None, minimum_rows: int = MINIMUM_ROWS, accept: Collection[str] = ()
) -> pd.DataFrame:
    """The panel itself when :func:`validate` finds no error, else DataError naming the first ones.

    accept : names of rules whose errors somebody has looked at and takes for real.
    """
    unknown = set(accept) - set(RULES)
    if unknown:
        raise ParameterError(f"no such rule: {', '.join(sorted(unknown))}; known: {', '.join(RULES)}")
    table = validate(panel, kind, minimum_rows)
    errors = table[(table["severity"] == "error") & ~table["rule"].isin(list(accept))]
    if len(errors):
        lines = [f"{row.rule}: {row.message}; {row.remedy}" for row in errors.head(_SHOWN).itertuples()]
        more = [f"... and {len(errors) - _SHOWN} more"] if len(errors) > _SHOWN else []
        real = f"(a finding that is real can be accepted: accept={sorted(set(errors['rule']))})"
        raise DataError("\n".join([f"the panel cannot be used ({counted(len(errors), 'error')})", *lines, *more, real]))
    return panel


def _demand_dates(panel: pd.DataFrame) -> None:
    if not panel.shape[0] or not panel.shape[1]:
        raise DataError(f"the panel is empty ({panel.shape[0]} rows, {panel.shape[1]} columns)")
    if not isinstance(panel.index, pd.DatetimeIndex):
        raise DataError(f"the panel's index is {panel.index.dtype}, expected dates; set a DatetimeIndex")
    if panel.index.hasnans:
        row = int(panel.index.isna().argmax()) + 1
        raise DataError(f"row {row} has no date; give it one or remove it")
    twice = panel.columns[panel.columns.duplicated()]
    if len(twice):
        raise DataError(f"column {twice[0]!r} is there more than once; rename or remove one")
