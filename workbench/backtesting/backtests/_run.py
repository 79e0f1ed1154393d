"""Put forecasts to every test they can feed, and say whether they hold.

The rule: forecasts are rejected when Holm's step-down at 5 % rejects any *primary* test, and only then: Kupiec,
Christoffersen's independence and the minimally biased Z of every level, Berkowitz where there is a PIT. A right
forecaster is rejected at most one time in twenty, however many levels there are. The other tests are shown with their
own p-value and power, to tell what is wrong, and never decide.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from workbench.backtesting._forecasts import Forecasts, align
from workbench.backtesting.backtests import _desk as desk
from workbench.backtesting.backtests._battery import BY_NAME, Backtest, applicable
from workbench.backtesting.backtests._montecarlo import null_statistics, tail_share
from workbench.backtesting.backtests._power import NAMES, power_of, sentence
from workbench.backtesting.backtests._sample import Sample
from workbench.stats import holm

SIZE = 0.05
RULE = "rejected when Holm's step-down at 5 % over the primary tests rejects any"


@dataclass(frozen=True)
class Result:
    """One test at one level (None: the whole law); ``p_value`` exact or simulated, ``p_asymptotic`` the textbook's."""

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


def _p_values(tests: list[Backtest], sample: Sample, values: dict[str, float], seed: int) -> dict[str, float]:
    p = {t.name: t.exact(values[t.name], sample) for t in tests if t.null is None}
    for null in {t.null for t in tests if t.null}:
        group = {t.name: t.statistic for t in tests if t.null == null}
        drawn = null_statistics(group, sample, null, seed)
        p |= {n: float(tail_share(values[n], drawn[n], BY_NAME[n].worse)) for n in group}
    return p


def _meaning(test: Backtest, sample: Sample, power: float) -> str:
    said = sentence(test, sample.days, power)
    if test.name == "traffic_light":
        return f"{desk.traffic_zone(int(sample.count), sample.days, sample.level)} zone; {said}"
    if test.name == "frtb_desk":
        passes = desk.desk_passes(int(desk.desk_exceptions(sample)), sample.level)
        return f"the desk {'keeps' if passes else 'leaves'} the internal model; {said}"
    return said


def _results(sample: Sample, tests: list[Backtest], seed: int) -> list[Result]:
    values = {t.name: float(t.statistic(sample)) for t in tests}
    p = _p_values(tests, sample, values, seed)
    rows = []
    for t in tests:
        power = power_of(t, sample.days, sample.level)
        textbook = t.asymptotic(values[t.name], sample) if t.asymptotic else None
        level, hits = (None, None) if t.once else (sample.level, int(sample.count))
        rows.append(
            Result(
                t.name,
                level,
                values[t.name],
                p[t.name],
                textbook,
                power,
                t.primary,
                p[t.name] <= SIZE,
                sample.days,
                hits,
                t.question,
                _meaning(t, sample, power),
            )
        )
    return rows


def run(forecasts: Forecasts, seed: int = 0, only: Collection[str] = tuple(BY_NAME)) -> list[Result]:
    """Every applicable test named in ``only``, at every level; tests of the whole law once."""
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


def _level(row: dict) -> str:
    return "law" if row["level"] is None else f"{row['level']:g}"


def text(told: dict) -> str:
    """:func:`report` as lines to read: the verdict, the notes, a table with what each test finds and how often."""
    by = ", ".join(f"{r['test']} ({_level(r)})" for r in told["rejected_by"])
    lines = [f"{told['verdict']} on {told['days']} days ({told['rule']})" + (f": {by}" if by else "")]
    lines += [f"note: {note}" for note in told["notes"]]
    lines.append(f"{'test':<30}{'level':>6}{'statistic':>11}{'p-value':>9}{'power':>7}  of finding a model that")
    for r in told["tests"]:
        name = r["test"] + (" *" if r["primary"] else "")
        figures = f"{_level(r):>6}{r['statistic']:>11.3f}{r['p_value']:>9.4f}{r['power']:>7.2f}"
        lines.append(f"{name:<30}{figures}  {NAMES[BY_NAME[r['test']].finds]}")
    return "\n".join([*lines, "* primary: only these decide"])


def report(results: list[Result], notes: tuple[str, ...] = ()) -> dict:
    """What the command prints as JSON: verdict, rule, what decided, notes, and every test."""
    primary = [r for r in results if r.primary]
    broken = holm(np.array([r.p_value for r in primary]), SIZE)
    decided = [{"test": r.test, "level": r.level} for r, bad in zip(primary, broken) if bad]
    return {
        "verdict": "rejected" if decided else "accepted",
        "rule": RULE,
        "rejected_by": decided,
        "days": results[0].days,
        "notes": list(notes),
        "tests": [asdict(r) for r in results],
    }
