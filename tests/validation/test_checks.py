"""Properties of every check, on known simulated markets. A size test alone fails with probability below .002."""

import numpy as np
import pytest
from scipy import stats
from validation_panel import panel

from workbench.errors import DataError, ParameterError, ScenarioError
from workbench.power.processes import PROCESSES
from workbench.scenarios import assemble
from workbench.validation import CHECKS, QUESTIONS, trial, verdict

ALWAYS = [name for name in CHECKS if name not in ("today's level", "one state", "leaked hold-out", "identities")]


@pytest.mark.parametrize("name", ALWAYS)
def test_every_check_keeps_its_level_on_correct_sets(name, correct_trials):
    p = np.array([f.p_value for found in correct_trials for f in found if f.check == name and f.answered])
    assert len(p) >= 20 and np.isfinite(p).all()
    assert (p <= 0.05).sum() <= stats.binom.isf(1e-4, len(p), 0.08)
    assert (p <= 0.05 / len(ALWAYS)).sum() <= 2


def test_the_whole_verdict_keeps_its_level_on_correct_sets(correct_trials):
    wrong = sum(verdict(found) == "rejected" for found in correct_trials)
    assert wrong <= stats.binom.isf(1e-3, len(correct_trials), 0.05)


@pytest.mark.parametrize("name", list(CHECKS))
def test_every_check_says_what_it_asks(name):
    check = CHECKS[name]
    assert check.question in QUESTIONS and check.scale in ("asset", "pair", "portfolio", "path")
    assert CHECKS.summary(name).rstrip(".").count(" ") >= 3


def test_the_same_seed_gives_the_same_findings(world):
    history, correct, _ = world
    first, again = (trial(correct[:300], history, seed=5) for _ in range(2))
    assert [f.to_json() for f in first] == [f.to_json() for f in again]


def test_the_unit_of_account_does_not_matter(world):
    history, correct, _ = world
    ours = trial(correct[:500], history)
    theirs = trial(correct[:500] * np.float32(4.0), history * 4.0)
    for one, other in zip(ours, theirs):
        assert one.answered == other.answered
        assert not one.answered or one.p_value == pytest.approx(other.p_value, abs=0.02)


def test_statistic_lies_in_the_reference_exactly_when_the_check_passes_alone(correct_trials):
    for found in correct_trials[:5]:
        for finding in (
            f for f in found if f.answered and f.question in ("facts", "tails") and f.check != "exceedances"
        ):
            low, high = finding.reference
            inside = low <= finding.statistic <= high
            assert inside == (finding.p_value > 0.05) or abs(finding.p_value - 0.05) < 0.02 or low == 0.0


@pytest.mark.parametrize("days", [120, 260])
def test_a_short_history_not_assessed(days, world):
    history, correct, _ = world
    paths = np.concatenate([correct] * 2, axis=1)[:, :20]
    assert verdict(trial(paths[:200], history[:days])) == "cannot tell"


