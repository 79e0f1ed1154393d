"""Parameters of a study: what a notebook declares, what is converted, and what is refused before anything runs."""

import datetime
from pathlib import Path
from typing import Literal

import nbformat
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from workbench.errors import ParameterError, WorkbenchError
from workbench.studies.runner import _cells, notebooks
from workbench.studies.runner._conversion import convert, describe
from workbench.studies.runner._inputs import data_of, require_usable
from workbench.studies.runner._parameters import declared, resolve

CELL = """from datetime import date
from typing import Literal
dataset: str = "us_equities"  # named set, or a file
horizon: int = 20  # trading days ahead
confidence: float = 0.99
as_of: date | None = None  # last day that may be known
since: date = date(2006, 12, 29)
baselines: list[str] = ["fhs", "lognormal"]  # simple and standard
levels: tuple[float, ...] = (0.95, 0.99)
tails: Literal["gpd", "none"] = "gpd"
draws = 10_000  # scenarios
weights: dict[str, float] = {}
run_dir: str = "."
"""


def cells(source: str) -> list:
    cell = new_code_cell(source)
    cell.metadata.tags = ["parameters"]
    return [new_markdown_cell("# Title"), cell]


def test_the_cell_is_read_with_types_defaults_and_meanings():
    found = declared(cells(CELL), "s")
    assert "run_dir" not in found
    answer = {name: (known.type_name, known.default, known.comment) for name, known in found.items()}
    assert answer["horizon"] == ("int", 20, "trading days ahead")
    assert answer["as_of"] == ("date or None", None, "last day that may be known")
    assert answer["since"][1] == datetime.date(2006, 12, 29)
    assert answer["levels"] == ("tuple of float, ...", (0.95, 0.99), "")
    assert answer["draws"] == ("int", 10_000, "scenarios")
    assert answer["tails"][0] == "one of 'gpd', 'none'"


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("horizon", "5", 5),
        ("horizon", np.int64(5), 5),
        ("horizon", "10_000", 10_000),
        ("confidence", "0.975", 0.975),
        ("confidence", 1, 1.0),
        ("as_of", "none", None),
        ("as_of", "2020-03-16", datetime.date(2020, 3, 16)),
        ("as_of", datetime.date(2020, 3, 16), datetime.date(2020, 3, 16)),
        ("baselines", "fhs, ewma", ["fhs", "ewma"]),
        ("baselines", "[fhs]", ["fhs"]),
        ("baselines", "", []),
        ("baselines", ("fhs",), ["fhs"]),
        ("levels", "0.9", (0.9,)),
        ("levels", [0.9, "0.99"], (0.9, 0.99)),
        ("tails", "none", "none"),
        ("dataset", Path("a/b.csv"), "a/b.csv"),
        ("weights", "{A: 1, B: 0.5}", {"A": 1.0, "B": 0.5}),
    ],
)
def test_what_is_given_becomes_what_is_declared(name, given, expected):
    value = resolve(declared(cells(CELL), "s"), {name: given}, "s")[name]
    assert value == expected and type(value) is type(expected)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("horizn", 5, "no parameter 'horizn'; did you mean 'horizon'"),
        ("run_dir", "x", "set by the run itself"),
        ("horizon", "20.5", r"'horizon' of 's' \(trading days ahead\) expects int, was given '20.5' \(str\)"),
        ("horizon", 20.5, r"expects int, was given 20.5 \(float\)"),
        ("horizon", True, r"expects int, was given True \(bool\)"),
        ("horizon", None, "expects int, was given None"),
        ("horizon", "1e3", "expects int"),
        ("confidence", "nan", "a number is needed"),
        ("confidence", "high", "expects float"),
        ("as_of", "16.3.2020", "expects date or None"),
        ("as_of", "2020-02-30", "expects date or None"),
        ("since", "yesterday", "write it like 2006-12-29"),
        ("levels", "0.9, x", "expects tuple of float"),
        ("tails", "gpdd", "did you mean 'gpd'"),
        ("dataset", 5, "expects str"),
        ("baselines", 5, r"write it like \[a, b\]"),
        ("weights", "3", "write it like"),
    ],
)
def test_what_is_not_declared_is_refused(name, given, said):
    with pytest.raises(ParameterError, match=said):
        resolve(declared(cells(CELL), "s"), {name: given}, "s")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("horizon: int = 'x'", "its default is 'x'"),
        ("horizon: int = open('/etc/passwd')", "cannot read"),
        ("horizon: nowhere = 1", "cannot read 'nowhere'"),
        ("horizon: int = (", "is not Python"),
        ("horizon: set = {1}", "cannot read|correct the notebook"),
    ],
)
def test_a_cell_that_cannot_be_read_is_reported(source, said):
    with pytest.raises(ParameterError, match=said):
        declared(cells(source), "s")


