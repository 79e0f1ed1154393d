r"""Pretraining: what the pretrained filter's network learns from, and how.

All assets of all panels are walked once on one calendar, each from its own first day; a row is one asset's day,
its features and what came next, :math:`z = \varepsilon_{t+1}/\sqrt{h_{t+1}}`. A step draws days and on each a
market of 3 to ``ASSETS`` assets that traded then, half of the time out of one panel and half of the time across all, so
that the panel's means are those of many possible panels. The loss is the Student-t likelihood, and every *kind* of
asset is drawn alike: more of one kind would drown the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from workbench.samplers.filters._neural import Networks, negative_likelihood
from workbench.samplers.filters._pretrained import FRESH, PooledGarch, with_panel
from workbench.samplers.training._loop import Plan, train

BEGIN = 250  # days from which an asset's first variance is taken, and which are not learned from
DAYS, ASSETS = 96, 24  # days a step, assets a day at the most
RATE, DECAY = 1e-3, 0.1  # of AdamW
AVERAGED = 0.01  # weight of each step in the averaged network


@dataclass
class Rows:
    """One row an asset's day: ``own`` (row, feature), ``surprise`` (row,), ``place`` (day, asset) row or -1."""

    own: Tensor
    surprise: Tensor
    place: Tensor
    panel: Tensor  # (asset,)
    kind: Tensor  # (asset,)
    dates: pd.DatetimeIndex


def rows(panels: list[pd.DataFrame], kinds: list[str]) -> Rows:
    """Walk panels of log returns (date, asset), missing values allowed, ``kinds`` one a panel."""
    dates = panels[0].index
    for panel in panels[1:]:
        dates = dates.union(panel.index)
    parts = [_walk(panel) for panel in panels]
    assets = sum(panel.shape[1] for panel in panels)
    place = torch.full((len(dates), assets), -1, dtype=torch.long)
    first_row, first_asset = 0, 0
    for panel, (own, _, days, columns) in zip(panels, parts):
        position = torch.as_tensor(dates.get_indexer(panel.index))[days]
        place[position, columns + first_asset] = torch.arange(len(own)) + first_row
        first_row, first_asset = first_row + len(own), first_asset + panel.shape[1]
    names = sorted(set(kinds))
    widths = torch.tensor([panel.shape[1] for panel in panels])
    return Rows(
        torch.cat([part[0] for part in parts]),
        torch.cat([part[1] for part in parts]),
        place,
        torch.arange(len(panels)).repeat_interleave(widths),
        torch.tensor([names.index(kind) for kind in kinds]).repeat_interleave(widths),
        dates,
    )


def _walk(panel: pd.DataFrame) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Rows of one panel: own features, surprises, their day and column; assets rest on days without a return."""
    values = torch.tensor(panel.to_numpy(dtype=np.float32))
    known, age = ~values.isnan(), (~values.isnan()).cumsum(dim=0)
    first = torch.where(known & (age <= BEGIN), values, torch.nan)
    variance = first.square().nanmean(dim=0, keepdim=True)
    garch = PooledGarch(torch.zeros_like(variance), variance)
    state, features, surprises = garch.start(variance), [], []
    for day, live in zip(values, known):
        features.append(garch.own_features(state)[0])
        surprises.append(day / state["variance"][0].sqrt())
        seen = torch.where(live, day, 0.0)[None]
        after = garch.update(state, seen, live[None])
        state = {name: _keep(live, after[name], value) for name, value in state.items()}
    use = known & (age > BEGIN)
    days, columns = use.nonzero(as_tuple=True)
    return torch.stack(features)[use], torch.stack(surprises)[use], days, columns


def _keep(live: Tensor, after: Tensor, before: Tensor) -> Tensor:
    shape = (1, -1) + (1,) * (after.dim() - 2)
    return torch.where(live.reshape(shape), after, before)


def pretrain(
    learned: Rows, members: int, hidden: int, steps: int, seed: int, checkpoint: str | None = None
) -> tuple[dict[str, Tensor], float]:
    """``members`` networks side by side: their tensors with centre and spread of the features, and the last loss."""
    generator = torch.Generator().manual_seed(seed)
    used = learned.place[learned.place >= 0]
    centre, spread = _scale(learned.own[used[torch.randperm(len(used), generator=generator)[:200_000]]])
    weight = _balanced(learned)

    def loss(networks: nn.Module, days: tuple[Tensor, ...], chance: torch.Generator) -> Tensor:
        inputs, surprise = markets(learned, days[0], weight, chance)
        return negative_likelihood(networks, (inputs - centre) / spread, surprise)

    plan = Plan(steps, DAYS, RATE, DECAY, AVERAGED, validation=0.0, every=100)
    networks = Networks(members, len(centre), hidden, generator)
    several = ((learned.place >= 0).sum(dim=1) >= 3).nonzero()[:, 0]
    trained, record = train(networks, loss, (several,), plan, generator, checkpoint=checkpoint)
    recent = [curve[1] for curve in record.curve[-3:]]
    return {**trained.state_dict(), "centre": centre, "spread": spread}, sum(recent) / len(recent)


def _scale(own: Tensor) -> tuple[Tensor, Tensor]:
    """Centre and spread of every feature; the panel's means are scaled like what they are means of."""
    centre, spread = own.mean(dim=0), own.std(dim=0).clamp(min=1e-3)
    return torch.cat([centre, centre[:FRESH]]), torch.cat([spread, spread[:FRESH]])


def _balanced(learned: Rows) -> Tensor:
    """Weight an asset (asset,): every kind has the same sum over its rows."""
    count = (learned.place >= 0).sum(dim=0).double()
    total = torch.zeros(int(learned.kind.max()) + 1, dtype=torch.double).index_add_(0, learned.kind, count)
    return torch.where(count > 0, 1.0 / total[learned.kind].clamp(min=1), 0.0)


def markets(learned: Rows, days: Tensor, weight: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Inputs (row, feature) and surprises (row,) of one random market on each of ``days``.

    Half of the markets are of one panel. Assets are drawn without replacement by exponential clocks that run at their
    weights, so that every kind has the same chance.
    """
    live = learned.place[days] >= 0
    clock = torch.empty(live.shape).exponential_(generator=generator) / weight.float().clamp(min=1e-30)
    clock = torch.where(live, clock, torch.inf)
    one_panel = torch.rand(len(days), 1, generator=generator) < 0.5
    alike = learned.panel[None] == learned.panel[clock.argmin(dim=1)][:, None]
    clock = torch.where(one_panel & ~alike, torch.inf, clock)
    drawn, asset = clock.topk(min(ASSETS, clock.shape[1]), dim=1, largest=False)
    size = torch.randint(3, ASSETS + 1, (len(days), 1), generator=generator)
    inside = drawn.isfinite() & (torch.arange(drawn.shape[1]) < size)
    row = learned.place[days[:, None], asset].clamp(min=0)  # (day, asset)
    return with_panel(learned.own[row], inside)[inside], learned.surprise[row][inside]
