"""Tables of forecasts through time: walk-forward backtests, tournaments of samplers, monitors and recalibration."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler

from workbench.backtesting import comparison, scores, walk_forward
from workbench.backtesting.monitors import MonitorReport
from workbench.backtesting.recalibration import Recalibration
from workbench.backtesting.tournament import SCORES, Design
from workbench.backtesting.walk_forward import Period
from workbench.reporting import formats
from workbench.reporting.tables._panel import facts, span
from workbench.samplers import LongRunSpread

HITS = ["hits", "rate", "low", "high", "p_value"]


def by_name(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Tables of several samplers in one, with a column ``sampler``."""
    return pd.concat([table.assign(sampler=name) for name, table in tables.items()])


def by_seed(rows: Mapping[tuple[str, int], pd.DataFrame]) -> pd.DataFrame:
    """Daily rows of every (sampler, seed) in one table."""
    return pd.concat(rows, names=["sampler", "seed"])


def forecast_span(
    panel: pd.DataFrame, judged: pd.DataFrame, books: Collection[str], periods: Sequence[Period], key: str
) -> Styler:
    """What a walk-forward backtest forecast, from how many fits, and the hash of its inputs."""
    days = f"{formats.rows(judged.index)}, {span(judged.index)}, {len(books)} books"
    fits = f"{len(periods)} of each sampler, the first on {periods[0].end - periods[0].begin:,} dates"
    return facts({"forecast": days, "fits": fits, "SHA-256": panel.attrs.get("sha256"), "inputs": key})


def tests(results: Mapping[str, Iterable[Any]]) -> pd.DataFrame:
    """All results of the statistical tests, a row a (sampler, test, level)."""
    table = pd.concat([pd.DataFrame(found).assign(sampler=name) for name, found in results.items()], ignore_index=True)
    return table.assign(level=table["level"].map("{:g}".format).replace("nan", "all"))


def p_values(table: pd.DataFrame, trial: str) -> Styler:
    """p-values of every sampler beside the power of the test, by test and level."""
    wide = table.pivot_table(index=["test", "level"], columns="sampler", values="p_value", sort=False)
    wide = wide[list(dict.fromkeys(table["sampler"]))]
    power = table[table["sampler"] == trial].set_index(["test", "level"])["power"]
    style = wide.assign(power=power).style.format(formats.p_value).format_index(_level, level="level")
    return style.format(lambda share: formats.percent(share, 0), subset=["power"])


def meanings(table: pd.DataFrame, trial: str) -> Styler:
    """What each primary test asks, and what its answer means."""
    primary = table[(table["sampler"] == trial) & table["primary"]]
    return primary.set_index(["test", "level"])[["question", "meaning"]].style.format_index(_level, level="level")


