"""The scenario set: draws of a market's future in an ArviZ-shaped :class:`xarray.DataTree`.

Group ``scenarios`` holds the fields with dims ``(chain, draw, time, asset)``: a *chain* is one independently trained
seed, a *draw* one scenario, *time* the step of the horizon (1 is the first day after the start), *asset* a column of
the panel. The field ``ret`` is the log return as a fraction, float32. Provenance stands in the attributes of the root.

Simple gross return of a path is ``exp(sum of log returns)``; a portfolio with weights ``w`` bought at the start and
held earns ``sum_i w_i (exp(R_i) - 1)`` over the horizon, ``R_i`` the cumulative log return of asset ``i``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from workbench.data import _wording as wording
from workbench.errors import ScenarioError

DIMS = ("chain", "draw", "time", "asset")
GROUP = "scenarios"


def assemble(fields: Mapping[str, np.ndarray] | np.ndarray, assets: Sequence[str], **provenance: Any) -> xr.DataTree:
    """Build a scenario set.

    fields : array or name -> array, (chain, draw, time, asset) or (draw, time, asset); a lone array is ``ret``.
    assets : column names, as many as the last axis is long, each once.
    provenance : attributes of the root (what JSON can hold: strings, numbers, lists, mappings of them).

    Raises ScenarioError when a field has the wrong number of axes, other assets than named, no draws, or values not
    finite, and when a name is empty, repeated or has control characters in it.
    """
    fields = fields if isinstance(fields, Mapping) else {"ret": fields}
    if not fields:
        raise ScenarioError("a scenario set needs at least one field, such as 'ret'")
    check_names(assets)
    variables = {name: (DIMS, _four_axes(name, values, assets)) for name, values in fields.items()}
    shapes = {name: values.shape for name, (_, values) in variables.items()}
    if len(set(shapes.values())) > 1:
        raise ScenarioError(f"fields of one scenario set must agree in shape, found {shapes}")
    chains, draws, steps, _ = next(iter(shapes.values()))
    coords = {"chain": np.arange(chains), "draw": np.arange(draws), "time": np.arange(1, steps + 1)}
    dataset = xr.Dataset(variables, coords={**coords, "asset": np.asarray(assets, dtype=str)})
    return wrap(dataset, provenance)


def wrap(dataset: xr.Dataset, provenance: Mapping) -> xr.DataTree:
    """Put a Dataset of draws into a tree as the group ``scenarios``, with provenance in the attributes of the root."""
    tree = xr.DataTree.from_dict({GROUP: dataset})
    tree.attrs.update(provenance)
    return tree


def check_names(names: Sequence[str]) -> None:
    """Refuse names that no file could give back: empty, repeated, too long, or with control characters in them."""
    for name in names:
        if not isinstance(name, str) or not name:
            raise ScenarioError(f"the name of an asset must be a text of at least one character, found {name!r}")
    wording.check_names(names, error=ScenarioError)


def _four_axes(name: str, values: np.ndarray, assets: Sequence[str]) -> np.ndarray:
    values = np.asarray(values)
    values = values[None] if values.ndim == 3 else values
    if values.ndim != 4 or values.shape[-1] != len(assets):
        raise ScenarioError(
            f"field {name!r} has shape {values.shape}, expected (chain, draw, time, asset) with {len(assets)} assets"
        )
    demand_numbers(f"field {name!r}", values, [*map(range, values.shape[:2]), range(1, values.shape[2] + 1), assets])
    return values


def demand_numbers(field: str, values: np.ndarray, labels: Sequence[Sequence]) -> None:
    """Refuse values (chain, draw, time, asset): none, no numbers, or not finite, the first named by its labels."""
    if 0 in values.shape:
        raise ScenarioError(f"{field} has shape {values.shape}: it needs a chain, a draw, a time and an asset")
    if values.dtype.kind not in "fiu":
        raise ScenarioError(f"{field} holds {values.dtype}, expected numbers")
    if not (np.isfinite(values.min()) and np.isfinite(values.max())):  # a mask would cost a quarter of the set's memory
        bad = ~np.isfinite(values)
        first = ", ".join(f"{dim} {names[i]!r}" for dim, names, i in zip(DIMS, labels, np.argwhere(bad)[0]))
        raise ScenarioError(f"{field} holds {int(bad.sum())} values that are not finite, the first at {first}")


def dataset(tree: xr.DataTree) -> xr.Dataset:
    """The draws as a Dataset with dims (chain, draw, time, asset): what ArviZ's functions take."""
    if GROUP not in tree.children:
        raise ScenarioError(f"no group {GROUP!r} in this tree; found {sorted(map(str, tree.children)) or 'none'}")
    return tree[GROUP].to_dataset()


