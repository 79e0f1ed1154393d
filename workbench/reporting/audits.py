"""An audit in words, for a terminal and a file: what failed, what to do, and what it does to a risk number.

Names stand as they are: whoever prints them escapes what is markup or controls a terminal.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, cast

import numpy as np
import pandas as pd

from workbench.reporting.catalogue import plain
from workbench.reporting.formats import level
from workbench.validation import CHECKS, Check
from workbench.validation.audit import Audit
from workbench.validation.risk_impact import unattributed

WORDS = {"fail": "failed", "warn": "warning"}
KEYS = {"property": "mend", "adjusted": "mended"}  # names of columns in the JSON of version 0.1


def to_json(audited: Audit) -> dict[str, Any]:
    """The audit as plain JSON values, the sentences of :func:`effects` among them."""
    changed = audited.counterfactuals.rename(columns=KEYS)
    risk, mends = (json.loads(table.to_json(orient="records")) for table in (audited.risk, changed))
    findings = [finding.to_json() | cast(Check, CHECKS[finding.check]).advice for finding in audited.findings]
    tried = {"verdict": audited.verdict, "findings": findings, "notes": audited.notes, "risk": risk, "mends": mends}
    return {**tried, "effects": effects(audited), **audited.about}


def text(audited: Audit) -> str:
    """What a validator reads first: the verdict, every failed check in words, and the risk table."""
    number = Counter(finding.verdict for finding in audited.findings)
    count = plain("audit/count", verdict=audited.verdict, failed=number["fail"], passed=number["pass"] + number["warn"],
                  warned=number["warn"], silent=number["not applicable"], asked=len(audited.findings))  # fmt: skip
    lines = [count, *audited.notes]
    departs = [finding for finding in audited.findings if finding.verdict in WORDS]
    for finding in sorted(departs, key=lambda found: found.p_value):
        component = finding.evidence.get("component", "")
        lines.append(f"  {WORDS[finding.verdict]}  {plain('audit/departs', found=finding, component=component)}")
        lines.append(f"    {plain('audit/advice', check=CHECKS[finding.check])}")
    silent = [finding.check for finding in audited.findings if not finding.answered]
    lines += [plain("audit/silent", checks=silent)] if silent else []
    shown = audited.risk.assign(level=audited.risk["level"].map(level))
    table = shown.to_string(index=False, float_format=lambda value: f"{value:.1f}")
    return "\n".join([*lines, "", *effects(audited), "", "in basis points", table])


def effects(audited: Audit) -> list[str]:
    """What the set, and each failed property that can be changed alone, does to a risk number, and what has no share."""
    lost = unattributed(audited.findings)
    rest = [plain("audit/unattributed", checks=lost)] if lost else []
    return sentences(audited.risk, audited.counterfactuals) + rest


def sentences(risk: pd.DataFrame, changes: pd.DataFrame) -> list[str]:
    """One sentence a book and measure, one a counterfactual and book, at the highest level that the history can judge.

    risk, changes : of :func:`workbench.validation.risk_impact.risk_impact` and ``counterfactuals``.
    """
    known = risk[risk["low"].notna()]
    highest = (known if len(known) else risk)["level"].max()
    said = [_difference(row) for row in risk[risk["level"] == highest].itertuples()]
    for row in changes[(changes["level"] == highest) & (changes["measure"] == "ES")].itertuples():
        way = "rise" if row.change > 0 else "fall"
        said.append(plain("audit/counterfactual", row=row, way=way, change=abs(row.change)))
    return said


def _difference(row: Any) -> str:
    numbers = plain("audit/numbers", row=row)
    if np.isnan(row.low):
        return plain("audit/no_range", numbers=numbers)
    if row.low <= row.scenarios <= row.high:
        return plain("audit/within", numbers=numbers, row=row)
    side = "understated" if row.difference < 0 else "overstated"
    return plain("audit/outside", numbers=numbers, row=row, side=side, gap=abs(row.difference))
