"""The wide table of scenarios: one row a draw and time, one column an asset, as Parquet or CSV.

Columns ``draw, time, <asset>...`` hold log returns as fractions; ``chain`` (else one) and ``field`` (else ``ret``)
are optional and stand before the assets. Every (field, chain, draw, time) must be there once, in any order, and every
draw must have the same times. A float32 needs 9 significant digits to come back to the bit, a float64 17.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import json
import warnings
from collections.abc import Hashable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import xarray as xr

from workbench.errors import ScenarioError
from workbench.scenarios._container import DIMS, check_names, dataset, wrap

KEYS = ("field", "chain", "draw", "time")
METADATA = b"workbench"
DIGITS = {"float32": "%.9g", "float64": "%.17g"}


def write_table(tree: xr.DataTree, path: Path) -> None:
    """Write the wide table to ``path`` (.parquet or .csv); fields must share one number format."""
    table, kind = _wide(dataset(tree))
    if path.suffix == ".parquet":
        arrow = pa.Table.from_pandas(table, preserve_index=False)
        metadata = (arrow.schema.metadata or {}) | {METADATA: pack(tree.attrs).encode()}
        pq.write_table(arrow.replace_schema_metadata(metadata), path)
        return
    table.to_csv(path, index=False, float_format=DIGITS[kind])
    companion = {"dtype": kind, "provenance": json.loads(pack(tree.attrs)), "sha256": _sha256(path)}
    path.with_name(path.name + ".json").write_text(
        json.dumps(companion, indent=1, ensure_ascii=False), encoding="utf-8"
    )


def read_table(path: Path) -> xr.DataTree:
    """Read a wide table; raises ScenarioError naming the column, row (the header is row 1), draw or time at fault."""
    table, kind, provenance = _read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)
    assets = _columns(table, path)
    for name in KEYS[1:]:
        table[name] = _whole(table[name], path)
    values = np.column_stack([_finite(table[name], path) for name in assets]).astype(kind, copy=False)
    return wrap(_fold(table, values, assets, path), provenance)


def pack(attrs: dict) -> str:
    """Provenance as JSON text; numpy's scalars become Python's."""
    try:
        return json.dumps(dict(attrs), default=_plain, sort_keys=True, ensure_ascii=False)
    except TypeError as wrong:
        raise ScenarioError(f"provenance must be what JSON can hold: {wrong}") from None


def _plain(value: object) -> object:
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    raise TypeError(f"found {value!r} ({type(value).__name__})")


def _wide(draws: xr.Dataset) -> tuple[pd.DataFrame, str]:
    assets = list(map(str, draws.asset.values))
    reserved = sorted(set(assets) & set(KEYS))
    if reserved:
        raise ScenarioError(f"assets named {reserved} cannot stand in a wide table beside its own columns; save as .nc")
    kinds = {str(field.dtype) for field in draws.data_vars.values()}
    if len(kinds) > 1 or not kinds <= set(DIGITS):
        raise ScenarioError(f"a wide table holds one of {list(DIGITS)}, found {sorted(kinds)}; save as .nc")
    labels = [draws[dim].values for dim in DIMS[:3]]
    keys = pd.MultiIndex.from_product(labels, names=DIMS[:3]).to_frame(index=False)
    parts = []
    for name, field in draws.data_vars.items():
        rows = field.transpose(*DIMS).values.reshape(len(keys), len(assets))
        parts.append(pd.concat([keys.assign(field=str(name)), pd.DataFrame(rows, columns=assets)], axis=1))
    table = pd.concat(parts, ignore_index=True)
    needed = _needed_keys(draws)
    return table[[*needed, *assets]], kinds.pop()


def _needed_keys(draws: xr.Dataset) -> list[str]:
    plain = {"field": list(draws.data_vars) == ["ret"], "chain": list(draws.chain.values) == [0]}
    return [name for name in KEYS if not plain.get(name, False)]


def _read_parquet(path: Path) -> tuple[pd.DataFrame, str, dict]:
    try:
        arrow = pq.read_table(path)
    except (pa.ArrowException, OSError) as wrong:
        raise ScenarioError(f"{path.name} cannot be read as Parquet: {wrong}") from None
    _refuse_repeats(arrow.column_names, path)
    packed = (arrow.schema.metadata or {}).get(METADATA)
    wide = any(arrow.schema.field(name).type == pa.float64() for name in arrow.column_names if name not in KEYS)
    kind = "float64" if wide and packed is not None else "float32"
    return arrow.to_pandas(ignore_metadata=True), kind, json.loads(packed or b"{}")


def _read_csv(path: Path) -> tuple[pd.DataFrame, str, dict]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            header = next(csv.reader(lines), [])
        _refuse_repeats(header, path)
        table = _read_text(path, header)
    except (
        UnicodeDecodeError,
        pd.errors.ParserError,
        pd.errors.ParserWarning,
        pd.errors.EmptyDataError,
        csv.Error,
    ) as wrong:
        raise ScenarioError(f"{path.name} cannot be read as CSV: {wrong}") from None
    companion = path.with_name(path.name + ".json")
    if not companion.exists():
        return table, "float32", {}
    said = json.loads(companion.read_text(encoding="utf-8"))
    if said["sha256"] != _sha256(path):
        raise ScenarioError(
            f"{path.name} is not the table that {companion.name} describes (another SHA-256); "
            f"delete {companion.name} to read the table without its provenance"
        )
    return table, said["dtype"], said["provenance"]


def _read_text(path: Path, header: list[str]) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # a row longer than the header would be cut
        return pd.read_csv(
            path,
            dtype=str,
            keep_default_na=False,
            encoding="utf-8-sig",
            header=0,
            names=header,
            index_col=False,
        )


def _refuse_repeats(header: list[str], path: Path) -> None:
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise ScenarioError(f"{path.name}: columns named more than once: {twice}")


def _columns(table: pd.DataFrame, path: Path) -> list[str]:
    """Check the header, add the optional key columns, and return the names of the assets."""
    if table.empty:
        raise ScenarioError(f"{path.name} holds no rows of scenarios")
    for name in ("draw", "time"):
        if name not in table:
            near = difflib.get_close_matches(name, [str(found).lower() for found in table], n=1)
            hint = f"; {near[0]!r} looks like it, rename it" if near else ""
            raise ScenarioError(
                f"{path.name} has no column {name!r}{hint}: expected draw, time, <asset>..., found {list(table)[:8]}"
            )
    if "chain" not in table:
        table["chain"] = "0"
    if "field" not in table:
        table["field"] = "ret"
    assets = [str(name) for name in table if name not in KEYS]
    if not assets:
        raise ScenarioError(f"{path.name} has no column of an asset beside {list(KEYS)}")
    check_names(assets)
    return assets


def _row(place: int) -> int:
    return int(place) + 2


def _finite(column: pd.Series, path: Path) -> np.ndarray:
    """The column as numbers, correctly rounded from text; the first cell that is no finite number is named."""
    try:
        values = column.to_numpy() if column.dtype.kind in "fiu" else column.to_numpy(dtype=object).astype(float)
    except (TypeError, ValueError):
        place, cell = next((place, cell) for place, cell in enumerate(column) if not _is_number(cell))
        raise ScenarioError(
            f"{path.name}: column {column.name!r}, row {_row(place)}: {cell!r} is not a number"
        ) from None
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise ScenarioError(
            f"{path.name}: column {column.name!r}, row {_row(bad[0])}: missing or infinite value "
            f"({bad.size} in the column)"
        )
    return values


def _is_number(cell: object) -> bool:
    try:
        float(cell)
    except (TypeError, ValueError):
        return False
    return True


def _whole(column: pd.Series, path: Path) -> np.ndarray:
    values = _finite(column, path)
    bad = np.flatnonzero(values != np.floor(values))
    if bad.size:
        raise ScenarioError(
            f"{path.name}: column {column.name!r}, row {_row(bad[0])}: {values[bad[0]]} is not a whole number"
        )
    return values.astype(np.int64)


def _fold(table: pd.DataFrame, values: np.ndarray, assets: list[str], path: Path) -> xr.Dataset:
    """Rows in any order to a Dataset (chain, draw, time, asset); a repeated or missing row is named."""
    keys = list(KEYS)
    repeated = np.flatnonzero(table.duplicated(keys))
    if repeated.size:
        raise ScenarioError(f"{path.name}: row {_row(repeated[0])} repeats {_said(table.iloc[repeated[0]][keys])}")
    levels: list[list[Hashable]] = [
        list(pd.unique(table["field"])),
        *(sorted(pd.unique(table[key])) for key in keys[1:]),
    ]
    places = pd.MultiIndex.from_frame(table[keys]).get_indexer(pd.MultiIndex.from_product(levels, names=keys))
    missing = np.flatnonzero(places < 0)
    if missing.size:
        lost = pd.MultiIndex.from_product(levels, names=keys)[missing[0]]
        raise ScenarioError(
            f"{path.name}: no row for {_said(dict(zip(keys, lost)))} ({missing.size} missing); "
            "every draw must have the same times"
        )
    shape = tuple(len(level) for level in levels) + (len(assets),)
    folded = values[places].reshape(shape)
    labels = {key: np.asarray(level) for key, level in zip(keys[1:], levels[1:])}
    variables = {str(name): (DIMS, folded[place]) for place, name in enumerate(levels[0])}
    return xr.Dataset(variables, coords={**labels, "asset": np.asarray(assets, dtype=str)})


def _said(keys) -> str:
    return ", ".join(f"{name} {keys[name]}" for name in KEYS if not (name == "field" and keys[name] == "ret"))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
