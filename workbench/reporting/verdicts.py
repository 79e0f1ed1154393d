"""The verdict of every study, written from its tables by a fixed rule: text and outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from workbench import backtesting
from workbench.reporting import audits, formats
from workbench.reporting._market_futures import best_baseline, market_futures, sequel, support, trust
from workbench.reporting._tournament import tournament_headline, where_it_loses
from workbench.reporting._verdict import HOLDS, PASSED, Verdict
from workbench.reporting.catalogue import sentence
from workbench.reporting.formats import simple
from workbench.samplers.shocks import SplicedMargins
from workbench.stress.causal import Answer
from workbench.stress.conditioning import Conditional
from workbench.stress.preregistered import Verdict as Judged
from workbench.validation.audit import Audit

__all__ = [
    "market_futures", "best_baseline", "sequel", "support", "trust", "audit", "stress",
    "not_given", "conditioning", "causal", "reverse_stress", "red_team", "planted", "tail_promises",
    "tail_proof", "horse_race", "where_it_loses", "drift", "backtest", "unseen_decade",
]  # fmt: skip


def audit(audited: Audit, name: str) -> Verdict:
    """The audit's own verdict on the set ``name``, the checks that failed, and the first effect on a risk number."""
    failed = sorted((found for found in audited.findings if found.verdict == "fail"), key=lambda found: found.p_value)
    asked = sum(found.answered for found in audited.findings)
    most = f", most of all: {', '.join(found.check for found in failed[:5])}" if failed else ""
    text = sentence("audit/verdict", name=name, verdict=audited.verdict, failed=len(failed), asked=asked, most=most,
                    effect=audits.effects(audited)[0])  # fmt: skip
    outcome = audited.verdict if audited.verdict in ("accepted", "rejected") else "mixed"
    key = {"checks failed": f"{len(failed)} of {asked}", "draws": formats.number(audited.about["draws"])}
    for row in audited.risk.iloc[:2].itertuples():
        scenarios, history = formats.basis_points(row.scenarios), formats.basis_points(row.history)
        key[f"{row.measure} {formats.level(row.level)}, {row.book}"] = f"{scenarios} (history {history})"
    return Verdict(text, outcome, key, PASSED[outcome] if outcome != "mixed" else "cannot tell")


def stress(judged: Judged, low: float, high: float, refuge: str, probability: float) -> Verdict:
    """Whether the desk's expected share lies in the 95 % interval of the share that the scenarios show."""
    lower, upper = judged.interval
    text = sentence(
        "stress/verdict", low=simple(low), high=simple(high), chance=probability, refuge=refuge, share=judged.share,
        n=len(judged.meeting), lower=lower, upper=upper, expected=judged.question.share, word=judged.word,
    )  # fmt: skip
    key = {"share that supports the thesis": formats.percent(judged.share)}
    key |= {"expected": formats.percent(judged.question.share, 0), "event": formats.percent(probability, 2)}
    return Verdict(text, {"holds": "accepted", "too bold": "rejected"}.get(judged.word, "mixed"), key, judged.word)


def not_given(why: str, low: float, high: float, refuge: str) -> Verdict:
    """The thesis has no answer where the scenarios given the fall were refused; ``why`` is the reason."""
    text = sentence("stress/unanswered", low=simple(low), high=simple(high), refuge=refuge, why=why)
    band = f"{formats.percent(simple(low))} to {formats.percent(simple(high))}"
    return Verdict(text, "mixed", {"conditional scenarios": "none", "fall of the market": band}, "cannot tell")


def conditioning(found: Conditional, unasked: float) -> str:
    """How the condition was met, how likely it is, and how far the chains agree."""
    event, chains, judged = sentence("stress/value"), sentence("stress/exact"), found.diagnostics
    if np.isfinite(found.probability):
        event = sentence("stress/event", chance=found.probability, unasked=unasked)
    if len(judged):
        least = judged[["ess_bulk", "ess_tail"]].min().min()
        chains = sentence("stress/chains", r_hat=judged["r_hat"].max(), ess=least)
    return sentence(
        "stress/conditioning", method=found.method, paths=found.evaluations, event=event, chains=chains
    )  # fmt: skip


