"""How long until a monitor raises an alarm after a planted break, at one false alarm in ten years; beside CUSUM, rolling Kupiec.

``detection_delay.csv``: median days from the break to the alarm with its 95 % interval (order statistics), for each
monitor after each break of :mod:`workbench.backtesting.monitors._detection_delay`; 300 histories a seed, the three seeds together.
``false_alarms``: alarms in ten quiet years, counted on fresh quiet histories that set no threshold, with their 95 %
interval; an alarm starts the monitor afresh.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.harness import RESULTS, parser, write
from workbench.backtesting.backtests._null import TYPICAL
from workbench.backtesting.monitors import BREAKS, MONITORS, threshold
from workbench.backtesting.monitors import _detection_delay as delay
from workbench.backtesting.monitors._detection_delay import days_to_alarm, median_interval
from workbench.backtesting.monitors._monitors import null_stream

LEVEL, QUIET, AFTER = 0.975, 100, 1000
YEAR = 252


def delays(histories: int, seeds: int, years: float) -> pd.DataFrame:
    """One row a break and monitor."""
    rows = []
    for number, name in enumerate(BREAKS):
        found = {monitor: [] for monitor in MONITORS}
        early = {monitor: [] for monitor in MONITORS}
        for seed in range(seeds):
            rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 43, number])))
            stream = delay.broken_stream(name, rng, histories, QUIET, AFTER, LEVEL)
            for monitor in MONITORS.values():
                limit = threshold(monitor.name, LEVEL, TYPICAL, years)
                late, share = days_to_alarm(monitor.detector(stream), limit, QUIET)
                found[monitor.name].append(late)
                early[monitor.name].append(share)
        rows += [_row(name, monitor, found[monitor], np.mean(early[monitor])) for monitor in MONITORS]
    return pd.DataFrame(rows)


def _row(name: str, monitor: str, by_seed: list[np.ndarray], early: float) -> dict:
    together = np.concatenate(by_seed)
    medians = [float(np.quantile(one, 0.5, method="higher")) for one in by_seed]
    low, high = median_interval(together)
    return {
        "break": name, "monitor": monitor, "median": np.quantile(together, 0.5, method="higher"), "low": low,
        "high": high, "lowest_seed": min(medians), "highest_seed": max(medians),
        "p90": np.quantile(together, 0.9, method="higher"), "found": np.isfinite(together).mean(), "early": early,
        "histories": len(together),
    }  # fmt: skip


def false_alarms(histories: int, years: float) -> pd.DataFrame:
    """Alarms in ``years`` quiet years, and the 95 % interval of their rate."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([47])))
    count = dict.fromkeys(MONITORS, 0)
    for _ in range(histories // 20):
        stream = null_stream(rng, 20, round(YEAR * years), LEVEL)
        for monitor in MONITORS.values():
            path = monitor.detector(stream) >= threshold(monitor.name, LEVEL, TYPICAL, years)
            count[monitor.name] += int(path.any(axis=-1).sum())
    rows = []
    for monitor, silent in ((name, 1 - count[name] / histories) for name in MONITORS):
        low, high = stats.binomtest(round(silent * histories), histories).proportion_ci(0.95, "wilson")
        rows.append((monitor, -np.log(silent), -np.log(high), -np.log(low)))
    return pd.DataFrame(rows, columns=["monitor", "false_alarms", "false_low", "false_high"])


def main(arguments: list[str] | None = None) -> None:
    asked = parser(__doc__)
    asked.add_argument("--histories", type=int, default=300)
    asked.add_argument("--seeds", type=int, default=3)
    asked.add_argument("--quiet", type=int, default=300, help="quiet histories of so many years")
    asked.add_argument("--years", type=float, default=10.0, help="between two false alarms of a monitor")
    options = asked.parse_args(arguments or [])
    table = delays(options.histories, options.seeds, options.years)
    table = table.merge(false_alarms(options.quiet, options.years), on="monitor").assign(years=options.years)
    write(table.round(3), RESULTS / "detection_delay.csv")
    print(table.drop(columns=["years"]).round(2).to_string(index=False))
