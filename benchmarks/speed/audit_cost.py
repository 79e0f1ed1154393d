"""What an audit costs: 10,000 draws of 20 days of 20 assets in a netCDF file, against 8,000 days in Parquet.

The ``workbench audit`` command as a user runs it, in a process of its own, twice: processor seconds of all its threads
and peak memory. The nulls are simulated anew each time; nothing is cached.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from benchmarks.harness import RESULTS, parser, write
from workbench import scenarios
from workbench.power.processes import PROCESSES

DRAWS, HORIZON, ASSETS, DAYS = 10_000, 20, 20, 8_000


def files(folder: Path) -> tuple[Path, Path]:
    """A scenario file and a history of one process."""
    process = PROCESSES.make("garch", assets=ASSETS)
    history, _ = process.history(DAYS, seed=1)
    tree = scenarios.assemble(process.scenarios(DRAWS, HORIZON, seed=2), list(history.columns))
    tree.to_netcdf(folder / "set.nc", engine="h5netcdf")
    history.to_parquet(folder / "history.parquet")
    return folder / "set.nc", folder / "history.parquet"


def cost(command: list[str]) -> tuple[int, float, float]:
    """Exit code, processor seconds and peak memory in MB of a command."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main(arguments: list[str] | None = None) -> None:
    parser(__doc__).parse_args(arguments or [])
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        made, history = files(Path(folder))
        for run in (1, 2):
            asked = ["audit", str(made), "--history", str(history), "--returns", "--json"]
            code, seconds, memory = cost([sys.executable, "-m", "workbench.cli", *asked])
            rows.append({"run": run, "exit": code, "cpu_seconds": round(seconds, 1), "peak_mb": round(memory)})
            print(rows[-1], flush=True)
    write(pd.DataFrame(rows), RESULTS / "audit_cost.csv")