def causal(
    answer: Answer, cause: str, move: float, effect: str, tests: pd.DataFrame, edges: pd.DataFrame, declared: float
) -> Verdict:
    """An answer under a graph that its own independences reject is not to be used as it stands."""
    gap = str(answer.table["difference"].drop(cause).abs().idxmax())
    row, failed, arrows = answer.table.loc[gap], int(tests["refuted"].sum()), {"effect": effect, "declared": declared}
    state, counts = "rejected" if failed else "survives", {"failed": failed, "tests": len(tests)}
    if not len(tests):
        state, counts = "untested", {}
    if len(edges):
        arrows |= edges.loc[edges["difference"].abs().idxmax(), ["difference", "edge", "change"]].to_dict()
    text = sentence(
        "causal/verdict", cause=cause, move=simple(move), gap=gap, do=simple(row["do"]), given=simple(row["given"]),
        graph=answer.graph, state=sentence(f"causal/{state}", **counts),
        edges=sentence("causal/arrows" if len(edges) else "causal/no_arrows", **arrows),
    )  # fmt: skip
    outcome = {"rejected": "rejected", "survives": "accepted", "untested": "mixed"}[state]
    key = {"independences rejected": f"{failed} of {len(tests)}" if len(tests) else "none tested"}
    key |= {f"{gap}, {name}": formats.percent(simple(row[name]), 2) for name in ("do", "given")}
    return Verdict(text, outcome, key, "not assessed" if state == "untested" else PASSED[outcome])


def reverse_stress(ways: pd.DataFrame, shapes: pd.DataFrame, agree: float = 10.0) -> Verdict:
    """Whether the samplers that can lose this much agree within a factor ``agree`` on how likely that is.

    ways, shapes : of :func:`workbench.reporting.tables.ways` and ``crisis_shapes``.
    """
    if ways.empty:
        return Verdict(sentence("reverse_stress/none"), "mixed", {"ways to lose": "none"}, "cannot tell")
    chances = ways["P(loss)"].groupby("book").agg(["min", "max", "size"])
    spread = float((chances["max"] / chances["min"]).max())
    first = ways.groupby("book", sort=False).head(1)
    closest = [
        sentence(
            "reverse_stress/closest", book=book, chance=row["P(loss)"], precedent=row["precedent"], sampler=sampler
        )
        for (book, sampler), row in first.iterrows()
    ]
    alone, failed = chances["size"].max() < 2, int((shapes["the way fails by"] != "nothing").sum())
    model = sentence("reverse_stress/model") if spread > agree else ""
    agreement = sentence("reverse_stress/agree", spread=spread, model=model)
    examined = sentence("reverse_stress/failed_shapes", failed=failed, ways=len(shapes))
    text = sentence(
        "reverse_stress/verdict", closest="; ".join(closest),
        agree=sentence("reverse_stress/alone") if alone else agreement,
        shapes=examined if len(shapes) else sentence("reverse_stress/no_shapes"),
    )  # fmt: skip
    outcome = "mixed" if alone or spread > agree else "accepted"
    factor = formats.number(np.nan if alone else spread, 1)
    key = {f"P of the loss, {book}": formats.probability(row["P(loss)"]) for (book, _), row in first.iterrows()}
    key |= {"factor between samplers": factor, "ways without the shape of a crisis": f"{failed} of {len(shapes)}"}
    return Verdict(text, outcome, key, HOLDS[outcome])


def red_team(everything: pd.Series, least: pd.DataFrame, large: pd.DataFrame, blind: Sequence[str]) -> Verdict:
    """Correct sets rejected in at most 5 % of trials, and 95 % of the faults found in at least 95 % of theirs."""
    caught, more = (int((table["share"] >= 0.95).sum()) for table in (least, large))
    quiet, sharp = everything["share"] <= 0.05, caught >= 0.95 * len(least)
    text = sentence("red_team/verdict", all=everything, caught=caught, faults=len(least), more=more, large=len(large),
                    blind=blind)  # fmt: skip
    outcome = "accepted" if quiet and sharp else "mixed" if quiet or sharp else "rejected"
    key = {
        "false alarms": formats.percent(everything["share"]),
        "faults found": f"{caught} of {len(least)}",
        "blind spots": f"{len(blind)}",
    }
    return Verdict(text, outcome, key, PASSED[outcome])


