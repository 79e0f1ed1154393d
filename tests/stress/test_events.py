"""What a question is about, against arithmetic by hand: windows, weights, bands and their words."""

import dataclasses
import math
from types import SimpleNamespace

import pytest
import torch

from workbench.errors import ParameterError
from workbench.stress import Constraint, Loss, Move, RealisedVolatility

PATHS = torch.tensor([[[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]], [[-1.0, 0.0], [0.0, 1.0], [3.0, 5.0]]])
ASSETS = ["A", "B"]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [(1, None, [7.0, 2.0]), (1, 1, [1.0, -1.0]), (2, 2, [2.0, 0.0]), (2, 3, [6.0, 3.0]), (3, None, [4.0, 3.0])],
)
def test_a_move_sums_the_days_of_its_window(first, last, expected):
    assert Move("A", first, last)(PATHS, ASSETS).tolist() == expected
    assert Move("A")(PATHS, ASSETS).tolist() == [7.0, 2.0]


def test_weights_belong_to_the_assets_by_name():
    assert Move({"B": 0.5, "A": -1.0})(PATHS, ASSETS).tolist() == [28.0, 1.0]
    assert Move({"B": 0.5, "A": -1.0})(PATHS, ASSETS).dtype == torch.float64
    with pytest.raises(ParameterError, match=r"^'C' is not an asset of this sampler; it has \['A', 'B'\]$"):
        Move("C")(PATHS, ASSETS)


def test_volatility_is_the_annualised_root_mean_square_of_the_window():
    found = RealisedVolatility({"A": 1.0, "B": 0.1}, 2, periods=12)(PATHS, ASSETS)
    squares = [(4.0**2 + 8.0**2) / 2, (0.1**2 + 3.5**2) / 2]
    torch.testing.assert_close(found, (12 * torch.tensor(squares, dtype=torch.float64)).sqrt(), rtol=1e-6, atol=0)
    assert RealisedVolatility("A").periods == 252 and RealisedVolatility("A", periods=1).periods == 1


@pytest.mark.parametrize(("first", "last"), [(1, 4), (4, None), (2, 5)])
def test_a_window_ends_within_the_horizon(first, last):
    with pytest.raises(ParameterError, match=f"^days {first}..{last or 3} do not lie in a horizon of 3$"):
        Move("A", first, last)(PATHS, ASSETS)


def test_the_loss_of_a_book_sees_its_own_assets_in_its_own_order():
    book = SimpleNamespace(assets=["B", "A"], loss=lambda paths: paths[:, -1, 0] - 100 * paths[:, -1, 1])
    assert Loss(book)(PATHS, ASSETS).tolist() == [40.0 - 400.0, 5.0 - 300.0]
    assert str(Loss(book)) == "loss of the book" and str(Loss(book, "the desk")) == "loss of the desk"


def test_a_violation_is_the_distance_to_the_band():
    values = torch.tensor([-3.0, -1.0, 0.0, 2.0, 5.0])
    assert Constraint(Move("A"), -1.0, 2.0).violation(values).tolist() == [2.0, 0.0, 0.0, 0.0, 3.0]
    assert Constraint(Move("A"), low=0.0).violation(values).tolist() == [3.0, 1.0, 0.0, 0.0, 0.0]
    assert Constraint(Move("A"), high=0.0).violation(values).tolist() == [0.0, 0.0, 0.0, 2.0, 5.0]


def test_only_a_value_is_widened():
    value, band = Constraint(Move("A"), 0.5, 0.5), Constraint(Move("A"), 0.5, 0.6)
    assert value.is_value and not band.is_value and band.widened(0.1) is band
    assert (value.widened(0.1).low, value.widened(0.1).high) == (0.4, 0.6) and value.widened(0.1).of is value.of


@pytest.mark.parametrize(
    ("low", "high"), [(1.0, 0.0), (math.nan, 0.0), (0.0, math.nan), (-math.inf, math.inf), (math.inf, math.inf)]
)
def test_a_band_has_a_bound(low, high):
    with pytest.raises(ParameterError, match=f"needs low <= high and one of them finite, got {low} and {high}$"):
        Constraint(Move("A"), low, high)


def test_questions_in_words():
    four = dict.fromkeys("ABCD", 0.25)
    assert str(Move("A")) == "move of A over days 1..end"
    assert str(Move({"A": 1, "B": -0.5, "C": 2}, 2, 3)) == "move of 1 A + -0.5 B + 2 C over days 2..3"
    assert str(Move(four)) == "move of 4 assets over days 1..end"
    assert str(Move(four, name="the market")) == "move of the market over days 1..end"
    assert str(RealisedVolatility("A", 2)) == "volatility of A over days 2..end"
    assert str(Constraint(Move("A"), 0.5, 0.5)) == "move of A over days 1..end = 0.5"
    assert str(Constraint(Move("A"), -1, 0.5)) == "-1 <= move of A over days 1..end <= 0.5"


@pytest.mark.parametrize("question", [Move("A"), RealisedVolatility("A"), Loss(None), Constraint(Move("A"), 0.0)])
def test_a_question_cannot_be_changed(question):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(question, dataclasses.fields(question)[0].name, "B")
