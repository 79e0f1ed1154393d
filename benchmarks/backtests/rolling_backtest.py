"""Sixteen years, twenty US equities, five samplers, yearly refits: seconds, peak memory, and a run killed half-way.

``--measure`` runs every sampler over 2007-2022 with two worker processes, refitted each January on all that was known,
and backtests 21 books (each stock, equal weight). ``--interrupt`` rolls each sampler in a process of its own, kills it
with SIGKILL when half its periods are stored, resumes, and compares to the run that was never interrupted, bit for bit;
that run is the measured one, with other workers, where both keep it in one ``--store``. Both by default. ``wall_s`` is
of a machine whose load before stands in the table, ``cpu_s`` of both workers together; ``peak_gb`` adds the parent's
peak to twice the larger worker's, shared pages counted thrice. ``recalibrated_z`` is the equal-weight book's count
after quantile tracking with the least step that promises it (:func:`..conformal.least_rate`), which needs no training.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pandas as pd

from benchmarks.harness import RESULTS, parser, upsert
from workbench import data
from workbench.backtesting import recalibration as conformal
from workbench.backtesting import traffic_zone
from workbench.backtesting.scores import fz0_score
from workbench.backtesting.walk_forward import (
    ForecastSpec,
    Schedule,
    asset_books,
    coverage,
    equal_book,
    of_book,
    walk_forward,
)

SAMPLERS = ["historical_window", "ewma", "fhs", "fhs_moving", "neural"]
FIRST, LAST, WORKERS = "2007-01-01", "2022-12-31", 2


def roll(sampler: str, store: Path | None, draws: int, workers: int, first: str = FIRST) -> pd.DataFrame:
    returns = data.returns("us_equities")
    books = asset_books(returns.columns) | {"equal": equal_book(returns.columns)}
    with ProcessPoolExecutor(workers) as executor:
        given = {
            "schedule": Schedule("yearly"),
            "spec": ForecastSpec(draws=draws),
            "store": store,
            "executor": executor,
        }
        return walk_forward(sampler, returns, books, first, LAST, **given)


def measured(sampler: str, store: Path, draws: int) -> dict:
    """Cost of one sampler, and what its backtest says; in a process of its own, peaks being of a process's life."""
    begin, load = time.perf_counter(), os.getloadavg()[0]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    table = roll(sampler, store, draws, WORKERS)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cost = {
        "sampler": sampler, "forecasts": len(table), "wall_s": time.perf_counter() - begin,
        "cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak_gb": (own + WORKERS * after.ru_maxrss) / 1e6, "load_before": load,
    }  # fmt: skip
    return cost | {
        f"{name}_{level:g}": value for level in (0.99, 0.975) for name, value in summary(table, level).items()
    }


def summary(table: pd.DataFrame, level: float) -> dict:
    """Hits of the equal-weight book and over all assets, the traffic lights of the years, FZ0."""
    book = of_book(table, "equal")
    hit = -book["realised"] > book[f"var_{level:g}"]
    years = hit.groupby(book.index.year).agg(["sum", "size"])
    zones = [traffic_zone(int(row["sum"]), int(row["size"]), level) for _, row in years.iterrows()]
    stocks = table[table["book"] != "equal"]
    score = fz0_score(-book["realised"], book[f"var_{level:g}"], book[f"es_{level:g}"], level)
    tracked = conformal.Recalibration("tracking", conformal.least_rate(level, len(book)))
    return {
        "hits": coverage(book, level)["hits"], "z": coverage(book, level)["z"],
        "recalibrated_z": coverage(conformal.recalibrate(book, [level], tracked), level)["z"],
        "stock_rate": float((-stocks["realised"] > stocks[f"var_{level:g}"]).mean()), "fz0": float(score.mean()),
        "yellow_years": zones.count("yellow"), "red_years": zones.count("red"),
    }  # fmt: skip


def interrupted(sampler: str, store: Path, draws: int, first: str) -> dict:
    """Kill a run when half its periods are stored, resume it, compare with one that was left alone in ``store``."""
    calm = roll(sampler, store, draws, 1, first)
    periods = len(list((store / calm.attrs["key"]).glob("[0-9]*.parquet")))
    with tempfile.TemporaryDirectory() as folder:
        part, wanted = Path(folder), periods // 2
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks", "rolling_backtest", "--victim", sampler, str(part), str(draws), first],
            start_new_session=True,
        )
        while len(list(part.rglob("[0-9]*.parquet"))) < wanted and child.poll() is None:
            time.sleep(0.05)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        kept = len(list(part.rglob("[0-9]*.parquet")))
        begin = time.perf_counter()
        again = roll(sampler, part, draws, 1, first)
        pd.testing.assert_frame_equal(calm, again, check_exact=True)
    return {
        "sampler": sampler, "killed_by": -child.returncode, "periods": periods, "kept": kept, "forecasts": len(again),
        "resumed_s": time.perf_counter() - begin, "identical": bool(calm.equals(again)),
    }  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    asked = parser(__doc__)
    asked.add_argument("--measure", action="store_true")
    asked.add_argument("--interrupt", action="store_true")
    asked.add_argument("--samplers", nargs="+", default=SAMPLERS)
    asked.add_argument("--draws", type=int, default=2048)
    asked.add_argument("--first", default=FIRST, help="first forecast day of the interrupted run")
    asked.add_argument("--store", type=Path, help="keep finished periods here; a temporary folder when none is named")
    asked.add_argument("--victim", nargs=4, metavar=("SAMPLER", "STORE", "DRAWS", "FIRST"), help=argparse.SUPPRESS)
    options = asked.parse_args(arguments or [])
    if options.victim:
        sampler, store, draws, first = options.victim
        roll(sampler, Path(store), int(draws), 1, first)
        return
    both = options.measure == options.interrupt
    with tempfile.TemporaryDirectory() as folder:
        store = options.store or Path(folder)
        if options.measure or both:
            with ProcessPoolExecutor(1, max_tasks_per_child=1, mp_context=get_context("spawn")) as alone:
                rows = (alone.submit(measured, name, store, options.draws).result() for name in options.samplers)
                _write(rows, "rolling_backtest.csv")
        if options.interrupt or both:
            rows = (interrupted(name, store, options.draws, options.first) for name in options.samplers)
            _write(rows, "rolling_backtest_interrupted.csv")


def _write(rows: Iterable[dict], name: str) -> None:
    """Store each row as soon as it is measured, in place of an older one of the same sampler."""
    for row in rows:
        print(pd.Series(row).to_string(), flush=True)
        upsert(pd.DataFrame([row]).round(4), RESULTS / name, ["sampler"], SAMPLERS)
