"""Scenario sets on disk: netCDF, Zarr and a wide table, each giving back the same bits.

========================  ==================================================================================
``name.nc``               netCDF 4 by h5netcdf; one study
``name.zarr``             Zarr 3, in chunks of 4,096 draws; large sets
``name.parquet``,         wide table ``draw, time, <asset>...``, with ``chain`` where there are several and ``field``
``name.csv``              (``ret``, ``volume``, ...) where there is more than returns; what other people write and read
a folder of CSV files     one an asset or one a draw, read only (:mod:`workbench.scenarios._csv_folder`)
========================  ==================================================================================

Provenance travels as one JSON attribute, because netCDF has neither truth values nor nesting; a CSV has no place for
attributes and carries them in ``name.csv.json`` together with the number format and its own SHA-256. Without that
companion a CSV is read as float32, the format of the container. Every file is written beside its place and renamed.

Files of strangers are read with care: no link to another file is followed, and a file that claims far more values
than it stores is refused before memory is allocated.
"""

from __future__ import annotations

import math
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import h5py
import numpy as np
import xarray as xr

from workbench.bounded import demand_plausible, parse_json, read_by_library, read_bytes
from workbench.constants import BLOCK
from workbench.errors import ScenarioError
from workbench.scenarios._container import DIMS, GROUP, check_names, dataset, demand_numbers
from workbench.scenarios._csv_folder import read_folder
from workbench.scenarios._wide_table import pack, read_table, write_table

ATTRIBUTE = "provenance_json"
_MOST_OBJECTS = 10_000
_TABLES = (".parquet", ".pq", ".csv", ".gz")


def save(tree: xr.DataTree, path: str | os.PathLike) -> Path:
    """Write a scenario set; the suffix chooses the format (.nc, .zarr, .parquet, .csv). Returns the path.

    What stood at ``path`` before is replaced only when the new file is complete.
    Raises ScenarioError for another suffix, a missing folder, or a tree without sound scenarios.
    """
    path, draws = Path(path), dataset(tree)
    write = {".nc": _write_netcdf, ".zarr": _write_zarr, ".parquet": write_table, ".csv": write_table}.get(path.suffix)
    if write is None:
        raise ScenarioError(f"cannot write {path.name!r}: use the suffix .nc, .zarr, .parquet or .csv")
    if not path.parent.is_dir():
        raise ScenarioError(f"cannot write {path.name!r}: the folder {str(path.parent)!r} does not exist")
    _validate(draws, path)
    beside = path.with_name(f".{uuid.uuid4().hex[:12]}{path.suffix}")
    companion = beside.with_name(beside.name + ".json")
    try:
        write(tree, beside)
        if companion.exists():
            os.replace(companion, path.with_name(path.name + ".json"))
        put(beside, path)
    finally:
        remove(beside)
        remove(companion)
    return path


def load(path: str | os.PathLike) -> xr.DataTree:
    """Read a scenario set written by :func:`save`, or a wide table ``draw, time, <asset>...`` or folder of CSV files.

    Raises ScenarioError when there is no such file, or it does not hold a scenario set; the message names the column,
    row, draw or time at fault.
    """
    path = _existing(path)
    if path.suffix in _TABLES and path.is_file():
        return read_table(path)
    if path.is_dir() and path.suffix != ".zarr":
        return read_folder(path)
    with opened(path) as lazy, _as_set(path):
        tree = lazy.load().copy()
    draws = dataset(tree)
    _validate(draws, path)
    names = np.asarray(list(map(str, draws.asset.values)), dtype=str)
    tree[GROUP] = xr.DataTree(draws.transpose(*DIMS).assign_coords(asset=names))
    return tree


@contextmanager
def opened(path: str | os.PathLike) -> Iterator[xr.DataTree]:
    """A set in a .nc or .zarr file, its values left on disk until they are asked for; provenance in the attributes.

    Raises ScenarioError when it cannot be opened, links to another file, or claims more than it stores.
    """
    path = _existing(path)
    if path.suffix not in (".nc", ".zarr"):
        raise ScenarioError(f"cannot read {path.name!r}: expected the suffix .nc, .zarr, .parquet or .csv, or a folder")
    how = {"engine": "h5netcdf"} if path.suffix == ".nc" else {"engine": "zarr", "consolidated": False}
    with _as_set(path):
        demand_plausible(_claimed_by_zarr(path) if path.is_dir() else _claimed_by_hdf5(path), path, ScenarioError)
        tree = xr.open_datatree(path, decode_times=False, decode_timedelta=False, mask_and_scale=False, **how)
    with tree:
        tree.attrs = _unpacked(tree.attrs, path)
        yield tree


def _existing(path: str | os.PathLike) -> Path:
    path = Path(path)
    if not os.path.exists(path):
        raise ScenarioError(f"no scenario file at {str(path)!r}")
    if not (path.is_file() or path.is_dir()):
        raise ScenarioError(f"{path.name} is no regular file and no folder")
    return path


