"""Scenario sets of strangers: nothing is followed out of a file, no small file fills the memory, foreign tables are
read as panels are.
"""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench import bounded, scenarios
from workbench.errors import ScenarioError

RNG = np.random.default_rng(3)
SOUND = scenarios.assemble(RNG.normal(0, 0.01, (1, 30, 4, 2)).astype("float32"), ["A", "B"], seed=1)


def stored(folder: Path, suffix: str = ".nc") -> Path:
    return scenarios.save(SOUND, folder / f"set{suffix}")


def external_link(folder: Path) -> Path:
    stored(folder).rename(folder / "other.nc")
    with h5py.File(folder / "set.nc", "w") as file:
        file["scenarios"] = h5py.ExternalLink("other.nc", "/scenarios")
    return folder / "set.nc"


def external_storage(folder: Path) -> Path:
    (folder / "secret.bin").write_bytes(np.zeros(240).tobytes())
    path = stored(folder)
    with h5py.File(path, "a") as file:
        file["scenarios"].create_dataset(
            "spread", (1, 30, 4, 2), "f8", external=[(str(folder / "secret.bin"), 0, 1920)]
        )
    return path


def virtual_data(folder: Path) -> Path:
    path = stored(folder)
    with h5py.File(folder / "other.h5", "w") as file:
        file["x"] = np.zeros((1, 30, 4, 2))
    layout = h5py.VirtualLayout((1, 30, 4, 2), "f8")
    layout[...] = h5py.VirtualSource(str(folder / "other.h5"), "x", (1, 30, 4, 2))
    with h5py.File(path, "a") as file:
        file["scenarios"].create_virtual_dataset("spread", layout)
    return path


def claims(folder: Path) -> Path:
    """200 million draws of which none is stored: 11 kB."""
    path = folder / "set.nc"
    shape, dims = (1, 2 * 10**8, 4, 2), ("chain", "draw", "time", "asset")
    with h5py.File(path, "w") as file:
        group = file.create_group("scenarios")
        for name, size in zip(dims, shape):
            group.create_dataset(name, (size,), "i8", chunks=(min(size, 1024),)).make_scale(name)
        data = group.create_dataset("ret", shape, "f4", chunks=(1, 1024, 4, 2))
        for place, name in enumerate(dims):
            data.dims[place].attach_scale(group[name])
    assert path.stat().st_size < 30_000
    return path


def zarr_claims(folder: Path) -> Path:
    path = stored(folder, ".zarr")
    for name, place in (("ret", 1), ("draw", 0)):
        note = path / "scenarios" / name / "zarr.json"
        facts = json.loads(note.read_text())
        facts["shape"][place] = 2 * 10**8
        note.write_text(json.dumps(facts))
    return path


def zarr_link(folder: Path) -> Path:
    path = stored(folder, ".zarr")
    (path / "scenarios" / "secret").symlink_to("/etc/hostname")
    return path


def zarr_deep(folder: Path) -> Path:
    path = stored(folder, ".zarr")
    (path / "zarr.json").write_text("[" * 100_000 + "]" * 100_000)
    return path


def parquet_claims(folder: Path) -> Path:
    block = pa.chunked_array([pa.array(np.zeros(10**6))] * 50)
    pq.write_table(pa.table({"draw": block, "time": block, "A": block}), folder / "set.parquet")
    return folder / "set.parquet"


def parquet_provenance(folder: Path) -> Path:
    path = stored(folder, ".parquet")
    arrow = pq.read_table(path)
    pq.write_table(arrow.replace_schema_metadata({b"workbench": b"[" * 5000 + b"]" * 5000, b"pandas": b"{"}), path)
    return path


def attribute(content: str):
    def write(folder: Path) -> Path:
        path = stored(folder)
        with h5py.File(path, "a") as file:
            file.attrs["provenance_json"] = content
        return path

    return write


def companion(content: str):
    def write(folder: Path) -> Path:
        path = stored(folder, ".csv")
        Path(f"{path}.json").write_text(content)
        return path

    return write


def many_objects(folder: Path) -> Path:
    path = stored(folder)
    with h5py.File(path, "a") as file:
        for name in range(10_001):
            file.create_group(f"g{name}")
    return path


def csv(content: str | bytes, name: str = "set.csv"):
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder / name

    return write


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "set.csv")
    return folder / "set.csv"


def table(**style) -> str:
    values = scenarios.pooled(SOUND)
    keys = pd.MultiIndex.from_product([range(30), range(1, 5)], names=["draw", "time"])
    return pd.DataFrame(values.reshape(-1, 2), keys, ["A", "B"]).reset_index().to_csv(index=False, **style)


