r"""Joint shocks, learned and bootstrapped, behind the same fitted filter: one day ahead on US equities.

For each seed the preset ``neural_single`` is fitted once; every shock model is then fitted to the same whitened residuals
(:func:`workbench.samplers.with_shocks`) and rolled over the same days with the same noise. Scores and books are those
of :mod:`benchmarks.forecasts.one_day_ahead`, and so are t statistics against the bootstrapped shocks, negative: ahead.
``--span 1998`` and ``--span 2002`` are the folds inside 1990-2006 on which choices were made (fitted to that year,
scored on the next four); ``--span 2006`` is the test, scored on 2007-2022. Rows are kept in ``cache/`` as they are
finished, one file a span, seed and model; a run that was stopped goes on.
"""

from __future__ import annotations

import json
import time

import numpy as np
import pandas as pd
import torch

from benchmarks.forecasts.one_day_ahead import DRAWS, SCORES, books, score_day, t_against
from benchmarks.harness import RESULTS, folder, parser, upsert
from workbench import data, samplers
from workbench.samplers import Filtered, with_shocks
from workbench.samplers.noise import BLOCK, block_noise
from workbench.samplers.shocks import SHOCKS

FOLDER = folder("joint_shocks")
SPANS = {"1998": ("1999", "2002"), "2002": ("2003", "2006"), "2006": ("2007", "2022")}
MODELS = ["bootstrap", "flow", "diffusion", "nsf", "vae", "generator"]


def label(name: str, options: dict) -> str:
    """A model and its options as a file name."""
    return "-".join([name, *(f"{key}{value}" for key, value in options.items())])


def parse(model: str) -> tuple[str, dict]:
    """``flow:blur=0.8,reflect=0`` as a name and options."""
    name, _, options = model.partition(":")
    return name, {key: json.loads(value) for key, value in (pair.split("=") for pair in options.split(",") if pair)}


def processor_speed(sampler: Filtered) -> float:
    """Days drawn a processor second by the shock model alone."""
    noise = torch.from_numpy(block_noise(0, "speed", 0, 1, sampler.width))[:, 0]
    begin = time.process_time()
    for tile in noise.split(512):
        sampler.shocks.decode(tile)
    return BLOCK / (time.process_time() - begin)


def score(fitted: dict[str, Filtered], returns: pd.DataFrame, first: str, last: str, every: int) -> dict:
    """Name -> scores (day, score), all models on the same days and the same noise."""
    states = next(iter(fitted.values())).states(returns.loc[:last])
    weights, width = books(returns.shape[1]), max(sampler.width for sampler in fitted.values())
    begin, rows = states.dates.searchsorted(pd.Timestamp(first)), {name: {} for name in fitted}
    for day in range(begin, len(states.dates), every):
        noise, date = torch.from_numpy(block_noise(1, "roll", day, 1, width))[:DRAWS], states.dates[day]
        realised = 100 * returns.loc[date].to_numpy(dtype=np.float32)
        for name, sampler in fitted.items():
            drawn = sampler.decode(noise[..., : sampler.width], states.rows([day - 1]), 1)[:, 0]
            rows[name][date] = score_day(100 * drawn.numpy(), realised, weights)
    return {name: pd.DataFrame.from_dict(scored, orient="index") for name, scored in rows.items()}


@torch.no_grad()
def run(span: str, seed: int, every: int, models: list[str]) -> None:
    """Fit and score the models of one span and seed that are not in the cache yet."""
    work = {label(*parse(model)): parse(model) for model in ["bootstrap", *models]}
    place = FOLDER / f"{span}-{seed}-{every}"
    missing = {name: made for name, made in work.items() if not (place / f"{name}.parquet").exists()}
    if not missing:
        return
    returns = data.returns("us_equities")
    with torch.enable_grad():
        base = samplers.make("neural_single", track=0.0, checkpoint=str(FOLDER / "weights")).fit(
            returns.loc[:span], seed
        )
    fitted, costs = {}, {}
    for name, (kind, options) in missing.items():
        begin = time.process_time()
        with torch.enable_grad():
            fitted[name] = with_shocks(base, SHOCKS.make(kind, **options), seed)
        seconds = time.process_time() - begin
        costs[name] = {"fit_cpu_s": seconds, "days_per_cpu_s": processor_speed(fitted[name])}
    place.mkdir(parents=True, exist_ok=True)
    for name, frame in score(fitted, returns, *SPANS[span], every).items():
        frame.assign(**costs[name]).to_parquet(place / f"{name}.parquet")


def table(every: int) -> pd.DataFrame:
    """One row a span, seed and model found in the cache: mean scores, hits, costs, t against the bootstrap."""
    rows = []
    for reference in sorted(FOLDER.glob(f"*-{every}/bootstrap.parquet")):
        place, base = reference.parent, pd.read_parquet(reference)
        span, seed, _ = place.name.split("-")
        for file in sorted(place.glob("*.parquet")):
            frame = pd.read_parquet(file)
            row = {
                "fitted_to": span,
                "seed": int(seed),
                "shocks": file.stem,
                "every": every,
                "days": len(frame),
                **frame.mean(),
            }
            rows.append(row | {f"t_{name}": t for name, t in t_against(frame, base).items()})
    return pd.DataFrame(rows)


def main(arguments: list[str] | None = None) -> None:
    asked = parser(__doc__)
    asked.add_argument("--span", choices=SPANS, default="2006")
    asked.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2, 3, 4])
    asked.add_argument("--every", type=int, default=1, help="score every n-th day")
    asked.add_argument("--models", nargs="*", default=MODELS, help="such as flow or flow:blur=0.8,reflect=0")
    options = asked.parse_args(arguments or [])
    torch.set_num_threads(1)
    for seed in options.seeds:
        run(options.span, seed, options.every, options.models)
    rows = upsert(table(options.every).round(5), RESULTS / "joint_shocks.csv", ["fitted_to", "shocks", "seed", "every"])
    columns = [f"t_{name}" for name in SCORES]
    print(rows.groupby(["fitted_to", "shocks"], sort=False)[columns].agg(spread).to_string())


def spread(seeds: pd.Series) -> str:
    """Median and range over the seeds."""
    return f"{seeds.median():+.1f} [{seeds.min():+.1f}, {seeds.max():+.1f}] n={len(seeds)}"
