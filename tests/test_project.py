"""The project's own files: one list of requirements, exact constraints, clean notebooks, one direction of imports."""

import ast
import importlib
import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FACE = 20  # names that a subpackage may offer
CONDA_NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib"}
FLOORS = [
    ["__init__", "errors", "registry", "constants", "bounded", "_cache", "_moved", "_require", "_text"],
    ["stats"],
    ["data"],
    ["scenarios"],
    ["samplers"],
    ["books", "liquidity"],
    ["stress", "validation", "backtesting", "crowd"],
    ["power"],
    ["reporting"],
    ["plots"],
    ["governance"],
    ["studies", "explore"],
    ["cli"],
]


def requirement(text: str) -> tuple[str, str]:
    name, bound = re.fullmatch(r"([A-Za-z0-9_.-]+)\s*(.*)", text.strip()).groups()
    return re.sub(r"[-_.]+", "-", CONDA_NAMES.get(name, name)).lower(), bound


def pyproject() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def requirements() -> list[str]:
    """Of the package and of all its extras."""
    return pyproject()["dependencies"] + [
        line for extra in pyproject()["optional-dependencies"].values() for line in extra
    ]


def test_environment_and_pyproject_ask_for_the_same():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    pip = next(entry["pip"] for entry in listed if isinstance(entry, dict))
    conda = [entry for entry in listed if isinstance(entry, str)]
    found = dict(requirement(entry) for entry in [*conda, *pip] if entry not in ("pip", "-e ."))
    assert found.pop("python") == pyproject()["requires-python"]
    assert found == dict(map(requirement, requirements()))


def test_constraints_are_exact_unhashed_and_cover_every_requirement():
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.!]+", line) for line in lines), (
        "exact versions, no hash, no local build"
    )
    pinned = {requirement(line)[0] for line in lines}
    assert {requirement(line)[0] for line in requirements()} <= pinned


def test_every_module_stands_on_a_floor():
    """A module that the list of floors does not know could import anything."""
    known = {name for names in FLOORS for name in names}
    found = {path.relative_to(ROOT / "workbench").parts[0] for path in (ROOT / "workbench").rglob("*.py")}
    assert {name.removesuffix(".py") for name in found} <= known


def test_faces_are_short():
    """What a newcomer meets: a dozen names at the top, and a short list in each subpackage."""
    import workbench

    assert len(dir(workbench)) <= 20
    for name in sorted(place.parent.name for place in (ROOT / "workbench").glob("*/__init__.py")):
        face = importlib.import_module(f"workbench.{name}")
        assert hasattr(face, "__all__"), f"workbench.{name} does not say what it offers"
        offered = face.__all__
        assert len(offered) <= FACE, f"workbench.{name} offers {len(offered)} names"
        assert all(hasattr(face, each) for each in offered)


def floor(module: str) -> int | None:
    parts = module.split(".")
    if parts[0] != "workbench" or len(parts) < 2:
        return None
    return next((level for level, names in enumerate(FLOORS) if parts[1] in names), None)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "workbench").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_imports_point_down_and_files_can_be_read_in_a_sitting(path):
    own = floor(".".join(path.relative_to(ROOT).with_suffix("").parts))
    source = path.read_text()
    assert source.count("\n") <= 400
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            below = floor(name)
            assert own is None or below is None or below <= own, f"{path.name} imports {name}, which is above it"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stored_clean_and_hold_no_definitions(path):
    cells = json.loads(path.read_text())["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    lines = [line for cell in code for line in "".join(cell["source"]).splitlines() if line.strip()]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
    assert not any(line.lstrip().startswith(("def ", "class ", "async def ")) for line in lines)
    assert any("parameters" in cell["metadata"].get("tags", []) for cell in code)
    assert len(cells) <= 30
    assert len(lines) <= 150


def test_nothing_large_is_committed():
    sizes = {path: path.stat().st_size for path in (ROOT / "data").rglob("*") if path.is_file()}
    assert sum(sizes.values()) < 20e6
