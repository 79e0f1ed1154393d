"""What the tables of path models rest on: bars taken apart and put together, copies found, memory counted once."""

import subprocess
import sys

import numpy as np
import pandas as pd

from benchmarks.checks import copying, discriminative
from benchmarks.speed import sampling_speed


def made_up_bars(days: int) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    close = 100 * np.exp(np.cumsum(0.01 * rng.standard_normal(days)))
    opened = close * np.exp(0.005 * rng.standard_normal(days))
    high = np.maximum(opened, close) * np.exp(0.004 * rng.random(days) + 0.001)
    low = np.minimum(opened, close) * np.exp(-0.004 * rng.random(days) - 0.001)
    volume = 1e6 * np.exp(0.3 * rng.standard_normal(days))
    index = pd.bdate_range("2001-01-01", periods=days)
    return pd.DataFrame({"Open": opened, "High": high, "Low": low, "Close": close, "Volume": volume}, index=index)


def test_bars_taken_apart_and_put_together_are_the_bars():
    stock = made_up_bars(200)
    panel, anchors = discriminative.apart(stock)
    fields = discriminative.windows(panel.to_numpy())[1:]
    made = discriminative.together(fields, anchors[: len(fields)])
    np.testing.assert_allclose(made, discriminative.windows(stock.to_numpy()[1:])[1:], rtol=1e-9)


def test_whatever_the_quantities_bars_are_possible():
    rng = np.random.default_rng(5)
    made = discriminative.together(0.5 * rng.standard_normal((50, 24, 5)), rng.standard_normal((50, 3)))
    opened, high, low, close, volume = np.moveaxis(made, -1, 0)
    assert (low <= np.minimum(opened, close)).all() and (np.maximum(opened, close) <= high).all()
    assert (volume > 0).all()


def test_the_judge_tells_other_series_apart_and_not_the_same(monkeypatch):
    """240 windows a side held out: 1.96 standard errors of an accuracy are .045; three of them for the same distribution."""
    monkeypatch.setattr(discriminative, "STEPS", 150)
    rng = np.random.default_rng(6)
    real, same, other = rng.standard_normal((3, 1200, 8, 2)) * np.array([1, 1, 3])[:, None, None, None]
    held = (np.arange(1200) % 5 == 0,) * 2
    assert discriminative.score(real, same, held, 8, seed=0) < 0.07
    assert discriminative.score(real, other, held, 8, seed=0) > 0.2


def test_copies_among_the_draws_are_found():
    """One draw in fifty is a training day with a little noise: far too near; draws of the same distribution are not."""
    rng = np.random.default_rng(7)
    days, drawn = rng.standard_normal((1500, 12)), rng.standard_normal((1000, 12))
    real = copying.among_themselves(days)
    assert copying.compared(copying.nearest(drawn, days), real, 1)["p_nearer"] > 0.01
    drawn[::50] = days[::75] + 0.01 * rng.standard_normal((20, 12))
    assert copying.compared(copying.nearest(drawn, days), real, 1)["p_nearer"] < 1e-6


def test_memory_is_looked_at_while_a_process_lives():
    """A process that holds 200 MB: at least those, and less than a gigabyte."""
    held = subprocess.Popen([sys.executable, "-c", "import time; x = bytearray(b'1') * 200_000_000; time.sleep(4)"])
    watch = sampling_speed.Watch(held.pid)
    watch.start()
    held.wait()
    watch.join(timeout=5)
    assert 0.2 < watch.peak < 1
