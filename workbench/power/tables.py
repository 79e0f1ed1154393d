r"""What the stored trials show: sizes, powers, the least severity found, redundant checks and blind spots.

Shares k of n carry Wilson's interval (Wilson 1927, J. Am. Stat. Assoc. 22, 209-212),

    (k + z^2/2) / (n + z^2)  +-  z / (n + z^2) sqrt(k (n - k) / n + z^2 / 4),   z = 1.96,

which does not collapse at 0 or n. A *blind spot* is a fault that at its worst is found in fewer than half of the
trials; a check is *redundant* when it fires and never alone, *silent* when it never fires.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.power.campaign import NULL

LEVEL = 0.05
WANTED = 0.95
LONG = 8000  # days of history of the large markets, in which faults were planted at their documented severity alone
Z = 1.959964


def wilson(hits: np.ndarray | float, count: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of a share of ``hits`` in ``count`` trials.

    >>> [round(float(end), 4) for end in wilson(10, 200)]
    [0.0274, 0.0896]
    """
    hits, count = np.asarray(hits, dtype=float), np.asarray(count, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = (hits + Z**2 / 2) / (count + Z**2)
        half = Z / (count + Z**2) * np.sqrt(hits * (count - hits) / count + Z**2 / 4)
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def shares(trials: pd.DataFrame, hit: pd.Series, by: Sequence[str]) -> pd.DataFrame:
    """Share of trials that are a hit, by group, with n and Wilson's interval."""
    grouped = hit.groupby([trials[name] for name in by], sort=False, observed=True)
    found = pd.DataFrame({"n": grouped.count(), "hits": grouped.sum()})
    low, high = wilson(found["hits"], found["n"])
    return found.assign(share=found["hits"] / found["n"], low=low, high=high).reset_index()


def null(trials: pd.DataFrame) -> pd.DataFrame:
    """Truth against truth."""
    return trials[trials["fault"] == NULL]


def planted(trials: pd.DataFrame) -> pd.DataFrame:
    """Trials with a fault."""
    return trials[trials["fault"] != NULL]


def false_alarms(trials: pd.DataFrame, by: Sequence[str] = ("start",)) -> pd.DataFrame:
    """How often the whole verdict rejects the truth."""
    truth = null(trials)
    return shares(truth, truth["verdict"] == "rejected", by)


def _p_values(trials: pd.DataFrame) -> pd.DataFrame:
    """One column a check, under its name; nan where it had no answer."""
    return trials.filter(regex="^p: ").rename(columns=lambda name: name[3:])


def sizes(trials: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame:
    """Of each check: how often its own p-value falls below ``level`` on the truth, where it had an answer.

    ``sound`` says whether the level lies within Wilson's interval or above it (a cautious check is no fault).
    """
    p = _p_values(null(trials))
    found = pd.DataFrame({"n": p.count(), "hits": (p <= level).sum(), "trials": len(p)})
    found = found.rename_axis("check").reset_index()
    low, high = wilson(found["hits"], found["n"])
    share = found["hits"] / found["n"].where(found["n"] > 0)
    return found.assign(share=share, low=low, high=high, sound=~(low > level))


def detection(trials: pd.DataFrame) -> pd.DataFrame:
    """Share of trials in which the verdict rejects the set, by fault and severity."""
    faulty = planted(trials)
    found = shares(faulty, faulty["verdict"] == "rejected", ["fault", "severity"])
    return found.sort_values(["fault", "severity"], ignore_index=True)


def matrix(trials: pd.DataFrame, documented: pd.Series) -> pd.DataFrame:
    """Fault x check: share of trials in which the check fails, at each fault's documented severity.

    documented : severity by fault name.
    """
    faulty = at_documented(trials, documented)
    return _fires(faulty).groupby(faulty["fault"], sort=False).mean()


def at_documented(trials: pd.DataFrame, documented: pd.Series) -> pd.DataFrame:
    """Trials of faults at their documented severity."""
    faulty = planted(trials)
    return faulty[np.isclose(faulty["severity"], faulty["fault"].map(documented))]


def short(trials: pd.DataFrame) -> pd.DataFrame:
    """Trials without those of faults in large markets."""
    return trials[(trials["fault"] == NULL) | (trials["days"] < LONG)]


def by_length(trials: pd.DataFrame, documented: pd.Series) -> pd.DataFrame:
    """Share found of each fault at its documented severity, in small markets and in large ones."""
    there = at_documented(trials, documented)
    size = np.where(there["days"] < LONG, "small", "large")
    return shares(there.assign(market=size), there["verdict"] == "rejected", ["fault", "market"])


def _fires(trials: pd.DataFrame) -> pd.DataFrame:
    """Which checks fail in which trial, 0 or 1."""
    return trials["failed"].str.get_dummies("|").reindex(columns=_p_values(trials).columns, fill_value=0)


def least_severity(trials: pd.DataFrame, documented: pd.Series, wanted: float = WANTED) -> pd.DataFrame:
    """Of each fault: the documented severity, its detection there, and the least severity tried from which on the
    share found stays at ``wanted`` or more (nan: none)."""
    rows = []
    for name, group in detection(trials).groupby("fault", sort=False):
        enough = (group["share"] >= wanted).to_numpy()
        lasting = np.logical_and.accumulate(enough[::-1])[::-1]
        least = group["severity"].to_numpy()[lasting].min() if lasting.any() else np.nan
        there = group[np.isclose(group["severity"], documented[name])]
        found = there.iloc[0][["n", "hits", "share", "low", "high"]].to_dict() if len(there) else {}
        rows.append(
            {"fault": name, "documented": documented[name], **found, "least": least, "worst": group["share"].iloc[-1]}
        )
    return pd.DataFrame(rows)


def blind_spots(least: pd.DataFrame) -> list[str]:
    """Faults found in fewer than half of the trials at the worst severity tried."""
    return list(least.loc[least["worst"] < 0.5, "fault"])


def alone(trials: pd.DataFrame) -> pd.DataFrame:
    """Of each check over all faulty trials: how often it fired, how often it was the only one, and what follows."""
    faulty = planted(trials)
    fired = _fires(faulty)
    single = fired[fired.sum(axis=1) == 1]
    found = pd.DataFrame({"fired": fired.sum(), "alone": single.sum().reindex(fired.columns, fill_value=0)})
    role = np.select([found["fired"] == 0, found["alone"] == 0], ["silent", "redundant"], "needed")
    return found.assign(trials=len(faulty), role=role).rename_axis("check").reset_index()
