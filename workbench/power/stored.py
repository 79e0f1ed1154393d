"""The stored campaign: what was measured, with which code, and one line a check for ``workbench list checks``."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import cast

import pandas as pd

from workbench._cache import whole
from workbench.errors import DataError
from workbench.power import tables
from workbench.power.faults import FAULTS, Fault
from workbench.power.held_out_processes import HELD_OUT

HERE = Path(__file__).parent
TRIALS, NOTES = HERE / "red_team.parquet", HERE / "red_team.json"


def documented() -> pd.Series:
    """Documented severity of every fault."""
    return pd.Series({name: cast(Fault, entry).severity for name, entry in FAULTS.items()})


def load(path: Path = TRIALS) -> pd.DataFrame:
    """Stored trials, one row each (:func:`workbench.power.campaign.frame`)."""
    if not path.exists():
        raise DataError(f"no measured trials at {path.name}; run: python -m benchmarks red_team")
    return pd.read_parquet(path)


def store(trials: pd.DataFrame, notes: dict, path: Path = TRIALS) -> None:
    """Write trials and, beside them, notes, each file whole or not at all."""
    with whole(path) as beside:
        trials.to_parquet(beside, index=False, compression="zstd")
    with whole(path.with_suffix(".json")) as beside:
        beside.write_text(json.dumps(notes, indent=1, sort_keys=True) + "\n", encoding="utf-8")


@lru_cache(maxsize=1)
def reliability() -> dict[str, dict[str, float]]:
    """Of each check: measured size with n and interval, and its power, the number of faults (on processes held out, at
    their documented severity) that it finds in at least half of the trials. Empty where nothing is stored."""
    if not TRIALS.exists():
        return {}
    trials = load()
    found = tables.matrix(tables.short(trials[trials["process"].isin(list(HELD_OUT))]), documented())
    sizes = tables.sizes(trials).query("n > 0").set_index("check")[["share", "low", "high", "n"]]
    sizes = sizes.set_axis(["size", "size_low", "size_high", "trials"], axis=1).round(4)
    return sizes.assign(faults_found=(found >= 0.5).sum(), faults=len(found)).to_dict("index")