def _as_set(path: Path) -> AbstractContextManager[None]:
    return read_by_library(f"{path.name} cannot be read as a scenario set", ScenarioError)


def _claimed_by_zarr(path: Path) -> int:
    """Bytes of all arrays that a folder claims to hold; a symbolic link in it is refused."""
    claimed = 0
    for inner in path.rglob("*"):
        if inner.is_symlink():
            raise ScenarioError(f"{path.name} holds a symbolic link ({inner.name}); links are not followed")
        if inner.name in ("zarr.json", ".zarray"):
            facts = parse_json(read_bytes(inner, ScenarioError), f"{path.name}: {inner.name}", ScenarioError)
            claimed += 8 * math.prod(facts.get("shape", [0]))
    return claimed


def _claimed_by_hdf5(path: Path) -> int:
    """Bytes of all arrays that a file claims to hold; links out of it, external storage and virtual data are refused."""
    links: dict[str, object] = {}
    objects: dict[str, h5py.Group | h5py.Dataset] = {}

    def note_link(name: str, link: object) -> bool | None:
        links[name] = link
        return len(links) > _MOST_OBJECTS or None  # anything but None ends the visit

    with h5py.File(path, "r") as file:
        file.visititems_links(note_link)
        if len(links) > _MOST_OBJECTS:
            raise ScenarioError(f"{path.name} holds more than {_MOST_OBJECTS:,} objects")
        for name, link in links.items():
            if isinstance(link, h5py.ExternalLink):
                raise ScenarioError(f"{path.name}: {name!r} is a link to another file; such links are not followed")
        file.visititems(lambda name, found: objects.update({name: found}))
        arrays = {name: found for name, found in objects.items() if isinstance(found, h5py.Dataset)}
        for name, array in arrays.items():
            if array.external or array.is_virtual:
                last = name.rpartition("/")[2]
                raise ScenarioError(f"{path.name}: the values of {last!r} lie in another file; such are not read")
        return sum(array.nbytes for array in arrays.values())


def _packed(tree: xr.DataTree) -> xr.DataTree:
    tree = tree.copy()
    tree.attrs = {ATTRIBUTE: pack(tree.attrs)}
    return tree


def _write_netcdf(tree: xr.DataTree, path: Path) -> None:
    plain = {name: {"_FillValue": None} for name in tree[GROUP].data_vars}
    _packed(tree).to_netcdf(path, engine="h5netcdf", encoding={f"/{GROUP}": plain})


def _write_zarr(tree: xr.DataTree, path: Path) -> None:
    sizes = tree[GROUP].sizes
    chunks = (1, min(BLOCK, sizes["draw"]), sizes["time"], sizes["asset"])
    tree = _packed(tree)
    names = tree[GROUP].asset.astype(object)  # text of any length has a place in Zarr 3, numpy's fixed width has none
    tree[GROUP] = xr.DataTree(dataset(tree).transpose(*DIMS).assign_coords(asset=names))
    chunked = {name: {"chunks": chunks, "_FillValue": None} for name in tree[GROUP].data_vars}
    tree.to_zarr(path, mode="w", zarr_format=3, consolidated=False, encoding={f"/{GROUP}": chunked})


def _unpacked(attrs: dict, path: Path) -> dict:
    attrs = {name: value.item() if isinstance(value, np.generic) else value for name, value in attrs.items()}
    packed = parse_json(str(attrs.pop(ATTRIBUTE, "{}")), f"{path.name}: the attribute {ATTRIBUTE!r}", ScenarioError)
    if not isinstance(packed, dict):
        raise ScenarioError(f"{path.name}: the attribute {ATTRIBUTE!r} is no JSON object")
    return attrs | packed


def _validate(draws: xr.Dataset, path: Path) -> None:
    if not draws.data_vars:
        raise ScenarioError(f"{path.name}: the group {GROUP!r} holds no field")
    for name, field in draws.data_vars.items():
        if set(field.dims) != set(DIMS):
            raise ScenarioError(f"{path.name}: field {name!r} has dims {field.dims}, expected {DIMS}")
        labels = [draws[dim].values.tolist() for dim in DIMS]
        demand_numbers(f"{path.name}: field {name!r}", field.transpose(*DIMS).values, labels)
    check_names(list(map(str, draws.asset.values)))


def put(new: Path, place: Path) -> None:
    """Rename ``new`` to ``place``; a folder cannot replace a folder, so the old one steps aside first."""
    if not place.is_dir():
        os.replace(new, place)
        return
    aside = place.with_name(f".{uuid.uuid4().hex[:12]}.old")
    os.replace(place, aside)
    os.replace(new, place)
    shutil.rmtree(aside)


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
