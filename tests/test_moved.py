"""Every module of version 0.1 is importable under its old name, with a warning; every import that was public works."""

import importlib
import subprocess
import sys

import pytest

from workbench import _moved


@pytest.mark.parametrize("old", sorted(_moved.MOVED))
def test_an_old_module_is_a_view_of_its_successor(old):
    sys.modules.pop(old, None)
    with pytest.warns(DeprecationWarning, match="is now"):
        module = importlib.import_module(old)
    place = importlib.import_module(_moved.MOVED[old])
    names = [name for name in vars(place) if not name.startswith("_")]
    assert all(getattr(module, name) is getattr(place, name) for name in names)


@pytest.mark.parametrize("module, name", [(module, name) for module, table in _moved.RENAMED.items() for name in table])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_old_name_is_its_successor(module, name):
    place = importlib.import_module(module)
    vars(place).pop(name, None)  # a view of an old module of that name, imported by the test above
    assert getattr(place, name) is _moved.renamed(module, name)


def test_an_old_name_of_a_package_that_kept_its_own_is_warned_of():
    with pytest.warns(DeprecationWarning, match="stress.tell is now workbench.reporting.stories.describe"):
        assert importlib.import_module("workbench.stress").tell


PUBLIC = """
from workbench import data, samplers, diagnostics, plots, scenario_files, scenarios, stress, books
diagnostics.table, diagnostics.trial
from workbench.diagnostics.audit import audit, read_history
from workbench.diagnostics.trial import aligned, prepare, trial
from workbench.diagnostics import backtests, conformal, forecasts, guarantees, measured, race, rollout, support
from workbench.diagnostics.backtests import power, battery
from workbench.diagnostics import at_distance, replay
from workbench.diagnostics.faults import FAULTS
from workbench.diagnostics.likeness import Crises
from workbench.diagnostics.measured import tables
from workbench.plots import red_team
from workbench.stress.graph import stamp
from workbench.diagnostics.monitors import watch
from workbench.samplers.foresight import foresee
from workbench.samplers.grid import with_shocks
from workbench.samplers.shocks import SHOCKS
from workbench.samplers.calibration import joint_tail
from workbench.stress import given
import workbench.stress.given
assert callable(stress.given) and callable(diagnostics.trial)
from workbench.plots import stress as figures
"""


def test_public_imports_of_version_0_1_work():
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", PUBLIC], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
