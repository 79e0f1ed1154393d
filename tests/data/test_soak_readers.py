"""Readers of panels under a thousand random files, other ones each time: the profile "soak" is not derandomised."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_data_read_file import SHARDS, SOURCES

from workbench import bounded
from workbench.data import read_file, require_valid
from workbench.errors import DataError, WorkbenchError

pytestmark = pytest.mark.soak
soak = settings(settings.get_profile("soak"))
cuts = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 30), st.sampled_from(SHARDS) | st.text(max_size=5)), max_size=6
)


@soak
@given(source=st.sampled_from(SOURCES), damage=cuts, encoding=st.sampled_from(["utf-8", "utf-16", "latin-1"]))
def test_damaged_tables_are_read_or_refused_in_a_sentence(source, damage, encoding, tmp_path_factory) -> None:
    """1,000 tables with pieces cut out and others put in, in three encodings: read, or refused by one error."""
    for where, length, shard in damage:
        position = int(where * len(source))
        source = source[:position] + shard + source[position + length :]
    path = tmp_path_factory.getbasetemp() / "damaged.csv"
    path.write_bytes(source.encode(encoding, errors="replace"))
    try:
        require_valid(read_file(path), minimum_rows=20)
    except WorkbenchError as refused:
        assert len(str(refused)) > 20


@soak
@given(
    assets=st.integers(1, 4),
    days=st.integers(30, 120),
    seed=st.integers(0, 2**32 - 1),
    separator=st.sampled_from([",", ";", "\t"]),
    mark=st.sampled_from([".", ","]),
    style=st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%Y%m%d", "%d %b %Y"]),
    suffix=st.sampled_from([".csv", ".csv.gz", ".parquet"]),
)
def test_prices_come_back_whatever_way_they_were_written(
    assets, days, seed, separator, mark, style, suffix, tmp_path_factory
) -> None:
    """1,000 random price tables in every mixture of separator, decimal mark, style of dates and compression."""
    if separator == mark:
        separator = ";"
    rng = np.random.default_rng(seed)
    index = pd.bdate_range(f"{rng.integers(1950, 2050)}-01-{rng.integers(13, 29)}", periods=days)
    values = (rng.uniform(1, 900) * np.exp(rng.normal(0, 0.01, (days, assets)).cumsum(axis=0))).round(4)
    panel = pd.DataFrame(values, index, [f"Asset {place}" for place in range(assets)])
    path = Path(tmp_path_factory.getbasetemp()) / f"written{suffix}"
    if suffix == ".parquet":
        panel.rename_axis("date").to_parquet(path)
    else:
        labelled = panel.set_axis(pd.Index(index.strftime(style), name="date"))
        labelled.to_csv(path, sep=separator, decimal=mark)
    found = read_file(path)
    assert list(found.index) == list(index) and list(found.columns) == list(panel.columns)
    np.testing.assert_allclose(found.to_numpy(dtype=float), values, rtol=1e-12)


trees = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=60,
)


@soak
@given(value=trees, junk=st.text(max_size=8), at=st.floats(0, 1))
def test_notes_are_read_as_they_are_or_refused(value, junk, at) -> None:
    """1,000 random JSON texts: whole ones come back, damaged ones are read or refused by name."""
    import json

    text = json.dumps(value)
    assert bounded.parse_json(text, "the note") == value
    place = int(at * len(text))
    try:
        bounded.parse_json(text[:place] + junk + text[place:], "the note")
    except DataError as refused:
        assert "the note" in str(refused)
