"""Books: closed forms, an independent second implementation, and sums that must add up."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from workbench import scenarios
from workbench.books import (
    Bond,
    Book,
    ImpliedVolatility,
    Linear,
    Option,
    black_scholes_merton,
    equal_weight,
    explain,
    short_volatility,
)
from workbench.errors import ParameterError


def _paths(draws=64, days=10, assets=2, scale=0.02, seed=0):
    return torch.as_tensor(np.random.default_rng(seed).normal(0, scale, (draws, days, assets)))


def test_linear_book_is_the_containers_own_profit():
    paths = _paths().float()
    tree = scenarios.assemble(paths.numpy()[None], ["A", "B"])
    book = Book([Linear({"A": 0.25, "B": 0.75})], ["A", "B"])
    expected = scenarios.pnl(tree, {"A": 0.25, "B": 0.75}).values[0, :, -1]
    np.testing.assert_allclose(book.profits(tree).values[0], expected, rtol=1e-5, atol=1e-7)


def test_profits_read_the_books_own_columns_wherever_they_stand():
    paths = _paths(assets=3).float()
    tree = scenarios.assemble(paths.numpy().reshape(2, 32, 10, 3), ["C", "A", "B"])
    book = Book([Linear({"A": 2.0, "B": -1.0})], ["B", "A"])
    moves = np.expm1(paths.double().sum(dim=1).numpy())
    found = book.profits(tree)
    assert found.dims == ("chain", "draw") and found.shape == (2, 32)
    np.testing.assert_allclose(found.values.ravel(), 2 * moves[:, 1] - moves[:, 2], atol=1e-6)


@settings(deadline=None, max_examples=40)
@given(
    strike=st.floats(0.6, 1.6),
    years=st.floats(0.05, 3),
    sigma=st.floats(0.05, 0.9),
    rate=st.floats(-0.02, 0.1),
    dividend=st.floats(0, 0.06),
    kind=st.sampled_from(["call", "put"]),
)
def test_option_is_the_discounted_mean_of_its_payoff(strike, years, sigma, rate, dividend, kind):
    sign = 1.0 if kind == "call" else -1.0
    centre, width = (rate - dividend - sigma**2 / 2) * years, sigma * years**0.5

    def weighed(z):
        return max(sign * (np.exp(centre + width * z) - strike), 0.0) * stats.norm.pdf(z)

    kink = (np.log(strike) - centre) / width
    parts = [(-9.0, np.clip(kink, -9, 9)), (np.clip(kink, -9, 9), 9.0)]
    expected = np.exp(-rate * years) * sum(integrate.quad(weighed, low, high)[0] for low, high in parts)
    value = black_scholes_merton(
        torch.ones(1, dtype=torch.float64), strike, years, torch.tensor([sigma]).double(), kind, rate, dividend
    )
    assert float(value[0]) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_put_call_parity_on_simulated_paths():
    paths, surface = _paths(), ImpliedVolatility({"A": 0.3})
    call = Book([Option("A", "call", 1.05, 0.5, 1.0, 0.03, 0.01)], ["A", "B"], surface)
    put = Book([Option("A", "put", 1.05, 0.5, 1.0, 0.03, 0.01)], ["A", "B"], surface)
    years = 10 / 252
    forward = paths[..., 0].sum(dim=1).exp() * np.exp(-0.01 * (0.5 - years)) - 1.05 * np.exp(-0.03 * (0.5 - years))
    difference = call.value(call.factors(paths), years) - put.value(put.factors(paths), years)
    np.testing.assert_allclose(difference.numpy(), forward.numpy(), atol=1e-13)


def test_bond_under_a_parallel_shift_is_its_closed_form():
    curve = {"two": (2.0, 0.02), "ten": (10.0, 0.04)}
    bond = Book([Bond([2.0, 6.0, 12.0], [5.0, 5.0, 105.0], curve)], ["two", "ten"])
    assert bond.today() == pytest.approx(5 * np.exp(-0.04) + 5 * np.exp(-0.03 * 6) + 105 * np.exp(-0.04 * 12))
    shifted = bond.value(torch.full((1, 2), 0.01, dtype=torch.float64), 0.0)
    expected = 5 * np.exp(-0.06) + 5 * np.exp(-0.04 * 6) + 105 * np.exp(-0.05 * 12)
    assert float(shifted[0]) == pytest.approx(expected)


def test_volatility_rises_with_what_the_path_realises_and_stays_where_it_is_held():
    rough, surface = _paths(scale=0.06), ImpliedVolatility({"A": 0.2})
    assert (surface.changes(rough, ["A", "B"]) > 0).all()
    assert (ImpliedVolatility({"A": 0.2}, elasticity=0.0).changes(rough, ["A", "B"]) == 0).all()
    index = ImpliedVolatility({"A": 0.2}, index={"A": "B"}).changes(rough, ["A", "B"])
    np.testing.assert_allclose(index[:, 0], rough[..., 1].sum(dim=1))


def test_explained_profit_adds_up_and_leaves_little_for_small_moves():
    returns = pd.DataFrame(np.random.default_rng(3).normal(0, 0.01, (80, 2)), columns=["A", "B"])
    book, paths = short_volatility(returns, ["A"]), _paths(scale=0.003)
    table = explain(book, paths)
    np.testing.assert_allclose(table.drop(columns="pnl").sum(axis=1), table["pnl"], atol=1e-12)
    assert table["unexplained"].abs().mean() < 0.03 * table["pnl"].abs().mean()
    assert "B" not in table


def test_gradient_of_the_loss_matches_finite_differences():
    returns = pd.DataFrame(np.random.default_rng(3).normal(0, 0.01, (80, 2)), columns=["A", "B"])
    book, path = short_volatility(returns), _paths(draws=1, days=3).requires_grad_()
    assert torch.autograd.gradcheck(book.loss, (path,), eps=1e-6, atol=1e-6)


def test_an_option_that_expires_inside_the_horizon_pays_what_it_paid_on_that_day():
    rise, fall = torch.full((1, 5, 1), 0.02), torch.full((1, 15, 1), -0.2 / 15)
    path = torch.cat([rise, fall], dim=1).double()
    for maturity, day in ((5 / 252, 5), (4.3 / 252, 5), (5.01 / 252, 6)):
        book = Book([Option("A", "call", 1.0, maturity)], ["A"], ImpliedVolatility({"A": 0.2}))
        paid = np.expm1(float(path[0, :day].sum()))
        assert float(book.pnl(path)[0]) + book.today() == pytest.approx(paid, rel=1e-12)
    both = Book([Option("A", "call", 1.0, 5 / 252), Linear({"A": 1.0})], ["A"], ImpliedVolatility({"A": 0.2}))
    assert float(both.pnl(path)[0]) + both.today() == pytest.approx(np.expm1(0.1) + np.exp(-0.1))
    table = explain(both, path)
    assert float(table.drop(columns="pnl").sum(axis=1).iloc[0]) == pytest.approx(float(both.pnl(path)[0]))


def test_an_option_is_worth_its_certain_payoff_without_volatility_also_at_negative_rates():
    spot, still = torch.tensor([0.8, 1.0, 1.3]).double(), torch.zeros(3).double()
    for kind, sign in (("call", 1.0), ("put", -1.0)):
        value = black_scholes_merton(spot, 1.0, 2.0, still, kind, rate=-0.01, dividend=0.02)
        certain = np.maximum(sign * (spot.numpy() * np.exp(-0.04) - np.exp(0.02)), 0.0)
        np.testing.assert_allclose(value, certain, rtol=1e-14)
        nearly = black_scholes_merton(spot, 1.0, 2.0, still + 1e-9, kind, rate=-0.01, dividend=0.02)
        np.testing.assert_allclose(nearly, certain, atol=1e-9)
        np.testing.assert_allclose(
            black_scholes_merton(spot, 1.0, 0.0, still + 0.3, kind), np.maximum(sign * (spot.numpy() - 1.0), 0.0)
        )
    surface = ImpliedVolatility({"A": 0.0})
    assert (surface.changes(_paths(), ["A", "B"]) == 0).all()


@pytest.mark.parametrize("freq, year", [("ME", 12), ("W-FRI", 52), ("B", 252), ("D", 365)])
def test_volatility_is_annualised_by_the_panels_own_frequency(freq, year):
    dates = pd.date_range("2010-01-31", periods=120, freq=freq)
    returns = pd.DataFrame(np.random.default_rng(1).normal(0, 0.03, (120, 1)), dates, ["A"])
    book = short_volatility(returns, elasticity=1.0)
    assert book.volatility.level["A"] == pytest.approx(returns["A"].iloc[-60:].std() * year**0.5)
    assert book.periods == equal_weight(returns).periods == year
    usual = torch.full((1, 6, 1), book.volatility.level["A"] / year**0.5, dtype=torch.float64)
    assert float(book.factors(usual)[0, 1]) == pytest.approx(0.0, abs=1e-12), "as rough as today leaves it as it is"
    last = min(6 / year, 0.25)  # the monthly options expire after three of the six months
    elapsed = float(book.value(torch.zeros(1, 2).double(), last)[0]) - book.today()
    assert float(explain(book, 0 * usual)["time"].iloc[0]) == pytest.approx(elapsed)


def test_short_volatility_is_written_strangles_one_standard_deviation_out():
    returns = pd.DataFrame(np.random.default_rng(3).normal(0, 0.01, (80, 2)), columns=["A", "B"])
    book, want = short_volatility(returns, years=0.5, width=1.5), 0.0
    for name in "AB":
        sigma = returns[name].iloc[-60:].std() * 252**0.5
        for kind, side in (("put", -1), ("call", 1)):
            spot, strike = torch.ones(1).double(), float(np.exp(side * 1.5 * sigma * 0.5**0.5))
            want -= float(black_scholes_merton(spot, strike, 0.5, sigma * spot, kind)[0]) / 2
    assert book.today() == pytest.approx(want, rel=1e-12) and book.today() < 0


def test_what_a_bond_has_paid_counts_at_face_value():
    bond = Book([Bond([0.5, 2.0], [3.0, 103.0], {"A": (2.0, 0.05)})], ["A"])
    value = bond.value(torch.zeros(1, 1).double(), 1.0)
    assert float(value[0]) == pytest.approx(3.0 + 103 * np.exp(-0.05 * 1.0))
    assert bond.today() == pytest.approx(3 * np.exp(-0.05 * 0.5) + 103 * np.exp(-0.05 * 2))


NAN = float("nan")


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Book([], ["A"]), "empty"),
        (lambda: Book([Linear({"A": 1.0})], ["A", "A"]), "named twice"),
        (lambda: Book([Linear({"A": 1.0})], ["A"], periods=0), "periods a year"),
        (lambda: Linear({}), "at least one asset"),
        (lambda: Linear({"A": NAN}), "weight of 'A'.*nan"),
        (lambda: Option("A", strike=NAN), "strike.*positive"),
        (lambda: Option("A", strike=-1.0), "strike.*positive"),
        (lambda: Option("A", maturity=float("inf")), "maturity.*positive"),
        (lambda: Option("A", quantity=NAN), "quantity.*finite"),
        (lambda: Option("A", rate="3 %"), "rate.*finite"),
        (lambda: Bond([0.0], [1.0], {"A": (1.0, 0.0)}), "time of a cash flow"),
        (lambda: Bond([1.0], [NAN], {"A": (1.0, 0.0)}), "amount"),
        (lambda: Bond([1.0], [1.0], {"A": (1.0, NAN)}), "yield of 'A'"),
        (lambda: ImpliedVolatility({"A": NAN}), "volatility of 'A'"),
        (lambda: ImpliedVolatility({"A": 0.2}, decay=1.0), "decay"),
        (lambda: ImpliedVolatility({"A": 0.2}, elasticity=-0.1), "elasticity"),
        (lambda: short_volatility(pd.DataFrame({"A": [0.0]})), "too few"),
        (lambda: short_volatility(pd.DataFrame({"A": [0.0, 0.1]}), ["Z"]), "no columns"),
        (lambda: short_volatility(pd.DataFrame({"A": [0.0, 0.1]}), years=0.0), "years"),
        (lambda: short_volatility(pd.DataFrame({"A": [0.0, 0.1]}), width=NAN), "width"),
        (lambda: Book([Linear({"A": 1.0})], ["A"]).pnl(torch.zeros(2, 3, 2)), "shape"),
        (lambda: black_scholes_merton(torch.tensor([NAN]), 1.0, 1.0, torch.tensor([0.2])), "NaN"),
        (lambda: Book([Linear({"Z": 1.0})], ["A"]), "Z"),
        (lambda: Book([Option("A")], ["A"]), "implied volatility"),
        (lambda: Option("A", "digital"), "digital"),
        (lambda: Option("A", maturity=0.0), "maturity"),
        (lambda: Bond([1.0], [1.0, 2.0], {"A": (1.0, 0.0)}), "amounts"),
        (lambda: Bond([1.0], [1.0], {"A": (5.0, 0.0), "B": (2.0, 0.0)}), "tenors"),
        (lambda: ImpliedVolatility({"A": -0.1}), "positive"),
    ],
)
def test_bad_positions_are_refused_by_name(make, message):
    with pytest.raises(ParameterError, match=message):
        make()


def test_a_price_that_ends_makes_no_option_nan() -> None:
    """Simulated log returns of a heavy tail may exceed what float64 can exponentiate; a put on nothing pays its strike."""
    put = Book([Option("A", "put", maturity=0.25)], ["A"], ImpliedVolatility({"A": 0.2}))
    for far in (800.0, 1e15, float("inf")):
        worthless, exploded = (float(put.pnl(torch.tensor([[[move]]]))[0]) for move in (-far, far))
        assert worthless == pytest.approx(1 - put.today()) and np.isfinite(exploded)
    assert np.isfinite(float(Book([Linear({"A": 0.5, "B": 0.5})], ["A", "B"]).pnl(torch.full((1, 2, 2), 1e15))[0]))
