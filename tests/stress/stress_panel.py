"""A small market with a factor, correlated shocks and clustered volatility, the same every time."""

from functools import lru_cache

import numpy as np
import pandas as pd
import torch


def design_point(linear, target: float) -> torch.Tensor:
    """The noise (dim,) of least norm at which the first functional of an affine map reaches ``target``."""
    slope = linear.slope[0]
    return slope * (target - linear.offset[0]) / slope.square().sum()


@lru_cache
def panel(days: int = 900, seed: int = 4) -> pd.DataFrame:
    """Log returns of three assets, (day, asset), from 2001 on."""
    generator = np.random.default_rng(seed)
    common = generator.standard_t(6, days)
    volatility = np.exp(0.4 * np.convolve(generator.normal(size=days + 20), np.ones(21) / 4.6, "valid"))
    own = generator.standard_t(6, (days, 3))
    values = 0.008 * volatility[:, None] * (np.outer(common, [1.0, 0.8, 0.3]) + own * [0.6, 0.7, 1.0])
    return pd.DataFrame(values, pd.bdate_range("2001-01-01", periods=days), ["A", "B", "C"])
