r"""Forecasts of days nobody had seen: proper scores of many samplers' ensembles, and who was better than a reference.

Scores are means over days, lower is better: the energy score of all assets at once, :math:`E|X-y|-E|X-X'|/2`; the CRPS,
averaged over assets; FZ0 of the VaR and ES of the equal-weight book at 97.5 %
(:mod:`workbench.backtesting.scores`).
Returns are taken in per cent, so that the scores are.

For every forecast day :math:`d_t = s_t - s^{ref}_t`. A gain is :math:`100\,\bar d/|\bar s^{ref}|` (of FZ0, whose zero
means nothing, :math:`100\,\bar d`); its error comes from
the means over runs of consecutive days, because a bad week is bad for everybody on several days, and is read in a t law
with as many degrees of freedom as runs less one.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from workbench.backtesting.ensembles import var_es
from workbench.backtesting.scores import crps, energy_score, fz0_score
from workbench.errors import DataError, ParameterError

LEVEL = 0.975
RUNS = 40  # runs of days behind an error, at most


def forecast_scores(ensembles: Mapping[str, np.ndarray], realised: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Scores of each forecast day: score name -> frame (day, sampler).

    ensembles : sampler -> log returns (day, member, asset) as foreseen the evening before, fractions.
    realised : log returns (day, asset) of the same days.

    Raises DataError when an ensemble does not fit the realised days.
    """
    scores: dict[str, dict[str, np.ndarray]] = {}
    for sampler, ensemble in ensembles.items():
        if ensemble.ndim != 3 or (len(ensemble), ensemble.shape[2]) != realised.shape:
            raise DataError(
                f"the ensemble of {sampler!r} has shape {ensemble.shape}, expected (day, member, asset) for "
                f"{len(realised)} days and {realised.shape[1]} assets"
            )
        for score, values in _scores(100.0 * ensemble.astype(float), 100.0 * realised.to_numpy()).items():
            scores.setdefault(score, {})[sampler] = values
    return {score: pd.DataFrame(columns, index=realised.index) for score, columns in scores.items()}


def _scores(ensemble: np.ndarray, realised: np.ndarray) -> dict[str, np.ndarray]:
    var, es = var_es(-ensemble.mean(axis=2), LEVEL)
    return {
        "energy score": energy_score(realised, ensemble),
        "CRPS": crps(realised, np.swapaxes(ensemble, 1, 2)).mean(axis=1),
        f"FZ0 {100 * LEVEL:g} %": fz0_score(-realised.mean(axis=1), var, np.maximum(es, 1e-6), LEVEL),
    }


def score_gains(scores: Mapping[str, pd.DataFrame], reference: str) -> pd.DataFrame:
    """Mean score differences to ``reference``: one row a (score, sampler).

    scores : of :func:`forecast_scores`. Columns ``gain`` (negative is better; per cent of the reference's score,
    for FZ0 hundredths), ``low, high`` (95 %), ``t``, ``days``, ``unit``; ``attrs`` name the ``reference``.

    Raises ParameterError when the reference has no scores.
    """
    rows = {}
    for score, frame in scores.items():
        if reference not in frame:
            raise ParameterError(f"no scores of the reference {reference!r}; found {list(frame.columns)}")
        share = not score.startswith("FZ0")  # whose zero means nothing: only differences do
        scale = abs(frame[reference].mean()) / 100 if share else 0.01
        for sampler in frame.columns.drop(reference):
            gain = _gain((frame[sampler] - frame[reference]).to_numpy() / scale)
            rows[score, sampler] = {**gain, "unit": "%" if share else "hundredths"}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis(index=["score", "sampler"])
    table.attrs["reference"] = reference
    return table


def _gain(difference: np.ndarray) -> dict[str, float]:
    runs = np.array_split(difference, min(RUNS, max(2, len(difference) // 4)))
    means = np.array([run.mean() for run in runs])
    error = max(float(means.std(ddof=1)) / np.sqrt(len(means)), 1e-12)
    reach, gain = stats.t.ppf(0.975, len(means) - 1) * error, float(difference.mean())
    return {"gain": gain, "low": gain - reach, "high": gain + reach, "t": gain / error, "days": len(difference)}
