"""A scenario set written block by block: flat memory, and the digest of the set while it is written."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr

from workbench.constants import BLOCK
from workbench.errors import ScenarioError
from workbench.scenarios._container import DIMS, GROUP, check_names, digest_end, digest_head
from workbench.scenarios._files import ATTRIBUTE, put, remove
from workbench.scenarios._wide_table import pack


def stream(
    path: str | os.PathLike,
    blocks: Iterable[np.ndarray],
    draws: int,
    horizon: int,
    assets: Sequence[str],
    provenance: Mapping[str, Any] | None = None,
) -> str:
    """Write log returns that come block by block to a Zarr set of one chain; gives its :func:`digest`.

    path : ends in .zarr; what stood there before is replaced when the last block is written, never by a part.
    blocks : arrays (draw, time, asset) of 4,096 draws, the last may be longer than what is left of ``draws``. One is in
    memory at a time. provenance : attributes of the root.

    Raises ScenarioError for another suffix, a missing folder, a block of another shape or with values not finite (the
    draw, time and asset are named), or fewer blocks than the draws need.
    """
    path = Path(path)
    if path.suffix != ".zarr":
        raise ScenarioError(f"a stream of blocks is written as .zarr, got {path.name!r}")
    if not path.parent.is_dir():
        raise ScenarioError(f"cannot write {path.name!r}: the folder {str(path.parent)!r} does not exist")
    check_names(assets)
    beside = path.with_name(f".{uuid.uuid4().hex[:12]}.zarr")
    try:
        array = _template(beside, (1, draws, horizon, len(assets)), assets, provenance or {})
        stamp = _filled(array, blocks, path.name, assets)
        put(beside, path)
    finally:
        remove(beside)
    return stamp


def _template(place: Path, shape: tuple[int, ...], assets: Sequence[str], provenance: Mapping[str, Any]) -> zarr.Array:
    """The set without its values: attributes, coordinates, an empty array ``ret`` in chunks of a block."""
    coords = {"chain": np.arange(1), "draw": np.arange(shape[1]), "time": np.arange(1, shape[2] + 1)}
    frame = xr.Dataset(coords=coords | {"asset": np.asarray(assets, dtype=object)})
    tree = xr.DataTree.from_dict({GROUP: frame})
    tree.attrs = {ATTRIBUTE: pack(provenance)}
    tree.to_zarr(place, mode="w", zarr_format=3, consolidated=False)
    chunks = (1, min(BLOCK, shape[1]), *shape[2:])
    group = zarr.open_group(place, path=GROUP, mode="a")
    return group.create_array("ret", shape=shape, chunks=chunks, dtype="float32", dimension_names=DIMS)


def _filled(array: zarr.Array, blocks: Iterable[np.ndarray], name: str, assets: Sequence[str]) -> str:
    """Write the blocks in their order; the digest of the set."""
    _, draws, *shape = array.shape
    stamp, done = hashlib.sha256(), 0
    digest_head(stamp, "ret", array.shape, array.dtype)
    for block in blocks:
        values = np.ascontiguousarray(block[: draws - done], dtype=np.float32)
        if list(values.shape[1:]) != shape or (len(values) != BLOCK and len(values) != draws - done):
            raise ScenarioError(f"{name}: a block has shape {block.shape}, expected {(BLOCK, *shape)}")
        if not np.isfinite(values).all():
            draw, time, asset = np.argwhere(~np.isfinite(values))[0]
            raise ScenarioError(f"{name}: not finite at draw {done + draw}, time {time + 1}, asset {assets[asset]!r}")
        array[0, done : done + len(values)] = values
        stamp.update(values.tobytes())
        done += len(values)
        if done == draws:
            break
    if done < draws:
        raise ScenarioError(f"{name}: {draws:,} draws were announced, the blocks held {done:,}")
    return digest_end(stamp, assets)