def asset_hits(walked: Mapping[str, pd.DataFrame], assets: Iterable[str], level: float) -> pd.DataFrame:
    """Hit rates over all single-asset books: mean, lowest, highest, and how many are rejected at 5 %."""
    rows = {}
    for name, table in walked.items():
        each = {asset: walk_forward.coverage(walk_forward.of_book(table, asset), level) for asset in assets}
        hits = pd.DataFrame(each).T
        rejected = int((hits["p_value"] < 0.05).sum())
        rate = hits["rate"]
        rows[name] = {
            "mean rate": rate.mean(),
            "lowest": rate.min(),
            "highest": rate.max(),
            "rejected": f"{rejected} of {len(rate)}",
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("sampler")
    return table.rename_axis(columns=f"hits at {formats.level(level)}").round(4)


def ranking(tables: Mapping[str, pd.DataFrame], trial: str, level: float, seed: int) -> Styler:
    """Mean FZ0 of each sampler, t against the one under test, and the p-value of staying in the confidence set."""
    points = pd.DataFrame({
        name: scores.fz0_score(-table["realised"].to_numpy(), table[f"var_{level:g}"], table[f"es_{level:g}"], level)
        for name, table in tables.items()
    }, index=next(iter(tables.values())).index)  # fmt: skip
    t = {
        name: comparison.diebold_mariano(points[name], points[trial], 10, "bartlett").statistic
        for name in points if name != trial
    }  # fmt: skip
    found = pd.DataFrame({"FZ0": points.mean(), f"t against {trial}": pd.Series(t, dtype=float)})
    if points.shape[1] > 1:
        found["p in the confidence set"] = comparison.model_confidence_set(points, seed=seed)["p_value"]
    return found.sort_values("FZ0").style.format(precision=3, na_rep=formats.MISSING)


def overlapping(ahead: pd.DataFrame, level: float, horizon: int, every: int) -> Styler:
    """Hits of forecasts over several days, counted with the error of the overlap, and without a common date."""
    apart = walk_forward.non_overlapping(ahead, horizon, every)
    both = {
        f"every {every} dates, error with overlap": walk_forward.coverage(ahead, level, horizon, every),
        "without a common date": walk_forward.coverage(apart, level),
    }
    table = pd.DataFrame(both).T.astype({"forecasts": int, "hits": int}).rename(columns={"p_value": "p"})
    return table.style.format({"p": formats.p_value}, precision=4)


def uniformity(ranks: pd.DataFrame) -> Styler:
    """Mean and spread of the normal scores of all assets' ranks together, and Berkowitz's test."""
    return ranks.rename(columns={"p_value": "p"}).style.format({"p": formats.p_value}, precision=4)


def _level(written: str) -> str:
    return written if written == "all" else formats.level(float(written))


def tournament(
    panel: pd.DataFrame, design: Design, days: pd.DatetimeIndex, far_days: pd.DatetimeIndex, horizon: int
) -> Styler:
    """To which days samplers were fitted, on which they were compared, and on what."""
    last = formats.date(design.training.index[-1])
    return facts({
        "fitted to": f"{formats.rows(design.training)} up to {last}, {design.returns.shape[1]} assets",
        "forecast": f"{len(days):,} dates, {span(days)}, and {len(far_days):,} times {formats.in_units(horizon, design.training)}",
        "draws": f"{design.draws:,} a forecast, the same noise for all",
        "books": f"{len(design.books)}: equal weight, assets, long-short", "SHA-256": panel.attrs.get("sha256"),
    })  # fmt: skip


def scoreboard(board: pd.DataFrame, learners: Sequence[str]) -> list[Styler]:
    """Means, t and place in the confidence set of every score, and the spread over training seeds of ``learners``."""
    names = list(SCORES.values())
    digits: dict[str, Any] = {"mean": 4, "t": 2, "p in set": formats.p_value} | ({"seed sd": 5} if learners else {})
    shown = []
    for part, precision in digits.items():
        table = board.xs(part, axis=1, level=1)[names]
        table = table.loc[list(learners)] if part == "seed sd" else table
        how = {"formatter": precision} if callable(precision) else {"precision": precision, "na_rep": formats.MISSING}
        shown.append(table.rename_axis(columns=part).style.format(**how))
    return shown


def hits(coverage: pd.DataFrame) -> Styler:
    """Hits by level and sampler, of the median seed."""
    table = coverage.groupby(["level", "sampler"], sort=False)[HITS].median().rename_axis(columns="median seed")
    style = table.rename(columns={"p_value": "p"}).style.format({"hits": "{:g}", "p": formats.p_value}, precision=4)
    return style.format_index(formats.level, level="level")


def confidence_set(inside: pd.DataFrame, horizon: int) -> Styler:
    """p-values of staying in the model confidence set."""
    table = inside.rename(columns=SCORES).rename_axis(columns=f"p in the set, {horizon} dates ahead")
    return table.style.format(formats.p_value)


def alarms(watches: Mapping[str, MonitorReport]) -> pd.DataFrame:
    """All alarms of all episodes, with a column ``episode``."""
    return pd.concat([seen.alarms.assign(episode=name) for name, seen in watches.items()], ignore_index=True)


def delays(found: pd.DataFrame) -> Styler:
    """Dates of the panel from each shock to a monitor's first alarm."""
    table = found.rename_axis(columns="dates from the shock to the first alarm")
    return table.style.format(precision=0, na_rep="no alarm")


def steps(chosen: Mapping[str, Recalibration]) -> pd.DataFrame:
    """The step of each recalibration."""
    table = pd.DataFrame({method: {"step": step.rate} for method, step in chosen.items()})
    return table.rename_axis(columns="chosen on the training forecasts")


def recalibration(gains: Mapping[str, pd.DataFrame]) -> Styler:
    """Hits, dynamic quantile test and scores of every way to follow a crisis, by episode."""
    names = {
        "forecasts": "forecasts", "hits": "hits", "rate": "rate", "dq_p": "p, dynamic quantile",
        "quantile": "quantile score", "t_quantile": "t, quantile score", "fz0": "FZ0", "t_fz0": "t, FZ0",
    }  # fmt: skip
    table = pd.concat(gains, names=["episode", "way"])[list(names)].rename(columns=names)
    digits = {"forecasts": "{:.0f}", "hits": "{:.0f}", "t, quantile score": "{:.1f}", "t, FZ0": "{:.1f}"}
    return table.style.format(digits | {"p, dynamic quantile": formats.p_value}, precision=4)


def levels(known: Mapping[str, LongRunSpread]) -> Styler:
    """Standard deviations of the long-run levels that each panel is judged with."""
    table = pd.DataFrame({name: vars(spread) for name, spread in known.items()}).T
    return table.rename_axis(columns="learnt without its market").style.format(precision=3)


def decade(found: pd.DataFrame) -> Styler:
    """Coverage and PIT by sampler, horizon and statistic, as it is and with levels of their own; of the latter how many
    independent pairs it counts as, the ratio of interval scores to the former, and its t.
    """
    keys = ["sampler", "years", "statistic"]
    named = found.assign(statistic=[name.replace("_", " ") for name in found["statistic"]]).set_index(keys)
    plain, levels = (named[named["distribution"] == name] for name in ("stationary", "unseen decade"))
    calibration = {"coverage": "coverage", "pit_mean": "PIT", "pit_sd": "sd of PIT"}
    gained = calibration | {"effective": "worth pairs", "ratio": "score ratio", "t": "t"}
    parts = {
        "": levels[["pairs"]],
        "as it is": plain[list(calibration)].rename(columns=calibration),
        "with levels of their own": levels[list(gained)].rename(columns=gained),
    }
    table = pd.concat(parts, axis=1)
    style = table.style.format(precision=2, na_rep=formats.MISSING)
    style = style.format(lambda share: formats.percent(share, 0), subset=pd.IndexSlice[:, pd.IndexSlice[:, "coverage"]])
    return style.format(
        precision=1, na_rep=formats.MISSING, subset=pd.IndexSlice[:, pd.IndexSlice[:, ["worth pairs", "t"]]]
    )
