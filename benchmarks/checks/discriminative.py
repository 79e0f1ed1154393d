r"""Can a small recurrent classifier separate generated days of one stock from real ones? Open, high, low, close, volume.

The stock is IBM, 3,270 days of 2000-2013 (bokeh-sampledata, installed under ``cache/``). Its bars are taken apart into
quantities without a level, each day against the days before,

.. math:: g = \log O_t/C_{t-1},\quad w = \log\log H_t/L_t - \bar w_{t-1},\quad
          o = \mathrm{logit}\frac{\log O_t/L_t}{\log H_t/L_t},\quad c = \mathrm{logit}\frac{\log C_t/L_t}{\log H_t/L_t},
          \quad v = \log V_t - \bar v_{t-1}

(:math:`\bar w, \bar v` exponentially weighted, half-life 20 days), so that whatever is generated for them is put
together to bars with low <= open, close <= high and a positive volume. The samplers take the five as a panel; every
window of 24 days starts from a real day. Two judges:

* ``levels``, the usual protocol (Yoon et al. 2019): levels scaled to [0, 1] by the column's range over the file,
  windows of stride 1, a GRU of width 3, Adam at 1e-3, 2,000 steps of 128 and 128, score = |accuracy - 1/2| on a random
  20 %. Neighbouring windows stand on both sides and a bootstrap wins the table: a guard, no claim.
* ``moves``, harder: the same on the five quantities themselves, standardised, with a GRU of width 16 and whole
  stretches of the calendar held out.

``real halves`` is what the judge says of one half of the real windows against the other (odd against even stretches of
120 days for ``moves``): the floor.
"""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pandas as pd
import torch
from torch import nn

from benchmarks.harness import CACHE, RESULTS, measured, parser, read, upsert
from workbench import samplers, scenarios
from workbench.samplers.noise import BLOCK, long_run_days

KEPT = RESULTS / "discriminative.csv"
STOCK, DAYS, KEEP = "IBM", 24, 0.5 ** (1 / 20)
FIELDS = ["gap", "width", "open", "close", "volume"]
LEARNED = ["neural", "transformer", "path_flow"]
GENERATORS = ["real halves", "local bootstrap", "block_bootstrap", "fhs_moving", *LEARNED]
STRETCH = 120  # days
STEPS, BATCH = 2000, 128


def bars() -> pd.DataFrame:
    """Open, high, low, close, volume of the stock; days on which it did not move at all are left out."""
    place = CACHE / "bokeh-sampledata"
    if not place.exists():
        wanted = ["--no-deps", "--target", str(place), "bokeh-sampledata==2026.1"]
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *wanted], check=True)
    table = pd.read_csv(place / "bokeh_sampledata" / "_data" / "stocks.csv.gz", parse_dates=["Date"])
    stock = table[table["Ticker"] == STOCK].set_index("Date")[["Open", "High", "Low", "Close", "Volume"]]
    high, low = stock[["Open", "High", "Close"]].max(axis=1), stock[["Open", "Low", "Close"]].min(axis=1)
    stock = stock.assign(High=high, Low=low)
    return stock[(high > low) & (stock["Volume"] > 0)].astype(float)


