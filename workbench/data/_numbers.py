"""Numbers in text: decimal comma or point, thousands marks, percent, currency signs, and the many words for
missing.

The decimal mark is a property of the file. It is a comma when some cell can only be read that way
(``1.234,56``, ``12,5``), a point when some cell needs that (``1,234.56``, ``0.5``). A file in which every
comma is followed by exactly three digits (``1,234``) can be read both ways, and is not guessed.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from workbench.data._wording import counted
from workbench.errors import DataError

SPREADSHEET_ERRORS = ("#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!", "#n/a", "#n/a n/a", "#na", "#error!")
_WORDS = ("", "na", "n/a", "nan", "null", "none", ".", "-", "--", "\u2013", "\u2014", "nd", "n.a.", "n.d.", "<na>")
_MISSING = frozenset((*_WORDS, *SPREADSHEET_ERRORS))
_COMMA_DECIMAL = re.compile(r"^[^,]*,(?:\d{1,2}|\d{4,})\D*$|\.\d{3},\d|^\D*0,\d+\D*$|,\d+[eE]")
_POINT_DECIMAL = re.compile(r"^[^.]*\.(?:\d{1,2}|\d{4,})\D*$|,\d{3}\.\d|^\D*0?\.\d+\D*$|\.\d+[eE]")
_THREE = re.compile(r"^\D*\d{1,3},\d{3}\D*$")
_GROUPED = {
    ".": re.compile(r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$"),
    ",": re.compile(r"^[+-]?\d{1,3}(?:\.\d{3})+(?:,\d*)?$"),
}
_SPACED = re.compile("(?<=\\d)[ \u00a0\u2009\u202f'\u2019](?=\\d{3}(?!\\d))")
_MINUS = str.maketrans("\u2212\u2010\u2011\u2013", "----", "$€£¥")
_UNITS = {"K": 1e3, "M": 1e6, "B": 1e9}


def missing(cells: pd.Series) -> pd.Series:
    """Which cells of a column of text are empty or a word for missing."""
    return cells.str.lower().isin(_MISSING)


def decimal_mark(cells: pd.Series, given: str | None) -> str:
    """``,`` or ``.``, from all filled cells of a file, (cell,) text.

    Raises DataError when cells contradict each other, or when every comma could also mark thousands.
    """
    if given is not None or not any("," in text for text in cells):
        return given or "."
    texts = cells.drop_duplicates()
    commas = texts[texts.str.contains(_COMMA_DECIMAL)]
    points = texts[texts.str.contains(_POINT_DECIMAL)]
    if len(commas) and len(points):
        raise DataError(
            f"{commas.iloc[0]!r} has a decimal comma and {points.iloc[0]!r} a decimal point; "
            "write the file with one decimal mark, or say which it is with decimal=',' or decimal='.'"
        )
    doubtful = texts[texts.str.match(_THREE)]
    if len(doubtful) and not len(commas) and not len(points):
        raise DataError(
            f"{doubtful.iloc[0]!r} is either {doubtful.iloc[0].replace(',', '')} or "
            f"{doubtful.iloc[0].replace(',', '.')}, and no cell of the file shows which; say decimal='.' or decimal=','"
        )
    return "," if len(commas) else "."


def parse_numbers(cells: pd.Series, mark: str) -> tuple[pd.Series, bool]:
    """Floats of a column of text, and whether they were percent (then divided by 100).

    Raises DataError naming column and row of the first cell that is no number, or when only some cells have a
    percent sign. Words for infinity are read as such, for the validation to find.
    """
    filled = cells[~missing(cells)]
    percent = filled.str.rstrip(")").str.endswith("%")
    if percent.any() and not percent.all():
        row = int(np.flatnonzero(~percent.to_numpy())[0])
        raise DataError(
            f"column {cells.name!r}, row {filled.index[row] + 1}: {filled.iloc[row]!r} has no percent sign, "
            f"but {counted(int(percent.sum()), 'other cell')} with one; write the column one way"
        )
    numbers = to_float(filled, mark)
    bad = np.flatnonzero(numbers.isna().to_numpy())
    if bad.size:
        raise DataError(
            f"column {cells.name!r}, row {filled.index[bad[0]] + 1}: {filled.iloc[bad[0]][:60]!r} is not a number "
            f"({counted(bad.size, 'such cell')} in the column); correct the cell or empty it, or leave the column out "
            f"with columns={{{cells.name!r}: None}}"
        )
    factor = 100 if percent.any() else 1
    return (numbers / factor).reindex(cells.index).astype(float), bool(percent.any())


def is_numeric(cells: pd.Series) -> bool:
    """Whether most filled cells at the top of a column of text are numbers under one of the two decimal marks."""
    top = cells.iloc[:400]
    filled = top[~missing(top)]
    return not len(filled) or any(to_float(filled, mark).notna().mean() > 0.5 for mark in ".,")


def is_number(text: str) -> bool:
    """Whether a cell is a number or a word for missing."""
    return text.lower() in _MISSING or any(_float(_plain(text, mark)) is not None for mark in ".,")


def to_float(cells: pd.Series, mark: str) -> pd.Series:
    """Floats of filled cells, correctly rounded; NaN for what is no number."""
    try:
        if mark == ".":
            return pd.Series(cells.to_numpy(dtype=object).astype(float), cells.index, dtype=float)
    except ValueError:
        pass
    return pd.Series([_float(_plain(text, mark)) for text in cells], cells.index, dtype=float)


def _plain(text: str, mark: str) -> str:
    """The text as a number is written in code; words when its marks of thousands stand in odd places."""
    text = _SPACED.sub("", text.translate(_MINUS)).strip()
    if text[:1] == "(" and text[-1:] == ")":
        text = f"-{text[1:-1]}"
    text = text.removesuffix("%").rstrip()
    thousands = "," if mark == "." else "."
    if thousands in text:
        text = text.replace(thousands, "") if _GROUPED[mark].match(text.rstrip("KMB")) else "not a number"
    return text.replace(",", ".")


def _float(text: str) -> float | None:
    unit = _UNITS.get(text[-1:])
    try:
        return float(text[:-1]) * unit if unit else float(text)
    except ValueError:
        return None
