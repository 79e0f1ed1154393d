"""How often does each test reject a right forecaster at 5 %, and a wrong one? With Wilson intervals.

``backtest_size.csv``: a row a test, level, number of days and way of being wrong. ``p-value`` says which is judged: the
one that is reported (exact, simulated, tabulated) or the ``textbook`` one beside it; ``forecaster``: ``right`` (size),
or ``scale``, ``shortfall``, ``clustering``, the error the test is for (power). P&L is Student t5; figures known from
elsewhere stand in ``known``. ES regression is an optimisation a history and is tried on fewer of them. Fixed-stake
e-process (``shortfall .025``), alarm at 20 : 1 within so many days; desk test and traffic light by their counts.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.harness import RESULTS, parser, write
from workbench.backtesting import BY_NAME, TESTS, observed
from workbench.backtesting.backtests import _desk as desk
from workbench.backtesting.backtests import _hits as coverage
from workbench.backtesting.backtests import _regression as regression_null
from workbench.backtesting.backtests._null import null_statistics, t_var_es, tail_share
from workbench.backtesting.backtests._power import ERRORS, NU
from workbench.backtesting.backtests._sample import Sample
from workbench.backtesting.monitors import es_evalues

SIZE, STAKE, BATCH = 0.05, 0.025, 200
KNOWN = {
    **{("kupiec", "textbook", "right", 0.99, n): x for n, x in ((250, 0.095), (500, 0.071), (1000, 0.055))},
    ("kupiec", "textbook", "right", 0.99, 2500): 0.044,
    **{("kupiec", "textbook", "scale", 0.99, n): x for n, x in ((250, 0.30), (500, 0.64), (1000, 0.87))},
    ("kupiec", "textbook", "scale", 0.99, 2500): 0.996,
    **{("kupiec", "textbook", "scale .9", 0.99, n): x for n, x in ((250, 0.10), (500, 0.20), (1000, 0.30))},
    ("kupiec", "textbook", "scale .9", 0.99, 2500): 0.55,
    ("basel red", "exact", "right", 0.99, 250): 0.0003,
    ("basel red", "exact", "scale .9", 0.99, 250): 0.004,
    ("basel red", "exact", "scale", 0.99, 250): 0.047,
    ("z2", "true distribution", "shortfall", 0.975, 250): 0.17,
    ("z2", "true distribution", "shortfall", 0.975, 1000): 0.33,
    ("z2_minimally_biased", "true distribution", "shortfall", 0.975, 250): 0.33,
    ("z2_minimally_biased", "true distribution", "shortfall", 0.975, 1000): 0.82,
    ("e-process .025", "Ville", "shortfall", 0.975, 250): 0.50,
    ("e-process .025", "Ville", "shortfall", 0.975, 1000): 0.88,
    ("e-process .025", "Ville", "right", 0.975, 250): 0.020,
    ("e-process .025", "Ville", "right", 0.975, 1000): 0.036,
}


def right(rng: np.random.Generator, histories: int, days: int, level: float) -> Sample:
    var, es = t_var_es(1 - level, NU)
    r = rng.standard_t(NU, (histories, days))
    return observed(-r, var, level, np.full(days, es), stats.t.cdf(r, NU))


def wrong(error: str, rng: np.random.Generator, histories: int, days: int, level: float) -> Sample:
    """As many histories of an error of :mod:`power` as are asked for."""
    parts = [ERRORS[error](rng, days, level)]
    while sum(len(part.hits) for part in parts) < histories:
        parts.append(ERRORS[error](rng, days, level))
    first = parts[0]
    joined = {
        name: None if getattr(first, name) is None else np.concatenate([getattr(part, name) for part in parts])
        for name in ("hits", "loss", "pit")
    }
    return Sample(level, **joined, var=first.var, es=first.es)


def row(test: str, judged: str, forecaster: str, level: float, days: int, rejected: int, of: int) -> dict:
    interval = stats.binomtest(rejected, of).proportion_ci(0.95, "wilson")
    known = KNOWN.get((test, judged, forecaster, level, days), np.nan)
    return {
        "test": test, "p-value": judged, "forecaster": forecaster, "level": level, "days": days, "histories": of,
        "rejected": rejected / of, "low": interval.low, "high": interval.high, "known": known,
    }  # fmt: skip


def simulated(histories: int, days: int, level: float) -> list[dict]:
    """Tests whose p-value is simulated: reported and textbook, on right histories and on the error they are for.

    In batches with a null of their own, or its error would be the same in every history.
    """
    count: dict[tuple, list[int]] = {}
    for batch in range(histories // BATCH):
        rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([61, days, round(1e6 * level), batch])))
        samples = {"right": right(rng, BATCH, days, level)}
        samples |= {error: wrong(error, rng, BATCH, days, level) for error in ERRORS}
        for name, sample in samples.items():
            for key, rejected in _judged(name, sample, batch).items():
                count.setdefault(key, []).extend(rejected)
    return [row(*key, level, days, int(np.sum(no)), len(no)) for key, no in count.items()]


def _judged(name: str, sample: Sample, batch: int) -> dict[tuple, np.ndarray]:
    """Rejected or not, history by history, by (test, p-value, forecaster)."""
    tests = [t for t in TESTS if t.null and name in ("right", t.finds) and _feeds(sample, t.needs)]
    fair = null_statistics({t.name: t.statistic for t in tests}, sample, "fair", 1000 + batch, 999)
    out = {}
    for test in tests:
        values = test.statistic(sample)
        out[test.name, "simulated", name] = tail_share(values, fair[test.name], test.worse) <= SIZE
        if test.asymptotic and name == "right":
            p = [test.asymptotic(float(value), _one(sample, k)) for k, value in enumerate(values)]
            out[test.name, "textbook", name] = np.array(p) <= SIZE
    return out


def _feeds(sample: Sample, needs: str) -> bool:
    return needs == "var" or (sample.es if needs == "es" else sample.pit) is not None


def _one(sample: Sample, k: int) -> Sample:
    pit = None if sample.pit is None else sample.pit[k]
    return Sample(sample.level, sample.hits[k], sample.loss[k], sample.var, sample.es, pit)


def conditional(histories: int, days: int, level: float) -> list[dict]:
    """The reported p-values of tests whose null is given what was seen: the number of hits, or the hits themselves."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([62, days, round(1e6 * level)])))
    sample, rows = right(rng, histories, days, level), []
    for null in ("shuffled", "given"):
        tests = {t.name: t for t in TESTS if t.null == null}
        rejected = dict.fromkeys(tests, 0)
        for k in range(histories):
            one = _one(sample, k)
            drawn = null_statistics({n: t.statistic for n, t in tests.items()}, one, null, k, 199)
            for name, test in tests.items():
                rejected[name] += bool(tail_share(test.statistic(one), drawn[name], test.worse) <= SIZE)
        rows += [row(name, null, "right", level, days, count, histories) for name, count in rejected.items()]
    return rows


