import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ParameterError
from workbench.stats import holm, q_values
from workbench.validation import Finding, table, verdict
from workbench.validation.engine.finding import judge, not_assessed

chances = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=12)


def findings(p):
    return [Finding(f"c{i}", "facts", 0.0, (0.0, 1.0), value) for i, value in enumerate(p)]


@given(chances, st.data())
def test_a_smaller_p_value_never_improves_the_verdict(p, data):
    at = data.draw(st.integers(0, len(p) - 1))
    lower = [*p]
    lower[at] *= data.draw(st.floats(0.0, 1.0))
    if verdict(judge(findings(p))) == "rejected":
        assert verdict(judge(findings(lower))) == "rejected"


@given(chances)
def test_adding_a_failing_finding_always_rejects(p):
    fails = Finding("extra", "tails", 1.0, (0.0, 0.5), 0.0, "fail")
    assert verdict([*judge(findings(p)), fails]) == "rejected"
    assert verdict(judge([*findings(p), Finding("extra", "tails", 1.0, (0.0, 0.5), 0.0)])) == "rejected"


@given(chances)
def test_holm_rejects_between_bonferroni_and_no_correction(p):
    p = np.array(p)
    rejected = holm(p, 0.05)
    assert (rejected >= (p <= 0.05 / len(p))).all() and (rejected <= (p <= 0.05)).all()


def test_holm_and_q_values_on_a_worked_example():
    p = np.array([0.01, 0.04, 0.03, 0.005])
    assert holm(p, 0.05).tolist() == [True, False, False, True]
    assert np.allclose(q_values(p), [0.02, 0.04, 0.04, 0.02])


def test_holm_keeps_its_level_on_uniform_p_values():
    p = np.random.default_rng(3).random((4000, 20))
    share = np.mean([holm(row, 0.05).any() for row in p])
    assert 0.035 < share < 0.065  # four standard errors of .0035


def test_unanswered_findings_neither_pass_nor_fail():
    nothing = [not_assessed("too short", f"c{i}", "facts") for i in range(3)]
    assert verdict(judge(nothing)) == "cannot tell"
    assert verdict(judge([*nothing, *findings([0.5])])) == "cannot tell"
    assert verdict(judge([*nothing, *findings([1e-9])])) == "rejected"


def test_table_survives_parquet_and_json_holds_no_nan(tmp_path):
    found = judge([*findings([0.2, 1e-6]), not_assessed("why not", "x", "tails")])
    table(found).to_parquet(tmp_path / "f.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "f.parquet"), table(found))
    said = [json.loads(json.dumps(finding.to_json(), allow_nan=False)) for finding in found]
    assert said[2]["p_value"] is None and said[1]["verdict"] == "fail" and said[0]["reference"] == [0.0, 1.0]


def test_equal_findings_give_one_row_whatever_the_order_of_their_evidence():
    evidence = {"history": 0.2, "blocks": 40, "component": {"b": 1, "a": [2.0, math.inf]}}
    turned = {"component": {"a": [2.0, math.inf], "b": 1}, "blocks": 40, "history": 0.2}
    one, other = (Finding("c", "facts", 0.0, (0.0, 1.0), 0.5, evidence=mapping) for mapping in (evidence, turned))
    assert one == other and table([one]).equals(table([other]))
    assert json.loads(table([one])["evidence"][0]) == evidence | {"component": {"b": 1, "a": [2.0, None]}}


@pytest.mark.parametrize("p, how", [(1.5, "pass"), (-0.1, "fail"), (math.nan, "pass"), (0.5, "perhaps")])
def test_an_impossible_finding_is_refused(p, how):
    with pytest.raises(ParameterError, match="c"):
        Finding("c", "facts", 0.0, (0.0, 1.0), p, how)
