"""Faults planted into a given history: what the checks find in a market of the user's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench import samplers, scenarios
from workbench.errors import ParameterError
from workbench.power.faults import FAULTS, Context, plant
from workbench.registry import unknown
from workbench.validation import trial


def planted_in(
    history: pd.DataFrame, faults: Mapping[str, float], assets: Collection[str] = (), draws: int = 500,
    horizon: int = 20, seed: int = 0,
) -> list[dict[str, Any]]:  # fmt: skip
    """Faults planted into block-resampled scenarios of a history, each judged by all checks against that history.

    history : log returns (day, asset); faults : name -> severity, ``none`` for the set without a fault; assets : the
    columns that receive them, all when empty. A fault that these columns cannot receive, such as a copied asset where
    there is one, has the verdict ``not planted`` and the reason in place of the checks that failed.

    Raises ParameterError for an asset that the history lacks and for an unknown fault.
    """
    for name in set(assets) - set(history.columns):
        raise ParameterError(unknown("asset of the history", name, map(str, history.columns)))
    for name in faults:
        if name not in (*FAULTS, "none"):
            raise ParameterError(unknown(FAULTS.kind, name, FAULTS))
    at = [place for place, name in enumerate(history.columns) if not assets or name in assets]
    null = scenarios.pooled(
        samplers.make("block_bootstrap").fit(history, seed).sample(draws, horizon, seed, "long-run")
    )
    chosen = history.iloc[:, at]
    context, rows = Context(chosen.to_numpy(), assets=tuple(map(str, chosen.columns))), []
    for name, severity in faults.items():
        row = {"process": "the history", "repeat": 0, "fault": name, "severity": severity}
        try:
            judged = null if name == "none" else _planted(name, null, at, severity, seed, context)
        except ParameterError as reason:
            rows.append(row | {"verdict": "not planted", "failed": [str(reason)]})
            continue
        found = trial(judged, history, seed=seed)
        failed = [finding.check for finding in found if finding.verdict == "fail"]
        rows.append(row | {"verdict": found.verdict, "failed": failed})
    return rows


def _planted(name: str, null: np.ndarray, at: list[int], severity: float, seed: int, context: Context) -> np.ndarray:
    """The set (draw, time, asset) with a fault in the columns ``at``; ParameterError where they cannot receive it."""
    faulty = plant(name, null[:, :, at], severity, seed, context)
    if len(at) == null.shape[2]:
        return faulty
    if len(faulty) != len(null):
        raise ParameterError(f"fault {name!r} drops whole paths, so it goes into all assets or none")
    whole = null.copy()
    whole[:, :, at] = faulty
    return whole
