"""Two books, every sampler: ways to lose, and what refutes them: ``python -m benchmarks stress_reverse [sampler ...]``.

Every sampler is fitted to 20 US stocks of 1995-2007 and asked for the most plausible way in which an equal-weight book
loses 15 % and a short-volatility book 6 % in the 20 days after. Each way is then placed among the worst windows of the
history (:mod:`workbench.validation.crisis_shape`), and so is the sampler itself, by its long-run windows. *typical* is
the share of the sampler's own scenarios of that loss that are refuted in the same way: the quietest way to lose may be
refuted where the sampler's crises at large are not. Rows are written as they are measured and not measured again; the
figure of all ways goes to ``--figures DIR``.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from benchmarks.harness import RESULTS, parser, read, upsert
from workbench import books, data, samplers, scenarios, stress
from workbench.books import Book
from workbench.errors import WorkbenchError
from workbench.plots import stress as figures
from workbench.samplers import Sampler
from workbench.stress.reverse_stress import Reverse
from workbench.validation.crisis_shape import Crises

FILE = RESULTS / "stress_reverse.csv"
LOSSES, HORIZON = {"equal_weight": 0.15, "short_volatility": 0.06}, 20


def measure(name: str, returns: pd.DataFrame, figures_to: Path | None) -> None:
    """Ask one sampler about both books and append what it says, one row a book and way."""
    begun = time.process_time()
    sampler = samplers.make(name).fit(returns, seed=1)
    fitted, answers = time.process_time() - begun, {}
    for label, loss in LOSSES.items():
        begun, book = time.process_time(), books.BOOKS.make(label, returns=returns)
        try:
            answers[label] = stress.reverse(sampler, book, loss, HORIZON, seed=1, particles=400, sweeps=100)
            rows = _ways(answers[label], sampler, book, returns)
        except WorkbenchError as refused:
            rows = [{"note": f"refused: {refused}"}]
        spent = {"fit_cpu": round(fitted, 1), "cpu_seconds": round(time.process_time() - begun, 1)}
        table = pd.DataFrame([{"sampler": name, "book": label} | row | spent for row in rows]).reindex(columns=COLUMNS)
        upsert(table, FILE, ["sampler", "book"])
        print(table.to_string(header=False), flush=True)
    if figures_to and answers:
        axes = figures.ways_to_lose(answers, returns)
        axes[0, 0].figure.savefig(figures_to / f"{name}.png", dpi=70)


COLUMNS = [
    "sampler", "book", "method", "probability", "relative_error", "evaluations", "way", "share", "loss", "distance",
    "plausibility", "log_ratio", "precedent", "likeness", "way_p", "way_refuted_by", "typical", "sampler_p",
    "sampler_refuted_by", "fit_cpu", "cpu_seconds", "note",
]  # fmt: skip


def _ways(answer: Reverse, sampler: Sampler, book: Book, returns: pd.DataFrame) -> list[dict]:
    crises, crowd = Crises(returns, book, HORIZON), scenarios.pooled(answer.conditional)
    own = crises.compare(scenarios.pooled(sampler.sample(2000, HORIZON, 1, "long-run")))
    refuted = np.mean([crises.rank(pd.DataFrame(path, columns=returns.columns)).failed for path in crowd])
    head = {"method": answer.method, "probability": float(f"{answer.probability:.3g}"),
            "relative_error": round(answer.relative_error, 2), "evaluations": answer.evaluations,
            "typical": round(float(refuted), 3), "sampler_p": float(f"{own.p_value:.2g}"),
            "sampler_refuted_by": own.by}  # fmt: skip
    rows = []
    for number, mode in enumerate(answer.modes, 1):
        placed = crises.rank(mode.path)
        rows.append(head | {
            "way": number, "share": round(len(mode.members) / len(crowd), 2), "loss": round(mode.loss, 4),
            "distance": round(mode.distance, 2), "plausibility": float(f"{mode.plausibility:.2g}"),
            "log_ratio": round(mode.log_likelihood_ratio, 1), "precedent": f"{mode.precedent.first:%Y-%m-%d}",
            "likeness": round(mode.precedent.similarity, 2), "way_p": round(placed.p_value, 3),
            "way_refuted_by": placed.by,
        })  # fmt: skip
    return rows


def main(arguments: list[str] | None = None) -> None:
    torch.set_num_threads(1)
    asked = parser(__doc__)
    asked.add_argument("samplers", nargs="*", default=[name for name in samplers.SAMPLERS if name != "filtered"])
    asked.add_argument("--figures", type=Path, help="folder for a figure of all ways of each sampler")
    options = asked.parse_args(arguments or [])
    if options.figures:
        options.figures.mkdir(parents=True, exist_ok=True)
    returns = data.returns("us_equities").loc["1995":"2007"]
    done = set(read(FILE).get("sampler", []))
    for name in options.samplers:
        if name not in done:
            measure(name, returns, options.figures)