def test_two_parameter_cells_are_refused_and_none_is_fine():
    with pytest.raises(ParameterError, match="2 cells"):
        declared(cells("a = 1") + cells("b = 1"), "s")
    assert declared([new_code_cell("a = 1")], "s") == {}


words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8)
KINDS = {
    int: st.integers(),
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
    str: words,
    datetime.date: st.dates(),
    datetime.datetime: st.datetimes(),
    list[int]: st.lists(st.integers(), max_size=4),
    list[datetime.date]: st.lists(st.dates(), max_size=3),
    tuple[str, float]: st.tuples(words, st.floats(allow_nan=False)),
    float | None: st.none() | st.floats(allow_nan=False),
    dict[str, list[float]]: st.dictionaries(words, st.lists(st.floats(allow_nan=False), max_size=2), max_size=2),
}


@given(st.data())
def test_values_survive_conversion_injection_and_the_manifest(data):
    kind = data.draw(st.sampled_from(list(KINDS)))
    value = data.draw(KINDS[kind])
    assert convert(value, kind) == value
    assert convert(_cells.plain(value), kind) == value, "a rerun reads the manifest"
    scope = {"_datetime": datetime, "_pathlib": __import__("pathlib")}
    assert eval(_cells.literal(value), scope) == value


@given(st.data())
def test_a_scalar_written_on_the_command_line_is_itself(data):
    kind = data.draw(st.sampled_from([int, float, bool, str, datetime.date]))
    value = data.draw(KINDS[kind])
    assert convert(str(value), kind) == value


@given(st.text() | st.integers() | st.floats() | st.booleans() | st.none() | st.lists(st.text(), max_size=3))
def test_conversion_gives_the_type_or_a_value_error(value):
    for kind in KINDS:
        try:
            found = convert(value, kind)
        except ValueError:
            continue
        assert convert(found, kind) == found


def test_types_in_words():
    assert describe(Literal["a", 1]) == "one of 'a', 1"
    assert describe(list[float] | None) == "list of float or None"


def test_the_injected_cell_follows_the_declared_one_and_names_no_builtin(tmp_path):
    nbformat.write(new_notebook(cells=cells(CELL)), tmp_path / "s.ipynb")
    study = notebooks.find(tmp_path / "s.ipynb")
    values = resolve(study.parameters, {"as_of": "2020-03-16"}, "s")
    notebook = _cells.injected(study.notebook, values | {"run_dir": "/somewhere"})
    assert [cell.metadata.get("tags") for cell in notebook.cells] == [None, ["parameters"], ["injected-parameters"]]
    scope: dict = {}
    exec(notebook.cells[2].source, scope)
    assert scope["as_of"] == datetime.date(2020, 3, 16) and scope["run_dir"] == "/somewhere"
    assert "injected-parameters" not in str(_cells.cleared(notebook))


