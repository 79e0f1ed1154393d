"""A million paths of 20 days and 20 stocks: seconds and peak memory of every sampler, and of public peers beside them.

Each measurement has a process of its own, two workers, no noise drawn beforehand. Peak memory is the parent's plus that
of the workers. The peers draw fewer paths (``PEERS``) and are scaled up, which flatters them: they hold no whole set.
Their draws are independent days from a copula or a block bootstrap of past days; none filters volatility.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pandas as pd

RESULTS = Path(__file__).parent / "results"
HORIZON, WORKERS = 20, 2
OURS = [
    "historical",
    "historical_window",
    "block_bootstrap",
    "lognormal",
    "factor",
    "ewma",
    "fhs",
    "fhs_gpd",
    "fhs_moving",
    "gjr_gaussian",
    "gjr_t",
    "neural",
    "neural_flow",
    "neural_diffusion",
    "neural_nsf",
    "neural_vae",
    "neural_generator",
]
SLOW = {"gjr_vine": 40_000}
PEERS = {"arch StationaryBootstrap": 5_000, "skfolio VineCopula": 2_000, "pyvinecopulib Vinecop": 2_000}


def peak_gigabytes() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (own + WORKERS * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1e6


def ours(name: str, draws: int) -> dict:
    from workbench import data, samplers

    returns = data.returns("us_equities").loc[:"2006"]
    begin = time.perf_counter()
    sampler = samplers.make(name).fit(returns, seed=0)
    fitted = time.perf_counter()
    with ProcessPoolExecutor(WORKERS) as executor:
        shape = sampler.sample(draws, HORIZON, seed=1, executor=executor)["scenarios"]["ret"].shape
    assert shape == (1, draws, HORIZON, 20)
    return {"fit_s": fitted - begin, "sample_s": time.perf_counter() - fitted}


def peer(name: str, draws: int) -> dict:
    from workbench import data

    returns = data.returns("us_equities").loc["1992-07":"2006"]
    begin = time.perf_counter()
    draw = {"arch": arch_bootstrap, "skfolio": skfolio_vine, "pyvinecopulib": plain_vine}[name.split()[0]](returns)
    fitted = time.perf_counter()
    draw(draws)
    return {"fit_s": fitted - begin, "sample_s": time.perf_counter() - fitted}


def arch_bootstrap(returns: pd.DataFrame):
    from arch.bootstrap import StationaryBootstrap

    sets = StationaryBootstrap(20, returns.to_numpy(), seed=1)
    return lambda draws: [data[0][0][:HORIZON] for data in sets.bootstrap(draws)]


def skfolio_vine(returns: pd.DataFrame):
    from skfolio.distribution import VineCopula

    model = VineCopula(max_depth=3, log_transform=True, n_jobs=1, random_state=1).fit(returns)
    return lambda draws: model.sample(draws * HORIZON)


def plain_vine(returns: pd.DataFrame):
    import pyvinecopulib as pv

    uniforms = pv.to_pseudo_obs(returns.to_numpy())
    vine = pv.Vinecop.from_data(uniforms, controls=pv.FitControlsVinecop(trunc_lvl=3, num_threads=WORKERS))
    return lambda draws: vine.simulate(draws * HORIZON, num_threads=WORKERS)


def measure(kind: str, name: str, draws: int, full: int) -> dict:
    """One measurement in a fresh process; seconds scaled to ``full`` paths."""
    command = [sys.executable, "-m", "benchmarks.sampling_speed", "--one", kind, name, str(draws)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    row = json.loads(done.stdout.splitlines()[-1])
    scaled = row["sample_s"] * full / draws
    return {"sampler": name, "paths": draws, **row, "sample_s_per_million": scaled * 1e6 / full}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--paths", type=int, default=1_000_000)
    parser.add_argument("--one", nargs=3, metavar=("KIND", "NAME", "PATHS"))
    options = parser.parse_args(arguments or [])
    if options.one:
        kind, name, draws = options.one
        print(json.dumps({**(ours if kind == "ours" else peer)(name, int(draws)), "peak_gb": peak_gigabytes()}))
        return
    work = [("ours", name, options.paths) for name in OURS]
    work += [("ours", name, draws) for name, draws in SLOW.items()] + [("peer", *item) for item in PEERS.items()]
    rows = []
    for kind, name, draws in work:
        rows.append(measure(kind, name, min(draws, options.paths), options.paths))
        print(
            {key: round(value, 2) if isinstance(value, float) else value for key, value in rows[-1].items()}, flush=True
        )
    table = pd.DataFrame(rows)
    table["ratio_to_fhs"] = table["sample_s_per_million"] / table.set_index("sampler").at["fhs", "sample_s_per_million"]
    RESULTS.mkdir(exist_ok=True)
    table.round(2).to_csv(RESULTS / "sampling_speed.csv", index=False)
    print(table.round(2).to_string(index=False))


if __name__ == "__main__":
    main(sys.argv[1:])
