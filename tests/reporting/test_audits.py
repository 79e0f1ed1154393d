"""The words of an audit: failures in order of their p-values, every kind of sentence, JSON with the keys of 0.1."""

import json
import math

import pandas as pd

from workbench.reporting import audits, bullets
from workbench.validation import Finding, Trial
from workbench.validation.audit import Audit
from workbench.validation.engine import not_assessed

RISK = ["book", "level", "measure", "scenarios", "history", "difference", "low", "high"]
CHANGES = ["property", "checks", "book", "level", "measure", "scenarios", "adjusted", "change"]


def found(check: str, p: float, verdict: str) -> Finding:
    return Finding(check, "facts", 1.5, (0.0, 1.0), p, verdict, evidence={"component": f"the {check}"})


def audited(low: float = 900.0, high: float = 1300.0, book: str = "mine") -> Audit:
    findings = (
        found("drift", 0.004, "fail"), not_assessed("too short", "clustering", "facts"), found("leverage", 0.0001, "fail"),
        found("asymmetry", 0.03, "warn"), found("volatility", 0.5, "pass"),
    )  # fmt: skip
    risk = pd.DataFrame([[book, 0.95, "ES", 1193.2, 1124.4, 68.8, low, high]], columns=RISK)
    changes = [
        ["mean", "drift", book, 0.95, "ES", 1193.2, 1180.0, -13.2],
        ["mean", "drift", book, 0.95, "VaR", 1, 2, 1],
    ]
    return Audit(Trial(findings), ["a note"], risk, pd.DataFrame(changes, columns=CHANGES), {"draws": 800})


def test_failures_stand_in_order_of_their_p_values_whatever_has_no_answer():
    lines = audits.text(audited()).splitlines()
    assert lines[:2] == ["rejected: failed 2, passed 2 (1 with a warning), not assessed 1 of 5 checks", "a note"]
    assert [line.split(":")[0] for line in lines if line.startswith(("  failed", "  warning"))] == [
        "  failed  leverage", "  failed  drift", "  warning  asymmetry",
    ]  # fmt: skip
    assert lines[2] == "  failed  leverage: the leverage is 1.5, correct sets lie in 0 to 1 (p < .001)"
    assert "Matters for: " in lines[3] and "To do: " in lines[3] and "not assessed: clustering" in lines


def test_a_number_is_within_or_outside_the_range_of_correct_sets_or_has_none():
    within, changed, rest = audits.effects(audited())
    assert within == (
        "ES 95 % of mine: 1,193 bp in the scenarios, 1,124 in the history; "
        "within the 900 to 1,300 in which correct sets lie 19 times in 20"
    )
    assert changed.endswith("all else left (drift), ES 95 % of mine would fall by 13 bp to 1,180")
    assert rest == "no share of these numbers is attributed to: leverage"
    assert "; overstated by 69, outside the 900 to 1,150" in audits.effects(audited(high=1150.0))[0]
    assert "too few such losses" in audits.effects(audited(math.nan, math.nan))[0]


def test_names_stand_as_they_are_and_are_escaped_where_markdown_is_made():
    said = audits.effects(audited(book="<b>*x*"))
    assert "of <b>*x*:" in said[0] and r"of \<b\>\*x\*:" in bullets(said)


def test_the_json_has_the_keys_of_version_0_1():
    kept = json.loads(json.dumps(audits.to_json(audited()), allow_nan=False))
    assert list(kept) == ["verdict", "findings", "notes", "risk", "mends", "effects", "draws"]
    assert {"mend", "mended"} < set(kept["mends"][0]) and kept["effects"] == audits.effects(audited())
    assert {"meaning", "matters", "remedy", "p_value"} < set(kept["findings"][1])