REFUSED = {
    "external link": (external_link, "'scenarios' is a link to another file"),
    "external storage": (external_storage, "'spread' lie in another file"),
    "virtual data": (virtual_data, "'spread' lie in another file"),
    "200 million draws in kilobytes": (claims, r"claims [\d,]+ MiB of values in 0.0\d MiB"),
    "200 million draws in a Zarr folder": (zarr_claims, "claims .* MiB of values in"),
    "50 million rows of one number": (parquet_claims, "claims .* MiB of values in"),
    "provenance of Parquet nested beyond the stack": (parquet_provenance, "levels deep"),
    "symbolic link in a Zarr folder": (zarr_link, "symbolic link"),
    "Zarr metadata nested beyond the stack": (zarr_deep, "levels deep"),
    "provenance nested beyond the stack": (attribute("[" * 50_000 + "]" * 50_000), "levels deep"),
    "provenance nested beyond sense": (attribute('{"a":' * 200 + "1" + "}" * 200), "levels deep"),
    "provenance that is no object": (attribute("7"), "no JSON object"),
    "companion without its facts": (companion("{}"), "lacks dtype or provenance"),
    "companion that is a list": (companion("[]"), "lacks dtype or provenance"),
    "companion nested beyond the stack": (companion("[" * 50_000 + "]" * 50_000), "levels deep"),
    "ten thousand groups": (many_objects, "more than 10,000 objects"),
    "gzip bomb": (csv(gzip.compress(b"draw,time,A\n" + b"0" * 3_000_000), "set.csv.gz"), "once decompressed"),
    "a diagonal of draws and times": (
        csv("draw,time,A\n" + "".join(f"{i},{i},0.01\n" for i in range(3000))),
        "9,000,000 combinations and it has 3,000 rows",
    ),
    "pipe": (pipe, "no regular file"),
    "terminal escape in a name": (csv(table().replace("A", "\x1b[2JA", 1)), "control character"),
    "draws beyond whole numbers": (csv(table().replace("0,1,", "1e300,1,", 1)), "'draw', row 2: .*not a whole number"),
    "a value beyond the number format": (
        csv(table().rpartition("\n29,4,")[0] + "\n29,4,1e200,0\n"),
        r"1e\+200, beyond",
    ),
    "a word": (csv(table().replace("29,4,", "29,4,x", 1)), "'A', row 121: 'x.* is not a number"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_could_harm_is_refused_by_name(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(bounded, "MOST_BYTES", 2**20)
    make, words = REFUSED[kind]
    with pytest.raises(ScenarioError, match=words) as refused:
        scenarios.load(make(tmp_path))
    assert all(letter.isprintable() or letter == "\n" for letter in str(refused.value))


READ = {
    "semicolons and decimal commas": csv(table(sep=";", decimal=",")),
    "UTF-16": csv(table().encode("utf-16")),
    "gzip": csv(gzip.compress(table().encode()), "set.csv.gz"),
    "row numbers": csv("".join(f"{i - 1 if i else ''},{line}\n" for i, line in enumerate(table().splitlines()))),
    "typographic minus": csv(table().replace(",-", ",\u2212")),
    "Windows lines and a byte order mark": csv(b"\xef\xbb\xbf" + table().replace("\n", "\r\n").encode()),
}


@pytest.mark.parametrize("kind", READ)
def test_foreign_tables_are_read_to_the_bit(kind, tmp_path):
    tree = scenarios.load(READ[kind](tmp_path))
    assert scenarios.digest(tree) == scenarios.digest(SOUND) and "separated by" in tree.attrs["reading"]


def test_damaged_metadata_of_pandas_does_no_harm(tmp_path):
    path = stored(tmp_path, ".parquet")
    arrow = pq.read_table(path)
    pq.write_table(arrow.replace_schema_metadata({**arrow.schema.metadata, b"pandas": b"{\xff"}), path)
    assert scenarios.digest(scenarios.load(path)) == scenarios.digest(SOUND)


@pytest.mark.parametrize("suffix", [".nc", ".parquet", ".csv"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(places=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6), st.integers(0, 40)), min_size=1, max_size=4))
def test_a_damaged_set_is_read_or_refused_but_never_breaks(tmp_path, suffix, places):
    path = tmp_path / f"damaged{suffix}"
    content = stored(tmp_path, suffix).read_bytes()
    for where, shard, length in places:
        place = int(where * len(content))
        content = content[:place] + shard + content[place + length :]
    path.write_bytes(content)
    try:
        scenarios.load(path)
    except ScenarioError as refused:
        assert len(str(refused)) > 20


def test_a_set_larger_than_the_bound_is_read_where_it_is_stored(tmp_path, monkeypatch):
    monkeypatch.setattr(bounded, "MOST_UNPACKED", 100)
    for suffix in (".nc", ".zarr", ".parquet", ".csv"):
        assert scenarios.digest(scenarios.load(stored(tmp_path, suffix))) == scenarios.digest(SOUND)
    with scenarios.opened(stored(tmp_path)) as lazy:
        assert lazy.attrs == {"seed": 1} and lazy["scenarios"].sizes["draw"] == 30
