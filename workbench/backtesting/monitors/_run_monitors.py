"""Run the monitors over a forecaster's history day by day: which alarm was raised when, and what had broken?

Two readings for each monitor, both valid whenever one looks:
  evidence   log10 of the e-process since the first day; 20 : 1 against the forecast (1.3) rejects it at 5 % (Ville)
  level      the e-detector over its threshold; at 1 it raises an alarm (one false alarm in ``years`` years) and
  restarts
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.backtesting._forecasts import Forecasts
from workbench.backtesting.backtests._null import implied_dof
from workbench.backtesting.monitors._detectors import alarms, mixture_wealth
from workbench.backtesting.monitors._evidence import gree, grem, simple_jumper, unlikeliness, var_evalues
from workbench.backtesting.monitors._monitors import MONITORS, Stream, threshold
from workbench.constants import TRADING_DAYS
from workbench.data import periods_per_year
from workbench.errors import DataError


@dataclass(frozen=True)
class MonitorReport:
    """``level`` and ``evidence`` are (date x monitor); ``alarms`` has a row an alarm: date, monitor, what, leading.

    ``leading`` is the monitor furthest over its threshold on that day, the best guess at what broke. ``periods`` of the
    dates make a year.
    """

    level: pd.DataFrame
    evidence: pd.DataFrame
    alarms: pd.DataFrame
    periods: float = TRADING_DAYS


def _panel(forecasts: Forecasts, pits: pd.Series | None, what: str) -> np.ndarray | None:
    """PITs of the forecasts' days, checked."""
    if pits is None:
        return None
    missing = forecasts.dates.difference(pits.index)
    if len(missing):
        raise DataError(f"{what}: no PIT on {missing[0].date()} ({len(missing)} such days)")
    values = pits.loc[forecasts.dates].to_numpy(float)
    inside = (values >= 0) & (values <= 1)
    if not inside.all():
        raise DataError(f"{what}: the PIT on {forecasts.dates[int(np.argmin(inside))].date()} is not in [0, 1]")
    return values


def _evidence(stream: Stream, names: list[str]) -> dict[str, np.ndarray]:
    """log10 e-processes: adaptive stakes for VaR and ES, equal wealth on fixed bets otherwise, jumpers on the PIT."""
    sample = stream.sample
    logs = {n: mixture_wealth(MONITORS[n].evalues(stream)) for n in names if n not in ("hits", "shortfall")}
    logs["hits"] = gree(var_evalues(sample))
    if sample.es is not None:
        logs["shortfall"] = grem(sample)
    if sample.pit is not None:
        logs["jumper_mean"] = simple_jumper(sample.pit)
        logs["jumper_scale"] = simple_jumper(unlikeliness(sample.pit))
    return {name: value / np.log(10.0) for name, value in logs.items()}


def run_monitors(
    forecasts: Forecasts,
    level: float | None = None,
    dependence: pd.Series | None = None,
    width: pd.Series | None = None,
    years: float = 10.0,
    periods: float | None = None,
) -> MonitorReport:
    """Run every monitor the forecasts can feed, at one ``level`` (default the highest).

    ``dependence`` and ``width`` are PITs by date of the joint movement and width of all assets
    (:func:`workbench.backtesting.ensembles.panel_pits`). Each monitor has one false alarm in ``years`` years on
    average, so eight of them have about eight; ``periods`` forecasts make a year, by default those of a panel of the
    forecasts' frequency (:func:`workbench.data.periods_per_year`). Raises :class:`DataError`.
    """
    periods = periods_per_year(forecasts.dates) if periods is None else periods
    level = max(forecasts.var) if level is None else level
    if level not in forecasts.var:
        raise DataError(f"no VaR at level {level:g}; there are {', '.join(f'{x:g}' for x in forecasts.var)}")
    panel = _panel(forecasts, dependence, "dependence"), _panel(forecasts, width, "width")
    stream = Stream(forecasts.sample(level), *panel)
    nu = round(implied_dof(stream.sample), 1)
    levels: dict[str, np.ndarray] = {}
    raised: list[tuple] = []
    for name in [m.name for m in MONITORS.values() if m.bets and stream.has(m.needs)]:
        limit = threshold(name, level, nu, years, periods)
        path, days = alarms(MONITORS[name].evalues(stream), limit)
        levels[name] = path / limit
        raised += [(forecasts.dates[day], name, MONITORS[name].what) for day in days]
    table = pd.DataFrame(levels, index=forecasts.dates)
    found = pd.DataFrame(raised, columns=["date", "monitor", "what"]).sort_values("date", kind="stable")
    found["leading"] = [table.loc[date].idxmax() for date in found["date"]]
    evidence = pd.DataFrame(_evidence(stream, list(levels)), index=forecasts.dates)
    return MonitorReport(table, evidence, found.reset_index(drop=True), periods)
