"""The adversarial search: finds a planted weakness, does not invent one, refuses what it cannot answer."""

import numpy as np
import pytest

from workbench.errors import ParameterError
from workbench.validation.adversarial_search import search

DAYS, DRAWS, ASSETS = 900, 99, 5


def world(seed: int, spread: float = 1.0):
    """Right forecasts, and what came; with ``spread`` above one, assets 0 and 1 part company on wild days."""
    rng = np.random.default_rng(seed)
    wild = rng.random(DAYS) < 0.4
    draws, came = (rng.standard_normal((DAYS, m, ASSETS)) for m in (DRAWS, 1))
    for x in (draws, came):
        x[..., 1] = 0.95 * x[..., 0] + np.sqrt(1 - 0.95**2) * x[..., 1]
    apart = (came[:, 0, 1] - 0.95 * came[:, 0, 0]) * np.where(wild, spread - 1.0, 0.0)
    came[:, 0, 1] += apart
    return draws, came[:, 0], {"wild days": wild, "quiet days": ~wild}


def test_finds_the_book_and_the_regime_that_were_planted():
    found = search(*world(1, 2.5))
    assert found.regime == "wild days" and found.p_value < 1e-6
    top = np.argsort(-np.abs(found.book))[:2]
    assert set(top) == {0, 1} and found.book[0] * found.book[1] < 0
    assert found.searched > 0.15 and found.confirmed > 0.15 and found.level == pytest.approx(0.05)


def test_does_not_invent_a_weakness():
    """8 right samplers: p below 5 % in at most 2 of them (the chance of more is .6 %)."""
    found = [search(*world(100 + k), books=100) for k in range(8)]
    assert sum(one.p_value < 0.05 for one in found) <= 2
    assert all(abs(one.searched - one.level) > abs(one.confirmed - one.level) for one in found[:3])


def test_the_same_seed_gives_the_same_answer():
    first, again = (search(*world(2), books=50, seed=3) for _ in range(2))
    assert np.array_equal(first.book, again.book) and first.p_value == again.p_value


def test_refuses_what_it_cannot_answer():
    draws, came, regimes = world(1)
    with pytest.raises(ParameterError, match="same days"):
        search(draws, came[:-1])
    with pytest.raises(ParameterError, match="too few to search"):
        search(draws[:100], came[:100])
    with pytest.raises(ParameterError, match="cannot show the level"):
        search(draws[:, :10], came)
    with pytest.raises(ParameterError, match="wild"):
        search(draws, came, {"wild": regimes["wild days"][:10]})