def planted(rows: Sequence[Mapping[str, Any]]) -> str:
    """Which faults were found in a given history, by checks that pass without them; those not planted do not count."""
    without = set(next((row["failed"] for row in rows if row["fault"] == "none"), []))
    faults = [row for row in rows if row["fault"] != "none" and row["verdict"] != "not planted"]
    found = [row["fault"] for row in faults if set(row["failed"]) - without]
    missed = [row["fault"] for row in faults if row["fault"] not in found]
    return sentence("red_team/planted", found=found, missed=missed, faults=len(faults))


def tail_promises(
    error: float, guaranteed: pd.DataFrame, curves: Mapping[str, pd.DataFrame], limits: Mapping[str, float],
    growth: pd.DataFrame, limit: Mapping[float, float], confidence: float,
) -> dict[str, bool]:  # fmt: skip
    """What follows from the construction of the tail, and whether the draws keep it.

    error : of the decoder; guaranteed : Hill's table past the last stratum; curves, limits : crashes together, by
    ``mixture on`` and ``mixture off``; growth, limit : integral and closed form of the shortfall by index.
    """
    table = pd.concat(curves)
    judged = table[table["expected"] >= 50]
    bound = float(norm.ppf(1 - (1 - confidence) / (2 * max(1, len(judged)))))
    deepest = curves["mixture on"].iloc[-1]
    rests = {shape: bool(np.isclose(growth[shape].iloc[-1], limit[shape], rtol=1e-3)) for shape in growth}
    return {
        "survival function to 1e-12": error < 1e-12,
        "index in its range": bool(guaranteed["inside"].all()),
        "crashes together as implied": bool(judged["z"].abs().max() < bound),
        "tail dependence with the mixture": bool(
            deepest["measured"] > 2 * deepest["error"] and limits["mixture on"] > 0
        ),
        "none without it": limits["mixture off"] == 0,
        "finite shortfall as the index says": all(rests[shape] == (shape < 1) for shape in rests),
    }


def tail_proof(
    promises: Mapping[str, bool], shocks: str, margins: SplicedMargins, error: float, guaranteed: pd.DataFrame,
    measured: pd.DataFrame, beyond: float, limits: Mapping[str, float],
) -> Verdict:  # fmt: skip
    """Accepted when every promise of :func:`tail_promises` is kept."""
    broken = [name for name, kept in promises.items() if not kept]
    text = sentence(
        "tail_proof/verdict", shocks=shocks, kept=len(promises) - len(broken), promises=len(promises),
        broken=f", not: {', '.join(broken)}" if broken else "", error=f"{error:.0e}", margins=margins, beyond=beyond,
        inside=int(guaranteed["inside"].sum()), of=len(guaranteed), whole=int(measured["inside"].sum()),
        of_whole=len(measured), dependence=limits["mixture on"],
    )  # fmt: skip
    outcome = "rejected" if broken else "accepted"
    key = {"promises kept": f"{len(promises) - len(broken)} of {len(promises)}"}
    key |= {f"tail index, {side}": f"{margins.shape_[place]:.2f}" for place, side in enumerate(("losses", "gains"))}
    return Verdict(text, outcome, key, PASSED[outcome])


def horse_race(
    inside: pd.DataFrame, learners: Sequence[str], hits: pd.DataFrame, lost: Mapping[str, str], days: int, dataset: str,
    seeds: int,
) -> Verdict:  # fmt: skip
    """Who is in the confidence set, whose hits are right at 97.5 %, and where those that learn are behind."""
    headline, outcome = tournament_headline(inside, learners)
    rights = hits.xs(0.975, level="level").groupby("sampler", sort=False)["inside"].mean()
    right = ", ".join(rights.index[rights > 0.5]) or "nobody"
    behind = " ".join(f"{name} is {line}." for name, line in lost.items())
    text = sentence("horse_race/verdict", headline=headline, n=days, dataset=Path(dataset).name, seeds=seeds,
                    right=right, lost=behind)  # fmt: skip
    outcome = outcome if learners else "mixed"
    key = {"right count of hits": f"{int((rights > 0.5).sum())} of {len(rights)}", "forecasts": formats.number(days)}
    return Verdict(text, outcome, key, HOLDS[outcome])


