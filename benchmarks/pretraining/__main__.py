"""Train the weights of the pretrained filter and write them with their records.

    python -m benchmarks.pretraining                  # all, about twelve CPU minutes; downloads three packages
    python -m benchmarks.pretraining until_2006       # one

Same packages, same seeds, same weights (on one thread of one kind of processor). What a panel's licence does not allow
is not learned from: see ``benchmarks/pretraining/panels.py``.
"""

from __future__ import annotations

import hashlib
import json
import sys

import torch
from safetensors.torch import save

from benchmarks.pretraining import panels
from workbench.data import content_hash
from workbench.samplers.training import pretraining, weights

CUTS = {
    "until_1996": ("1996-12-31", False),
    "until_1998": ("1998-12-31", False),
    "until_2002": ("2002-12-31", False),
    "until_2006": ("2006-12-31", False),
    "until_2006_without_us_equities": ("2006-12-31", True),
    "until_2015": ("2015-12-31", False),
    "until_2026": ("2026-10-30", False),
}
SEEDS, MEMBERS, HIDDEN, STEPS = 5, 4, 16, 800


def learned(last: str, hold_out: bool) -> list[panels.Panel]:
    """The panels up to ``last``, each asset with at least two years of it."""
    kept = []
    for panel in panels.training_panels(hold_out):
        cut = panel.returns.loc[:last]
        cut = cut.loc[:, cut.notna().sum() > 2 * pretraining.BEGIN].dropna(how="all")
        if not cut.empty:
            kept.append(panels.Panel(panel.name, panel.kind, cut, panel.origin, panel.licence))
    return kept


def describe(panel: panels.Panel) -> dict:
    """What the record says of a panel: where it is from, its content, its assets and their days."""
    signs = weights.lattice_signs(panel.returns)
    spans = [panel.returns[name].dropna().index for name in panel.returns]
    assets = [
        {"name": str(name), "first": str(days[0].date()), "last": str(days[-1].date()), "signs": weights.pack(column)}
        for name, days, column in zip(panel.returns, spans, signs.T)
    ]
    return {
        "name": panel.name,
        "kind": panel.kind,
        "origin": panel.origin,
        "licence": panel.licence,
        "sha256": content_hash(panel.returns),
        "assets": assets,
    }


def train(name: str) -> None:
    """Train one set of weights; write beside, then rename."""
    last, hold_out = CUTS[name]
    torch.set_num_threads(1)
    kept = learned(last, hold_out)
    rows = pretraining.rows([panel.returns for panel in kept], [panel.kind for panel in kept])
    tensors, losses = {}, []
    for seed in range(SEEDS):
        mine, loss = pretraining.pretrain(rows, MEMBERS, HIDDEN, STEPS, seed)
        tensors |= {f"{seed}.{key}": value.contiguous() for key, value in mine.items()}
        losses.append(round(loss, 5))
        print(name, seed, losses[-1], flush=True)
    content = save(tensors)
    described = [describe(panel) for panel in kept]
    facts = {
        "last": max(asset["last"] for panel in described for asset in panel["assets"]),
        "held_out": ["us_equities"] if hold_out else [],
        "sha256": hashlib.sha256(content).hexdigest(),
        "seeds": SEEDS,
        "members": MEMBERS,
        "hidden": HIDDEN,
        "steps": STEPS,
        "losses": losses,
        "days": int(len(rows.own)),
        "torch": torch.__version__,
        "panels": described,
    }
    for suffix, written in (("safetensors", content), ("json", json.dumps(facts, indent=1).encode())):
        beside = weights.FOLDER / f"{name}.{suffix}.part"
        beside.write_bytes(written)
        beside.replace(weights.FOLDER / f"{name}.{suffix}")


def main(names: list[str] | None = None) -> None:
    for name in names or CUTS:
        train(name)


if __name__ == "__main__":
    main(sys.argv[1:])
