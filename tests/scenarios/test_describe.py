"""A description has the right numbers, and no foreign text in it becomes markup or moves a cursor."""

import numpy as np
import pytest

from workbench import scenarios

HOSTILE = [
    "<script>alert(1)</script>", "<style>p{display:none}</style>", "<img src=x onerror=alert(1)>", "a & b",
    '"><b>x</b>', "accepted\u202e", "=cmd|' /C calc'!A0", "$\\href{x}{y}$",
]  # fmt: skip


def test_the_numbers_are_simple_returns_in_per_cent():
    values = np.log1p(np.array([-0.1, 0.0, 0.1])).reshape(1, 3, 1, 1)
    table = scenarios.describe(scenarios.assemble(values, ["A"])).table
    assert table.loc["A", "mean %"] == 0 and table.loc["A", "50 % quantile"] == 0
    assert table.loc["A", "99 % quantile"] == pytest.approx(9.8, abs=0.01)


@pytest.mark.parametrize("name", HOSTILE)
def test_names_and_attributes_stay_text(name):
    tree = scenarios.assemble(np.zeros((1, 2, 3, 1)), [name], sampler=name, nested={name: [name]})
    tree.attrs[name] = f"\x1b[2J{name}"
    shown = scenarios.describe(tree)
    page = shown._repr_html_()
    tags = {part.split(">")[0].split()[0].strip("/") for part in page.split("<")[1:]}
    assert tags <= {"table", "tr", "th", "td", "thead", "tbody"}
    for text in (page, str(shown)):
        assert all(letter.isprintable() or letter == "\n" for letter in text)


def test_a_wide_set_and_long_attributes_are_cut():
    tree = scenarios.assemble(np.zeros((2, 4, 3, 40)), [f"A{i}" for i in range(40)], note="x" * 5000)
    shown = scenarios.describe(tree)
    assert len(shown.table) == 12 and len(str(shown)) < 3000 and "2 x 4" in str(shown)
