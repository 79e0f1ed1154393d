"""The wheel is complete: in a fresh environment, outside the checkout, it lists, loads and runs a study."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("workbench", "notebooks", "data", "pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")


def call(*command: object, cwd: Path) -> str:
    """Standard output of a command that knows nothing of this checkout."""
    own = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run([str(word) for word in command], cwd=cwd, env=own, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built from a copy of the sources with what is installed here; nothing is downloaded."""
    source = tmp_path_factory.mktemp("source")
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, source / part)
    offline = ("--no-deps", "--no-index", "--no-build-isolation", "--quiet")
    call(sys.executable, "-m", "pip", "wheel", *offline, "--wheel-dir", source / "dist", source, cwd=source)
    return next((source / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def fresh(wheel, tmp_path_factory) -> Path:
    """Python of a new environment that holds the wheel; the libraries it needs are those of this environment."""
    place = tmp_path_factory.mktemp("fresh")
    call(sys.executable, "-m", "venv", "--without-pip", place, cwd=place)
    python = place / "bin" / "python"
    offline = ("--no-deps", "--no-index", "--quiet")
    call(sys.executable, "-m", "pip", "--python", python, "install", *offline, wheel, cwd=place)
    packages = place / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def test_the_wheel_holds_data_studies_weights_and_templates(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "workbench/data/resources/us_treasuries.parquet" in names and "workbench/py.typed" in names
    assert {f"workbench/_notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")} <= set(names)
    kept = [path for path in (ROOT / "workbench").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    missing = {path.relative_to(ROOT).as_posix() for path in kept if path.suffix != ".pyc"} - set(names)
    assert not missing, "add their kind to [tool.setuptools.package-data]"
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in names)


def test_an_installed_workbench_lists_loads_and_runs_a_study(fresh, tmp_path):
    workbench = fresh.with_name("workbench")
    where = "import workbench, sys; print(workbench.__file__, workbench.__version__)"
    assert str(fresh.parents[1]) in call(fresh, "-c", where, cwd=tmp_path)
    listed = json.loads(call(workbench, "list", "studies", "--json", cwd=tmp_path))
    assert {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} <= {
        study["name"] for study in listed["studies"]
    }
    loaded = "from workbench import data; print(data.load('us_treasuries').shape)"
    assert "(7419, 11)" in call(fresh, "-c", loaded, cwd=tmp_path)
    graph = "graph=edges: [[SP500, NASDAQ], [SP500, AUD]]"
    small = ("-p", graph, "-p", "effect=AUD", "-p", "draws=500")
    ran = json.loads(call(workbench, "run", "causal", *small, "--output", tmp_path / "runs", "--json", cwd=tmp_path))
    assert ran["state"] == "completed" and (Path(ran["path"]) / "report.html").is_file()
