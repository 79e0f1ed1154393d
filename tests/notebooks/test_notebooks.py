"""The notebooks: what they must look like at rest, and that each runs to its last cell on a small preset."""

import ast
import json
import re
from pathlib import Path

import nbformat
import pandas as pd
import papermill
import pytest

from workbench import scenarios
from workbench.studies import run
from workbench.studies.runner import notebooks

HERE = Path(__file__).resolve().parents[2] / "notebooks"
FOUND = sorted(path.name for path in HERE.glob("*.ipynb"))
SMALL = {
    "dataset": "us_indices", "sampler": "fhs_gpd", "baselines": ["historical"], "horizon": 5, "draws": 400, "chains": 2,
}  # fmt: skip


def cells(name: str, kind: str) -> list:
    return [cell for cell in nbformat.read(HERE / name, as_version=4).cells if cell.cell_type == kind]


@pytest.mark.parametrize("name", FOUND)
def test_stored_without_outputs_and_marks_of_a_run(name: str) -> None:
    stored = json.loads((HERE / name).read_text())
    assert "papermill" not in stored["metadata"]
    for cell in cells(name, "code"):
        assert not cell.outputs and cell.execution_count is None
        assert not {"papermill", "execution"} & set(cell.metadata)


@pytest.mark.parametrize("name", FOUND)
def test_short_and_without_definitions(name: str) -> None:
    lines = [line for cell in cells(name, "code") for line in cell.source.splitlines()]
    counted = [line for line in lines if line.strip() and not line.strip().startswith("#")]
    assert len(counted) <= 150 and len(cells(name, "code")) + len(cells(name, "markdown")) <= 30
    defining = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    trees = [ast.parse(cell.source) for cell in cells(name, "code")]
    assert not [node for tree in trees for node in ast.walk(tree) if isinstance(node, defining)]


@pytest.mark.parametrize("name", FOUND)
def test_code_cells_have_at_most_eight_lines_and_compose_no_text(name: str) -> None:
    for cell in cells(name, "code"):
        lines = [line for line in cell.source.splitlines() if line.strip() and not line.strip().startswith("#")]
        assert len(lines) <= 8 or "parameters" in cell.metadata.get("tags", []), cell.source
        assert max(map(len, cell.source.splitlines())) <= 120 or "parameters" in cell.metadata.get("tags", [])
        assert not re.search(r"\b(alt|caption)=", cell.source), "captions come from workbench.reporting"


@pytest.mark.parametrize("name", FOUND)
def test_no_global_seed(name: str) -> None:
    code = "\n".join(cell.source for cell in cells(name, "code"))
    assert not [call for call in ("random.seed(", "manual_seed(", "seed_everything(") if call in code]


@pytest.mark.parametrize("name", FOUND)
def test_parameters_are_annotated_and_commented(name: str) -> None:
    study = notebooks.find(HERE / name)
    assert study.parameters and all(parameter.comment for parameter in study.parameters.values())
    tagged = [cell for cell in cells(name, "code") if "parameters" in cell.metadata.get("tags", [])]
    assigned = [node for node in ast.parse(tagged[0].source).body if not isinstance(node, ast.ImportFrom)]
    assert all(isinstance(node, ast.AnnAssign) for node in assigned)


@pytest.mark.parametrize("name", FOUND)
def test_every_parameter_shows_in_the_help_of_papermill(name: str) -> None:
    shown = papermill.inspect_notebook(str(HERE / name))
    study = notebooks.find(HERE / name)
    assert set(shown) == set(study.parameters) | {"run_dir"}
    one_line = {known for known in shown if shown[known]["help"]}
    assert set(shown) - one_line <= {"replays", "quiet"}, "of a declaration over several lines papermill sees the name"


@pytest.mark.parametrize("name", FOUND)
def test_reasons_stand_before_every_chapter(name: str) -> None:
    prose = cells(name, "markdown")
    assert prose and all(len(cell.source.split()) >= 20 for cell in prose)


@pytest.fixture(scope="module")
def market_futures(tmp_path_factory: pytest.TempPathFactory):
    given = SMALL | {"as_of": "2018-06-29", "confidence": 0.95}
    return run("market_futures", given, tmp_path_factory.mktemp("reports"))


def test_market_futures_leaves_scenarios_and_findings(market_futures) -> None:
    tree = scenarios.load(market_futures.path / "scenarios.nc")
    assert dict(scenarios.returns(tree).sizes) == {"chain": 2, "draw": 200, "time": 5, "asset": 2}
    assert tree.attrs["as_of"] == "2018-06-29" and tree.attrs["sampler"] == "fhs_gpd"
    findings = pd.read_parquet(market_futures.path / "findings.parquet")
    assert set(findings["sampler"]) == {"fhs_gpd", "historical"}
    assert findings["verdict"].isin(["pass", "fail"]).any()


def test_market_futures_says_at_its_head_what_the_tables_say(market_futures) -> None:
    findings = pd.read_parquet(market_futures.path / "findings.parquet")
    failed = int(((findings["sampler"] == "fhs_gpd") & (findings["verdict"] == "fail")).sum())
    assert f"failed {failed or 'none'} of" in market_futures.verdict.text
    assert "held-out dates" in market_futures.verdict.text and "VaR 95 %" in market_futures.verdict.text


def test_market_futures_has_words_for_every_figure(market_futures) -> None:
    ran = nbformat.read(market_futures.notebook, as_version=4).cells
    shown = [output for cell in ran for output in cell.get("outputs", [])]
    figures = [output for output in shown if "image/png" in output.get("data", {})]
    assert len(figures) >= 9 and all(output.metadata["image/png"]["alt"] for output in figures)
    assert not [output for output in shown if output.output_type == "stream" and output.name == "stderr"]


@pytest.mark.slow
def test_market_futures_with_the_neural_sampler_at_the_end_of_the_data(tmp_path: Path) -> None:
    given = SMALL | {"sampler": "neural", "options": {"members": 1}, "as_of": None, "horizon": 3}
    found = run("market_futures", given, tmp_path)
    assert found.state == "completed" and "not known" in found.verdict.text
