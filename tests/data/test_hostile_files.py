"""Files that are broken or made to harm: each is refused in words or read right, never with a traceback, never with
a silent change of a number.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench import bounded, data
from workbench.data import _text
from workbench.errors import DataError, WorkbenchError

DATES = pd.bdate_range("2020-01-01", periods=300, name="date")
STEPS = np.random.default_rng(1).normal(0, 0.01, (300, 3))
WALK = pd.DataFrame(100 * np.exp(STEPS.cumsum(axis=0)), DATES, ["AAA", "BBB", "CCC"]).round(4)
TEXT = WALK.to_csv()


def text(content: str | bytes, name: str = "hostile.csv") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def parquet(make: Callable[[], pa.Table | pd.DataFrame]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        table = make()
        table = pa.Table.from_pandas(table) if isinstance(table, pd.DataFrame) else table
        pq.write_table(table, folder / "hostile.parquet")
        return folder / "hostile.parquet"

    return write


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "hostile.csv")
    return folder / "hostile.csv"


def many_rows() -> pa.Table:
    """300 million rows of one number, in some kilobytes."""
    block = pa.chunked_array([pa.array(np.zeros(10**6))] * 300)
    return pa.table({"AAA": block})


def pence(start: int, stop: int | None, factor: float) -> str:
    panel = WALK.copy()
    panel.iloc[start:stop, 0] *= factor
    return panel.to_csv()


def returns_with(changes: np.ndarray) -> str:
    return pd.DataFrame(changes, DATES, WALK.columns).to_csv()


def renamed(name: str) -> str:
    return WALK.rename(columns={"AAA": name}).to_csv()


def monthly(unit: float) -> str:
    index = pd.date_range("1990-01-31", periods=300, freq="ME", name="date")
    return pd.DataFrame(STEPS * 5 * unit, index, WALK.columns).to_csv()


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "gzip bomb": (text(gzip.compress(b"0" * 2_000_000)), "holds more than 1 MiB once decompressed"),
    "text without end": (text("date,A\n" + "1" * 2_000_000), "holds more than 1 MiB"),
    "Parquet of 300 million rows in kilobytes": (parquet(many_rows), "300,000,000 rows"),
    "a million empty cells": (text("date,A\n" + "," * 900_000), "more than 100,000 cells"),
    "a long table in which every row is another asset": (
        text(
            "date,ticker,p\n"
            + "".join(f"{d:%Y-%m-%d},T{d:%j%Y},1\n" for d in pd.date_range("1800-01-01", periods=9000))
        ),
        "9,000 assets on 9,000 dates",
    ),
    "device": (lambda folder: Path("/dev/zero"), "no regular file"),
    "pipe": (pipe, "no regular file"),
    "name too long for a file": (lambda folder: folder / ("x" * 5000 + ".csv"), "there is no file"),
    "name with a zero byte": (lambda folder: folder / "a\0b.csv", "there is no file"),
    "workbook": (text(b"PK\x03\x04" + b"\x00" * 50, "book.csv"), "workbook or a zip archive"),
    "field of 200,000 letters": (text("date,A\n2020-01-01," + "9" * 200_000), "field larger than field limit"),
    "column name of 10,000 letters": (text(renamed("A" * 10_000)), "10000 characters"),
    "terminal escape in a name": (text(renamed("\x1b[2J\x1b[1;32maccepted")), "holds a control character"),
    "terminal escape in the name of an asset of a long file": (
        text("date,ticker,price\n" + "".join(f"{d:%Y-%m-%d},\x1b[2JA,{100 + i}\n" for i, d in enumerate(DATES))),
        "holds a control character",
    ),
    "bell in a name": (text(renamed("A\x07")), "holds a control character"),
    "open quotation mark": (text('date,A,"B\n2020-01-01,1,2\n'), "no row of data|quotation mark"),
    "names twice": (text(renamed("BBB")), "'BBB' is there more than once"),
    "decimal comma without quotes": (text("date,A\n" + "2020-01-01,100,5\n" * 9), "decimal comma .* must be quoted"),
    "numbers as dates": (text("date,A\n" + "".join(f"{i}.5,{100 + i}\n" for i in range(9))), "is not a date"),
    "dates before the calendar": (text("date,A\n0001-01-01,1\n0001-01-02,2\n"), "0001-01-01' is not a date"),
    "day and month mixed": (text("date,A\n13/01/2020,1\n01/14/2020,2\n"), "puts the day first"),
    "two meanings of every date": (
        text("date,A\n01/02/2020,1\n03/04/2020,1\n02/03/2020,1\n05/02/2020,1\n"),
        "say dayfirst=True or dayfirst=False",
    ),
    "pence to pounds and staying": (text(pence(150, None, 0.01)), "'AAA', 2020-07-29.*factor of 0.01 and stays there"),
    "pence to pounds for a day": (text(pence(150, 151, 100)), "'AAA', 2020-07-29.*factor of 100 until 2020-07-29"),
    "percent for fractions": (text(returns_with(STEPS * 100)), "half of the returns exceed .* divide percent by 100"),
    "basis points for fractions": (text(returns_with(STEPS * 1e4)), "basis points by 10,000"),
    "monthly percent": (text(monthly(100)), "half of the returns exceed"),
    "gross returns": (text(returns_with(1 + STEPS)), "gross returns"),
    "a column of zeros": (text(returns_with(STEPS * [1, 1, 0])), "'CCC'"),
    "an asset that never trades": (text(WALK.assign(CCC=7.0).to_csv()), "'CCC' is 7 on all"),
    "a word in a column": (text(TEXT.replace(str(WALK.iloc[40, 1]), "suspended")), "'BBB', row 41: 'suspended'"),
    "lists in Parquet cells": (parquet(lambda: WALK.assign(AAA=[[1.0]] * 300)), "'AAA', row 1"),
    "truth values in Parquet": (parquet(lambda: WALK.assign(AAA=True)), "'AAA', row 1: 'True'"),
    "infinite price": (text(TEXT.replace(str(WALK.iloc[40, 1]), "1e400")), "'BBB', 2020-02-26: the value is infinite"),
    "highs and lows without a close": (
        text(WALK.set_axis(["Open", "High", "Low"], axis=1).to_csv()),
        "bars without a close",
    ),
    "two header lines without a meaning": (text("date,A,B\nunit,USD,EUR\n" + "2020-01-01,1,2\n" * 5), "header lines"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_used_is_refused_by_name(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "MOST_BYTES", 2**20)
    monkeypatch.setattr(_text, "MOST_CELLS", 100_000)
    make, words = REFUSED[kind]
    with pytest.raises(DataError, match=words) as refused:
        data.load(make(tmp_path))
    message = str(refused.value)
    assert all(letter.isprintable() or letter == "\n" for letter in message) and len(message) < 11_000


READ: dict[str, Callable[[Path], Path]] = {
    "markup as a name": text(renamed("<style>p{display:none}</style>")),
    "formula as a name": text(renamed("=HYPERLINK(0)")),
    "right-to-left mark in a name": text(renamed("A\u202eB")),
    "letters of the Windows code page": text(renamed("€uro Stoxx").encode("cp1252")),
    "a trailing separator": text(TEXT.replace("\n", ",\n")),
    "lines of Windows": text(TEXT.replace("\n", "\r\n")),
    "lines of old Macs": text(TEXT.replace("\n", "\r")),
    "blank lines": text(TEXT.replace("\n", "\n\n")),
    "quotation marks around all": text(WALK.to_csv(quoting=1)),
    "integers as names in Parquet": parquet(lambda: WALK.set_axis([1, 2, 3], axis=1)),
    "decimals as text in Parquet": parquet(lambda: WALK.astype(str)),
    "a table of categories": parquet(lambda: WALK.assign(AAA=WALK["AAA"].astype("category"))),
}


@pytest.mark.parametrize("kind", READ)
def test_what_only_looks_hostile_is_read_to_the_bit(kind: str, tmp_path: Path) -> None:
    panel = data.load(READ[kind](tmp_path))
    assert (panel.index == DATES).all() and np.array_equal(panel.to_numpy(), WALK.to_numpy())


def test_a_file_whose_name_would_clear_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "\x1b[2Jbars.csv"
    WALK.set_axis(["Open", "Close", "Volume"], axis=1).to_csv(path)
    panel = data.load(path)
    assert panel.attrs["reading"].isprintable() and "\x1b" not in str(panel.columns.tolist())


def test_spreadsheet_errors_are_missing_and_counted(tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text(
        TEXT.replace(str(WALK.iloc[40, 1]), "#DIV/0!").replace(str(WALK.iloc[9, 0]), "#N/A")
    )
    panel = data.load(tmp_path / "file.csv")
    assert panel.isna().sum().tolist() == [1, 1, 0] and "2 spreadsheet errors" in panel.attrs["reading"]


def test_an_error_somebody_has_looked_at_can_be_accepted(tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text(pence(150, None, 0.01))
    assert len(data.load(tmp_path / "file.csv", accept=["decimal shifts"])) == 300


def test_monthly_returns_of_fractions_are_no_percent(tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text(monthly(5))  # a volatility of 25 % a month
    assert data.load(tmp_path / "file.csv").attrs["kind"] == "return"


def test_messages_hold_no_control_characters() -> None:
    assert str(WorkbenchError("\x1b[2Jaccepted\u202e\nnext")) == "\\x1b[2Jaccepted\\u202e\nnext"


DEEP = {
    "lists": "[" * 200 + "]" * 200,
    "objects": '{"a":' * 200 + "1" + "}" * 200,
    "far beyond the stack": "[" * 200_000 + "]" * 200_000,
    "no JSON": "{",
    "a huge number": "1" * 10_000,
}


def test_a_billion_laughs_are_refused() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{n}: &{n} [{', '.join(['*' + m] * 10)}]" for m, n in zip("abcdefgh", "bcdefghi")]
    with pytest.raises(DataError, match="the parameters holds more than 5,000,000 values"):
        bounded.parse_yaml("\n".join(lines), "the parameters")
    assert bounded.parse_yaml("a: &a [1, 2]\nb: *a", "the parameters") == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize("kind", DEEP)
def test_json_is_bounded_in_depth(kind: str) -> None:
    with pytest.raises(DataError, match="the note"):
        bounded.parse_json(DEEP[kind], "the note")
