"""Run every test that forecasts can feed, and say whether they hold.

The rule: forecasts are rejected when Holm's step-down at 5 % rejects any *primary* test, and only then: Kupiec,
Christoffersen's independence and the minimally biased Z of every level, Berkowitz where there is a PIT. A right
forecaster is rejected at most one time in twenty, however many levels there are. Nothing rejected and no primary test
with a power of 15 % is ``cannot tell``. The other tests are shown with their own p-value and power, to find what is
wrong, and never decide.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.backtesting._forecasts import Forecasts, align
from workbench.backtesting.backtests._battery import BY_NAME, Backtest, applicable
from workbench.backtesting.backtests._desk import desk_exceptions, desk_passes, traffic_zone
from workbench.backtesting.backtests._findings import BOLD, CAUTIOUS, HOLDS, LEAST_POWER, UNKNOWN, judge, level_text
from workbench.backtesting.backtests._null import null_statistics, tail_share
from workbench.backtesting.backtests._power import NAMES, power_of, sentence
from workbench.backtesting.backtests._sample import Sample
from workbench.constants import TEST_SIZE
from workbench.errors import ParameterError
from workbench.stats import holm

RULE = "rejected when Holm's step-down at 5 % over the primary tests rejects any"


@dataclass(frozen=True)
class Result:
    """One test at one level (None: the whole distribution).

    ``p_value`` exact or simulated, ``p_asymptotic`` the textbook's; ``outcome`` (holds, too bold, too cautious, cannot
    tell), the ``finding`` in words and the ``action`` to take; ``meaning`` is the power in
    """

    test: str
    level: float | None
    statistic: float
    p_value: float
    p_asymptotic: float | None
    power: float
    primary: bool
    rejected: bool
    days: int
    hits: int | None
    question: str
    meaning: str
    outcome: str
    finding: str
    action: str


def _p_values(tests: list[Backtest], sample: Sample, values: dict[str, float], seed: int) -> dict[str, float]:
    p = {t.name: t.exact(values[t.name], sample) for t in tests if t.exact}
    for null in {t.null for t in tests if t.null}:
        group = {t.name: t.statistic for t in tests if t.null == null}
        drawn = null_statistics(group, sample, null, seed)
        p |= {n: float(tail_share(np.asarray(values[n]), drawn[n], BY_NAME[n].worse)) for n in group}
    return p


def _meaning(test: Backtest, sample: Sample, power: float) -> str:
    known = sentence(test, sample.days, power)
    if test.name == "traffic_light":
        return f"{traffic_zone(int(sample.count), sample.days, sample.level)} zone; {known}"
    if test.name == "frtb_desk":
        passes = desk_passes(int(desk_exceptions(sample)), sample.level)
        return f"the desk {'keeps' if passes else 'leaves'} the internal model; {known}"
    return known


def _results(sample: Sample, tests: list[Backtest], seed: int) -> list[Result]:
    values = {t.name: float(t.statistic(sample)) for t in tests}
    p = _p_values(tests, sample, values, seed)
    rows = []
    for t in tests:
        power, rejected = power_of(t, sample.days, sample.level), p[t.name] <= TEST_SIZE
        textbook = t.asymptotic(values[t.name], sample) if t.asymptotic else None
        level, hits = (None, None) if t.once else (sample.level, int(sample.count))
        found = judge(t, sample, rejected, power)
        known = (t.primary, rejected, sample.days, hits, t.question, _meaning(t, sample, power), *found)
        rows.append(Result(t.name, level, values[t.name], p[t.name], textbook, power, *known))
    return rows


def run(forecasts: Forecasts, seed: int = 0, only: Collection[str] = tuple(BY_NAME)) -> list[Result]:
    """Every applicable test named in ``only``, at every level; tests of the whole distribution once.

    Raises ParameterError for an unknown test or a negative seed.
    """
    unknown = sorted(set(only) - set(BY_NAME))
    if unknown or not seed >= 0:
        raise ParameterError(
            f"unknown tests {unknown}; known: {list(BY_NAME)}" if unknown else f"seed {seed} is below 0"
        )
    out: list[Result] = []
    for level in forecasts.var:
        sample = forecasts.sample(level)
        names = set(only) - {r.test for r in out if r.level is None}
        out += _results(sample, [t for t in applicable(sample) if t.name in names], seed)
    return out


def backtest(
    forecasts: pd.DataFrame, realised: pd.Series | pd.DataFrame, column: str | None = None, seed: int = 0
) -> pd.DataFrame:
    """Backtest a table of VaR, ES and PIT forecasts against realised returns: one row a test and level.

    ``forecasts`` has ``date`` (column or index), ``var_<level>``, and optionally ``es_<level>`` and ``pit``; VaR and ES
    are positive losses, fractions. ``realised`` holds log returns by date. Columns of the result: those of
    :class:`Result`. Raises :class:`~workbench.errors.DataError` for bad input; ``seed`` fixes the simulated null.
    """
    return pd.DataFrame([asdict(r) for r in run(align(forecasts, realised, column), seed)])


def report(results: list[Result], notes: tuple[str, ...] = ()) -> dict[str, Any]:
    """What the command prints as JSON: verdict, outcome, rule, what decided, notes, and every test.

    ``verdict`` is accepted, rejected or cannot tell; ``outcome`` the word for people: holds, too bold, too cautious or
    cannot tell.
    """
    primary = [r for r in results if r.primary]
    broken = [r for r, bad in zip(primary, holm(np.array([r.p_value for r in primary]), TEST_SIZE)) if bad]
    verdict, outcome = "accepted", HOLDS
    if broken:
        verdict, outcome = "rejected", BOLD if any(r.outcome == BOLD for r in broken) else CAUTIOUS
    elif not any(r.power >= LEAST_POWER for r in primary):
        verdict = outcome = UNKNOWN
    return {
        "verdict": verdict,
        "outcome": outcome,
        "rule": RULE,
        "rejected_by": [{"test": r.test, "level": r.level} for r in broken],
        "days": results[0].days if results else 0,
        "notes": list(notes),
        "tests": [asdict(r) for r in results],
    }


def _level(row: dict[str, Any]) -> str:
    return "whole" if row["level"] is None else level_text(row["level"])


def _p(value: float) -> str:
    return "< .001" if value < 0.001 else f"{value:.3f}".lstrip("0")


def text(report: dict[str, Any]) -> str:
    """:func:`report` as lines to read: the verdict, the notes, a table, and what each finding means and asks for."""
    by = ", ".join(f"{r['test']} ({_level(r)})" for r in report["rejected_by"])
    lines = [f"{report['verdict']} on {report['days']} days: {report['outcome']}" + (f", by {by}" if by else "")]
    lines += [f"({report['rule']})", *(f"note: {note}" for note in report["notes"])]
    wide = max([6, *(len(_level(r)) for r in report["tests"])]) + 1
    lines.append(f"{'test':<30}{'level':>{wide}}{'n':>7}{'statistic':>11}{'p-value':>9}{'power':>7}  outcome")
    for r in report["tests"]:
        name = r["test"] + (" *" if r["primary"] else "")
        figures = f"{_level(r):>{wide}}{r['days']:>7}{r['statistic']:>11.3f}{_p(r['p_value']):>9}{r['power']:>7.2f}"
        lines.append(f"{name:<30}{figures}  {r['outcome']}")
    lines += ["* primary: only these decide; power: chance of finding a model that"]
    lines += [f"  {NAMES[error]}: {', '.join(names)}" for error, names in _found(report["tests"]).items()]
    alike: dict[tuple[str, ...], list[str]] = {}
    for r in report["tests"]:
        if r["rejected"]:
            alike.setdefault((_level(r), r["outcome"], r["finding"], r["action"]), []).append(r["test"])
    for (level, outcome, finding, action), names in alike.items():
        lines.append(f"{level}, {outcome}: {finding} ({', '.join(names)}). To do: {action}.")
    return "\n".join(lines)


def _found(tests: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Tests by the error that their power is against."""
    found: dict[str, list[str]] = {}
    for r in tests:
        names = found.setdefault(BY_NAME[r["test"]].finds, [])
        names += [r["test"]] if r["test"] not in names else []
    return found