FAULTS = {
    "independent days": (
        lambda x, rng: x.reshape(-1, 3)[rng.permutation(x.shape[0] * x.shape[1])].reshape(x.shape),
        "clustering",
    ),
    "thrice the volatility": (lambda x, rng: 3 * x, "volatility"),
    "independent assets": (
        lambda x, rng: np.stack([x[rng.permutation(len(x)), :, i] for i in range(3)], 2),
        "correlation",
    ),
    "a lagged asset": (lambda x, rng: np.stack([np.roll(x[..., 0], 1, 1), x[..., 1], x[..., 2]], 2), "lead and lag"),
    "twins": (lambda x, rng: np.concatenate([x[:1000], -x[:1000]]), "repeated draws"),
    "equal draws": (lambda x, rng: np.concatenate([x[:1900], x[:100]]), "repeated draws"),
    "tails cut off": (lambda x, rng: np.clip(x, -1.5 * x.std(), 1.5 * x.std()), "exceedances"),
    "a path in percent": (lambda x, rng: np.concatenate([100 * x[:20], x[20:]]), "possible returns"),
    "drift of one a year": (lambda x, rng: x + np.float32(1 / 252), "drift"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_gross_faults_are_found_by_the_check_that_is_meant_for_them(fault, world):
    history, correct, _ = world
    corrupt, name = FAULTS[fault]
    found = trial(corrupt(correct, np.random.default_rng(1)), history)
    assert verdict(found) == "rejected"
    assert next(f for f in found if f.check == name).p_value < 0.05


def test_one_draw_in_twenty_copied_is_found(world):
    history, correct, _ = world
    copied = correct.copy()
    for i in range(100):
        copied[i] = history.to_numpy()[14 * i : 14 * i + correct.shape[1]] * 1.01
    finding = trial(copied, history, checks=["memorisation"])[0]
    assert finding.verdict == "fail" and finding.evidence["suspicious"] >= 90


def test_a_leaked_hold_out_is_found_and_a_correct_one_is_not(world):
    history, correct, _ = world
    seen, unseen = history[:1000], history[1000:]
    leak = np.stack([unseen.to_numpy()[i : i + 10] for i in range(400)] * 2).astype("f4")
    check = ["leaked hold-out"]
    assert trial(np.concatenate([correct[:200], leak]), seen, checks=check, holdout=unseen)[0].verdict == "fail"
    assert trial(correct, seen, checks=check, holdout=unseen)[0].verdict != "fail"


def test_a_conditional_set_is_judged_by_today(world):
    history, _, today = world
    assert verdict(trial(today, history, start="last")) == "accepted"
    assert verdict(trial(today * 4, history, start="last")) == "rejected"
    assert verdict(trial(today, history, start=history.index[-1])) == "accepted"


def test_response_follows_the_state():
    from workbench.validation.checks.conditional import response

    process = PROCESSES.make("garch", assets=2)
    histories, states = process.histories(1, 300, seed=1)
    sets, index = {}, 300
    for step in range(10):
        more, states = process.walk(states, 60, np.random.default_rng(50 + step))
        histories = np.concatenate([histories, more], axis=1)
        index += 60
        sets[index] = process.scenarios(500, 10, seed=step, state=states[0])
    history = panel(histories[0])
    dated = {str(history.index[row - 1].date()): values for row, values in sets.items()}
    assert response(dated, history).verdict == "pass"
    same = {date: sets[360] for date in dated}
    ignored = response(same, history)
    assert ignored.statistic == pytest.approx(0.0, abs=1e-6) and ignored.verdict == "fail"


def test_a_tree_is_matched_by_name(world):
    history, correct, _ = world
    tree = assemble(correct[:300, :, ::-1], list(history.columns[::-1]))
    named, plain = (trial(given, history, checks=["volatility"])[0] for given in (tree, correct[:300]))
    assert named.p_value == pytest.approx(plain.p_value, rel=1e-5) and named.columns == plain.columns


@pytest.mark.parametrize(
    "spoil, error, word",
    [
        (lambda h, s: (h, s[:, :, :2]), ScenarioError, "shape"),
        (lambda h, s: (h, s[:5]), ScenarioError, "too few"),
        (lambda h, s: (h, np.where(s == s[0, 0, 0], np.nan, s)), ScenarioError, "not finite"),
        (lambda h, s: (h.mask(h == h.iloc[7, 1]), s), DataError, "A1"),
        (lambda h, s: (h, assemble(s, ["A0", "A1", "B"])), ScenarioError, "B"),
    ],
)
def test_bad_input_is_reported(spoil, error, word, world):
    history, scenarios = spoil(world[0], world[1][:100])
    with pytest.raises(error, match=word):
        trial(scenarios, history)


@pytest.mark.parametrize("start", ["tomorrow-ish", "1990-01-15"])
def test_a_start_that_has_no_past_is_reported(start, world):
    with pytest.raises(ParameterError, match="start"):
        trial(world[1][:100], world[0], start=start)
