r"""What does the battery refute on real data, and do the refuted lose the horse race too?

Every sampler is fitted to US equities 1990-2006 and audited with 2,000 draws of 20 days of 20 stocks: its long-run distribution
against the years it was fitted to, and sets that start at several closes, inside the fitted span and beyond it, against
the history up to that close. Beside the refutations stands how the same samplers did one day ahead in 2007-2022
(``results/horse_race_t.csv``: gain over ``fhs_moving`` in per cent, hundredths for FZ0, negative is better). Finished
audits wait in ``cache/``, fitted filters where the tournament keeps them; a run that is stopped goes on.
"""

from __future__ import annotations

from time import process_time

import pandas as pd

from benchmarks.harness import CACHE, CHECKS, FORECASTS, RESULTS, append, folder, lines, parser, write
from workbench import data
from workbench.backtesting import tournament
from workbench.backtesting.tournament import fit
from workbench.samplers import SAMPLERS
from workbench.validation import trial
from workbench.validation.engine import _null_width

KEPT = folder("audits", (*FORECASTS, *CHECKS), factors=_null_width.table()) / "audits.jsonl"
STARTS = ("long-run", "1998-08-28", "2004-12-31", "2006-12-29", "2008-09-12", "2020-03-06")
LEFT_OUT = ("filtered",)
DRAWS, HORIZON, FITTED = 2000, 20, "2006"
SCORES, REFERENCE = ("energy", "crps", "fz0_975"), "fhs_moving"


def audits(name: str, starts: list[str]) -> list[dict]:
    """Fit one sampler and audit it from each start."""
    returns, began = data.returns("us_equities"), process_time()
    sampler = fit(name, returns.loc[:FITTED], 0, {}, CACHE / "horse_race" / "us_equities")
    rows = []
    for start in starts:
        known = returns.loc[:FITTED] if start == "long-run" else returns.loc[:start]
        drawn = sampler.sample(DRAWS, HORIZON, seed=1, start="long-run" if start == "long-run" else known)
        found = trial(drawn, known, start="unconditional" if start == "long-run" else "last")
        by = {word: [f.check for f in found if f.verdict == word] for word in ("fail", "warn")}
        answered = sum(f.answered for f in found)
        rows.append({"sampler": name, "start": start, "verdict": found.verdict, **by, "answered": answered})
    print(name, round(process_time() - began), "CPU s", {row["start"]: row["fail"] for row in rows}, flush=True)
    return rows


def table(rows: list[dict]) -> pd.DataFrame:
    """One row a sampler: refutations by start, by what, and ranks in the tournament (1 is best)."""
    found = []
    for name, group in pd.DataFrame(rows).groupby("sampler", sort=False):
        checks = pd.Series([check for failed in group["fail"] for check in failed], dtype=object).value_counts()
        long_run = group[group["start"] == "long-run"]
        found.append({
            "sampler": name, "starts": len(group), "rejected": int((group["verdict"] == "rejected").sum()),
            "refutations": int(checks.sum()), "of_checks": int(group["answered"].sum()),
            "long_run": int(sum(map(len, long_run["fail"]))),
            "refuted_by": "; ".join(f"{check} ({count})" for check, count in checks.items()),
        })  # fmt: skip
    return pd.DataFrame(found).set_index("sampler").join(ranks()).sort_values("refutations")


def ranks() -> pd.DataFrame:
    """Gain of each sampler over fhs_moving one day ahead, on the days that both ran, and its rank among all."""
    raced = pd.read_csv(RESULTS / "horse_race_t.csv").query("panel == 'us_equities' and horizon == 1")
    against = raced[raced["reference"] == REFERENCE].pivot(index="sampler", columns="score", values="gain")
    gains = against.rename(columns={answer: score for score, answer in tournament.SCORES.items()})[[*SCORES]]
    gains.loc[REFERENCE] = 0.0
    return gains.add_prefix("gain_").join(gains.rank().astype(int).add_prefix("rank_"))


def main(arguments: list[str] | None = None) -> None:
    asked = parser(__doc__)
    asked.add_argument("--samplers", nargs="+", default=[name for name in SAMPLERS if name not in LEFT_OUT])
    asked.add_argument("--starts", nargs="+", default=STARTS)
    options = asked.parse_args(arguments or [])
    for name in options.samplers:
        done = {row["start"] for row in lines(KEPT) if row["sampler"] == name}
        todo = [start for start in options.starts if start not in done]
        append(KEPT, *(audits(name, todo) if todo else []))
    found = table(lines(KEPT))
    write(found.round(4), RESULTS / "audits.csv", index=True)
    print(found.round(3).to_string())
    raced = found.dropna()
    for score in SCORES:
        rank = raced["refutations"].corr(raced[f"gain_{score}"], method="spearman")
        print(f"rank correlation of refutations and loss by {score}: {rank:.2f} of {len(raced)} samplers")
