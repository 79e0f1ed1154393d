"""Paths of 20 days and 20 stocks: processor seconds and peak memory of every sampler, with public peers beside them.

Each measurement has a process of its own with two workers, and no noise is drawn beforehand. Seconds are processor
seconds of the whole tree of processes, which a busy machine changes less than the clock; two workers share those of the
sampling. A sampler first draws one block (4,096 paths), and then as many blocks as fit into ``--budget`` seconds;
``FULL`` ones draw the whole million. Peak memory is the proportional set size (PSS) of the tree, looked at twice a
second, which counts a page that three processes share once; where fewer paths were drawn it is that of the fewer.

The peers draw fewer paths (``PEERS``) and are scaled up, which flatters them: they hold no whole set. Copulas and block
bootstrap draw independent or replayed days; DeepAR (gluonts) forecasts every stock by itself; PAR (deepecho, the model
of SDV) is a recurrent network over all stocks. Those two live in virtual environments of their own under ``cache/``,
train on returns in per cent with their own defaults but for the number of epochs below.

Rows go to ``results/sampling_cost.csv``. ``results/sampling_speed.csv`` is an older table: seconds by the clock of a
busy machine, and pages that the processes share counted once for each of them.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version

import pandas as pd
import psutil

from benchmarks.harness import CACHE, RESULTS, parser, upsert

KEPT = RESULTS / "sampling_cost.csv"
HORIZON, WORKERS, MILLION = 20, 2, 1_000_000
LEFT_OUT = ("filtered",)  # any cell of the grid, by its parts
FULL = ("neural",)
PEERS = {
    "arch StationaryBootstrap": 5_000,
    "skfolio VineCopula": 2_000,
    "pyvinecopulib Vinecop": 2_000,
    "gluonts DeepAR": 1_000,
    "deepecho PAR": 2,
}
VENVS = {"gluonts": "gluonts[torch]==0.17.0", "deepecho": "deepecho==0.8.1"}


def processor_seconds() -> float:
    """User and system time of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def ours(name: str, budget: float) -> dict:
    from workbench import data, samplers
    from workbench.samplers.noise import BLOCK

    returns = data.returns("us_equities").loc[:"2006"]
    begin = processor_seconds()
    sampler = samplers.make(name).fit(returns, seed=0)
    fitted = processor_seconds()
    sampler.sample(BLOCK, HORIZON, seed=1)
    block = processor_seconds() - fitted
    draws = MILLION if name in FULL else BLOCK * max(WORKERS, min(int(budget / block), MILLION // BLOCK))
    again, clock = processor_seconds(), time.perf_counter()
    with ProcessPoolExecutor(WORKERS) as executor:
        shape = sampler.sample(draws, HORIZON, seed=1, executor=executor)["scenarios"]["ret"].shape
    assert shape == (1, draws, HORIZON, 20)
    answer = {"paths": draws, "fit_cpu_s": fitted - begin, "sample_cpu_s": processor_seconds() - again}
    return answer | {"sample_wall_s": time.perf_counter() - clock}


def peer(name: str, draws: int) -> dict:
    from workbench import data

    returns = data.returns("us_equities").loc["1992-07":"2006"]
    makers = {"arch": arch_bootstrap, "skfolio": skfolio_vine, "pyvinecopulib": plain_vine}
    kind, begin = name.split()[0], processor_seconds()
    if kind in VENVS:
        return elsewhere(kind, returns, draws)
    draw = makers[kind](returns)
    fitted, clock = processor_seconds(), time.perf_counter()
    draw(draws)
    answer = {"paths": draws, "fit_cpu_s": fitted - begin, "sample_cpu_s": processor_seconds() - fitted}
    return answer | {"sample_wall_s": time.perf_counter() - clock}


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


CLOCK = """
import json, resource, sys, time, warnings
import numpy as np, pandas as pd, torch
warnings.simplefilter("ignore"); torch.set_num_threads(1); torch.manual_seed(0)
file, draws, horizon = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
returns = pd.read_parquet(file) * 100
def used():
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime
"""
REPORT = """
print(json.dumps({"paths": draws, "fit_cpu_s": fitted - begin, "sample_cpu_s": used() - fitted,
                  "sample_wall_s": time.perf_counter() - clock}))
"""
SCRIPTS = {
    "gluonts": """
from gluonts.dataset.pandas import PandasDataset
from gluonts.torch import DeepAREstimator
index = pd.period_range("2000-01-03", periods=len(returns), freq="B")
sets = {name: pd.DataFrame({"target": column.to_numpy()}, index=index) for name, column in returns.items()}
sets = PandasDataset(sets)
quiet = {"max_epochs": 5, "enable_progress_bar": False, "logger": False, "default_root_dir": file + "-training",
         "accelerator": "cpu", "enable_model_summary": False}
begin = used()
model = DeepAREstimator("B", horizon, num_parallel_samples=draws, trainer_kwargs=quiet).train(sets)
fitted, clock = used(), time.perf_counter()
drawn = [forecast.samples.shape for forecast in model.predict(sets)]
assert drawn == [(draws, horizon)] * returns.shape[1], drawn
""",
    "deepecho": """
from deepecho import PARModel
names = list(returns)
table = returns.reset_index(drop=True).iloc[: len(returns) // horizon * horizon]
table = table.assign(window=np.arange(len(table)) // horizon)
begin = used()
model = PARModel(epochs=16, verbose=False, cuda=False)
model.fit(data=table, entity_columns=["window"], data_types={name: "continuous" for name in names}, sequence_index=None)
fitted, clock = used(), time.perf_counter()
drawn = model.sample(num_entities=draws, sequence_length=horizon)
assert len(drawn) == draws * horizon
""",
}


def elsewhere(kind: str, returns: pd.DataFrame, draws: int) -> dict:
    """A peer in a virtual environment of its own, made when there is none."""
    place, table = CACHE / f"{kind}-venv", CACHE / f"{kind}-returns.parquet"
    if not (place / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        wanted = [f"torch=={version('torch').partition('+')[0]}", VENVS[kind], "pyarrow"]
        subprocess.run([place / "bin" / "pip", "install", "--quiet", *wanted], check=True)
    returns.to_parquet(table)
    command = [place / "bin" / "python", "-c", CLOCK + SCRIPTS[kind] + REPORT, table, str(draws), str(HORIZON)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{kind} failed: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


class Watch(threading.Thread):
    """Largest proportional set size of a process and all below it, in gigabytes."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.root, self.peak = psutil.Process(pid), 0.0

    def run(self) -> None:
        while self.root.is_running() and self.root.status() != psutil.STATUS_ZOMBIE:
            self.peak = max(self.peak, sum(map(self._size, [self.root, *self._below()])) / 1e9)
            time.sleep(0.5)

    def _below(self) -> list[psutil.Process]:
        try:
            return self.root.children(recursive=True)
        except psutil.Error:
            return []

    @staticmethod
    def _size(process: psutil.Process) -> int:
        try:
            return process.memory_full_info().pss
        except psutil.Error:  # ended while looked at
            return 0


def measure(name: str, kind: str, amount: float) -> dict:
    """One measurement in a fresh process; seconds scaled to a million paths."""
    command = [sys.executable, "-m", "benchmarks", "sampling_speed", "--one", kind, name, str(amount)]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    watch = Watch(started.pid)
    watch.start()
    out, _ = started.communicate()
    if started.returncode:
        raise RuntimeError(f"{name} could not be measured")
    row = {"sampler": name, **json.loads(out.splitlines()[-1]), "peak_pss_gb": watch.peak}
    rate = row["paths"] / row["sample_cpu_s"]
    return row | {"draws_per_cpu_s": rate, "cpu_s_per_million": MILLION / rate}


def main(arguments: list[str] | None = None) -> None:
    asked = parser(__doc__)
    asked.add_argument("--budget", type=float, default=20.0, help="processor seconds of sampling, a sampler")
    asked.add_argument("--only", nargs="+", help="measure these alone, keep the other rows")
    asked.add_argument("--one", nargs=3, metavar=("KIND", "NAME", "AMOUNT"))
    options = asked.parse_args(arguments or [])
    if options.one:
        kind, name, amount = options.one
        print(json.dumps(ours(name, float(amount)) if kind == "ours" else peer(name, int(float(amount)))))
        return
    from workbench import samplers

    work = {name: ("ours", options.budget) for name in samplers.SAMPLERS if name not in LEFT_OUT}
    work |= {name: ("peer", draws) for name, draws in PEERS.items()}
    for name in options.only or work:
        row = measure(name, *work[name])
        print({key: round(value, 2) if isinstance(value, float) else value for key, value in row.items()}, flush=True)
        upsert(pd.DataFrame([row]).round(2), KEPT, ["sampler"], list(work))
    print(pd.read_csv(KEPT).to_string(index=False))
