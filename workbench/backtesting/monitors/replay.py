"""What the monitors would have shown at each close of a crisis, with a model fitted before it.

A replay is a forecast table of one book (:mod:`workbench.backtesting.walk_forward`) read day by day. Two figures come
of it: in an episode with a shock, the trading days from the shock to the first alarm of each monitor (the shock's own
day counts as 1); in quiet years, the alarms, their rate in ten years and its exact Poisson interval. Which years are
quiet, and when a shock began, is an input: the tables do not look for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
from scipy import stats

from workbench.backtesting._forecasts import align
from workbench.backtesting.monitors import MonitorReport, detection_delays, run_monitors
from workbench.constants import TRADING_DAYS
from workbench.errors import DataError, ParameterError


def monitor_book(table: pd.DataFrame, level: float = 0.975, years: float = 10.0) -> MonitorReport:
    """Every monitor over one book's forecasts by date, ``var_<level>, es_<level>, pit, realised, dependence, width``.

    years : between false alarms of one monitor, of as many forecasts as the walk-forward made in a year (``attrs``), or
    by the frequency of the dates. Raises DataError for a table that is not what it must be.
    """
    if "realised" not in table:
        raise DataError(f"a replay needs the column 'realised'; found {list(table.columns)}")
    used = [name for name in (f"var_{level:g}", f"es_{level:g}", "pit") if name in table]
    together = {name: table[name] for name in ("dependence", "width") if name in table}
    periods = table.attrs["periods"] / table.attrs["every"] if "periods" in table.attrs else None
    return run_monitors(align(table[used], table["realised"]), level, **together, years=years, periods=periods)


def days_to_detection(watches: Mapping[str, MonitorReport], shocks: Mapping[str, str | pd.Timestamp]) -> pd.DataFrame:
    """Trading days from each episode's shock to the first alarm at or after it: (monitor, episode); NaN: no alarm.

    watches, shocks : by episode; an episode without a shock is left out.
    """
    columns = {}
    for episode, shock in shocks.items():
        if episode not in watches:
            raise ParameterError(f"no forecasts of the episode {episode!r}; there are {list(watches)}")
        seen = watches[episode]
        dates, begin = seen.level.index, pd.Timestamp(shock)
        first = seen.alarms[seen.alarms["date"] >= begin].groupby("monitor")["date"].min()
        days = dates.get_indexer(pd.DatetimeIndex(first)) - dates.searchsorted(begin) + 1.0
        columns[episode] = pd.Series(days, first.index)
    monitors = list(dict.fromkeys(name for seen in watches.values() for name in seen.level))
    return pd.DataFrame(columns).reindex(monitors).rename_axis("monitor")


def false_alarms(watches: Mapping[str, MonitorReport]) -> pd.DataFrame:
    """Alarms in quiet years: per monitor ``alarms, years``, the rate in ten years, and its 95 % interval."""
    if not watches:
        raise ParameterError("false alarms are counted over at least one episode")
    years = sum(len(seen.level) / seen.periods for seen in watches.values())
    monitors = list(dict.fromkeys(name for seen in watches.values() for name in seen.level))
    count = pd.concat([seen.alarms["monitor"] for seen in watches.values()]).value_counts()
    table = pd.DataFrame({"alarms": count.reindex(monitors, fill_value=0).astype(int)}).rename_axis("monitor")
    scale = 10 / years
    table["years"], table["in ten years"] = years, table["alarms"] * scale
    table["low"] = stats.gamma.ppf(0.025, np.maximum(table["alarms"], 1e-9)) * scale
    table["high"] = stats.gamma.ppf(0.975, table["alarms"] + 1) * scale
    return table


def delay_curve(
    years: Sequence[float] = (1.0, 3.0, 10.0), histories: int = 200, level: float = 0.975, seed: int = 0,
    periods: float = TRADING_DAYS,
) -> pd.DataFrame:  # fmt: skip
    """Detection delays after planted breaks (:func:`..monitors.detection_delays`) at several rates of false alarms."""
    run = partial(detection_delays, histories, level=level, seed=seed, periods=periods)
    parts = [run(years=one).assign(years=one) for one in years]
    return pd.concat(parts, ignore_index=True)
