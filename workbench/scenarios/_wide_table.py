"""The wide table of scenarios: one row a draw and time, one column an asset, as Parquet or CSV.

Columns ``draw, time, <asset>...`` hold log returns as fractions; ``chain`` (else one) and ``field`` (else ``ret``)
are optional and stand before the assets. Every (field, chain, draw, time) must be there once, in any order, and every
draw must have the same times. A float32 needs 9 significant digits to come back to the bit, a float64 17.
"""

from __future__ import annotations

import difflib
import hashlib
import io
import json
import math
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import xarray as xr

from workbench.bounded import demand_plausible, parse_json, read_by_library, read_bytes
from workbench.data._numbers import decimal_mark, to_float
from workbench.data._text import read_text_table
from workbench.errors import DataError, ScenarioError
from workbench.scenarios._container import DIMS, check_names, dataset, wrap

KEYS = ("field", "chain", "draw", "time")
_METADATA = b"workbench"
_DIGITS = {"float32": "%.9g", "float64": "%.17g"}


def write_table(tree: xr.DataTree, path: Path) -> None:
    """Write the wide table to ``path`` (.parquet or .csv); fields must share one number format."""
    table, kind = _wide(dataset(tree))
    if path.suffix == ".parquet":
        arrow = pa.Table.from_pandas(table, preserve_index=False)
        metadata = (arrow.schema.metadata or {}) | {_METADATA: pack(tree.attrs).encode()}
        pq.write_table(arrow.replace_schema_metadata(metadata), path)
        return
    table.to_csv(path, index=False, float_format=_DIGITS[kind])
    companion = {"dtype": kind, "provenance": json.loads(pack(tree.attrs)), "sha256": _sha256(path)}
    _companion(path).write_text(json.dumps(companion, indent=1, ensure_ascii=False), encoding="utf-8")


def read_table(path: Path) -> xr.DataTree:
    """Read a wide table; raises ScenarioError naming the column, row (the header is row 1), draw or time at fault."""
    parquet = path.suffix in (".parquet", ".pq")
    table, kind, provenance = _read_parquet(path) if parquet else _read_own(path) or _read_foreign(path)
    assets = _assets(table, path)
    keys = {name: whole(table[name], path) for name in KEYS[1:]}
    values = cast(np.column_stack([finite(table[name], path) for name in assets]), kind, path)
    return wrap(fold(table[["field"]].assign(**keys), values, assets, path), provenance)


def pack(attrs: Mapping) -> str:
    """Provenance as JSON text; numpy's scalars become Python's."""
    try:
        return json.dumps(dict(attrs), default=_plain, sort_keys=True, ensure_ascii=False)
    except TypeError as wrong:
        raise ScenarioError(f"provenance must be what JSON can hold: {wrong}") from None


def read_csv(path: Path, least: int = 2) -> pd.DataFrame:
    """Cells of a table of scenarios as text, in any separator, encoding and decimal mark that panels are read in."""
    try:
        table, notes = read_text_table(path, least)
        cells = pd.concat([table[name] for name in table], ignore_index=True)
        if any("," in cell for cell in cells) and decimal_mark(cells, None) == ",":
            table = table.apply(lambda column: column.str.replace(".", "").str.replace(",", "."))
            notes = [*notes, "decimal comma"]
    except DataError as wrong:
        raise ScenarioError(f"{path.name} cannot be read as a table of scenarios: {wrong}") from None
    table.attrs["notes"] = notes
    return table


def finite(column: pd.Series, path: Path) -> np.ndarray:
    """The column as numbers, correctly rounded from text; the first cell that is no finite number is named."""
    numeric = pd.api.types.is_numeric_dtype(column)
    values = column.to_numpy(dtype=float) if numeric else to_float(column.astype(str), ".").to_numpy()
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        cell = str(column.iloc[bad[0]]).strip()
        missing = numeric or np.isinf(values[bad[0]]) or cell.lower() in ("", "none", "<na>", "nan")
        what = f"missing or infinite value ({bad.size} in the column)" if missing else f"{cell[:60]!r} is not a number"
        raise ScenarioError(f"{path.name}: column {column.name!r}, row {row(bad[0])}: {what}")
    return values


def cast(values: np.ndarray, kind: str, path: Path) -> np.ndarray:
    """The values as ``kind``; refused where it cannot hold them."""
    try:
        with np.errstate(over="raise"):
            return values.astype(kind, copy=False)
    except FloatingPointError:
        largest = np.abs(values).max()
        raise ScenarioError(
            f"{path.name} holds {largest:g}, beyond what {kind} can hold; log returns are fractions"
        ) from None


def whole(column: pd.Series, path: Path) -> np.ndarray:
    """The column as whole numbers; the first cell that is none is named."""
    values = finite(column, path)
    bad = np.flatnonzero((values != np.floor(values)) | (np.abs(values) > 2**53))
    if bad.size:
        raise ScenarioError(
            f"{path.name}: column {column.name!r}, row {row(bad[0])}: {values[bad[0]]} is not a whole number"
        )
    return values.astype(np.int64)


