"""One check, and verdicts over few and many findings."""

import dataclasses
import json
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest

from workbench.errors import ParameterError
from workbench.validation import Finding, table, verdict
from workbench.validation.engine.check import CHECKS, Check, check
from workbench.validation.engine.finding import judge, not_assessed


def attempt(data) -> Finding:
    """Looks at nothing."""
    return Finding("x", "y", data.value, (0.0, 1.0), 0.5)


def data_of(days: int, assets: int) -> SimpleNamespace:
    """Data that hands a check its name back as the factor it would get."""
    own = lambda name: SimpleNamespace(value=float(len(name)))  # noqa: E731
    return SimpleNamespace(horizon=days, assets=tuple(range(assets)), for_check=own)


@pytest.mark.parametrize(("days", "assets", "answered"), [(5, 2, True), (4, 2, False), (5, 1, False), (9, 9, True)])
def test_a_check_needs_its_days_and_its_assets(days, assets, answered):
    found = Check("mine", "tails", "pair", attempt, horizon=5, assets=2)(data_of(days, assets))
    assert (found.check, found.question, found.answered) == ("mine", "tails", answered)
    if answered:
        assert found.statistic == 4.0, "it sees the data made for its own name"
    else:
        assert found.evidence["reason"] == f"needs 5 days and 2 assets, the set has {days} and {assets}"


@mock.patch.dict(CHECKS)
def test_a_check_of_one_asset_and_one_day_is_the_usual_one():
    made = check("mine", question="tails", scale="asset", meaning="a", matters="b", remedy="c")(attempt)
    assert CHECKS["mine"] is made and (made.horizon, made.assets) == (1, 1)
    assert made(data_of(1, 1)).answered and not made(data_of(0, 1)).answered and not made(data_of(1, 0)).answered
    assert made.__doc__ == "Looks at nothing." and made.advice == {"meaning": "a", "matters": "b", "remedy": "c"}
    plain = Check("plain", "tails", "asset", attempt)
    assert (plain.horizon, plain.assets) == (1, 1) and set(plain.advice.values()) == {""}
    with pytest.raises(dataclasses.FrozenInstanceError):
        plain.horizon = 2  # type: ignore[misc]
    wide = check("wide", question="tails", scale="pair", horizon=7, assets=3)(attempt)
    assert (wide.horizon, wide.assets, wide.scale) == (7, 3, "pair")


@pytest.mark.parametrize(("question", "scale"), [("tales", "asset"), ("tails", "assets")])
def test_a_question_or_a_scale_that_does_not_exist_is_refused(question, scale):
    with pytest.raises(ParameterError, match=f"^check 'mine': the question is .* found '{question}' and '{scale}'$"):
        Check("mine", question, scale, attempt)


@pytest.mark.parametrize(
    ("answered", "total", "word"),
    [
        (0, 0, "cannot tell"), (0, 1, "cannot tell"), (1, 1, "accepted"), (1, 2, "accepted"), (1, 3, "cannot tell"),
        (2, 4, "accepted"), (2, 5, "cannot tell"), (3, 6, "accepted"), (3, 7, "cannot tell"), (5, 11, "cannot tell"),
    ],
)  # fmt: skip
def test_at_least_half_must_have_an_answer(answered, total, word):
    some = [Finding(f"c{i}", "facts", 0.0, (0.0, 1.0), 0.9) for i in range(answered)]
    assert verdict([*some, *[not_assessed("too short")] * (total - answered)]) == word


def test_a_p_value_at_the_level_alone_fails_and_beside_others_warns():
    one, other = (Finding("c", "facts", 0.0, (0.0, 1.0), p) for p in (0.05, 0.9))
    assert judge([one])[0].verdict == "fail"
    found = judge([one, other, not_assessed("no")])
    assert [finding.verdict for finding in found] == ["warn", "pass", "not applicable"]
    assert found[0].evidence == {"q_value": pytest.approx(0.1)} and found[2].evidence == {"reason": "no"}
    assert judge([dataclasses.replace(one, p_value=0.051), other])[0].verdict == "pass"
    assert judge([dataclasses.replace(one, p_value=0.02)], level=0.01)[0].verdict == "pass"


def test_certain_and_impossible_departures_are_findings():
    assert [Finding("c", "facts", 0.0, (0.0, 1.0), p).p_value for p in (0.0, 1.0)] == [0.0, 1.0]
    with pytest.raises(ParameterError, match="^verdict 'maybe' of check 'c' is none of"):
        Finding("c", "facts", 0.0, (0.0, 1.0), 0.5, "maybe")
    with pytest.raises(ParameterError, match=r"^p-value 1.5 of check 'c' is not within \[0, 1\]$"):
        Finding("c", "facts", 0.0, (0.0, 1.0), 1.5)


def test_a_table_holds_every_field_and_json_plain_values():
    evidence = {"n": np.int64(3), "yes": np.bool_(True), "far": np.inf, 4: (np.float32(0.5), None), "odd": 1 + 2j}
    finding = Finding("c", "facts", 1.5, (-1.0, 2.0), 0.25, "pass", ("A", "B"), evidence)
    row = table([finding]).iloc[0]
    assert row.drop("evidence").to_dict() == {
        "check": "c", "question": "facts", "statistic": 1.5, "low": -1.0, "high": 2.0, "p_value": 0.25,
        "verdict": "pass", "columns": "A, B",
    }  # fmt: skip
    plain = {"n": 3, "yes": True, "far": None, "4": [0.5, None], "odd": "(1+2j)"}
    assert json.loads(row["evidence"]) == plain == finding.to_json()["evidence"]
    assert type(finding.to_json()["evidence"]["n"]) is int and finding.to_json()["evidence"]["yes"] is True
    assert list(table([]).columns) == [*row.index]