def drift(
    sampler: str, delays: pd.DataFrame, false: pd.DataFrame, curves: pd.DataFrame, years: float, soon: int = 20
) -> Verdict:
    """An alarm within ``soon`` dates of every shock, whatever the step of the panel, and no more alarms in quiet years than set."""
    fastest = delays.min()
    in_time, allowed = fastest <= soon, false["low"].le(10 / years)
    alarms = [
        sentence("drift/never", episode=episode) if np.isnan(days)
        else sentence("drift/after", episode=episode, days=days)
        for episode, days in fastest.items()
    ]  # fmt: skip
    doubled = curves[(curves["break"] == "volatility") & (curves["years"] == curves["years"].max())]
    doubled = doubled.set_index("monitor")["median"]
    text = sentence(
        "drift/verdict", sampler=sampler, alarms=alarms, quiet=false["years"].iloc[0],
        together=int(false["alarms"].sum()), monitors=len(false),
        often=int((~allowed).sum()), doubled=doubled.min(), fastest=doubled.idxmin(),
        years=curves["years"].max(),
    )  # fmt: skip
    outcome = "accepted" if in_time.all() and allowed.all() else "mixed" if in_time.any() else "rejected"
    key = {"replays with an alarm in time": f"{int(in_time.sum())} of {len(in_time)}"}
    key |= {"alarms in quiet years": formats.number(false["alarms"].sum())}
    return Verdict(text, outcome, key, PASSED[outcome])


def backtest(
    results: Mapping[str, list[backtesting.Result]], tests: pd.DataFrame, trial: str, level: float, days: int, book: str
) -> Verdict:
    """Holds, too bold, too cautious or cannot tell, by the primary tests together at 5 %; the power of the test of hits
    is given beside it.
    """
    reports = {name: backtesting.report(found) for name, found in results.items()}
    by = ", ".join(f"{found['test']} ({_level(found['level'])})" for found in reports[trial]["rejected_by"])
    chosen = (tests["sampler"] == trial) & (tests["test"] == "kupiec") & (tests["level"] == f"{level:g}")
    kupiec = tests[chosen].iloc[0]
    others = [name for name in reports if name != trial]
    rejected = [name for name in others if reports[name]["verdict"] == "rejected"]
    beside = sentence("backtest/others", rejected=len(rejected), others=len(others),
                      names=f": {', '.join(rejected)}" if rejected else "")  # fmt: skip
    text = sentence(
        "backtest/verdict", sampler=trial, outcome=reports[trial]["outcome"], by=f", by {by}," if by else "", n=days,
        book=book, hits=kupiec["hits"], level=level, expected=(1 - level) * days, power=kupiec["power"],
        others=beside if others else "",
    )  # fmt: skip
    outcome = {"cannot tell": "mixed"}.get(reports[trial]["verdict"], reports[trial]["verdict"])
    key = {"hits": formats.number(kupiec["hits"]), "hits expected": formats.number((1 - level) * days, 1)}
    return Verdict(text, outcome, key, reports[trial]["outcome"])


def unseen_decade(table: pd.DataFrame, sampler: str, low: float = 0.85, high: float = 0.95) -> Verdict:
    """Levels of their own keep what came inside: every coverage within ``low`` and ``high``, every interval score below
    that of the sampler as it is; mixed where that holds of at least half.

    table : of :func:`workbench.backtesting.unseen_decade.coverage`.
    """
    mine = table[table["sampler"] == sampler]
    levels, plain = (mine[mine["distribution"] == name] for name in ("unseen decade", "stationary"))
    covered, better = levels["coverage"].between(low, high), levels["ratio"] < 1
    text = sentence(
        "unseen_decade/verdict", sampler=sampler, covered=int(covered.sum()), better=int(better.sum()), asked=len(levels),
        low=low, high=high, least=levels["coverage"].min(), most=levels["coverage"].max(), ratio=levels["ratio"].median(),
        before=plain["coverage"].min(), after=plain["coverage"].max(), pairs=int(levels["pairs"].max()),
        fewest=levels["effective"].min(), effective=levels["effective"].max(),
    )  # fmt: skip
    served = covered & better
    outcome = "accepted" if served.all() else "mixed" if served.mean() >= 0.5 else "rejected"
    key = {
        "coverage": f"{formats.percent(levels['coverage'].min(), 0)} to {formats.percent(levels['coverage'].max(), 0)}"
    }
    return Verdict(
        text, outcome, key | {"better interval scores": f"{int(better.sum())} of {len(levels)}"}, PASSED[outcome]
    )


def _level(probability: float | None) -> str:
    return "all levels" if probability is None else formats.level(probability)
