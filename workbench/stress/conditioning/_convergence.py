"""Whether islands of chains or particles agree: ArviZ's rank-normalised R-hat and effective sample sizes."""

from __future__ import annotations

from collections.abc import Sequence

import arviz as az
import pandas as pd
import xarray as xr
from torch import Tensor

from workbench.errors import Refusal
from workbench.stress.events import Constraint

WORST_RHAT, LEAST_ESS = 1.05, 200.0


def diagnose(paths: Tensor, assets: Sequence[str]) -> pd.DataFrame:
    """R-hat, bulk and tail ESS of each asset's cumulative move; paths (island, draw, time, asset).

    An asset held at a value does not vary, has nothing to converge and no row.
    """
    values = paths.sum(dim=2).double().numpy()
    free = values.std(axis=(0, 1)) > 1e-6
    names = [name for name, varies in zip(assets, free) if varies]
    moves = xr.Dataset({"move": (("chain", "draw", "asset"), values[..., free])}, {"asset": names})
    columns = {"r_hat": az.rhat(moves), "ess_bulk": az.ess(moves), "ess_tail": az.ess(moves, method="tail")}
    return pd.DataFrame({name: value["move"].values for name, value in columns.items()}, index=names)


def effective(diagnostics: pd.DataFrame) -> pd.Series:
    """The smaller of bulk and tail ESS, by asset."""
    return diagnostics[["ess_bulk", "ess_tail"]].min(axis=1)


def converged(diagnostics: pd.DataFrame, least_ess: float) -> bool:
    """Whether every R-hat is at most 1.05 and every ESS at least ``least_ess``."""
    return bool((diagnostics["r_hat"] <= WORST_RHAT).all() and (effective(diagnostics) >= least_ess).all())


def caveats(diagnostics: pd.DataFrame) -> tuple[str, ...]:
    """The caveat of an answer that rests on fewer than 200 effective draws."""
    least = effective(diagnostics)
    if not len(least) or least.min() >= LEAST_ESS:
        return ()
    return (
        f"rests on {least.min():.0f} effective draws for the move of {least.idxmin()!r}, fewer than {LEAST_ESS:.0f}",
    )


def require_converged(
    diagnostics: pd.DataFrame, constraints: Sequence[Constraint], evaluations: int, least_ess: float
) -> None:
    """Raise Refusal when the islands disagree or hold too few effective draws."""
    if converged(diagnostics, least_ess):
        return
    rhat, ess = diagnostics["r_hat"], effective(diagnostics)
    named = "; ".join(map(str, constraints[:2])) + (f" and {len(constraints) - 2} more" if constraints[2:] else "")
    raise Refusal(
        f"the chains did not agree on {named}: R-hat {rhat.max():.3f} ({rhat.idxmax()!r}, at most {WORST_RHAT}), "
        f"ESS {ess.min():.0f} ({ess.idxmin()!r}, at least {least_ess:.0f}) after {evaluations} evaluations; widen the "
        "bands, ask for more draws, or accept an answer of fewer effective ones (least_ess)"
    )