def counted(days: int, level: float, histories: int = 200_000) -> list[dict]:
    """Tests that count hits, on drawn counts: Kupiec exact and textbook, traffic light, desk, Basel's red zone."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([63, days, round(1e6 * level)])))
    var, rows = t_var_es(1 - level, NU)[0], []
    for forecaster, share in {"right": 1.0, "scale .9": 0.9, "scale": 0.8}.items():
        hits = rng.binomial(days, stats.t.sf(share * var, NU), histories)
        answer = {
            ("kupiec", "exact"): coverage.kupiec_p_value(hits, days, round(1 - level, 12)) <= SIZE,
            ("kupiec", "textbook"): stats.chi2.sf(coverage.binomial_lr(hits, days, 1 - level), 1) <= SIZE,
            ("traffic_light", "exact"): desk.traffic_p_value(hits, days, level) <= SIZE,
        }
        if days == desk.YEAR:
            answer["basel red", "exact"] = hits >= desk.zone_limits(days, level)[1]
            answer["frtb_desk", "exact"] = desk.desk_p_value(hits, days, level) <= SIZE
        rows += [row(*name, forecaster, level, days, int(np.sum(no)), histories) for name, no in answer.items()]
    return rows


def shortfall(days: int, level: float = 0.975, histories: int = 4000) -> list[dict]:
    """Z2 and the minimally biased Z with the critical value of the true distribution, and the fixed-stake e-process."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([64, days])))
    good = right(rng, histories, days, level)
    rows = []
    for forecaster, share in {"right": 1.0, "shortfall": 0.8}.items():
        fresh = right(rng, histories, days, level)
        sample = observed(fresh.loss, fresh.var, level, share * fresh.es)
        for name in ("z2", "z2_minimally_biased"):
            statistic = BY_NAME[name].statistic
            found = statistic(sample) < np.quantile(statistic(good), SIZE)
            rows.append(row(name, "true distribution", forecaster, level, days, int(found.sum()), histories))
        wealth = np.cumsum(np.log1p(STAKE * (es_evalues(sample) - 1.0)), axis=-1).max(axis=-1)
        alarms = int(np.sum(wealth >= -np.log(SIZE)))
        rows.append(row("e-process .025", "Ville", forecaster, level, days, alarms, histories))
    return rows


def regressed(histories: int, days: int, alpha: float = 0.025) -> list[dict]:
    """Bayer and Dimitriadis: the tabulated p-value and chi-square(2), on moving volatility."""
    rows = []
    for forecaster, share in {"right": 1.0, "shortfall": 0.8}.items():
        drawn = regression_null.simulate(days, alpha, share, histories, 65)
        tabulated = sum(regression_null.p_value(value, days, alpha) <= SIZE for value in drawn)
        textbook = int(np.sum(stats.chi2.sf(drawn, 2) <= SIZE))
        for judged, count in (("tabulated", tabulated), ("textbook", textbook)):
            rows.append(row("es_regression", judged, forecaster, 1 - alpha, days, int(count), histories))
    return rows


def main(arguments: list[str] | None = None) -> None:
    asked = parser(__doc__)
    asked.add_argument("--histories", type=int, default=800)
    asked.add_argument("--regressions", type=int, default=60)
    options = asked.parse_args(arguments or [])
    rows = []
    for days in (250, 1000):
        for level in (0.99, 0.975):
            rows += simulated(options.histories, days, level) + conditional(options.histories // 4, days, level)
        rows += shortfall(days) + regressed(options.regressions, days)
    for days in (250, 500, 1000, 2500):
        for level in (0.99, 0.975):
            rows += counted(days, level)
    table = pd.DataFrame(rows).sort_values(["test", "p-value", "forecaster", "level", "days"], kind="stable")
    write(table.round(4), RESULTS / "backtest_size.csv")
    print(table.round(4).to_string(index=False))
