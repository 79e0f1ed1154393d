"""Two samplers of the small market: one with closed forms, one that resamples the past."""

import pytest
from stress_panel import panel

from workbench.samplers import Sampler, make


@pytest.fixture(scope="module")
def normal() -> Sampler:
    return make("lognormal").fit(panel())


@pytest.fixture(scope="module")
def resampled() -> Sampler:
    return make("filtered", filter="ewma", shocks="bootstrap").fit(panel())
