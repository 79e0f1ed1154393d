"""Plain papermill and nbconvert: text becomes what a parameter declares or is refused by name, and files stay inside."""

import hashlib
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from workbench.errors import ParameterError
from workbench.studies import setting
from workbench.studies.runner._bounds import bounds
from workbench.studies.runner._parameters import declared

HERE = Path(__file__).resolve().parents[2] / "notebooks"
FOUND = sorted(path.name for path in HERE.glob("*.ipynb"))


def parameters(name: str) -> dict:
    """What the parameters cell assigns and annotates."""
    cells = nbformat.read(HERE / name, as_version=4).cells
    scope: dict = {}
    exec(next(cell.source for cell in cells if "parameters" in cell.metadata.get("tags", [])), scope)
    return scope


@pytest.mark.parametrize("name", FOUND)
def test_a_list_given_as_text_is_read_or_refused_by_name(name, tmp_path):
    assert any("setting.check(globals())" in cell.source for cell in nbformat.read(HERE / name, as_version=4).cells)
    scope = parameters(name) | {"run_dir": str(tmp_path / "made")}
    setting.check(dict(scope))
    for each, kind in scope["__annotations__"].items():
        if kind in (list[str], list[float]):
            given, read = ("[0.5, 0.75]", [0.5, 0.75]) if kind == list[float] else ("[one, two]", ["one", "two"])
            changed = scope | {each: given}
            setting.check(changed)
            assert changed[each] == read
        wrong = {list[float]: "[high]", dict: "[1", dict[str, str]: "word", int: "many", float: "high", bool: "perhaps"}
        if kind in wrong:
            with pytest.raises(ParameterError, match=f"parameter '{each}' expects"):
                setting.check(scope | {each: wrong[kind]})
    assert (tmp_path / "made").is_dir()


@pytest.mark.parametrize("name", FOUND)
def test_bounds_of_the_cell_that_ran_hold_without_the_command_line(name, tmp_path):
    """The kernel keeps what it ran in ``In``; the cell that papermill injects comes after it and declares nothing."""
    cells = nbformat.read(HERE / name, as_version=4).cells
    cell = next(cell.source for cell in cells if "parameters" in cell.metadata.get("tags", []))
    scope = parameters(name) | {"run_dir": str(tmp_path), "In": ["", "1 + 1", cell, "run_dir = 'elsewhere'"]}
    known = declared([{"source": cell, "metadata": {"tags": ["parameters"]}}], name)
    setting.check(dict(scope))
    for each, parameter in known.items():
        limits = bounds(parameter.comment)
        for kind, limit in limits.items():
            wrong = limit + {"least": -1, "above": 0, "below": 0, "most": 1}[kind]
            wrong = type(parameter.default)(wrong) if isinstance(parameter.default, int | float) else wrong
            given = [wrong] if isinstance(parameter.default, list) else wrong
            with pytest.raises(ParameterError, match=f"parameter '{each}' must be .*: choose another, or leave it out"):
                setting.check(scope | {each: given})
    assert any(bounds(parameter.comment) for parameter in known.values())


@pytest.mark.slow
def test_papermill_refuses_a_number_outside_its_bounds(tmp_path):
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", str(HERE / "causal.ipynb"), "out.ipynb"]
    done = subprocess.run([*command, "-p", "draws", "10"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode and "parameter 'draws' must be a number, at least 100, got 10" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"out.ipynb"}


def snapshot(folder: Path) -> dict[str, str]:
    """Content of every file in a folder but those of the run."""
    files = [path for path in folder.rglob("*") if path.is_file() and "run" not in path.relative_to(folder).parts[:1]]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture()
def own(tmp_path, monkeypatch) -> Path:
    moves = 0.008 * np.random.default_rng(3).standard_t(5, (700, 3))
    prices = pd.DataFrame(100 * np.exp(moves.cumsum(0)), pd.bdate_range("2015-01-02", periods=700), ["A", "B", "C"])
    prices.rename_axis("date").to_csv(tmp_path / "mine.csv")
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(HERE.parent))
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("study", "given", "left"),
    [
        ("causal", {"dataset": "mine.csv", "draws": 500}, {"answers.csv"}),
        (
            "backtest",
            {"dataset": "mine.csv", "samplers": "[ewma, lognormal]", "draws": 64},
            {"forecasts.parquet", "tests.parquet"},
        ),
    ],
)
def test_papermill_runs_a_study_on_own_data_and_writes_into_its_folder_alone(own, study, given, left):
    before, home = snapshot(own), snapshot(HERE)
    words = [word for name, value in {**given, "run_dir": "run/files"}.items() for word in ("-p", name, str(value))]
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", str(HERE / f"{study}.ipynb"), "run/out.ipynb"]
    done = subprocess.run([*command, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert snapshot(own) == before and snapshot(HERE) == home
    assert {path.name for path in (own / "run" / "files").iterdir()} == left


@pytest.mark.slow
def test_nbconvert_runs_a_notebook_on_own_data_and_writes_into_its_folder_alone(own):
    notebook = nbformat.read(HERE / "causal.ipynb", as_version=4)
    cell = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    cell.source += '\ndataset, draws, run_dir = "mine.csv", 500, "run/files"'
    nbformat.write(notebook, own / "mine.ipynb")
    before = snapshot(own)
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--execute", "--to", "notebook", "--output-dir", "run"]
    done = subprocess.run([*command, "mine.ipynb"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert snapshot(own) == before and (own / "run" / "files" / "answers.csv").is_file()
