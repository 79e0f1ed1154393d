"""Shapes of losses: what they are for paths drawn by hand, whom they refute and whom they spare."""

import numpy as np
import pandas as pd
import pytest

from workbench.books import equal_weight
from workbench.errors import Refusal
from workbench.validation.crisis_shape import SHAPES, Crises, shapes

DAYS, ASSETS, HORIZON = 3600, 6, 20


def _market(days: int, seed: int) -> np.ndarray:
    """Returns (day, asset) with a common factor and clustered volatility."""
    generator = np.random.default_rng(seed)
    log = np.zeros(days)
    for day in range(1, days):
        log[day] = 0.96 * log[day - 1] + 0.15 * generator.normal()
    shocks = generator.standard_t(5, (days, 1)) + 1.2 * generator.standard_t(5, (days, ASSETS))
    return 0.006 * np.exp(log)[:, None] * shocks


@pytest.fixture(scope="module")
def crises() -> Crises:
    history = pd.DataFrame(_market(DAYS, 1), pd.bdate_range("1990", periods=DAYS), list("ABCDEF"))
    return Crises(history, equal_weight(history), HORIZON)


def _frame(values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(values, columns=list("ABCDEF"))


def test_shapes_of_paths_drawn_by_hand():
    line, crash, lone = np.full((20, 4), -0.01), np.zeros((20, 4)), np.zeros((20, 4))
    crash[15], lone[:, 2] = -0.1, -0.01
    found = pd.DataFrame(shapes(np.stack([line, crash, lone]) + 1e-9, np.full(4, 0.01)), columns=list(SHAPES))
    np.testing.assert_allclose(found["even"], [1, 0.05, 1], atol=1e-3)
    np.testing.assert_allclose(found["one day"], [0.05, 1, 0.05], atol=1e-3)
    np.testing.assert_allclose(found["late"], [0.5, 1, 0.5], atol=1e-3)
    np.testing.assert_allclose(found["one asset"], [0.25, 0.25, 1], atol=1e-3)
    np.testing.assert_allclose(found["common"], [1, 1, 0.25], atol=1e-3)


def test_shape_does_not_depend_on_size():
    path = _market(20, 3)[None]
    np.testing.assert_allclose(shapes(path, np.full(ASSETS, 0.01)), shapes(7 * path, np.full(ASSETS, 0.01)))


def test_no_two_windows_overlap_and_the_worst_are_taken(crises):
    assert len(crises.shapes) == DAYS // HORIZON // 8
    assert crises.losses[0] > 0


def test_a_straight_line_and_an_exploding_asset_are_refuted_and_named(crises):
    line = crises.rank(_frame(np.full((HORIZON, ASSETS), -0.02)))
    assert line.failed and "turning" in str(line)
    path = _market(HORIZON, 8)
    path[12, 3] = -0.9
    exploded = crises.rank(_frame(path))
    assert exploded.failed and exploded.table.loc["one asset", "fails"]


def test_a_correct_sampler_is_spared_and_a_false_one_is_not(crises):
    """Correct samplers fail in one of twenty, measured in benchmarks/stress/stress_likeness.py; this one's p is above .1."""
    correct = np.stack([_market(200, 50 + k)[-HORIZON:] for k in range(320)])
    assert crises.compare(correct).p_value > 0.02
    alone = np.stack([np.column_stack([correct[(k + 7 * a) % 320, :, a] for a in range(ASSETS)]) for k in range(320)])
    answer = crises.compare(alone)
    assert answer.failed and answer.table.loc["common", "fails"]


def test_a_short_history_cannot_say_what_a_crisis_looks_like():
    history = pd.DataFrame(_market(900, 1), pd.bdate_range("1990", periods=900), list("ABCDEF"))
    with pytest.raises(Refusal, match="20 windows"):
        Crises(history, equal_weight(history), HORIZON)
