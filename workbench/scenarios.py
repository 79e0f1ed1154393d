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

import numpy as np
import pandas as pd
import xarray as xr

from workbench.errors import ScenarioError

DIMS = ("chain", "draw", "time", "asset")
GROUP = "scenarios"


def assemble(fields: Mapping[str, np.ndarray] | np.ndarray, assets: Sequence[str], **provenance) -> xr.DataTree:
    """Build a scenario set.

    fields : array or name -> array, (chain, draw, time, asset) or (draw, time, asset); a lone array is ``ret``.
    assets : column names, as many as the last axis is long.
    provenance : attributes of the root (strings and numbers).

    Raises ScenarioError when a field has the wrong number of axes, other assets than named, or values not finite.
    """
    fields = fields if isinstance(fields, Mapping) else {"ret": fields}
    variables = {name: (DIMS, _four_axes(name, values, assets)) for name, values in fields.items()}
    shapes = {name: values.shape for name, (_, values) in variables.items()}
    if len(set(shapes.values())) > 1:
        raise ScenarioError(f"fields of one scenario set must agree in shape, found {shapes}")
    chains, draws, steps, _ = next(iter(shapes.values()))
    coords = {"chain": np.arange(chains), "draw": np.arange(draws), "time": np.arange(1, steps + 1)}
    dataset = xr.Dataset(variables, coords={**coords, "asset": np.asarray(assets, dtype=str)})
    tree = xr.DataTree.from_dict({GROUP: dataset})
    tree.attrs.update(provenance)
    return tree


def _four_axes(name: str, values: np.ndarray, assets: Sequence[str]) -> np.ndarray:
    values = np.asarray(values)
    values = values[None] if values.ndim == 3 else values
    if values.ndim != 4 or values.shape[-1] != len(assets):
        raise ScenarioError(
            f"field {name!r} has shape {values.shape}, expected (chain, draw, time, asset) with {len(assets)} assets"
        )
    bad = ~np.isfinite(values)
    if bad.any():
        chain, draw, step, asset = np.argwhere(bad)[0]
        raise ScenarioError(
            f"field {name!r} holds {int(bad.sum())} values that are not finite, the first at "
            f"chain {chain}, draw {draw}, time {step + 1}, asset {assets[asset]!r}"
        )
    return values


def dataset(tree: xr.DataTree) -> xr.Dataset:
    """The draws as a Dataset with dims (chain, draw, time, asset): what ArviZ's functions take."""
    if GROUP not in tree.children:
        raise ScenarioError(f"no group {GROUP!r} in this tree; found {sorted(tree.children) or 'none'}")
    return tree[GROUP].to_dataset()


def returns(tree: xr.DataTree) -> xr.DataArray:
    """Log returns, dims (chain, draw, time, asset), fractions."""
    return dataset(tree)["ret"]


def pooled(tree: xr.DataTree) -> np.ndarray:
    """All chains' log returns as one array (chain x draw, time, asset), chain by chain."""
    values = returns(tree).values
    return values.reshape(-1, *values.shape[2:])


def concat(trees: Sequence[xr.DataTree]) -> xr.DataTree:
    """Stack scenario sets of the same shape along the chain; provenance is the first one's."""
    if not trees:
        raise ScenarioError("no scenario set to stack")
    first = dataset(trees[0])
    for tree in trees[1:]:
        if dataset(tree).sizes["asset"] != first.sizes["asset"] or list(dataset(tree).asset.values) != list(first.asset.values):
            raise ScenarioError("scenario sets to stack must have the same assets in the same order")
    joined = xr.concat([dataset(tree) for tree in trees], dim="chain").assign_coords(
        chain=np.arange(sum(dataset(tree).sizes["chain"] for tree in trees))
    )
    tree = xr.DataTree.from_dict({GROUP: joined})
    tree.attrs.update(trees[0].attrs)
    return tree


def subset(tree: xr.DataTree, **labels) -> xr.DataTree:
    """Select by coordinate label along any of chain, draw, time, asset; every dimension stays.

    >>> subset(assemble(np.zeros((1, 8, 5, 2)), ["A", "B"]), asset="B", time=[1, 2])["scenarios"].sizes["asset"]
    1
    """
    listed = {dim: [label] if np.ndim(label) == 0 and not isinstance(label, slice) else label for dim, label in labels.items()}
    try:
        chosen = dataset(tree).sel(listed)
    except (KeyError, ValueError) as missing:
        raise ScenarioError(f"cannot select {labels}: {missing}") from None
    out = xr.DataTree.from_dict({GROUP: chosen})
    out.attrs.update(tree.attrs)
    return out


def cumulative(tree: xr.DataTree) -> xr.DataArray:
    """Cumulative log return since the start, same dims as ``ret``."""
    return returns(tree).cumsum("time").rename("cumulative")


def prices(tree: xr.DataTree, last: pd.Series | Mapping[str, float]) -> xr.DataArray:
    """Price paths from the last known prices (one positive number an asset)."""
    last = pd.Series(last, dtype=float).reindex(returns(tree).asset.values)
    if last.isna().any() or (last <= 0).any():
        raise ScenarioError(f"a positive last price is needed for: {list(last[~(last > 0)].index)}")
    return (np.exp(cumulative(tree)) * xr.DataArray(last.values, dims="asset")).rename("price")


def pnl(tree: xr.DataTree, weights: pd.Series | Mapping[str, float] | None = None) -> xr.DataArray:
    """Profit of a book bought at the start and held, (chain, draw, time), as a fraction of the notional.

    weights : asset -> weight; None is equal weight. An asset that is not in the set is an error, one not named weighs 0.
    """
    names = list(returns(tree).asset.values)
    weights = pd.Series(1.0 / len(names), index=names) if weights is None else pd.Series(weights, dtype=float)
    unknown = sorted(set(weights.index) - set(names))
    if unknown:
        raise ScenarioError(f"weights name assets that the scenarios do not have: {unknown}; they have {names}")
    gain = np.expm1(cumulative(tree))
    return gain.dot(xr.DataArray(weights.reindex(names, fill_value=0.0).values, dims="asset")).rename("pnl")


def digest(tree: xr.DataTree) -> str:
    """SHA-256 of the fields' names, shapes, types and bits and of the asset names; provenance is left out."""
    data, stamp = dataset(tree), hashlib.sha256()
    for name in sorted(map(str, data.data_vars)):
        values = np.ascontiguousarray(data[name].transpose(*DIMS).values)
        stamp.update(f"{name}{values.shape}{values.dtype.str}".encode())
        stamp.update(values.tobytes())
    stamp.update("\x1f".join(map(str, data.asset.values)).encode())
    return stamp.hexdigest()