def returns(tree: xr.DataTree) -> xr.DataArray:
    """Log returns, dims (chain, draw, time, asset), fractions."""
    return dataset(tree)["ret"]


def pooled(tree: xr.DataTree) -> np.ndarray:
    """All chains' log returns as one array (chain x draw, time, asset), chain by chain."""
    values = returns(tree).values
    return values.reshape(-1, *values.shape[2:])


def concat(trees: Sequence[xr.DataTree]) -> xr.DataTree:
    """Stack scenario sets along the chain; they must agree in fields, draws, times and assets.

    Provenance is that of the first.
    """
    if not trees:
        raise ScenarioError("no scenario set to stack")
    sets = [dataset(tree) for tree in trees]
    for place, other in enumerate(sets[1:], start=1):
        _same_but_chains(sets[0], other, place)
    joined = xr.concat(sets, dim="chain", join="exact")
    return wrap(joined.assign_coords(chain=np.arange(joined.sizes["chain"])), trees[0].attrs)


def _same_but_chains(first: xr.Dataset, other: xr.Dataset, place: int) -> None:
    if set(first.data_vars) != set(other.data_vars):
        has, had = (sorted(map(str, fields.data_vars)) for fields in (other, first))
        raise ScenarioError(f"set {place} has fields {has}, set 0 has {had}")
    for dim in DIMS[1:]:
        if list(first[dim].values) != list(other[dim].values):
            raise ScenarioError(f"set {place} has other labels along {dim!r} than set 0; only the chains may differ")


def subset(tree: xr.DataTree, **labels: Any) -> xr.DataTree:
    """Select by coordinate label along any of chain, draw, time, asset; every dimension stays.

    >>> subset(assemble(np.zeros((1, 8, 5, 2)), ["A", "B"]), asset="B", time=[1, 2])["scenarios"].sizes["asset"]
    1
    """
    listed = {
        dim: [label] if np.ndim(label) == 0 and not isinstance(label, slice) else label for dim, label in labels.items()
    }
    try:
        chosen = dataset(tree).sel(listed)
    except (KeyError, ValueError) as missing:
        raise ScenarioError(f"cannot select {labels}: {missing}") from None
    if 0 in chosen.sizes.values():
        raise ScenarioError(f"nothing is left after selecting {labels}")
    return wrap(chosen, tree.attrs)


def cumulative(tree: xr.DataTree) -> xr.DataArray:
    """Cumulative log return since the start, same dims as ``ret``."""
    values = returns(tree)
    return values.cumsum("time").assign_coords(time=values.time).rename("cumulative")


def prices(tree: xr.DataTree, last: pd.Series | Mapping[str, float]) -> xr.DataArray:
    """Price paths from the last known prices (one positive number an asset)."""
    first = pd.Series(last, dtype=float).reindex(returns(tree).asset.values)
    if not (first > 0).all():
        raise ScenarioError(f"a positive last price is needed for: {list(first[~(first > 0)].index)}")
    moves = cumulative(tree)
    return (moves.copy(data=np.exp(moves.values)) * xr.DataArray(first.values, dims="asset")).rename("price")


def pnl(tree: xr.DataTree, weights: pd.Series | Mapping[str, float] | None = None) -> xr.DataArray:
    """Profit of a book bought at the start and held, (chain, draw, time), as a fraction of the notional.

    weights : asset -> weight; None is equal weight. An asset that is not in the set is an error, one left out weighs 0.
    """
    names = list(returns(tree).asset.values)
    book = pd.Series(1.0 / len(names), index=names) if weights is None else pd.Series(weights, dtype=float)
    unknown = sorted(set(book.index) - set(names))
    if unknown:
        raise ScenarioError(f"weights name assets that the scenarios do not have: {unknown}; they have {names}")
    gain = np.expm1(cumulative(tree))
    return gain.dot(xr.DataArray(book.reindex(names, fill_value=0.0).values, dims="asset")).rename("pnl")


def digest(tree: xr.DataTree) -> str:
    """SHA-256 of the fields' names, shapes, types and bits and of the asset names; provenance is left out."""
    data, stamp = dataset(tree), hashlib.sha256()
    for name in sorted(map(str, data.data_vars)):
        values = np.ascontiguousarray(data[name].transpose(*DIMS).values)
        digest_head(stamp, name, values.shape, values.dtype)
        stamp.update(values.tobytes())
    return digest_end(stamp, list(map(str, data.asset.values)))


def digest_head(stamp: hashlib._Hash, field: str, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """What a digest takes of a field before its bits."""
    stamp.update(f"{field}{shape}{dtype.str}".encode())


def digest_end(stamp: hashlib._Hash, assets: Sequence[str]) -> str:
    """The digest, after the bits of the last field."""
    stamp.update("\x1f".join(assets).encode())
    return stamp.hexdigest()
