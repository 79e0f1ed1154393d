"""What every benchmark shares: where tables and unfinished work lie, arguments, resuming, the commit behind a table.

Tables stand in ``benchmarks/results``, and ``commits.json`` beside them says which commit measured each, so that a
number can be traced to the code that gave it. Unfinished work waits in ``cache/``: a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from workbench._cache import Cache, append, lines, whole

__all__ = [
    "ROOT", "FORECASTS", "CHECKS", "RESULTS", "CACHE", "folder", "parser", "commit", "stamp", "write", "read", "measured",
    "upsert", "resumed", "append", "lines",
]  # fmt: skip

ROOT = Path(__file__).parents[1]
FORECASTS = ("data", "stats", "samplers", "books", "backtesting")  # parts behind the numbers of forecasts
CHECKS = ("data", "stats", "scenarios", "books", "validation", "power")  # and of what the checks find
RESULTS, CACHE = ROOT / "benchmarks" / "results", ROOT / "cache"


def folder(name: str, parts: Sequence[str] = FORECASTS, **given: Any) -> Path:
    """Where unfinished work of a benchmark waits, of today's code of ``parts`` and of what is ``given`` alone: other
    code and other constants give other numbers."""
    return CACHE / f"{name}-{Cache(None, *(f'workbench.{part}' for part in parts)).key(**given)}"


def parser(doc: str | None) -> argparse.ArgumentParser:
    """Arguments of a benchmark, described by the first line of its docstring."""
    return argparse.ArgumentParser(description=(doc or "").partition("\n")[0])


def commit() -> str:
    """The commit that is checked out, marked ``+`` where code differs from it."""
    git = ["git", "-C", str(ROOT)]
    try:
        head = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True)
        changed = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", "workbench", "benchmarks/*.py"], check=False)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head.stdout.strip() + ("+" if changed.returncode else "")


def stamp(file: Path) -> None:
    """Note in ``commits.json`` beside a table that today's commit wrote it; earlier ones stay listed before it."""
    place = file.with_name("commits.json")
    known = json.loads(place.read_text()) if place.exists() else {}
    now = commit()
    known[file.name] = [before for before in known.get(file.name, []) if before != now] + [now]
    place.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n", encoding="utf-8")


def write(table: pd.DataFrame, file: Path, index: bool = False) -> None:
    """Write a table whole or not at all, with the commit that measured it."""
    with whole(file) as beside:
        table.to_csv(beside, index=index)
    stamp(file)


def read(file: Path, **options) -> pd.DataFrame:
    """A table as it stands; empty where nothing has been measured."""
    return pd.read_csv(file, **options) if file.exists() else pd.DataFrame()


def measured(file: Path, **keys: object) -> bool:
    """Does the table have a row with these values?"""
    table = read(file)
    return bool(len(table) and (table[list(keys)] == pd.Series(keys)).all(axis=1).any())


def upsert(rows: pd.DataFrame, file: Path, by: Sequence[str], order: Sequence[str] = ()) -> pd.DataFrame:
    """Write ``rows`` to the table ``file``, those that agree in the columns ``by`` replaced; gives the whole table.

    order : of the first of these columns; names that it lacks come last. Otherwise rows stay where they were.
    """
    if rows.empty and file.exists():
        return pd.read_csv(file)
    by, place = list(by), {name: number for number, name in enumerate(order)}
    before = pd.read_csv(file, dtype=rows[by].dtypes.to_dict()) if file.exists() else rows.iloc[:0]
    again = pd.MultiIndex.from_frame(rows[by])
    stays = before[~pd.MultiIndex.from_frame(before[by]).isin(again)]
    whole = pd.concat([stays, rows], ignore_index=True) if len(stays) else rows
    if order:
        whole = whole.sort_values(by[0], key=lambda names: names.map(place).fillna(len(place)), kind="stable")
    write(whole, file)
    return whole


def resumed(file: Path, make: Callable[[], pd.DataFrame], resume: bool = True) -> pd.DataFrame:
    """The frame that waits in ``file``, else what ``make`` gives, which then waits there."""
    if resume and file.exists():
        return pd.read_parquet(file)
    frame = make()
    with whole(file) as beside:
        frame.to_parquet(beside)
    return frame
