r"""Identities: what must hold to the last digit, on every day of every scenario.

An identity is declared, not estimated. It is linear in one view of the columns,

    sum_k w_k v_k  (= or >=)  constant,      v_k = view(column k),

with the views ``log`` (log returns of a day: triangular exchange rates, EUR/USD + USD/JPY = EUR/JPY), ``simple``
(simple returns of a day: an index and its weighted constituents) and ``level`` (levels, from a starting level and the
path: positivity; put-call parity C - P - S = -K exp(-rT); a butterfly C(K1) - 2 C(K2) + C(K3) >= 0; a calendar spread
w(T2) - w(T1) >= 0; discount factors that fall). A level moves by ``exp`` of its log returns, or by adding them where
the column is declared additive. In YAML::

    - name: EUR triangle
      on: log
      weights: {EURUSD: 1, USDJPY: 1, EURJPY: -1}
    - name: butterfly at 100
      on: level
      weights: {C95: 1, C100: -2, C105: 1}
      relation: ">="
      start: {C95: 7.1, C100: 4.0, C105: 2.0}

The tolerance is the rounding of float32, or the largest residual of the history where that is larger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from workbench.bounded import parse_yaml, read_bytes
from workbench.errors import ParameterError
from workbench.validation.engine import ComparisonData, Finding, Identity, check, not_assessed

ROUNDING = 2e-6


def read_identities(source: str | Path | Sequence[Mapping | Identity]) -> list[Identity]:
    """Identities from a YAML file, or from a list of mappings; an unknown key is an error that names it."""
    entries = source
    if isinstance(source, (str, Path)):
        content = read_bytes(Path(source), ParameterError)
        entries = parse_yaml(content, f"the file of identities {source}", ParameterError)
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise ParameterError("identities are a list, each with a name and weights")
    return [entry if isinstance(entry, Identity) else _identity(entry) for entry in entries]


def _identity(entry: Mapping) -> Identity:
    known = set(Identity.__dataclass_fields__)
    if not isinstance(entry, Mapping) or not {"name", "weights"} <= set(entry) or not set(entry) <= known:
        raise ParameterError(f"an identity needs name and weights and may have {sorted(known)}; found {entry!r}")
    return Identity(**{**entry, "additive": tuple(entry.get("additive", ()))})


def _finding(identity: Identity, data: ComparisonData) -> Finding:
    """Of one identity: its largest residual against the tolerance."""
    residual, size = identity.residuals(data.raw, data.assets)
    draw, step = np.unravel_index(residual.argmax(), residual.shape)
    top, rounding, tolerance = float(residual.max()), ROUNDING * max(size, 1e-6), identity.tolerance
    if tolerance is None:
        past = -np.inf if identity.on == "level" else identity.residuals(data.past[None], data.assets)[0].max()
        tolerance = max(rounding, 1.5 * float(past))
    evidence = {"component": identity.name, "draw": int(draw), "time": int(step) + 1}
    evidence |= {"days broken": int((residual > rounding).sum()), "tolerance": tolerance}
    reference = (0.0 if identity.relation == "=" else -np.inf, tolerance)
    p = 1.0 if top <= tolerance else 0.0
    return Finding("", "", top, reference, p, columns=tuple(identity.weights), evidence=evidence)


@check(
    "identities", question="identities", scale="asset",
    meaning="A relation that must hold exactly does not.",
    matters="Arbitrage-like profits in valuation.",
    remedy="Compute the dependent column from the others.",
)  # fmt: skip
def _identities(data: ComparisonData) -> Finding:
    """Do the declared identities hold on every day of every draw, to rounding or to the history's own residual?"""
    if not data.identities:
        return not_assessed("no identities were declared")
    found = [_finding(identity, data) for identity in data.identities]
    return min(found, key=lambda one: (one.p_value, -one.statistic / max(one.evidence["tolerance"], 1e-300)))


@check(
    "possible returns", question="identities", scale="asset",
    meaning="A single return is larger than so many days can bring.",
    matters="Every mean and ES: one cell decides it.",
    remedy="Look at the named draw: unit, decimal point, split.",
)  # fmt: skip
def _possible_returns(data: ComparisonData) -> Finding:
    """Is the largest return of each asset one that so many days can bring?

    Gross errors of unit in single draws or columns. With tails no heavier than the cubic law of returns
    (Gopikrishnan et al. 1998), the largest of N days passes k times the largest of n days with probability N / (N
    + n k^3); times the number of assets (Bonferroni).
    """
    count, past = data.summary.draws * data.horizon, np.maximum(np.abs(data.past).max(0), 1e-12)
    k = data.summary.largest / past
    p = np.minimum(len(data.assets) * count / (count + len(data.past) * k**3), 1.0)
    worst = int(p.argmin()) if p.min() < 1.0 else int(k.argmax())
    chance = data.level / len(data.assets)
    limit = past[worst] * (count / len(data.past) * (1.0 - chance) / chance) ** (1.0 / 3.0)
    name, value = data.assets[worst], float(data.summary.largest[worst])
    evidence = {"component": f"largest |r| of {name}", "history": float(past[worst])}
    evidence["draw"] = int(np.abs(data.raw[:, :, worst]).max(1).argmax())
    return Finding("", "", value, (0.0, float(limit)), float(p[worst]), columns=(name,), evidence=evidence)
