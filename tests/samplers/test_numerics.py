"""Every registered sampler on one thread and on two, and on columns that add nothing to the others."""

import numpy as np
import pandas as pd
import pytest
import torch
from test_contract import OPTIONS
from threadpoolctl import threadpool_limits

from workbench import samplers, scenarios


def drawn_on(threads: int, name: str, panel: pd.DataFrame) -> list[str]:
    """Digests of a sampler fitted and drawn from, last day and long run, on so many threads of torch and of BLAS."""
    before = torch.get_num_threads()
    try:
        with threadpool_limits(threads, user_api="blas"):
            torch.set_num_threads(threads)
            fitted = samplers.make(name, **OPTIONS.get(name, {})).fit(panel, seed=3)
            assert torch.get_num_threads() == threads
            starts = ("last", "long-run")
            return [scenarios.digest(fitted.sample(30, 3, seed=1, start=start)) for start in starts]
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("name", samplers.SAMPLERS)
def test_the_number_of_threads_changes_no_bit(name, panel):
    assert drawn_on(2, name, panel[:500]) == drawn_on(1, name, panel[:500])


@pytest.fixture(scope="module")
def collinear(panel):
    """A column twice, once more but for rounding, and the sum of two others."""
    panel = panel[:500]
    rounding = 1e-9 * np.random.default_rng(1).standard_normal(len(panel))
    return pd.DataFrame(
        {
            "A": panel["A"],
            "twin": panel["A"],
            "near": panel["A"] + rounding,
            "D": panel["D"],
            "sum": panel["A"] + panel["D"],
        }
    )


@pytest.mark.parametrize("name", samplers.SAMPLERS)
def test_columns_that_add_nothing_leave_the_draws_finite_and_twins_together(name, collinear):
    fitted = samplers.make(name, **OPTIONS.get(name, {})).fit(collinear, seed=3)
    drawn = scenarios.pooled(fitted.sample(500, 2, seed=1))
    assert np.isfinite(drawn).all()
    assert np.corrcoef(drawn[..., 0].ravel(), drawn[..., 1].ravel())[0, 1] > 0.9
