"""What is listed is not loaded: the names of samplers cost no second."""

import subprocess
import sys

import pytest

from workbench import samplers

LIGHT = """
import sys
from workbench import samplers
assert len(samplers.SAMPLERS) == 24 and samplers.SAMPLERS.summary("neural")
loaded = sorted({"torch", "scipy", "arch", "pyvinecopulib"} & set(sys.modules))
assert not loaded, loaded
assert "fit_chains" in dir(samplers) and "_base" not in dir(samplers)
"""


def test_listing_the_samplers_loads_neither_torch_nor_scipy():
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", [*samplers.__all__, "filters", "noise", "paths", "shocks", "training"])
def test_every_public_name_is_there(name):
    assert getattr(samplers, name) is not None


def test_what_is_not_there_is_named():
    with pytest.raises(AttributeError, match="has no attribute 'forsee'"):
        samplers.forsee  # noqa: B018
    with pytest.warns(DeprecationWarning, match="one_day_ensembles"):
        assert samplers.foresee is samplers.one_day_ensembles
