"""The first lines of the report, written from the results: refuted or not, better than the baselines or not, how far.

Nothing is said that is not in the tables. The rules:

- *refuted* by the checks that fail after Holm's correction over that sampler's checks;
- against the best baseline (lowest mean of the first score over the held-out days, chosen after the fact, which favours
  the baseline) the sampler *beats* it when a score is better with t <= -2 and none worse with t >= 2, *loses* in the
  opposite case, is *level* when no score tells, *mixed* when they disagree;
- *preferred* is the sampler that fails the fewest checks, and of equals the one with the lowest mean first score;
- the outcome is ``accepted`` when the sampler fails no check, ``rejected`` when it fails more than some
  baseline or loses to the best one, else ``mixed``.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

T = 2.0
NAMED = 4  # checks named one by one, at most


def headline(
    sampler: str,
    findings: pd.DataFrame,
    scores: Mapping[str, pd.DataFrame] | None,
    gains: pd.DataFrame | None,
    trust: str = "",
) -> tuple[str, str]:
    """Markdown of some sentences, and the outcome: ``accepted``, ``rejected`` or ``mixed``.

    sampler : the one on trial; findings : columns ``sampler, check, verdict``, all samplers.
    scores, gains : of held-out days (:mod:`workbench.backtesting.compare_scores`), gains against the best baseline; None
    when the data end at the start of the scenarios. trust : a sentence on how far the numbers
    go, put before the advice.
    """
    failed = findings[findings["verdict"] == "fail"].groupby("sampler")["check"].agg(list)
    failed = failed.reindex(findings["sampler"].unique()).map(lambda checks: checks if isinstance(checks, list) else [])
    asked = (
        findings[findings["verdict"] != "not applicable"].groupby("sampler").size().reindex(failed.index, fill_value=0)
    )
    standing = stand(sampler, gains)
    best = preferred(failed, scores)
    lines = [
        _refuted(sampler, failed, asked),
        _foresight(sampler, standing, gains),
        trust,
        _advice(sampler, best, failed),
    ]
    return "  \n".join(line for line in lines if line), outcome(sampler, failed, standing)


def best_baseline(scores: Mapping[str, pd.DataFrame], sampler: str) -> str:
    """The baseline with the lowest mean of the first score."""
    return str(next(iter(scores.values())).drop(columns=sampler).mean().idxmin())


def stand(sampler: str, gains: pd.DataFrame | None) -> str:
    """``beats``, ``loses``, ``level``, ``mixed``, or ``unknown`` without held-out days."""
    if gains is None:
        return "unknown"
    t = gains.xs(sampler, level="sampler")["t"]
    better, worse = bool((t <= -T).any()), bool((t >= T).any())
    return {(True, False): "beats", (False, True): "loses", (False, False): "level", (True, True): "mixed"}[
        better, worse
    ]


def preferred(failed: pd.Series, scores: Mapping[str, pd.DataFrame] | None) -> str:
    """Fewest failed checks, then lowest mean of the first score."""
    first = pd.Series(0.0, index=failed.index) if scores is None else next(iter(scores.values())).mean()
    return str(pd.DataFrame({"failed": failed.map(len), "score": first}).sort_values(["failed", "score"]).index[0])


def outcome(sampler: str, failed: pd.Series, standing: str) -> str:
    """The rule of the module's docstring."""
    mine, least = len(failed[sampler]), int(failed.map(len).min())
    if mine == 0:
        return "accepted"
    return "rejected" if mine > least or standing == "loses" else "mixed"


def _refuted(sampler: str, failed: pd.Series, asked: pd.Series) -> str:
    mine = failed[sampler]
    named = ", ".join(mine[:NAMED]) + (f" and {len(mine) - NAMED} more" if len(mine) > NAMED else "")
    own = (
        f"refuted by {len(mine)} of {asked[sampler]} checks ({named})"
        if mine
        else f"refuted by none of {asked[sampler]} checks"
    )
    others = ", ".join(f"{name} by {len(checks)}" for name, checks in failed.drop(sampler).items())
    return f"**{sampler} was {own}.**" + (f" The baselines, on the same trial: {others}." if others else "")


def _foresight(sampler: str, standing: str, gains: pd.DataFrame | None) -> str:
    if gains is None:
        return "No day after the start was held out, so how well it foresees is not known."
    mine = gains.xs(sampler, level="sampler")
    reference, days = gains.attrs["reference"], int(mine["days"].iloc[0])
    told = ", ".join(
        f"{score} {_signed(row['gain'])} {row['unit']} (t {_signed(row['t'])})" for score, row in mine.iterrows()
    )
    verb = {"beats": "beats", "loses": "loses to", "level": "is level with", "mixed": "neither beats nor loses to"}[
        standing
    ]
    place = f"On {days:,} held-out days, one day ahead, it **{verb} {reference}**, the best baseline"
    return f"{place}: {told}; negative is better."


def _advice(sampler: str, best: str, failed: pd.Series) -> str:
    if best == sampler:
        count = len(failed[best])
        limits = {0: "No check contradicts its use at this horizon", 1: "The check that it failed limits its use"}
        trust = limits.get(count, f"The {count} checks that it failed limit its use")
        return f"By the rule (fewest failed checks, then the lowest score) {sampler} is preferred. {trust}."
    return (
        f"By the rule (fewest failed checks, then the lowest score) **the baseline {best} is preferred to {sampler}**."
    )


def _signed(value: float) -> str:
    return f"{np.clip(value, -99, 99):+.1f}".replace("-", "−")
