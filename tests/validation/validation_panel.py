"""A panel out of an array."""

import numpy as np
import pandas as pd


def panel(values: np.ndarray) -> pd.DataFrame:
    """Log returns (day, asset) as a panel with business days."""
    index = pd.bdate_range("2001-01-01", periods=len(values))
    return pd.DataFrame(values.astype(float), index=index, columns=[f"A{i}" for i in range(values.shape[1])])
