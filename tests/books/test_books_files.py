"""Books read from files: what download tools and spreadsheets write is read, what is no book is refused by name."""

import pandas as pd
import pytest

from workbench.books import read_books
from workbench.errors import DataError, ParameterError

GOOD = pd.DataFrame({"A": [0.5, 1.0], "B": [0.5, -1.0]}, pd.Index(["long", "spread"], name="book"))


@pytest.mark.parametrize(
    "name, text",
    [
        ("plain.csv", "book,A,B\nlong,0.5,0.5\nspread,1,-1\n"),
        ("german.csv", "book;A;B\nlong;0,5;0,5\nspread;1,0;-1,0\n"),
        ("minus.csv", "book,A,B\nlong,0.5,0.5\nspread,1,\u22121\n"),
    ],
)
def test_books_are_read_as_tables_are(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    read = read_books(tmp_path / name, assets=["A", "B", "C"])
    pd.testing.assert_frame_equal(read, GOOD, check_names=False, check_index_type=False)
    pd.testing.assert_frame_equal(read_books(GOOD), GOOD, check_names=False, check_index_type=False)


@pytest.mark.parametrize(
    "text, message",
    [
        ("desk,A,B\nlong,0.5,0.5\n", "book"),
        ("book,A,B\nlong,0.5,\n", "weight of 'B' in book 'long'"),
        ("book,A,B\nlong,0.5,0.5\nlong,1,0\n", "'long' is there twice"),
        ("book,A,B\nflat,0,0\n", "'flat' are all zero"),
        ("book,A,Z\nlong,0.5,0.5\n", "'Z'.*not in the panel"),
        ("book,A,A\nlong,0.5,0.5\n", "A"),
    ],
)
def test_what_is_no_book_is_refused_by_name(tmp_path, text, message):
    (tmp_path / "books.csv").write_text(text)
    with pytest.raises((ParameterError, DataError), match=message):
        read_books(tmp_path / "books.csv", assets=["A", "B"])


def test_a_frame_with_an_infinite_weight_is_refused():
    with pytest.raises(ParameterError, match="weight of 'A' in book 'long' is inf"):
        read_books(GOOD.replace(0.5, float("inf")))
    with pytest.raises(ParameterError, match="no book"):
        read_books(GOOD.iloc[:0])
