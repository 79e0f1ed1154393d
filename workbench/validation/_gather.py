"""Reading what is to be audited: scenario sets too large for memory, histories, matched by name."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from workbench import data, scenarios
from workbench.constants import BLOCK
from workbench.errors import ScenarioError
from workbench.validation._prepare import MOST_DRAWS
from workbench.validation.engine import SetSummary


@dataclass(frozen=True)
class Gathered:
    """A scenario set as the audit holds it: an even sample (draw, time, asset), and what was seen in all draws."""

    values: np.ndarray
    assets: list[str]
    attributes: dict[str, Any]
    summary: SetSummary


def gather(source: str | Path | xr.DataTree) -> Gathered:
    """Read all draws once, block by block, keeping an even sample."""
    if isinstance(source, xr.DataTree):
        return _read(source)
    path = Path(source)
    if path.suffix not in (".nc", ".zarr"):
        return _read(scenarios.load(path))
    with scenarios.opened(path) as tree:
        return _read(tree)


def _read(tree: xr.DataTree) -> Gathered:
    draws, attributes = scenarios.dataset(tree), {str(name): value for name, value in tree.attrs.items()}
    if "ret" not in draws or set(draws["ret"].dims) != set(scenarios.DIMS):
        raise ScenarioError(
            f"no field 'ret' with dims {scenarios.DIMS}; found {dict((n, f.dims) for n, f in draws.items())}"
        )
    ret, assets = draws["ret"], [str(name) for name in draws.asset.values]
    total = ret.sizes["chain"] * ret.sizes["draw"]
    step, place, largest = max(1, -(-total // MOST_DRAWS)), 0, np.zeros(len(assets))
    seen: set[int] = set()
    kept: list[np.ndarray] = []
    for chain in range(ret.sizes["chain"]):
        for begin in range(0, ret.sizes["draw"], BLOCK):
            block = ret.isel(chain=chain, draw=slice(begin, begin + BLOCK)).transpose("draw", "time", "asset").values
            _refuse_holes(block, chain, begin, assets)
            largest = np.maximum(largest, np.abs(block).max((0, 1)))
            seen.update(hash(row.tobytes()) for row in np.ascontiguousarray(block))
            kept.append(block[-place % step :: step].astype(np.float32))
            place += len(block)
    return Gathered(np.concatenate(kept), assets, attributes, SetSummary(total, total - len(seen), largest))


def _refuse_holes(block: np.ndarray, chain: int, begin: int, assets: list[str]) -> None:
    if not np.isfinite(block).all():
        row, day, column = np.argwhere(~np.isfinite(block))[0]
        raise ScenarioError(
            f"the value at chain {chain}, draw {begin + row}, time {day + 1}, asset {assets[column]!r} is not finite"
        )


def read_history(
    source: str | Path | pd.DataFrame, returns: bool | None = None, accept: Collection[str] = ()
) -> pd.DataFrame:
    """Log returns, one row a day, validated; prices are turned into returns. A frame is taken as it is.

    source : a file, a name of the catalogue, or a frame. returns : True where a file holds log returns, None to
    recognise them. accept : rules of :func:`workbench.data.validate` that are taken for real.
    """
    if isinstance(source, pd.DataFrame):
        return source
    known = [rule for rule in accept if rule in data.RULES]
    return data.returns(data.load(source, "return" if returns else None, accept=known))


def match(given: Gathered, history: pd.DataFrame, common: bool = False) -> tuple[Gathered, pd.DataFrame, list[str]]:
    """The assets both have, in the history's order, and a note on what only one of them has.

    common : leave out scenarios of assets that the history lacks, which are refused otherwise.
    """
    history = history.rename(columns=str)
    both = [name for name in history.columns if name in set(given.assets)]
    if not both:
        raise ScenarioError(
            f"no column in common: the scenarios have {given.assets[:8]}, the history {list(history.columns[:8])}"
        )
    only = [n for n in given.assets if n not in both], [n for n in history.columns if n not in both]
    if only[0] and not common:
        raise ScenarioError(
            f"the history lacks {len(only[0])} of {len(given.assets)} assets of the scenarios, such as {only[0][:5]}: "
            "a verdict on the rest is none on the set; give their history, or ask for the assets that both have (--common)"
        )
    notes = [
        f"not tried, only in the {place}: {', '.join(names)}"
        for place, names in zip(("scenarios", "history"), only)
        if names
    ]
    chosen = [given.assets.index(name) for name in both]
    summary = replace(given.summary, largest=given.summary.largest[chosen])
    given = replace(given, values=given.values[:, :, chosen], assets=both, summary=summary)
    return given, history[both].dropna(), notes
