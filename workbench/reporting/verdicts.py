"""The verdict of every study, written from its tables by a fixed rule: text and outcome."""

from __future__ import annotations

import pandas as pd

from workbench.reporting._market_futures import best_baseline, market_futures, sequel, trust
from workbench.reporting.catalogue import sentence
from workbench.reporting.formats import simple
from workbench.stress.causal import Answer
from workbench.stress.conditioning import Conditional
from workbench.stress.preregistered import Verdict as Judged
from workbench.validation.audit import Audit

__all__ = [
    "market_futures", "best_baseline", "sequel", "trust", "audit", "stress", "conditioning", "causal", "reverse_stress",
]  # fmt: skip
Verdict = tuple[str, str]


def audit(audited: Audit, name: str) -> Verdict:
    """The audit's own verdict on the set ``name``, the checks that failed, and the first effect on a risk number."""
    failed = sorted((found for found in audited.findings if found.verdict == "fail"), key=lambda found: found.p_value)
    asked = sum(found.answered for found in audited.findings)
    most = f", most of all: {', '.join(found.check for found in failed[:5])}" if failed else ""
    text = sentence("audit/verdict", name=name, verdict=audited.verdict, failed=len(failed), asked=asked, most=most,
                    effect=audited.effects()[0])  # fmt: skip
    return text, audited.verdict if audited.verdict in ("accepted", "rejected") else "mixed"


def stress(judged: Judged, low: float, high: float, refuge: str, probability: float) -> Verdict:
    """Whether the desk's expected share lies in the 95 % interval of the share that the scenarios show."""
    lower, upper = judged.interval
    right = lower <= judged.question.share <= upper
    text = sentence(
        "stress/verdict", low=simple(low), high=simple(high), chance=probability, refuge=refuge, share=judged.share,
        n=len(judged.meeting), lower=lower, upper=upper, expected=judged.question.share, right="right" if right else "wrong",
    )  # fmt: skip
    return text, "accepted" if right else "rejected"


def conditioning(found: Conditional, unasked: float) -> str:
    """How the condition was met, how likely it is, and how far the chains agree."""
    diagnostics = found.diagnostics
    return sentence(
        "stress/conditioning", method=found.method, paths=found.evaluations, chance=found.probability, unasked=unasked,
        r_hat=diagnostics["r_hat"].max(), ess=diagnostics[["ess_bulk", "ess_tail"]].min().min(),
    )  # fmt: skip


def causal(
    answer: Answer, cause: str, move: float, effect: str, tests: pd.DataFrame, edges: pd.DataFrame, declared: float
) -> Verdict:
    """An answer under a graph that its own independences reject is not to be used as it stands."""
    gap = str(answer.table["difference"].drop(cause).abs().idxmax())
    row, worst = answer.table.loc[gap], edges.loc[edges["difference"].abs().idxmax()]
    failed = int(tests["refuted"].sum())
    state = "rejected" if failed else "survives" if len(tests) else "untested"
    text = sentence(
        "causal/verdict", cause=cause, move=simple(move), gap=gap, do=simple(row["do"]), given=simple(row["given"]),
        graph=answer.graph, state=sentence(f"causal/{state}"), failed=failed, tests=len(tests), effect=effect,
        declared=declared, difference=worst["difference"], edge=worst["edge"], change=worst["change"],
    )  # fmt: skip
    return text, {"rejected": "rejected", "survives": "accepted", "untested": "mixed"}[state]


def reverse_stress(ways: pd.DataFrame, shapes: pd.DataFrame, agree: float = 10.0) -> Verdict:
    """Whether the samplers that can lose this much agree within a factor ``agree`` on how likely that is.

    ways, shapes : of :func:`workbench.reporting.tables.ways` and ``crisis_shapes``.
    """
    if ways.empty:
        return sentence("reverse_stress/none"), "mixed"
    chances = ways["P(loss)"].groupby("book").agg(["min", "max"])
    spread = float((chances["max"] / chances["min"]).max())
    first = ways.groupby("book", sort=False).head(1)
    closest = [
        sentence(
            "reverse_stress/closest", book=book, chance=row["P(loss)"], precedent=row["precedent"], sampler=sampler
        )
        for (book, sampler), row in first.iterrows()
    ]
    failed = int((shapes["the way fails by"] != "nothing").sum())
    model = sentence("reverse_stress/model") if spread > agree else ""
    text = sentence("reverse_stress/verdict", closest="; ".join(closest), spread=spread, model=model, failed=failed,
                    ways=len(shapes))  # fmt: skip
    return text, "mixed" if spread > agree else "accepted"
