"""How a named set is labelled, and what is said when its content is no longer that of its entry."""

import dataclasses
from unittest import mock

import numpy as np
import pandas as pd
import pytest

from workbench.data import DATASETS, ContentChanged, catalogue, content_hash, describe, load

FACTS = {
    "name": "mine", "title": "Mine", "kind": "price", "origin": "me", "licence": "none",
    "span": ("2020-01-01", "2020-01-03"), "shape": (3, 1), "frequency": "daily", "fields": (), "traps": (),
}  # fmt: skip


def panel() -> pd.DataFrame:
    index = pd.DatetimeIndex(["2020-01-01", "2020-01-02", "2020-01-03"], name="when").as_unit("s")
    return pd.DataFrame({"A": [1.0, 2.0, 3.0]}, index=index)


@pytest.fixture
def entered():
    def enter(sha256: str):
        @catalogue.dataset(**FACTS, sha256=sha256)
        def mine() -> pd.DataFrame:
            """Three days."""
            return panel()

        return mine

    with mock.patch.dict(DATASETS), mock.patch.dict(catalogue._ENTRIES):
        yield enter


def test_origin_licence_and_traps_are_the_paragraphs_of_the_docstring():
    facts = {name: value for name, value in FACTS.items() if name not in ("name", "origin", "licence", "traps")}
    with mock.patch.dict(DATASETS), mock.patch.dict(catalogue._ENTRIES):

        @catalogue.dataset(**facts, sha256="")
        def theirs() -> pd.DataFrame:
            """Three days.

            Origin: an exchange
            far away.

            Licence: public domain.

            Traps:
            - a day is missing,
              the second
            - prices are yields - of a kind
            """
            return panel()

        entry = describe("theirs")
    assert (entry.origin, entry.licence) == ("an exchange far away.", "public domain.")
    assert entry.traps == ("a day is missing, the second", "prices are yields - of a kind")


def labelled_hash() -> str:
    return content_hash(panel().set_axis(panel().index.as_unit("ns").rename("date")))


def test_a_set_is_labelled_with_its_kind_and_its_hash(entered, recwarn):
    loader = entered(labelled_hash())
    found = loader()
    assert found.attrs == {"dataset": "mine", "kind": "price", "sha256": labelled_hash()} and not recwarn.list
    assert found.index.name == "date" and found.index.unit == "ns" and loader.__doc__ == "Three days."
    assert DATASETS.summary("mine") == "Three days." and describe("mine").shape == (3, 1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        describe("mine").kind = "yield"  # type: ignore[misc]


def test_changed_content_is_warned_of_in_full_at_the_line_that_loads(entered):
    entered("0123456789abcdef")
    with pytest.warns(ContentChanged) as warned:
        np.testing.assert_array_equal(load("mine")["A"], [1.0, 2.0, 3.0])
    (warning,) = [one for one in warned if one.category is ContentChanged]
    assert str(warning.message) == (
        f"data set 'mine' is not what the catalogue describes: sha256 {labelled_hash()[:12]} instead of 0123456789ab, "
        "3 x 1 up to 2020-01-03 instead of 3 x 1 up to 2020-01-03; its source (me) has changed, so results are not "
        "comparable with earlier ones: install the versions of constraints.txt, or renew the entry"
    )
    assert warning.filename == __file__
