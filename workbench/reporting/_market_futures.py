"""The first lines of the report on a sampler: which checks it failed, and whether its forecasts beat the baselines.

Nothing is said that is not in the tables. The rules:

- a check is *failed* after Holm's correction over that sampler's checks;
- against the best baseline (lowest mean of the first score over the held-out days, chosen after the fact, which favours
  the baseline) the sampler *beats* it when a score is better with t <= -2 and none worse with t >= 2, *loses* in the
  opposite case, is *level* when no score decides, *mixed* when they disagree;
- *preferred* is the sampler that fails the fewest checks, and of equals the one with the lowest mean first score;
- the outcome is ``accepted`` when the sampler fails no check, ``rejected`` when it fails more than some
  baseline or loses to the best one, else ``mixed``.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from workbench.reporting._verdict import PASSED, Verdict
from workbench.reporting.catalogue import sentence
from workbench.reporting.formats import in_units, level, number, percent
from workbench.validation import extrapolation

T = 2.0
NAMED = 4  # checks named one by one, at most
STANDINGS = {
    "beats": "beats", "loses": "loses to", "level": "is level with", "mixed": "neither beats nor loses to",
}  # fmt: skip
WHERE = {
    "within": "within what has been seen", "edge": "at the edge of what has been seen",
    "outside": "outside everything seen",
}  # fmt: skip
LIMITS = ("No check contradicts its use at this horizon", "The check that it failed limits its use")


def market_futures(
    sampler: str,
    findings: pd.DataFrame,
    scores: Mapping[str, pd.DataFrame] | None,
    gains: pd.DataFrame | None,
    trust: str = "",
    risk: pd.DataFrame | None = None,
) -> Verdict:
    """Markdown of some sentences, and the outcome: ``accepted``, ``rejected`` or ``mixed``.

    sampler : the one under test; findings : columns ``sampler, check, verdict``, all samplers.
    scores, gains : of held-out days (:mod:`workbench.backtesting.comparison`), gains against the best baseline; None
    when the data end at the start of the scenarios. trust : a sentence on how far the numbers
    go, put before the advice. risk : VaR and ES of the sampler, for the key figures.
    """
    names = list(findings["sampler"].unique())
    failed = {
        name: list(findings.loc[(findings["sampler"] == name) & (findings["verdict"] == "fail"), "check"])
        for name in names
    }
    asked = int(((findings["sampler"] == sampler) & (findings["verdict"] != "not applicable")).sum())
    standing = _stand(sampler, gains)
    lines = [
        _failed(sampler, failed, asked),
        _held_out(sampler, standing, gains),
        trust,
        _advice(sampler, _preferred(failed, scores), failed),
    ]
    outcome = _outcome(sampler, failed, standing)
    key = {"checks failed": f"{len(failed[sampler])} of {asked}"}
    if risk is not None:
        key |= {f"{row.measure} {level(row.level)}": percent(row.value) for row in risk.itertuples()}
    return Verdict("  \n".join(line for line in lines if line), outcome, key, PASSED[outcome])


def best_baseline(scores: Mapping[str, pd.DataFrame], sampler: str) -> str:
    """The baseline with the lowest mean of the first score."""
    return str(next(iter(scores.values())).drop(columns=sampler).mean().idxmin())


def sequel(profit: xr.DataArray, loss: float | None) -> str:
    """What the book did over the horizon, and how many scenarios end lower; nothing where the data end before.

    profit : of every scenario (chain, draw) at the horizon; loss : of the book, both fractions.
    """
    if loss is None:
        return ""
    counts = {"beyond": int((-profit > loss).sum()), "n": profit.size}
    if loss > 0:
        return sentence("market_futures/lost", loss=loss, **counts)
    return sentence("market_futures/gained", gain=-loss, **counts)


def trust(risk: pd.DataFrame, horizon: int, chains: int, sequel: str, known: pd.DataFrame) -> str:
    """How far VaR goes: the errors of draws and of training, what came, and how unusual the start was.

    risk : :func:`workbench.validation.risk_table` of one level; known : log returns up to the start.
    """
    var = risk.iloc[0]
    draws = 196 * var["draw_error"]
    reach = number(50 * (var["seed_high"] - var["seed_low"]), 1)
    training = sentence(f"market_futures/training_{min(chains, 3)}", **({} if chains == 1 else {"reach": reach}))
    first = sentence("market_futures/trust", level=var["level"], days=in_units(horizon, known), value=var["value"], draws=draws,
                     training=training)  # fmt: skip
    enough = len(known) >= extrapolation.FEWEST
    unusual = support(extrapolation.assess(known)) if enough else sentence("market_futures/too_few_days")
    return " ".join(part for part in (first, sequel, unusual) if part)


def support(stands: extrapolation.Support) -> str:
    """How unusual the market is on a day, among all states seen before."""
    return sentence("support", stands=stands, where=WHERE[stands.standing])


def _stand(sampler: str, gains: pd.DataFrame | None) -> str:
    """``beats``, ``loses``, ``level``, ``mixed``, or ``unknown`` without held-out days."""
    if gains is None:
        return "unknown"
    t = gains.xs(sampler, level="sampler")["t"]
    better, worse = bool((t <= -T).any()), bool((t >= T).any())
    return "mixed" if better and worse else "beats" if better else "loses" if worse else "level"


def _preferred(failed: Mapping[str, list[str]], scores: Mapping[str, pd.DataFrame] | None) -> str:
    """Fewest failed checks, then lowest mean of the first score."""
    first = None if scores is None else next(iter(scores.values())).mean()
    return min(failed, key=lambda name: (len(failed[name]), 0.0 if first is None else first[name]))


def _outcome(sampler: str, failed: Mapping[str, list[str]], standing: str) -> str:
    """The rule of the module's docstring."""
    mine, least = len(failed[sampler]), min(map(len, failed.values()))
    if mine == 0:
        return "accepted"
    return "rejected" if mine > least or standing == "loses" else "mixed"


def _failed(sampler: str, failed: Mapping[str, list[str]], asked: int) -> str:
    mine = failed[sampler]
    named = ", ".join(mine[:NAMED]) + (f" and {len(mine) - NAMED} more" if len(mine) > NAMED else "")
    counts = [f"{name} {len(checks)}" for name, checks in failed.items() if name != sampler]
    others = sentence("market_futures/baselines", counts=counts) if counts else ""
    return sentence("market_futures/failed", sampler=sampler, failed=len(mine) or "none", asked=asked,
                    named=f": {named}" if mine else "", others=others)  # fmt: skip


def _held_out(sampler: str, standing: str, gains: pd.DataFrame | None) -> str:
    if gains is None:
        return sentence("market_futures/no_days")
    mine = gains.xs(sampler, level="sampler")
    said = [f"{score} {_signed(row['gain'])} {row['unit']} (t {_signed(row['t'])})" for score, row in mine.iterrows()]
    return sentence("market_futures/held_out", days=int(mine["days"].iloc[0]), standing=STANDINGS[standing],
                    reference=gains.attrs["reference"], gains=said)  # fmt: skip


def _advice(sampler: str, best: str, failed: Mapping[str, list[str]]) -> str:
    if best != sampler:
        return sentence("market_futures/baseline_preferred", best=best, sampler=sampler)
    count = len(failed[best])
    limit = LIMITS[count] if count < len(LIMITS) else f"The {count} checks that it failed limit its use"
    return sentence("market_futures/preferred", best=best, trust=limit)


def _signed(value: float) -> str:
    return number(np.clip(value, -99, 99), 1, sign=True)
