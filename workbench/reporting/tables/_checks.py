"""Tables of the checks' own size and power, and of what the tail splice guarantees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler

from workbench.power import tables as measured
from workbench.reporting import formats


def trials(campaign: pd.DataFrame) -> pd.DataFrame:
    """How many trials of which kind stand behind the power of the checks, and over how many processes."""
    truth, planted = measured.null(campaign), measured.planted(campaign)
    kinds = {
        "correct, of the long run": truth[truth["start"] == "unconditional"],
        "correct, from one state": truth[truth["start"] != "unconditional"], "with a planted fault": planted,
    }  # fmt: skip
    return pd.DataFrame({name: (len(rows), rows["process"].nunique()) for name, rows in kinds.items()},
                        index=["trials", "processes"]).T  # fmt: skip


def least_severity(least: pd.DataFrame) -> Styler:
    """Faults by the share of trials in which they are found, the hardest first."""
    shown = least.drop(columns="hits").sort_values(["share", "fault"], ignore_index=True)
    shares = {name: lambda share: formats.percent(share, 0) for name in ("share", "low", "high", "worst")}
    style = shown.style.format({"documented": "{:.2f}", "least": "{:.2f}"} | shares, na_rep=formats.MISSING)
    return style.hide(axis="index")


def hardest(least: pd.DataFrame, curves: pd.DataFrame, wanted: float = 0.9, most: int = 24) -> list[str]:
    """Faults that at some severity are found in fewer than ``wanted`` of the trials, the hardest first."""
    order = least.sort_values(["share", "fault"])["fault"]
    return [name for name in order if curves.loc[curves["fault"] == name, "share"].min() < wanted][:most]


def attempts(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Trials of simulated markets made in this run."""
    table = pd.DataFrame(rows).rename(columns={"repeat": "market"})
    table["failed"] = table["failed"].str.join(", ")
    return table[["process", "market", "fault", "severity", "verdict", "failed"]]


def survival_errors(errors: pd.DataFrame) -> Styler:
    """Largest relative error of the decoder against the survival function, a row a side."""
    table = errors.max().to_frame("largest relative error").rename_axis("side")
    return table.style.format("{:.1e}")


def by_stratum(guaranteed: pd.DataFrame, shown: pd.DataFrame, beyond: float, tail: float) -> dict[str, pd.DataFrame]:
    """The two tables of tail indices under the names by which a figure calls them."""
    return {
        f"beyond {formats.percent(beyond)}: guaranteed": guaranteed,
        f"beyond {formats.percent(tail, 0)}: measured": shown,
    }


def inside(found: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """How many indices lie in their range, and the median number of draws behind one, in the last stratum and below."""
    counts: dict[str, float] = {}
    for name, table in zip(("last", "whole"), found.values()):
        counts |= {f"{name}_k": table["k"].median(), f"{name}_inside": table["inside"].sum(), f"{name}_n": len(table)}
    return counts


def tail_indices(found: Mapping[str, pd.DataFrame], assets: Sequence[str]) -> pd.DataFrame:
    """Both tables of tail indices in one, with a column ``level`` and the assets by name."""
    table = pd.concat(found, names=["level"]).reset_index(level="level")
    return table.assign(asset=table["asset"].map(dict(enumerate(assets))))


def crashes(curves: Mapping[str, pd.DataFrame]) -> Styler:
    """Crashes together by level, as drawn and as implied, with and without the mixture."""
    table = pd.concat(curves, names=["shocks"]).reset_index(level="shocks")
    digits = {
        "level": formats.level,
        "measured": "{:.5f}",
        "error": "{:.5f}",
        "implied": "{:.5f}",
        "expected": "{:,.0f}",
    }
    return table.style.format(digits | {"z": "{:+.1f}"}, na_rep=formats.MISSING).hide(axis="index")


def shortfalls(growth: pd.DataFrame, limit: Mapping[float, float]) -> Styler:
    """The integral of the shortfall half-way and to the end, beside its closed form, a row an index."""
    columns = {"integral to 1e-75": growth.iloc[len(growth) // 2], "integral to 1e-150": growth.iloc[-1]}
    return pd.DataFrame(columns | {"closed form": limit}).rename_axis("index").style.format("{:.4g}")
