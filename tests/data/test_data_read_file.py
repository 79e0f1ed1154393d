"""Reading files: every way of writing one panel gives the same panel, and the guess is stated."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.data import content_hash, load, read_file, require_valid, returns
from workbench.data._dates import parse_dates
from workbench.data._layout import roughness
from workbench.data._numbers import decimal_mark, parse_numbers
from workbench.errors import DataError, ParameterError, WorkbenchError

STOCKS = load("us_equities").iloc[-600:, :4]


def long(panel: pd.DataFrame, **names: str) -> pd.DataFrame:
    table = panel.rename_axis(index="date", columns="ticker").stack().rename("price").reset_index()
    return table.rename(columns=names)


WAYS = {
    "wide": (lambda path: STOCKS.to_csv(path), "wide, one column an asset"),
    "compressed": (lambda path: STOCKS.to_csv(path, compression="gzip"), "separated by comma"),
    "german": (lambda path: STOCKS.to_csv(path, sep=";", decimal=",", date_format="%d.%m.%Y"), "decimal comma"),
    "tabs": (lambda path: STOCKS.to_csv(path, sep="\t"), "separated by tab"),
    "american": (lambda path: STOCKS.to_csv(path, date_format="%m/%d/%Y"), "month first"),
    "british": (lambda path: STOCKS.to_csv(path, date_format="%d/%m/%Y"), "day first"),
    "compact": (lambda path: STOCKS.to_csv(path, date_format="%Y%m%d"), "compact"),
    "named months": (lambda path: STOCKS.to_csv(path, date_format="%d-%b-%Y"), "named"),
    "with a time zone": (lambda path: STOCKS.to_csv(path, date_format="%Y-%m-%dT00:00:00+09:00"), "'date'"),
    "newest first": (lambda path: STOCKS.iloc[::-1].to_csv(path), "newest first, turned round"),
    "nameless dates": (lambda path: STOCKS.rename_axis(None).to_csv(path), "dates in column ''"),
    "byte order mark": (lambda path: STOCKS.to_csv(path, encoding="utf-8-sig"), "dates in column 'date'"),
    "utf-16": (lambda path: STOCKS.to_csv(path, encoding="utf-16"), "utf-16"),
    "dollar signs": (lambda path: STOCKS.map("${:.3f}".format).to_csv(path), "wide"),
    "long": (lambda path: long(STOCKS).to_csv(path, index=False), "long, assets in column 'ticker'"),
    "long, otherwise named": (
        lambda path: long(STOCKS, ticker="Firm", date="Day").to_csv(path, index=False),
        "long, assets in column 'Firm'",
    ),
}
PARQUET = {
    "wide": (lambda path: STOCKS.to_parquet(path), "dates in the index"),
    "date column": (lambda path: STOCKS.reset_index().to_parquet(path), "dates in column 'date'"),
    "text dates": (lambda path: STOCKS.set_axis(STOCKS.index.astype(str)).to_parquet(path), "dates in column"),
    "long": (lambda path: long(STOCKS).to_parquet(path), "long, assets in column 'ticker'"),
    "long by date": (lambda path: long(STOCKS).set_index("date").to_parquet(path), "long"),
    "with a time zone": (lambda path: STOCKS.tz_localize("Asia/Tokyo").to_parquet(path), "dates in the index"),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_writing_csv_gives_the_same_panel(way: str, tmp_path: Path) -> None:
    write, words = WAYS[way]
    path = tmp_path / ("panel.csv.gz" if way == "compressed" else "panel.csv")
    write(path)
    panel = read_file(path)
    assert content_hash(panel) == content_hash(STOCKS)
    assert words in panel.attrs["reading"] and "read as prices" in panel.attrs["reading"]
    assert panel.attrs["kind"] == "price" and panel.attrs["source"] == path.name


@pytest.mark.parametrize("way", PARQUET)
def test_every_way_of_writing_parquet_gives_the_same_panel(way: str, tmp_path: Path) -> None:
    write, words = PARQUET[way]
    write(tmp_path / "panel.parquet")
    panel = read_file(tmp_path / "panel.parquet")
    assert content_hash(panel) == content_hash(STOCKS)
    assert words in panel.attrs["reading"]


def test_returns_are_distinguished_from_prices_and_percent_signs_divided_out(tmp_path: Path) -> None:
    change = returns(STOCKS)
    change.to_csv(tmp_path / "plain.csv")
    change.map("{:.6%}".format).to_csv(tmp_path / "percent.csv")
    plain, percent = read_file(tmp_path / "plain.csv"), read_file(tmp_path / "percent.csv")
    assert plain.attrs["kind"] == percent.attrs["kind"] == "return"
    assert content_hash(plain) == content_hash(change)
    np.testing.assert_allclose(percent, change, atol=1e-8)
    assert "read as log returns" in plain.attrs["reading"]
    assert "percent signs divided out in AAPL" in percent.attrs["reading"]
    assert read_file(tmp_path / "plain.csv", returns=False).attrs["kind"] == "price"


def test_several_fields_come_back(tmp_path: Path) -> None:
    indices = load("us_indices").iloc[:300]
    indices.to_parquet(tmp_path / "bars.parquet")
    assert content_hash(read_file(tmp_path / "bars.parquet")) == content_hash(indices)
    one = indices.xs("SP500", axis=1, level=1)
    one.rename(columns=lambda c: c.title().replace("_", " ")).to_csv(tmp_path / "SP500.csv")
    panel = read_file(tmp_path / "SP500.csv")
    assert panel.columns.tolist() == [(field, "SP500") for field in one.columns]
    table = indices.stack("asset").reset_index()
    table.to_csv(tmp_path / "long.csv", index=False)
    again = read_file(tmp_path / "long.csv")
    pd.testing.assert_frame_equal(again[indices.columns], indices, check_freq=False)


def test_the_user_resolves_what_the_file_leaves_open(tmp_path: Path) -> None:
    dates = tmp_path / "dates.csv"
    dates.write_text("date,A\n" + "".join(f"0{i}/0{i + 1}/2020,{100 + i}\n" for i in range(1, 9)))
    assert read_file(dates, dayfirst=True).index[0] == pd.Timestamp("2020-02-01")
    assert read_file(dates, dayfirst=False).index[0] == pd.Timestamp("2020-01-02")
    marks = tmp_path / "marks.csv"
    marks.write_text("date;A\n" + "".join(f"2020-01-0{i};1,23{i}\n" for i in range(1, 9)))
    assert read_file(marks, decimal=",")["A"].iloc[0] == 1.231
    assert read_file(marks, decimal=".")["A"].iloc[0] == 1231
    with pytest.raises(ParameterError, match="decimal"):
        read_file(marks, decimal=";")


def test_a_short_file_is_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    path.write_text("date,A\n2020-01-01,1\n2020-01-02,1.1\n")
    with pytest.raises(DataError, match="too few values to decide; say returns=True"):
        read_file(path)
    assert len(read_file(path, returns=False)) == 2


def test_missing_cells_stay_missing(tmp_path: Path) -> None:
    words = ["", "NA", "N/A", ".", "null", "#N/A", "-", "NaN"]
    path = tmp_path / "holes.csv"
    path.write_text("date,A,B\n" + "".join(f"2020-01-{i + 1:02},{w},{100 + i}\n" for i, w in enumerate(words)))
    panel = read_file(path, returns=False)
    assert panel["A"].isna().all() and panel["B"].notna().all()


SMALL = STOCKS.iloc[:40, :3]
SOURCES = [
    SMALL.to_csv(),
    SMALL.to_csv(sep=";", decimal=","),
    SMALL.to_csv(date_format="%d/%m/%Y"),
    long(SMALL).to_csv(index=False),
    returns(SMALL).map("{:.3%}".format).to_csv(),
]
SHARDS = [
    "",
    '"',
    ",",
    ";",
    "\n",
    "\r",
    "NaN",
    "inf",
    "%",
    "9999-12-31",
    "2020-02-30",
    "-1",
    "1e400",
    "1,2",
    "x",
    "date",
]


@settings(max_examples=150, derandomize=True, deadline=None)
@given(
    source=st.sampled_from(SOURCES),
    damage=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 30), st.sampled_from(SHARDS)), max_size=4),
)
def test_a_damaged_file_is_read_or_refused_but_never_breaks(source: str, damage: list, tmp_path_factory) -> None:
    for where, length, shard in damage:
        position = int(where * len(source))
        source = source[:position] + shard + source[position + length :]
    path = tmp_path_factory.mktemp("damaged") / "file.csv"
    path.write_text(source, newline="")
    try:
        require_valid(read_file(path), minimum_rows=20)
    except WorkbenchError as refused:
        assert len(str(refused)) > 20


finite = st.floats(-1e9, 1e9).map(lambda x: round(x, 4))


@given(st.lists(finite, min_size=1, max_size=20), st.sampled_from([".", ","]), st.booleans())
def test_numbers_survive_either_decimal_mark_and_thousands(values: list[float], mark: str, grouped: bool) -> None:
    text = [f"{value:,.4f}" if grouped else f"{value:.4f}" for value in values]
    swap = str.maketrans(",.", ".,") if mark == "," else {}
    cells = pd.Series([cell.translate(swap) for cell in text], name="A", dtype=object)
    assert decimal_mark(cells, None) == mark
    parsed, percent = parse_numbers(cells, mark)
    assert parsed.tolist() == values and not percent


@given(st.dates(date(1900, 1, 1), date(2099, 12, 1)), st.booleans())
def test_a_month_of_dates_is_read_whichever_comes_first(start, dayfirst: bool) -> None:
    index = pd.date_range(start, periods=40)
    cells = pd.Series(index.strftime("%d/%m/%Y" if dayfirst else "%m/%d/%Y"), name="date", dtype=object)
    dates, order = parse_dates(cells, None)
    assert (dates == index).all() and order == ("day first" if dayfirst else "month first")


@settings(max_examples=30, derandomize=True)
@given(st.integers(0, 10_000), st.floats(0.001, 0.05), st.sampled_from([1e-4, 1.0, 1e5]))
def test_roughness_distinguishes_prices_from_returns_in_any_unit(seed: int, volatility: float, unit: float) -> None:
    """At volatility .05 the extremes over 10,000 seeds were .068 for prices and 1.12 for returns."""
    change = np.random.default_rng(seed).standard_t(4, 250) * volatility
    assert roughness(pd.Series(unit * np.exp(change.cumsum()))) < 0.25
    assert roughness(pd.Series(unit * change)) > 0.6
