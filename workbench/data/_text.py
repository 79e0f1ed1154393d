"""A text file as a header and rows of text: encoding, compression, separator, stacked headers, ragged lines.

What download tools write is recognised: a separator line ``sep=;`` (spreadsheets), titles above the header, stacked
headers (``Price, Close, Close`` over ``Ticker, AAA, BBB`` over ``Date``: yfinance, pandas-datareader), row numbers in
a nameless first column or without any header (R, pandas). What was recognised is reported in the notes.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pandas as pd

from workbench.bounded import read_bytes
from workbench.data._numbers import is_number
from workbench.data._wording import check_names, counted
from workbench.errors import DataError

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
JOINT = "/"
"""Between field and asset in the name of a column with a stacked header."""

MOST_CELLS = 5 * 10**7
"""Cells of a text file: some gigabytes of memory while it is read."""

_ENCODINGS = ("utf-8-sig", "cp1252", "latin-1")
_TITLES = 20  # lines above the header, at the most
_STACK = ("price", "attributes", "ticker", "tickers", "symbol", "symbols", "date", "datetime")
_DATED = re.compile(r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b")


def read_text_table(path: Path, least: int = 2) -> tuple[pd.DataFrame, list[str]]:
    """Cells as stripped text (row r of the table is line r + 2 of a plain file), and what was recognised.

    least : columns that the table must have.

    Columns under a stacked header are named ``field/asset`` and listed in ``attrs["stacked"]``.

    Raises DataError when the file is binary, HTML, empty, has a single column, or a line with more cells than
    the header.
    """
    text, encoding = _decode(read_bytes(path), path)
    lines, separator, notes = _lines(text, path, least)
    header, body, stacked = _header(lines, path)
    header, numbered = _row_names(header, body)
    _demand_rectangle(header, body, len(lines) - len(body), path, least)
    width = len(header)
    cells = [line[:width] + [""] * (width - len(line)) for line in body]
    table = pd.DataFrame(cells, columns=pd.Index(header, dtype=object), dtype=object)
    table, left_out = _without_empty(table)
    table, more = _without_row_numbers(table)
    check_names(table.columns, path.name)
    table.attrs["stacked"] = stacked
    notes = [f"separated by {SEPARATORS[separator]}", *notes, *numbered, *left_out, *more]
    notes += ["stacked header"] if stacked else []
    return table, notes + ([] if encoding == _ENCODINGS[0] else [f"decoded as {encoding}"])


def _decode(raw: bytes, path: Path) -> tuple[str, str]:
    if raw[:2] == b"PK":
        raise DataError(f"{path.name} is a binary file (a workbook or a zip archive); save the sheet as CSV")
    head = raw[:200]
    marked = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    wide = b"\x00" in head and (head[1::2].count(0) > len(head) // 3 or head[::2].count(0) > len(head) // 3)
    encodings = ["utf-16" if marked else "utf-16-le" if head[1:2] == b"\x00" else "utf-16-be"] if marked or wide else []
    if b"\x00" in raw and not encodings:
        raise DataError(f"{path.name} is a binary file; expected CSV text, or Parquet under the name *.parquet")
    for encoding in encodings or _ENCODINGS:
        try:
            return raw.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise DataError(f"{path.name} is in no encoding that can be read; save it as UTF-8")


def _lines(text: str, path: Path, least: int) -> tuple[list[list[str]], str, list[str]]:
    """Stripped cells of every line from the header on that holds something, and the separator."""
    first = text.lstrip()[:500].partition("\n")[0].strip()
    if first[:1] == "<":
        raise DataError(f"{path.name} is an HTML or XML page, not a table; it begins with {first[:40]!r}")
    stream = io.StringIO(text, newline=None)
    separator, titles = _opening(stream, least)
    if not first:
        raise DataError(f"{path.name} has no row of data (it is empty)")
    if not separator:
        raise DataError(
            f"{path.name} has a single column ({first[:40]!r}): no comma, semicolon, tab or bar in its first lines; "
            "expected a date column and at least one column of values"
        )
    if text.count(separator) + text.count("\n") > MOST_CELLS:
        raise DataError(f"{path.name} holds more than {MOST_CELLS:,} cells of text; store it as Parquet")
    reader = csv.reader(stream, delimiter=separator)
    try:
        lines = [cells for cells in ([cell.strip() for cell in line] for line in reader) if any(cells)]
    except csv.Error as broken:
        raise DataError(f"{path.name}, line {reader.line_num}: {broken}; is a quotation mark left open?") from None
    if len(lines) < 2:
        raise DataError(f"{path.name} has no row of data (one line)")
    return lines, separator, [f"{counted(titles, 'title line')} above the header left out"] if titles else []


def _opening(stream: io.StringIO, least: int) -> tuple[str, int]:
    """The separator ("" for none) and the number of title lines; the stream then stands at the header."""
    for titles in range(_TITLES):
        place, line = stream.tell(), stream.readline()
        if line.startswith("sep=") and len(line.rstrip("\n")) == 5:
            return line[4], titles
        if any(mark in line for mark in SEPARATORS):
            stream.seek(place)
            return max(SEPARATORS, key=line.count), titles
    stream.seek(0)
    return ("," if least < 2 else ""), 0


def _header(lines: list[list[str]], path: Path) -> tuple[list[str], list[list[str]], bool]:
    """Names of the columns, the lines below them, and whether field and asset were stacked."""
    depth = 1
    while depth < min(4, len(lines)) and _is_header(lines[depth]):
        depth += 1
    if depth == len(lines):
        depth = 1
    names = [line for line in lines[:depth] if any(line[1:])]
    if depth == 1 or len(names) < 2:
        return lines[0], lines[depth:], False
    if len(names) > 2 or len({len(line) for line in names}) > 1:
        raise DataError(f"{path.name} has {len(names)} header lines of different meaning; keep one line of names")
    above, below = (_filled(line[1:]) for line in names)
    first = lines[depth - 1][0] if not any(lines[depth - 1][1:]) else names[0][0]
    return [first, *(f"{a}{JOINT}{b}" for a, b in zip(above, below))], lines[depth:], True


def _is_header(line: list[str]) -> bool:
    if line[0].lower() in _STACK:
        return True
    return any(line[1:]) and not any(_DATED.match(cell) or is_number(cell) for cell in line if cell)


def _filled(names: list[str]) -> list[str]:
    """Merged cells of a spreadsheet leave the name in the first of them."""
    return pd.Series(names, dtype=object).replace("", None).ffill().fillna("").tolist()


def _row_names(header: list[str], body: list[list[str]]) -> tuple[list[str], list[str]]:
    """R's ``write.table`` gives rows a name and the header none."""
    longer = all(len(line) == len(header) + 1 for line in body) and any(line[-1] for line in body)
    named_first = header[0].lower() in ("date", "day", "time", "datetime", "timestamp", "datum")
    dated = not named_first and all(_DATED.match(line[0]) for line in body)
    if longer and (dated or _counts([line[0] for line in body])):
        return ["", *header], ["row names without a header"]
    return header, []


