"""Learn how far the levels of other decades lie from the last ten years, and try it on decades left out.

    python -m benchmarks long_run --learn             # writes the records that are shipped; downloads two packages
    python -m benchmarks long_run                     # the unseen decade: results/unseen_decade.csv

Every panel of :mod:`benchmarks.pretraining.panels` with fourteen years is learnt from; panels of one market are left
out together when one of them is judged.
"""

from __future__ import annotations

import json
from functools import partial

import pandas as pd

from benchmarks.harness import RESULTS, folder, parser, resumed, upsert
from benchmarks.pretraining import panels
from workbench._cache import whole
from workbench.backtesting import unseen_decade
from workbench.data import content_hash
from workbench.samplers.training import long_run

CUTS = {"until_2006": "2006-12-31", "until_2015": "2015-12-31"}
SAMPLERS = ["neural", "neural_single", "fhs_moving", "fhs", "fhs_gpd", "gjr_t", "ewma", "block_bootstrap", "lognormal"]
EVERY = {"us_equities": 504, "ecb_fx": 504}  # trading days between two splits of the large panels, 252 of the others
MARKETS = {
    "us_equities": "US stocks", "more_stocks": "US stocks", "nyse_old": "US stocks", "nyse_new": "US stocks",
    "indices": "US stocks", "currencies": "currencies", "bonds": "bonds", "oil": "oil",
}  # fmt: skip


def learning_panels(last: str) -> list[panels.Panel]:
    """The panels up to ``last`` that are long enough; currencies in euro only, since those in dollars repeat them."""
    kept = []
    for panel in panels.training_panels(False):
        returns = panel.returns.loc[:last, [name for name in panel.returns if not str(name).endswith("/USD")]]
        if panel.name in MARKETS and len(returns) >= long_run.PAST + long_run.AHEAD[-1]:
            kept.append(panels.Panel(panel.name, panel.kind, returns, panel.origin, panel.licence))
    return kept


def describe(panel: panels.Panel) -> dict:
    """A panel's entry in the record: where it is from, its content, its days, its moments."""
    found = long_run.panel_moments(panel.returns)
    return {
        "name": panel.name,
        "market": MARKETS[panel.name],
        "origin": panel.origin,
        "licence": panel.licence,
        "sha256": content_hash(panel.returns),
        "assets": panel.returns.shape[1],
        "first": str(panel.returns.index[0].date()),
        "last": str(panel.returns.index[-1].date()),
        "moments": {name: None if pd.isna(value) else round(value, 6) for name, value in found.items()},
    }


def learn(name: str) -> None:
    """Learn one record; write beside, then rename."""
    described = [describe(panel) for panel in learning_panels(CUTS[name])]
    facts = {
        "last": max(panel["last"] for panel in described),
        "past_days": long_run.PAST,
        "days_ahead": long_run.AHEAD,
        "spread": vars(long_run.pooled(described)),
        "panels": described,
    }
    with whole(long_run.FOLDER / f"{name}.json") as beside:
        beside.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    print(name, facts["spread"], flush=True)


def judge(sampler: str, draws: int, every: int | None) -> pd.DataFrame:
    """Rows of one sampler on every panel; each panel waits in the cache once it is done."""
    place, rows = folder("unseen_decade"), []
    for name in unseen_decade.MARKETS:
        days = every or EVERY.get(name, 252)
        make = partial(unseen_decade.judge, name, sampler, draws, days)
        rows.append(resumed(place / f"{name}-{sampler}-{draws}-{days}.parquet", make))
    return pd.concat(rows, ignore_index=True)


def main(arguments: list[str] | None = None) -> None:
    asked = parser(__doc__)
    asked.add_argument("--learn", action="store_true", help="write the records of the levels")
    asked.add_argument("--samplers", nargs="*", default=SAMPLERS)
    asked.add_argument("--draws", type=int, default=1000)
    asked.add_argument("--every", type=int, help="trading days between two splits")
    options = asked.parse_args(arguments or [])
    for name in CUTS if options.learn else ():
        learn(name)
    for sampler in () if options.learn else options.samplers:
        table = unseen_decade.coverage(judge(sampler, options.draws, options.every))
        upsert(table.round(4), RESULTS / "unseen_decade.csv", unseen_decade.KEYS)
        print(table.round(2).to_string(), flush=True)