def row(place: int) -> int:
    """Row of a file with a header, as a spreadsheet counts."""
    return int(place) + 2


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
    if len(kinds) > 1 or not kinds <= set(_DIGITS):
        raise ScenarioError(f"a wide table holds one of {list(_DIGITS)}, found {sorted(kinds)}; save as .nc")
    labels = [draws[dim].values for dim in DIMS[:3]]
    keys = pd.MultiIndex.from_product(labels, names=DIMS[:3]).to_frame(index=False)
    parts = []
    for name, field in draws.data_vars.items():
        rows = field.transpose(*DIMS).values.reshape(len(keys), len(assets))
        parts.append(pd.concat([keys.assign(field=str(name)), pd.DataFrame(rows, columns=assets)], axis=1))
    plain = {"field": list(draws.data_vars) == ["ret"], "chain": list(draws.chain.values) == [0]}
    needed = [name for name in KEYS if not plain.get(name, False)]
    return pd.concat(parts, ignore_index=True)[[*needed, *assets]], kinds.pop()


def _read_parquet(path: Path) -> tuple[pd.DataFrame, str, dict]:
    with read_by_library(f"{path.name} cannot be read as Parquet", ScenarioError), pq.ParquetFile(path) as file:
        demand_plausible(file.metadata.num_rows * file.metadata.num_columns * 8, path, ScenarioError)
        check_names(file.schema_arrow.names)
        arrow = file.read()
        packed = (arrow.schema.metadata or {}).get(_METADATA)
        table = arrow.replace_schema_metadata(None).to_pandas()
    wide = any(arrow.schema.field(name).type == pa.float64() for name in arrow.column_names if name not in KEYS)
    provenance = parse_json(packed or b"{}", f"{path.name}: the provenance", ScenarioError)
    if not isinstance(provenance, dict):
        raise ScenarioError(f"{path.name}: the provenance is no JSON object")
    return table, "float64" if wide and packed is not None else "float32", provenance


def _read_foreign(path: Path) -> tuple[pd.DataFrame, str, dict]:
    table = read_csv(path)
    return table, "float32", {"reading": f"{path.name}: {'; '.join(table.attrs['notes'])}"}


def _companion(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def _read_own(path: Path) -> tuple[pd.DataFrame, str, dict] | None:
    """Cells, number format and provenance of a CSV file that :func:`write_table` wrote; None without its companion."""
    companion = _companion(path)
    if not companion.is_file():
        return None
    found = parse_json(read_bytes(companion, error=ScenarioError), companion.name, ScenarioError)
    known = isinstance(found, dict) and found.get("dtype") in _DIGITS and isinstance(found.get("provenance"), dict)
    if not known:
        raise ScenarioError(f"{companion.name} lacks dtype or provenance; delete it to read {path.name} without it")
    if found.get("sha256") != _sha256(path):
        raise ScenarioError(
            f"{path.name} is not the table that {companion.name} describes (another SHA-256); "
            f"delete {companion.name} to read the table without its provenance"
        )
    with read_by_library(f"{path.name} cannot be read as CSV", ScenarioError):
        table = pd.read_csv(io.BytesIO(read_bytes(path, ScenarioError)), dtype=str, keep_default_na=False)
    return table, found["dtype"], found["provenance"]


def _assets(table: pd.DataFrame, path: Path) -> list[str]:
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
    for name, value in (("chain", "0"), ("field", "ret")):
        if name not in table:
            table[name] = value
    assets = [str(name) for name in table if name not in KEYS]
    if not assets:
        raise ScenarioError(f"{path.name} has no column of an asset beside {list(KEYS)}")
    check_names(assets)
    return assets


def fold(
    keys: pd.DataFrame, values: np.ndarray, assets: list[str], path: Path, spelled: Sequence[str] = KEYS
) -> xr.Dataset:
    """Rows in any order to a Dataset (chain, draw, time, asset); a repeated or missing row is named by the keys that
    are ``spelled``. A table that fills a small part of the grid of its draws and times is refused before that is built.
    """
    index = pd.MultiIndex.from_frame(keys[list(KEYS)])
    repeated = np.flatnonzero(index.duplicated())
    if repeated.size:
        raise ScenarioError(f"{path.name}: row {row(repeated[0])} repeats {_spelled(index[repeated[0]], spelled)}")
    levels: list[list[Hashable]] = [list(pd.unique(keys["field"])), *(sorted(pd.unique(keys[k])) for k in KEYS[1:])]
    cells = math.prod(map(len, levels))
    if cells > 4 * len(index) + 10**6:
        raise ScenarioError(
            f"{path.name}: its draws and times make {cells:,} combinations and it has {len(index):,} rows; "
            "every draw must have the same times"
        )
    grid = pd.MultiIndex.from_product(levels, names=KEYS)
    places = index.get_indexer(grid)
    missing = np.flatnonzero(places < 0)
    if missing.size:
        raise ScenarioError(
            f"{path.name}: no row for {_spelled(grid[missing[0]], spelled)} ({missing.size} missing); "
            "every draw must have the same times"
        )
    folded = values[places].reshape(*map(len, levels), len(assets))
    labels = {key: np.asarray(level) for key, level in zip(KEYS[1:], levels[1:])}
    variables = {str(name): (DIMS, folded[place]) for place, name in enumerate(levels[0])}
    return xr.Dataset(variables, coords={**labels, "asset": np.asarray(assets, dtype=str)})


def _spelled(key: tuple, names: Sequence[str]) -> str:
    named = ((name, part) for name, part in zip(KEYS, key) if name in names and (name, part) != ("field", "ret"))
    return ", ".join(f"{name} {part}" for name, part in named)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
