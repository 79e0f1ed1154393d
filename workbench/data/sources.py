"""Where the files of the named sets lie: inside an installed package, or in ``data/`` of this repository (in a wheel,
in the package's copy of it).

A package's file is found without importing the package (importing ``arch`` for one CSV costs seconds).
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from workbench.errors import DataError

REPOSITORY_DATA = Path(__file__).resolve().parents[2] / "data"
WHEEL_DATA = Path(__file__).resolve().parent / "resources"


def package_file(package: str, inside: str) -> Path:
    """Path of a data file that the installed ``package`` brings; DataError when either is missing."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise DataError(
            f"the package {package!r} is not installed, and this data set lies in it: pip install {package}"
        )
    path = Path(spec.submodule_search_locations[0]) / inside
    if not path.is_file():
        raise DataError(
            f"the installed {package!r} has no file {inside}: another version is installed; use that of constraints.txt"
        )
    return path


def arch_table(name: str) -> pd.DataFrame:
    """Values by date of one of the CSV files that ``arch`` brings."""
    table = pd.read_csv(package_file("arch", f"data/{name}/{name}.csv.gz"), index_col="Date", na_values=".")
    table.index = pd.to_datetime(table.index, format="%m/%d/%Y")
    return table.astype(float)


def repository_file(name: str) -> Path:
    """Path of a file of the repository's ``data/``, or of the wheel's copy; DataError when neither is there."""
    for folder in (REPOSITORY_DATA, WHEEL_DATA):
        if (folder / name).is_file():
            return folder / name
    raise DataError(
        f"{name} is neither in {REPOSITORY_DATA} nor in {WHEEL_DATA}: install the workbench anew "
        "(pip install -e . in a clone), or rebuild the file with `python data/rebuild.py`"
    )