def apart(stock: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """The five quantities (day, field), and what the next bar hangs on: log close, mean log width, mean log volume."""
    o, h, l, c, v = np.log(stock.to_numpy()).T
    width = np.log(h - l)
    places = [np.clip((x - l) / (h - l), 0.005, 0.995) for x in (o, c)]
    logits = [np.log(place / (1 - place)) for place in places]
    means = [pd.Series(x).ewm(alpha=1 - KEEP, adjust=False).mean().to_numpy() for x in (width, v)]
    rows = [o[1:] - c[:-1], width[1:] - means[0][:-1], logits[0][1:], logits[1][1:], v[1:] - means[1][:-1]]
    return pd.DataFrame(np.stack(rows, 1), index=stock.index[1:], columns=FIELDS), np.stack([c, *means], 1)[1:]


def together(fields: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """Bars (window, day, 5) from quantities (window, day, field) and the close and means of the day before."""
    close, width_mean, volume_mean = anchors.T.copy()
    days = []
    for gap, width, opened, closed, volume in fields.transpose(1, 2, 0):
        log_width, log_volume = width_mean + width, volume_mean + volume
        open_at, close_at = (1 / (1 + np.exp(-x)) for x in (opened, closed))
        low = close + gap - np.exp(log_width) * open_at
        close = low + np.exp(log_width) * close_at
        days.append(np.stack([low + np.exp(log_width) * open_at, low + np.exp(log_width), low, close, log_volume], 1))
        width_mean = KEEP * width_mean + (1 - KEEP) * log_width
        volume_mean = KEEP * volume_mean + (1 - KEEP) * log_volume
    return np.exp(np.stack(days, 1))


def windows(values: np.ndarray) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(values, DAYS, axis=0).transpose(0, 2, 1)


def local_bootstrap(panel: pd.DataFrame, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Quantities (window, day, field) and the day before each window: every day is one of the ten around it."""
    values, begins = panel.to_numpy(), np.arange(1, len(panel) - DAYS + 1)
    days = begins[:, None] + np.arange(DAYS)
    return values[np.clip(days + rng.integers(-5, 6, days.shape), 0, len(values) - 1)], begins - 1


def generated(name: str, panel: pd.DataFrame, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Quantities (window, day, field), position of the day before each window, CPU seconds of the fit."""
    rng, begin = np.random.default_rng(seed), time.process_time()
    if name == "local bootstrap":
        return *local_bootstrap(panel, rng), 0.0
    sampler = samplers.make(name).fit(panel, seed)
    fitted, count = time.process_time() - begin, len(panel) - DAYS
    dates = sampler.states(panel).dates
    drawn = scenarios.pooled(sampler.sample(count, DAYS, seed=seed, start="long-run"))
    starts = np.concatenate([long_run_days(seed, block, len(dates)) for block in range(-(-count // BLOCK))])[:count]
    return drawn.astype(float), panel.index.get_indexer(dates)[starts], fitted


class Judge(nn.Module):
    """One recurrent layer and a logit from its last state."""

    def __init__(self, fields: int, width: int) -> None:
        super().__init__()
        self.recurrent, self.verdict = nn.GRU(fields, width, batch_first=True), nn.Linear(width, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.verdict(self.recurrent(x)[1][0])[:, 0]


def score(real: np.ndarray, fake: np.ndarray, held: tuple[np.ndarray, np.ndarray], width: int, seed: int) -> float:
    """|accuracy - 1/2| on the windows held out (masks of real and of fake), as many real as fake."""
    torch.manual_seed(seed)
    judge = Judge(real.shape[-1], width)
    optimiser = torch.optim.Adam(judge.parameters(), lr=1e-3)
    sides = [torch.as_tensor(np.ascontiguousarray(side), dtype=torch.float32) for side in (real, fake)]
    seen = [side[torch.as_tensor(~mask)] for side, mask in zip(sides, held)]
    unseen = [side[torch.as_tensor(mask)] for side, mask in zip(sides, held)]
    labels = torch.cat([torch.ones(BATCH), torch.zeros(BATCH)])
    for _ in range(STEPS):
        batch = torch.cat([side[torch.randint(len(side), (BATCH,))] for side in seen])
        loss = nn.functional.binary_cross_entropy_with_logits(judge(batch), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        right = [(judge(side) > 0).float().mean() for side in unseen]
    return float(abs((right[0] + (1 - right[1])) / 2 - 0.5))


def row(name: str, seed: int, stock: pd.DataFrame) -> dict:
    """Both judges' scores of one generator and seed."""
    panel, anchors = apart(stock)
    real_moves, real_levels = windows(panel.to_numpy()), windows(stock.to_numpy()[1:])
    low, high = stock.to_numpy().min(axis=0), stock.to_numpy().max(axis=0)
    rng, odd = np.random.default_rng(1000 + seed), np.arange(len(real_moves)) // STRETCH % 2 == 1
    answer = {"generator": name, "seed": seed, "windows": len(real_moves), "fit_cpu_s": np.nan}
    if name == "real halves":
        first = rng.permutation(len(real_levels)) % 2 == 0
        levels, moves = (real_levels[first], real_levels[~first]), (real_moves[odd], real_moves[~odd])
    else:
        fields, before, answer["fit_cpu_s"] = generated(name, panel, seed)
        made = together(fields, anchors[before])
        assert ((made[..., 2] <= made[..., [0, 3]].min(-1)) & (made[..., [0, 3]].max(-1) <= made[..., 1])).all()
        levels, moves = (real_levels, made), (real_moves, fields)
    scaled = [(side - low) / (high - low) for side in levels]
    fifth = [rng.permutation(len(side)) % 5 == 0 for side in scaled]
    answer["levels"] = score(*scaled, fifth, 3, seed)
    spread, centre = panel.std().to_numpy(), panel.mean().to_numpy()
    standard = [(side - centre) / spread for side in moves]
    stretches = [np.arange(len(side)) * 10 // len(side) % 5 == seed % 5 for side in standard]
    return answer | {"moves": score(*standard, stretches, 16, seed)}


def main(arguments: list[str] | None = None) -> None:
    asked = parser(__doc__)
    asked.add_argument("--seeds", type=int, default=5)
    asked.add_argument("--first", type=int, default=0, help="seed to begin with")
    asked.add_argument("--generators", nargs="+", default=GENERATORS)
    options = asked.parse_args(arguments or [])
    torch.set_num_threads(1)
    stock = bars()
    for seed in range(options.first, options.seeds):
        for name in options.generators:
            if not measured(KEPT, generator=name, seed=seed):
                answer = row(name, seed, stock)
                print({k: round(v, 4) if isinstance(v, float) else v for k, v in answer.items()}, flush=True)
                upsert(pd.DataFrame([answer]).round(4), KEPT, ["generator", "seed"])
    print(read(KEPT).groupby("generator", sort=False)[["levels", "moves"]].describe().round(3).T.to_string())
