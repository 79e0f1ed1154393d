"""Kinds of broken input file, each with the message a user sees; none may be read as if nothing were
wrong."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.data import read_file, require_valid
from workbench.errors import DataError, WorkbenchError


def walk(rows: int = 400, seed: int = 1) -> pd.DataFrame:
    """Prices of two assets on weekdays from 2020-01-01."""
    steps = np.random.default_rng(seed).normal(0, 0.01, (rows, 2))
    index = pd.bdate_range("2020-01-01", periods=rows, name="date")
    return pd.DataFrame(100 * np.exp(steps.cumsum(axis=0)), index, ["AAA", "BBB"]).round(4)


def lines(panel: pd.DataFrame | None = None, **style) -> list[str]:
    return (walk() if panel is None else panel).to_csv(**style).splitlines()


def edited(row: int, old: str | None, new: str) -> list[str]:
    text = lines()
    text[row] = new if old is None else text[row].replace(old, new)
    return text


def cell(row: int, column: str, value: object) -> list[str]:
    panel = walk().astype(object)
    panel.iloc[row, panel.columns.get_loc(column)] = value
    return lines(panel)


def scaled(start: int, stop: int | None, factor: float) -> list[str]:
    panel = walk()
    panel.iloc[start:stop, 0] *= factor
    return lines(panel)


def long_with_a_pair_twice() -> list[str]:
    table = walk().rename_axis(columns="ticker").stack().rename("price").reset_index()
    text = table.to_csv(index=False).splitlines()
    return [*text[:101], text[100], *text[101:]]


def ambiguous_dates() -> list[str]:
    return ["date,AAA", *(f"0{i}/0{i + 1}/2020,{100 + i}" for i in range(1, 9))]


def ambiguous_decimals() -> list[str]:
    return ["date;AAA", *(f"2020-01-0{i};1,23{i}" for i in range(1, 9))]


def prices_beside_returns() -> list[str]:
    panel = walk()
    return lines(panel.assign(BBB=np.log(panel["BBB"]).diff().fillna(0.01)))


TEXT: dict[str, tuple[Callable[[], list[str]], list[str]]] = {
    "empty file": (lambda: [], ["broken.csv", "empty"]),
    "header only": (lambda: lines()[:1], ["broken.csv", "no row of data"]),
    "web page": (lambda: ["<!DOCTYPE html>", "<html>Sign in</html>"], ["broken.csv", "HTML"]),
    "single column": (lambda: ["price", "1", "2"], ["broken.csv", "single column", "price"]),
    "no dates": (lambda: lines(walk().reset_index(drop=True), index=False), ["no column holds dates", "AAA"]),
    "impossible date": (lambda: edited(17, "2020-01-23", "2020-01-32"), ["'date'", "row 17", "2020-01-32"]),
    "day or month": (ambiguous_dates, ["'date'", "01/02/2020", "dayfirst=True"]),
    "text in a cell": (lambda: cell(9, "BBB", "closed"), ["'BBB'", "row 10", "'closed'"]),
    "surplus cell": (lambda: edited(6, None, "2020-01-08,100,5,101"), ["line 7", "4 cells under a header of 3"]),
    "decimal or thousands": (ambiguous_decimals, ["'1,231'", "1231 or 1.231", "decimal="]),
    "two decimal marks": (lambda: ["date;A", "2020-01-01;1,25", "2020-01-02;1.25"], ["'1,25'", "'1.25'"]),
    "percent and plain": (lambda: ["date,A", "2020-01-01,1%", "2020-01-02,0.02"], ["'A'", "row 2", "'0.02'"]),
    "column twice": (lambda: edited(0, "BBB", "AAA"), ["'AAA'", "more than once"]),
    "prices or returns": (prices_beside_returns, ["'AAA'", "'BBB'", "returns=True"]),
    "pair twice in a long file": (long_with_a_pair_twice, ["row 101", "'BBB'", "2020-03-10", "twice"]),
    "unordered dates": (lambda: [*lines()[:5], *reversed(lines()[5:8]), *lines()[8:]], ["row 6", "2020-01-08"]),
    "duplicate date": (lambda: [*lines()[:9], lines()[8], *lines()[9:]], ["row 9", "2020-01-10", "more than once"]),
    "gap": (lambda: [*lines()[:100], *lines()[150:]], ["2020-05-18 and 2020-07-28", "71 days"]),
    "negative price": (lambda: cell(78, "AAA", -36.98), ["'AAA'", "2020-04-20", "-36.98"]),
    "infinite value": (lambda: cell(30, "AAA", "inf"), ["'AAA'", "2020-02-12", "infinite"]),
    "empty column": (lambda: lines(walk().assign(BBB=np.nan)), ["'BBB'", "no value at all"]),
    "constant column": (lambda: lines(walk().assign(BBB=7.5)), ["'BBB'", "7.5", "all of its 400 dates"]),
    "mostly stale": (lambda: lines(walk().iloc[::9].reindex(walk().index).ffill()), ["'AAA'", "stale", "2020-01-02"]),
    "decimal shift": (lambda: scaled(200, 203, 100), ["'AAA'", "2020-10-07", "100", "until 2020-10-09"]),
    "missed split": (lambda: scaled(200, None, 0.5), ["'AAA'", "2020-10-07", "2-for-1 split"]),
    "too few rows": (lambda: lines(walk(60)), ["59 dates", "250 are needed"]),
    "percent taken for fractions": (
        lambda: lines((100 * np.log(walk()).diff()).iloc[1:]),
        ["'AAA'", "too much for fractions", "100"],
    ),
}


def message(folder: Path, name: str, content: bytes) -> str:
    path = folder / name
    path.write_bytes(content)
    with pytest.raises(WorkbenchError) as refused:
        require_valid(read_file(path))
    assert isinstance(refused.value, DataError)
    return str(refused.value)


@pytest.mark.parametrize("kind", TEXT)
def test_every_kind_of_broken_file_is_refused_with_its_place(kind: str, tmp_path: Path) -> None:
    make, parts = TEXT[kind]
    found = message(tmp_path, "broken.csv", "\n".join(make()).encode())
    for part in parts:
        assert part in found, found


def test_a_damaged_gzip_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress("\n".join(lines()).encode())
    assert "damaged gzip" in message(tmp_path, "broken.csv.gz", whole[: len(whole) // 2])


def test_a_damaged_parquet_is_refused(tmp_path: Path) -> None:
    assert "broken.parquet" in message(tmp_path, "broken.parquet", b"PAR1 and then nothing")


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    assert "binary" in message(tmp_path, "broken.csv", b"PK\x03\x04\x00\x00\x00\x00")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no file"):
        read_file(tmp_path / "absent.csv")
    with pytest.raises(DataError, match="is a folder"):
        read_file(tmp_path)


def test_the_unbroken_file_passes(tmp_path: Path) -> None:
    path = tmp_path / "whole.csv"
    path.write_text("\n".join(lines()))
    pd.testing.assert_frame_equal(require_valid(read_file(path)), walk(), check_freq=False, check_index_type=False)