def _counts(cells: list[str]) -> bool:
    """Whether the cells are 0, 1, 2, ... or 1, 2, 3, ..."""
    return len(cells) > 1 and cells[0] in ("0", "1") and cells == [str(int(cells[0]) + i) for i in range(len(cells))]


def _demand_rectangle(header: list[str], body: list[list[str]], above: int, path: Path, least: int) -> None:
    for number, line in enumerate(body, start=above + 1):
        surplus = [cell for cell in line[len(header) :] if cell]
        if surplus:
            raise DataError(
                f"{path.name}, line {number}: {len(line)} cells under a header of {len(header)} "
                f"(surplus {surplus[0][:30]!r}); a decimal comma in a comma-separated file must be quoted"
            )
        if len(line) < least:
            raise DataError(
                f"{path.name}, line {number}: a single cell {line[0][:30]!r} under a header of {len(header)}; "
                "remove the line or complete it"
            )


def _without_empty(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Without nameless empty columns, which a trailing separator makes."""
    empty = [name == "" and bool((table.iloc[:, i] == "").all()) for i, name in enumerate(table.columns)]
    kept = table.loc[:, [not flag for flag in empty]]
    return kept, [f"{sum(empty)} empty nameless column left out"] if any(empty) else []


def _without_row_numbers(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    nameless = table.columns[0] in ("", "Unnamed: 0")
    if nameless and table.shape[1] > 2 and _counts(table.iloc[:, 0].tolist()):
        return table.iloc[:, 1:], ["row numbers left out"]
    return table, []