def test_unknown_and_unreadable_studies_are_reported(tmp_path, monkeypatch):
    nbformat.write(new_notebook(), tmp_path / "market_futures.ipynb")
    monkeypatch.setattr(notebooks, "root", lambda: tmp_path)
    assert notebooks.names() == ["market_futures"] and notebooks.find("market_futures").title == "market_futures"
    with pytest.raises(ParameterError, match="did you mean 'market_futures'"):
        notebooks.find("market_future")
    with pytest.raises(ParameterError, match="or give the path of a notebook"):
        notebooks.find(tmp_path / "nowhere.ipynb")
    for text in ("{", "[]", '{"cells": 3}', ""):
        (tmp_path / "bad.ipynb").write_text(text)
        with pytest.raises(ParameterError, match="bad.ipynb is not a notebook"):
            notebooks.find(tmp_path / "bad.ipynb")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"dataset": "us_equites"}, "did you mean 'us_equities'"),
        ({"history": "no/such.csv"}, "no file no/such.csv"),
        ({"dataset": "PERCENT"}, "divide percent by 100"),
        ({"dataset": "SHORT"}, "250 are needed"),
        ({"dataset": "PRICES", "columns": {"B": "beta"}}, "no header 'B'"),
        ({"dataset": "wti", "columns": {"B": "beta"}}, "columns: options of a file"),
    ],
)
def test_data_that_cannot_be_used_are_refused_before_anything_runs(tmp_path, given, said):
    returns = np.random.default_rng(0).normal(0, 0.01, (400, 2)).cumsum(0)
    prices = pd.DataFrame(100 * np.exp(returns), pd.bdate_range("2020-01-01", periods=400), ["A", "C"])
    prices.to_csv(tmp_path / "PRICES", index_label="date")
    prices.iloc[:9].to_csv(tmp_path / "SHORT", index_label="date")
    (100 * np.log(prices).diff().iloc[1:]).to_csv(tmp_path / "PERCENT", index_label="date")
    files = {name: str(tmp_path / name) for name in ("PRICES", "SHORT", "PERCENT")}
    asked = {name: files.get(value, value) if isinstance(value, str) else value for name, value in given.items()}
    with pytest.raises(WorkbenchError, match=said):
        require_usable(asked)
    require_usable({"dataset": files["PRICES"], "columns": {"C": "beta"}, "draws": 3})
    require_usable({"dataset": "wti", "columns": {}, "history": "us_equities", "returns": True})


def test_data_are_known_by_their_content(tmp_path):
    (tmp_path / "a.csv").write_text("1")
    (tmp_path / "b.csv").write_text("2")
    found = data_of({"files": [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")], "dataset": "wti", "draws": 3})
    assert list(found) == ["files[0]", "files[1]", "dataset"]
    assert found["files[0]"]["sha256"] != found["files[1]"]["sha256"]


def test_nan_is_never_a_parameter():
    known = declared(cells("weights: dict = {}\nlevels: list[float] = []\nmore: dict[str, float] = {}"), "s")
    for value in ({"weights": "{a: .nan}"}, {"weights": {"a": [1, {"b": float("nan")}]}}, {"levels": "nan"},
                  {"more": {"a": "nan"}}, {"weights": {"a": np.float64("nan")}}):  # fmt: skip
        with pytest.raises(ParameterError, match="NaN"):
            resolve(known, value, "s")
    assert resolve(known, {"weights": {"a": np.int64(3), 2: None}}, "s")["weights"] == {"a": 3, 2: None}


def test_options_beside_a_file_are_part_of_the_inputs(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("date,A\n2020-01-01,1\n")
    plain = data_of({"dataset": str(path)})
    (tmp_path / "mine.csv.yaml").write_text("dayfirst: true\n")
    first = data_of({"dataset": str(path)})
    (tmp_path / "mine.csv.yaml").write_text("dayfirst: false\n")
    assert len({found["dataset"]["sha256"] for found in (plain, first, data_of({"dataset": str(path)}))}) == 3
