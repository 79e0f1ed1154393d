"""Types as a ratchet: the number of errors that mypy finds only falls, and the packages listed as strict have none."""

import re
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RULES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["workbench"]["types"]


def errors(*arguments: str) -> list[str]:
    """Lines of mypy's answer that are errors."""
    command = [sys.executable, "-m", "mypy", "--no-error-summary", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if re.search(r": error: ", line)]


def test_the_number_of_type_errors_only_falls():
    found = errors()
    assert len(found) <= RULES["errors"], "\n".join(["more type errors than before:", *found])
    if len(found) < RULES["errors"]:
        warnings.warn(f"mypy finds {len(found)} errors: lower [tool.workbench.types] in pyproject.toml", stacklevel=1)


@pytest.mark.skipif(not RULES["strict"], reason="no package is listed as strict")
def test_strict_packages_have_no_type_errors():
    places = [str(Path("workbench", *name.split("."))) for name in RULES["strict"]]
    typed = ["--disallow-untyped-defs", "--disallow-incomplete-defs", "--check-untyped-defs", "--follow-imports=silent"]
    assert not errors(*typed, *places)
