"""A text file as a header and rows of text: encoding, compression, separator and ragged lines are dealt with
here."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from pathlib import Path

import pandas as pd

from workbench.errors import DataError

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
ENCODINGS = ("utf-8-sig", "latin-1")


def read_text_table(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Cells as stripped text (row r of the table is line r + 2 of a plain file), and what was guessed.

    Raises DataError when the file is binary, HTML, empty, has a single column, or a line with more cells than
    the header.
    """
    text, encoding = _decode(_bytes(path), path)
    separator = _separator(text, path)
    header, *body = _lines(text, separator, path)
    _demand_rectangle(header, body, path)
    width = len(header)
    cells = [[cell.strip() for cell in line[:width]] + [""] * (width - len(line)) for line in body]
    names = [name.strip() for name in header]
    table = pd.DataFrame(cells, columns=pd.Index(names, dtype=object), dtype=object)
    table, left_out = _drop_empty(table)
    notes = [f"separated by {SEPARATORS[separator]}"] + left_out
    _demand_distinct(table.columns, path)
    return table, notes + ([] if encoding == ENCODINGS[0] else [f"decoded as {encoding}"])


def _bytes(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (EOFError, zlib.error, gzip.BadGzipFile) as broken:
        raise DataError(f"{path.name} is a damaged gzip file ({broken}); fetch it again") from None


def _decode(raw: bytes, path: Path) -> tuple[str, str]:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16"), "utf-16"
    if b"\x00" in raw:
        raise DataError(f"{path.name} is a binary file; expected CSV text, or Parquet under the name *.parquet")
    for encoding in ENCODINGS:
        try:
            return raw.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise DataError(f"{path.name} is in no encoding that can be read; save it as UTF-8")


def _separator(text: str, path: Path) -> str:
    first, *rest = [line for line in text.splitlines() if line.strip()] or [""]
    if first.lstrip()[:1] == "<":
        raise DataError(f"{path.name} is an HTML or XML page, not a table; it begins with {first.strip()[:40]!r}")
    if not rest:
        raise DataError(f"{path.name} has no row of data ({'one line' if first else 'it is empty'})")
    counts = {mark: first.count(mark) for mark in SEPARATORS}
    if not any(counts.values()):
        raise DataError(
            f"{path.name} has a single column ({first.strip()[:40]!r}): no comma, semicolon, tab or bar in its first "
            "line; expected a date column and at least one column of values"
        )
    return max(counts, key=counts.get)


def _lines(text: str, separator: str, path: Path) -> list[list[str]]:
    """Cells of every line that holds something."""
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=separator)
    try:
        return [line for line in reader if any(cell.strip() for cell in line)]
    except csv.Error as broken:
        raise DataError(f"{path.name}, line {reader.line_num}: {broken}; is a quotation mark left open?") from None


def _demand_rectangle(header: list[str], body: list[list[str]], path: Path) -> None:
    for number, line in enumerate(body, start=2):
        surplus = [cell for cell in line[len(header) :] if cell.strip()]
        if surplus:
            raise DataError(
                f"{path.name}, line {number}: {len(line)} cells under a header of {len(header)} "
                f"(surplus {surplus[0]!r}); a decimal comma in a comma-separated file must be quoted"
            )
        if len(line) < 2:
            raise DataError(
                f"{path.name}, line {number}: a single cell {line[0][:30]!r} under a header of {len(header)}; "
                "remove the line or complete it"
            )


def _drop_empty(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Without nameless empty columns, which a trailing separator makes."""
    empty = [name == "" and bool((table.iloc[:, i] == "").all()) for i, name in enumerate(table.columns)]
    kept = table.loc[:, [not flag for flag in empty]]
    return kept, [f"{sum(empty)} empty nameless column left out"] if any(empty) else []


def _demand_distinct(columns: pd.Index, path: Path) -> None:
    twice = columns[columns.duplicated()]
    if len(twice):
        raise DataError(f"{path.name}: the column {twice[0]!r} is there more than once; rename or remove one")
