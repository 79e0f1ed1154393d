"""Tables of stress tests: independences of a graph, pooling, rare losses, ways to lose and their shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from pandas.io.formats.style import Styler

from workbench import scenarios, stress
from workbench.books import Book
from workbench.errors import Refusal
from workbench.reporting import formats
from workbench.stress.rare_events import RareEvent
from workbench.stress.reverse_stress import Reverse
from workbench.validation.crisis_shape import Crises


def independences(tests: pd.DataFrame) -> Styler:
    """The tests of a graph's independences."""
    names = {"refuted": "rejected", "p_value": "p", "holm_p": "p (Holm)", "partial_correlation": "partial correlation"}
    style = tests.rename(columns=names).style.hide(axis="index")
    return style.format({"p": formats.p_value, "p (Holm)": formats.p_value}, precision=4)


def answers(table: pd.DataFrame) -> Styler:
    """Mean move of each node when the cause is imposed and when it is seen, simple returns, and their spread."""
    do, given = formats.simple(table["do"]), formats.simple(table["given"])
    means = {"do": do, "given": given, "do minus given": do - given, "standard error": table["standard_error"]}
    spread = {"sd, do": table["do_sd"], "sd, given": table["given_sd"]}
    style = pd.DataFrame(means | spread).style.format(lambda x: formats.percent(x, 3, sign=True))
    return style.format(lambda x: formats.percent(x, 3), subset=["standard error", *spread])


def most_typical(tree: xr.DataTree) -> pd.DataFrame:
    """The path (day, asset) whose asset moves lie closest to their medians over all draws."""
    paths = scenarios.pooled(tree)
    moves = paths.sum(axis=1)
    middle = int(np.abs(moves - np.median(moves, axis=0)).sum(axis=1).argmin())
    return pd.DataFrame(paths[middle], columns=scenarios.returns(tree).asset.values)


def losses(tree: xr.DataTree) -> np.ndarray:
    """Loss of the equal-weight book, bought and held, of every draw at the horizon, a fraction."""
    return -scenarios.pnl(tree).isel(time=-1).values.ravel()


def pooling(free: xr.DataTree, functional: stress.Move, targets: Sequence[float]) -> Styler:
    """Entropy pooling of unconditional scenarios to each mean of ``functional``: how far it goes, or why not."""
    columns = ["effective scenarios", "divergence (nats)", "residual (sd)", "answer"]
    paths, assets = scenarios.pooled(free), list(scenarios.returns(free).asset.values)
    rows = {}
    for target in targets:
        try:
            pooled = stress.pool(paths, assets, [stress.View(functional, "==", target)])
            residual = pooled.residuals["residual"].max()
            row = [pooled.effective, pooled.divergence, residual, "answered"]
        except Refusal as refused:
            row = [np.nan, np.nan, np.nan, str(refused)]
        rows[formats.percent(formats.simple(target))] = row
    table = pd.DataFrame(rows, columns).T.rename_axis("mean move of the market")
    return table.style.format(precision=3, na_rep=formats.MISSING)


def rare(answers: Mapping[float, RareEvent]) -> pd.DataFrame:
    """Probability of each loss, with its 95 % interval."""
    rows = [(loss, answer.probability, *answer.interval) for loss, answer in answers.items()]
    return pd.DataFrame(rows, columns=["loss", "probability", "low", "high"])


def ways(found: Mapping[tuple[str, str], Reverse]) -> pd.DataFrame:
    """The most plausible way of each (book, sampler): how likely such a loss is, how far out, like which episode."""
    rows = [
        (answer.method, answer.probability, answer.relative_error, len(answer.modes), best.distance, best.plausibility,
         best.log_likelihood_ratio, formats.date(best.precedent.first), best.precedent.distance)
        for answer in found.values() for best in answer.modes[:1]
    ]  # fmt: skip
    columns = ["search", "P(loss)", "relative error", "ways", "distance", "plausibility", "log likelihood ratio",
               "precedent", "its distance"]  # fmt: skip
    keys = pd.MultiIndex.from_tuples(list(found), names=["book", "sampler"])
    return pd.DataFrame(rows, keys, columns)


def crisis_shapes(
    found: Mapping[tuple[str, str], Reverse], crises: Mapping[str, Crises], long_run: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """Each way beside the real crises of its book: its share of the conditional scenarios, p, what fails it.

    crises : by book. long_run : sampler -> scenarios (draw, time, asset) from its long run, by whose worst windows the
    sampler itself is judged. *typical* is the share of the sampler's own scenarios of this loss that fail.
    """
    rows = {}
    for (book, name), answer in found.items():
        if book not in crises:
            continue
        real = crises[book]
        assets = answer.modes[0].path.columns
        conditional = [pd.DataFrame(path, columns=assets) for path in scenarios.pooled(answer.conditional)]
        typical = np.mean([real.rank(path).failed for path in conditional])
        own = real.compare(long_run[name]).by or "nothing"
        for number, mode in enumerate(answer.modes, 1):
            way = real.rank(mode.path)
            rows[book, name, number] = {
                "share of the scenarios": len(mode.members) / len(conditional), "p": way.p_value,
                "the way fails by": way.by or "nothing", "typical": typical, "the sampler fails by": own,
            }  # fmt: skip
    names = ["share of the scenarios", "p", "the way fails by", "typical", "the sampler fails by"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=names)
    return table if table.empty else table.rename_axis(index=["book", "sampler", "way"])


def books(desk: Mapping[str, Book], asked: Mapping[str, float]) -> pd.DataFrame:
    """The books of a reverse stress test and the loss that each is asked to lose."""
    rows = {
        name: {"positions": len(book.positions), "value today": round(book.today(), 3), "loss asked for": asked[name]}
        for name, book in desk.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")
