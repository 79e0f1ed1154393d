"""A small panel with volatility clustering, leverage, fat tails and one factor: known dynamics, quick fits."""

import numpy as np
import pandas as pd
import pytest

ASSETS = ["A", "B", "C", "D"]


@pytest.fixture(scope="session")
def panel() -> pd.DataFrame:
    rng = np.random.default_rng(20)
    days, burn = 900, 200
    loadings = np.array([0.8, 0.7, 0.6, 0.3])
    shocks = rng.standard_t(6, size=(days + burn, 1)) * loadings
    shocks = (shocks + rng.standard_t(6, size=(days + burn, 4)) * np.sqrt(1 - loadings**2)) / np.sqrt(1.5)
    variance, rows = np.full(4, 1e-4), []
    for shock in shocks:
        rows.append(np.sqrt(variance) * shock)
        variance = 3e-6 + (0.03 + 0.08 * (rows[-1] < 0)) * rows[-1] ** 2 + 0.9 * variance
    index = pd.bdate_range("2000-01-03", periods=days)
    return pd.DataFrame(np.array(rows[burn:]), index=index, columns=ASSETS)
