r"""Adversarial search: in which state, and for which book, is a sampler most wrong?

Checks look where somebody thought of looking; here the place is searched for. Given forecasts by draws and what was
realised, every book w and regime g is a candidate. Its statistic is the share of days of g on which w loses more than
all but k of its m draws,

    hits = #{t in g : rank of w'r_t among w'x_t^1, ..., w'x_t^m  <= k},     level = (k + 1) / (m + 1),

and a sampler that is right has independent hits of exactly that level. Candidates: every asset, equal weight, random
long-short books, and the directions in which realised and expected variance differ most, the generalised eigenvectors
of E[r r'] against E[Sigma_t]. The worst candidate is found on every second block of days and tried on the others, which
the search has not seen: there it is one hypothesis and not thousands, and its binomial p-value is valid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import linalg, stats

from workbench.books import random_books
from workbench.errors import ParameterError

BLOCK = 63
FEWEST = 60


@dataclass(frozen=True)
class Weakness:
    """The worst candidate and its test.

    book : weights (asset,), gross weight one; regime : name; level : nominal share of hits.
    searched, searched_days : share of hits where it was found; confirmed, confirmed_days : on the days held out.
    p_value : two-sided binomial on the days held out; candidates : how many were looked at.
    """

    book: np.ndarray
    regime: str
    level: float
    searched: float
    searched_days: int
    confirmed: float
    confirmed_days: int
    p_value: float
    candidates: int


def search(
    draws: np.ndarray, realised: np.ndarray, regimes: Mapping[str, np.ndarray] | None = None, *,
    level: float = 0.05, books: int = 400, seed: int = 0,
) -> Weakness:  # fmt: skip
    """Find the book and the regime in which one-step forecasts are most wrong, and confirm on days held out.

    draws : (day, draw, asset), forecasts made the day before; realised : (day, asset), what came.
    regimes : name -> whether a day belongs, known the day before; all days are always one regime.
    level : share of days on which a loss should pass the VaR that is tested; books : number of random ones.

    Raises ParameterError for shapes that do not fit or fewer than 60 days on either side.
    """
    kinds = {"all days": np.ones(len(realised), dtype=bool), **(regimes or {})}
    _admit(draws, realised, kinds, level)
    learn = (np.arange(len(realised)) // BLOCK) % 2 == 0
    candidates = _candidates(draws[learn], realised[learn], books, np.random.default_rng(seed))
    hits, exact = _hits(draws, realised, candidates, level)
    _, name, at = max(_worst(hits[learn & kind], exact, name) for name, kind in kinds.items() if _enough(kind, learn))
    found, held = hits[learn & kinds[name], at], hits[~learn & kinds[name], at]
    p = float(stats.binomtest(int(held.sum()), len(held), exact).pvalue)
    shares = float(found.mean()), len(found), float(held.mean()), len(held)
    return Weakness(candidates[at], name, exact, *shares, p, hits.shape[1] * len(kinds))


def _admit(draws: np.ndarray, realised: np.ndarray, kinds: Mapping[str, np.ndarray], level: float) -> None:
    if draws.ndim != 3 or realised.shape != (draws.shape[0], draws.shape[2]):
        raise ParameterError(
            f"draws have shape {draws.shape} and realised {realised.shape}; "
            "expected (day, draw, asset) and (day, asset) of the same days"
        )
    if int(level * (draws.shape[1] + 1)) < 1:
        raise ParameterError(f"{draws.shape[1]} draws a day cannot show the level {level}; give {1 / level:.0f}")
    wrong = [name for name, kind in kinds.items() if np.shape(kind) != (len(realised),)]
    if wrong:
        raise ParameterError(f"regimes {wrong} do not say for each of the {len(realised)} days whether it belongs")
    if len(realised) < 2 * FEWEST + BLOCK:
        raise ParameterError(f"{len(realised)} days are too few to search and to confirm; give {2 * FEWEST + BLOCK}")


def _enough(kind: np.ndarray, learn: np.ndarray) -> bool:
    return min((kind & learn).sum(), (kind & ~learn).sum()) >= FEWEST


def _candidates(draws: np.ndarray, realised: np.ndarray, books: int, rng: np.random.Generator) -> np.ndarray:
    """Books (book, asset) of gross weight one, each long and short."""
    count = realised.shape[1]
    centred = draws - draws.mean(1, keepdims=True)
    expected = np.einsum("tda,tdb->ab", centred, centred, optimize=True) / (draws.shape[0] * draws.shape[1])
    came = realised.T @ realised / len(realised)
    directions = linalg.eigh(came, expected + 1e-9 * np.trace(expected) / count * np.eye(count))[1].T
    unit = np.sqrt(np.diag(expected)) + 1e-12
    rows = np.concatenate([np.eye(count), np.ones((1, count)), directions, random_books(unit, books, rng)])
    rows = np.concatenate([rows, -rows])
    return rows / np.abs(rows).sum(1, keepdims=True)


def _hits(draws: np.ndarray, realised: np.ndarray, candidates: np.ndarray, level: float) -> tuple[np.ndarray, float]:
    """Whether each book's day was among the worst, (day, book), and the exact level of that."""
    allowed = int(level * (draws.shape[1] + 1)) - 1
    below = [(day @ candidates.T < came @ candidates.T).sum(0) for day, came in zip(draws, realised)]
    return np.stack(below) <= allowed, (allowed + 1) / (draws.shape[1] + 1)


def _worst(hits: np.ndarray, level: float, name: str) -> tuple[float, str, int]:
    """The book whose share of hits departs most from the level, in standard errors."""
    z = np.abs(hits.mean(0) - level) / np.sqrt(level * (1 - level) / len(hits))
    return float(z.max()), name, int(z.argmax())
