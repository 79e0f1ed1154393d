"""Counter-based noise: every number is a function of (seed, stage, block, column), never of the worker or the order.

A block is 4,096 draws. Column ``j`` of the noise has a Philox stream of its own, filled day by day: two samplers which
need different numbers of columns share the first ones (common random numbers), and a longer horizon begins with the
same days.
"""

from __future__ import annotations

import zlib

import numpy as np

from workbench.constants import BLOCK

__all__ = ["BLOCK", "block_noise", "blocks", "long_run_days", "stream"]


def blocks(draws: int) -> range:
    """Indices of the blocks that hold ``draws`` draws."""
    return range(-(-draws // BLOCK))


def stream(seed: int, stage: str, block: int, column: int = 0) -> np.random.Generator:
    """The generator of one (seed, stage, block, column)."""
    key = np.random.SeedSequence(seed, spawn_key=(zlib.crc32(stage.encode()), block, column))
    return np.random.Generator(np.random.Philox(key))


def block_noise(seed: int, stage: str, block: int, horizon: int, width: int) -> np.ndarray:
    """Standard normals (draw, time, width), float32, of one block."""
    out = np.empty((width, horizon, BLOCK), dtype=np.float32)
    for column in range(width):
        stream(seed, stage, block, column).standard_normal(dtype=np.float32, out=out[column])
    return out.transpose(2, 1, 0)


def long_run_days(seed: int, block: int, days: int) -> np.ndarray:
    """Positions of the days, uniform on 0..days-1, at which the draws of one block start with ``start="long-run"``."""
    return stream(seed, "long-run", block).integers(days, size=BLOCK)
