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


def test_volatility_rises_with_what_the_path_realises_and_stays_when_told_to():
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


@pytest.mark.parametrize(
    "make, told",
    [
        (lambda: Book([Linear({"Z": 1.0})], ["A"]), "Z"),
        (lambda: Book([Option("A")], ["A"]), "implied volatility"),
        (lambda: Option("A", "digital"), "digital"),
        (lambda: Option("A", maturity=0.0), "maturity"),
        (lambda: Bond([1.0], [1.0, 2.0], {"A": (1.0, 0.0)}), "amounts"),
        (lambda: Bond([1.0], [1.0], {"A": (5.0, 0.0), "B": (2.0, 0.0)}), "tenors"),
        (lambda: ImpliedVolatility({"A": -0.1}), "positive"),
    ],
)
def test_bad_positions_are_told(make, told):
    with pytest.raises(ParameterError, match=told):
        make()
