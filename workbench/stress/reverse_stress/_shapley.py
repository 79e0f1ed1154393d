r"""Shapley shares of a book's loss among the assets, or among the market's factors.

A coalition's worth is the loss when only its members move. The Shapley value averages each player's marginal
contribution over all orders; over sampled orders, each with its reverse (which is exact for books without interactions
and for quadratic ones, where a pair's cross term falls once to each). Shares add up to the loss but for the passing of
time, which is a row of its own where it matters, and carry the standard error of the sampled orders.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from workbench._text import percent
from workbench.books import Book
from workbench.samplers.noise import stream

ORDERS = 64


def shapley(worth: Callable[[Tensor], Tensor], names: list[str], orders: int = ORDERS, seed: int = 0) -> pd.DataFrame:
    """Shares of ``worth(everybody) - worth(nobody)``; ``worth`` takes coalitions (coalition, player) of zeros and ones.

    Returns a table by player: ``share`` and ``standard_error``.
    """
    players = len(names)
    generator = stream(seed, "shapley", 0)
    half = np.stack([generator.permutation(players) for _ in range(max(orders // 2, 1))])
    order = torch.as_tensor(np.concatenate([half, half[:, ::-1]]))
    place = order.argsort(dim=1)  # (order, player): when each one enters
    steps = torch.arange(players + 1)
    coalitions = (place[:, None, :] < steps[None, :, None]).double()  # (order, step, player)
    values = worth(coalitions.flatten(0, 1)).reshape(len(order), players + 1)
    gains = values.diff(dim=1).gather(1, place)  # (order, player)
    pairs = 0.5 * (gains[: len(half)] + gains[len(half) :])
    error = pairs.std(dim=0) / len(half) ** 0.5 if len(half) > 1 else torch.full((players,), torch.nan)
    return pd.DataFrame({"share": pairs.mean(dim=0).numpy(), "standard_error": error.numpy()}, index=names)


def by_asset(book: Book, path: Tensor, seed: int = 0) -> pd.DataFrame:
    """Shares of the loss on one path (time, asset) among the book's factors (assets and implied volatilities)."""
    parts = [(part, day, part.factors(path[None, :day])[0]) for day, part in book.by_last_day(len(path))]
    moving = torch.nonzero(torch.stack([factors.abs() for _, _, factors in parts]).sum(dim=0)).flatten()
    names = [book.factor_names[position] for position in moving]
    players = torch.eye(len(book.factor_names), dtype=torch.float64)[moving]
    return _shared(book, [(part, day, players * factors) for part, day, factors in parts], names, seed)


def by_factor(book: Book, path: Tensor, returns: pd.DataFrame, factors: int = 3, seed: int = 0) -> pd.DataFrame:
    """Shares of the loss on one path among the first principal components of ``returns`` (standardised), what is each
    asset's own, and the implied volatilities taken together.
    """
    assets, parts = len(book.assets), []
    for day, part in book.by_last_day(len(path)):
        changes = part.factors(path[None, :day])[0]
        split, names = _components(changes[:assets], returns[book.assets], factors)
        rows = torch.zeros(len(names) + 1, len(changes), dtype=torch.float64)
        rows[:-1, :assets], rows[-1, assets:] = split, changes[assets:]
        parts.append((part, day, rows))
    if book.volatility is None:
        return _shared(book, [(part, day, rows[:-1]) for part, day, rows in parts], names, seed)
    return _shared(book, parts, [*names, "implied volatility"], seed)


def _shared(book: Book, parts: list[tuple[Book, int, Tensor]], names: list[str], seed: int) -> pd.DataFrame:
    """Shares of players whose moves add up: ``parts`` hold the positions of one last day, that day, and the factor
    changes (player, factor) that each player brings.
    """

    def worth(coalitions: Tensor) -> Tensor:
        values = [part.value(coalitions @ rows, day / book.periods) for part, day, rows in parts]
        return -torch.stack(values).sum(dim=0)

    table = shapley(worth, names, seed=seed)
    nobody = float(worth(torch.zeros(1, len(names), dtype=torch.float64))[0]) + book.today()
    if abs(nobody) > 1e-12:
        table.loc["time"] = [nobody, 0.0]
    return table


def _components(moves: Tensor, returns: pd.DataFrame, factors: int) -> tuple[Tensor, list[str]]:
    """Split asset moves (asset,) into the part of each component and the rest, (part, asset)."""
    scale = returns.std().where(lambda spread: spread > 0, 1.0).to_numpy()
    _, strength, directions = np.linalg.svd(((returns - returns.mean()) / scale).to_numpy(), full_matrices=False)
    factors = min(factors, len(directions))
    explained = strength**2 / (strength**2).sum()
    standard = moves.numpy() / scale
    parts = [scale * direction * (direction @ standard) for direction in directions[:factors]]
    parts.append(moves.numpy() - sum(parts))
    names = [f"component {k + 1} ({percent(explained[k], 0)} of variance)" for k in range(factors)] + [
        "the assets' own"
    ]
    return torch.as_tensor(np.stack(parts)), names
