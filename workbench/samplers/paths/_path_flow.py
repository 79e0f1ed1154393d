r"""The path flow: flow matching over windows of days, all assets together, with the last days as context.

A window of whitened residuals, as Gaussian scores :math:`x_1` (day, asset), is reached from noise :math:`x_0` along
:math:`x_t = (1-t)x_0 + t x_1` (Lipman et al. 2023). Were the scores white and normal, the velocity would be known,

.. math:: v(x, t) = \frac{2t-1}{s^2}\,x,\qquad s^2 = t^2+(1-t)^2,

and with :math:`x = s\,y` nothing would move: the map from noise to scores would be the identity. Were they normal with
log variance :math:`a` and mean :math:`b`, both small, it would be the first order of

.. math:: \dot y = \frac{t(1-t)}{s^4}\,a\,y + \frac{1-t}{s^3}\,b,\qquad a, b = f_\theta(y, t, c),

and this is what the network gives, for every day and asset, from all of the window and the context :math:`c`, the
scores of the days before: joint size of a day's moves, clustering that the filter missed, reversal. It begins
at the identity, a few midpoint steps do, and :math:`a y` and :math:`b` are bounded: a score is its noise moved by no
more than a constant, which leaves the Pareto index of the margins as it is. Margins, correlation and the volatility
filter come last, as in :class:`.Filtered`, so that histories of many years stay in the range of the filter.

The network is trained on windows of every length up to ``window``, so that a horizon that ends inside a window has the
right distribution. It has other bits, though, than a longer one: all days of a window depend on each other's noise.
Horizons that are multiples of ``window`` days do begin alike.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from workbench._require import count
from workbench.samplers._base import Sampler, State, States
from workbench.samplers._composed import TAILS
from workbench.samplers._tables import lookup
from workbench.samplers.filters._attention import HEADS, attend, heads, initialise, perceptron, whole_heads
from workbench.samplers.filters._classical import FILTERS, Filter
from workbench.samplers.filters._correlation import MovingCorrelation, colour, covariance_root, whiten_daily
from workbench.samplers.noise import stream
from workbench.samplers.shocks._margins import SplicedMargins
from workbench.samplers.training._loop import Plan, one_thread, train
from workbench.stats import normal_scores

LARGEST = 5.0  # scores beyond this are seen by the network as this
PIECE = 32  # windows solved at a time: what a processor's cache holds
TABLE = 2049  # knots of the table from residuals back to scores


class PathFlow(Sampler):
    """Volatility filter x flow over windows of ``window`` days given ``context`` days x Pareto tails.

    filter : by name or itself. hidden : columns of the network. steps : of training, at the most. solver : midpoint
    steps of the flow. decay, shrink : of the :class:`.MovingCorrelation`.
    """

    network_: Any

    def __init__(
        self,
        filter: str | Filter = "neural",
        window: int = 20,
        context: int = 20,
        hidden: int = 16,
        steps: int = 800,
        solver: int = 2,
        decay: float = 0.98,
        shrink: float = 0.3,
        progress: bool = True,
    ) -> None:
        self.filter = FILTERS.make(filter) if isinstance(filter, str) else filter
        self.correlation = MovingCorrelation(decay, shrink)
        self.window, self.context = count("window", window, 1), count("context", context, 1)
        self.hidden, self.steps = whole_heads(hidden), count("steps", steps, 1)
        self.solver, self.progress = count("solver", solver, 1), progress

    def _fit(self, returns: pd.DataFrame, seed: int) -> None:
        self.filter.fit(returns, seed)
        residuals, clean = self.filter.standardise(returns), self._joint_from(self.filter, returns)
        self.correlation.fit(residuals[clean:])
        white = whiten_daily(self.correlation.filter_path(residuals), residuals)
        self.second_ = covariance_root(white[clean:])
        pool = torch.linalg.solve(self.second_, white.T).T[clean:].numpy()
        self.margins_ = SplicedMargins(TAILS["gpd"]).fit(pool)
        self.width = len(self.assets_)
        self._train(torch.as_tensor(normal_scores(pool), dtype=torch.float32), seed)

    def _train(self, scores: Tensor, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        network: nn.Module = Velocity(self.hidden, self.context, generator)
        length = self.context + self.window
        rows = scores.unfold(0, length, 1).transpose(1, 2).contiguous()
        plan = Plan(self.steps, batch=16, rate=5e-3, decay=0.05, average=0.01, gap=length, every=100, clip=1.0)
        name = "path flow" if self.progress else None
        self.network_, self.record_ = train(network, _matching, (rows,), plan, generator, progress=name)
        self.shift_ = torch.zeros(TABLE)
        drawn = np.random.Generator(np.random.Philox(seed)).integers(len(rows), size=2048)
        noise = torch.as_tensor(stream(seed, "margin", 0).standard_normal((2048, self.window, self.width)))
        with torch.no_grad():
            found = self.transport(noise.float(), rows[torch.as_tensor(drawn)][:, : self.context])
        self.shift_ = _calibration(found)

    @one_thread()
    def states(self, returns: pd.DataFrame) -> States:
        self.require_fitted()
        values = self.filter.filter_path(returns[self.assets_])
        residuals = self.filter.standardise(returns[self.assets_], values)
        values["root"] = self.correlation.filter_path(residuals)
        white = torch.linalg.solve(self.second_, whiten_daily(values["root"], residuals).T).T
        before = torch.zeros(self.context - 1, self.width)
        recent = torch.cat([before, self._scores(white)]).unfold(0, self.context, 1).transpose(1, 2)
        values = {name: value[1:] for name, value in values.items()}
        return States(returns.index, values | {"recent": recent})  # recent: (date, context, asset), a view

    def _scores(self, white: Tensor) -> Tensor:
        """Gaussian scores (day, asset) of whitened residuals, by a table of the margins' quantiles."""
        grid = torch.linspace(-LARGEST, LARGEST, TABLE, dtype=torch.float64)
        table = self.margins_.quantile(grid[:, None].expand(-1, self.width)).double().numpy()
        columns = [np.interp(day, knots, grid.numpy()) for day, knots in zip(white.numpy().T, table.T)]
        return torch.as_tensor(np.stack(columns, axis=1), dtype=torch.float32)

    def decode(self, noise: Tensor, state: State, horizon: int) -> Tensor:
        state = dict(state)
        root, recent, days = state.pop("root"), state.pop("recent"), []
        for begin in range(0, horizon, self.window):
            scores = self.transport(noise[:, begin : min(begin + self.window, horizon)], recent)
            recent = torch.cat([recent.expand(len(scores), -1, -1), scores], dim=1)[:, -self.context :]
            for day in scores.unbind(1):
                mean, scale = self.filter.moments(state)
                days.append(mean + scale * colour(root, self.margins_.quantile(day)))
                state = self.filter.simulate_step(state, days[-1])
        return torch.stack(days, dim=1)

    def transport(self, noise: Tensor, recent: Tensor) -> Tensor:
        """Scores (draw, time, asset) of a window from its noise and the scores of the days before."""
        parts = zip(noise.split(PIECE), recent.expand(len(noise), -1, -1).split(PIECE))
        return torch.cat([self._solve(*part) for part in parts])

    def _solve(self, noise: Tensor, recent: Tensor) -> Tensor:
        remembered = self.network_.remember(recent)
        path, step = noise, 1 / self.solver
        for place in range(self.solver):
            time = place * step
            halfway = path + 0.5 * step * self._slope(path, time, remembered)
            path = path + step * self._slope(halfway, time + 0.5 * step, remembered)
        return path + lookup(self.shift_, (path + LARGEST) * ((TABLE - 1) / (2 * LARGEST)))

    def _slope(self, path: Tensor, time: float, remembered: tuple[Tensor, ...]) -> Tensor:
        return self.network_(path, torch.tensor(time), remembered)


class Velocity(nn.Module):
    """Velocity of standardised scores y (draw, time, asset) at a time of the flow, given remembered days."""

    def __init__(self, width: int, context: int, generator: torch.Generator) -> None:
        super().__init__()
        self.context = context
        self.days, self.past = nn.Linear(8, width), nn.Linear(8, width)
        self.query, self.memory = nn.Linear(width, width), nn.Linear(width, 2 * width)
        self.market = nn.Sequential(nn.RMSNorm(width), nn.Linear(width, 3 * width))
        self.from_days, self.from_market = nn.Linear(width, width), nn.Linear(width, width)
        self.perceptron = perceptron(width)
        last = nn.Linear(width, 2)
        self.head = nn.Sequential(nn.RMSNorm(width), last)
        self.nearness = nn.Parameter(torch.linspace(0.05, 0.5, HEADS))
        initialise(self, generator)
        last.weight.data.zero_()

    def remember(self, recent: Tensor) -> tuple[Tensor, ...]:
        """Keys and values (draw, asset, head, day, size) of the days before the window."""
        return heads(self.memory(self.past(_features(recent, torch.tensor(1.0)))).transpose(1, 2), 2)

    def forward(self, scores: Tensor, time: Tensor, remembered: tuple[Tensor, ...]) -> Tensor:
        hidden = self.days(_features(scores, time))
        (query,) = heads(self.query(hidden).transpose(1, 2), 1)
        pairs = zip(remembered, heads(self.memory(hidden).transpose(1, 2), 2))
        key, value = (torch.cat([old.expand(len(new), *old.shape[1:]), new], dim=-2) for old, new in pairs)
        hidden = hidden + self.from_days(attend(query, key, value, self._distance(query, key)).transpose(1, 2))
        hidden = hidden + self.from_market(attend(*heads(self.market(hidden), 3)))
        size, move = torch.tanh(self.head(hidden + self.perceptron(hidden))).unbind(-1)
        square = time.square() + (1 - time).square()
        bounded = scores.clamp(-LARGEST, LARGEST)
        return time * (1 - time) / square.square() * size * bounded + (1 - time) / square.pow(1.5) * move

    def _distance(self, query: Tensor, key: Tensor) -> Tensor:
        """What a head takes off the weight of days far away, (head, day, day)."""
        days, seen = query.shape[-2], key.shape[-2]
        ago = (torch.arange(days)[:, None] + seen - days - torch.arange(seen)).abs()
        return self.nearness[:, None, None] * ago


def _features(scores: Tensor, time: Tensor) -> Tensor:
    """Features (draw, day, asset, 8) of scores at a time of the flow, one number or (draw, 1, 1)."""
    scores = scores.clamp(-LARGEST, LARGEST)
    assets = scores.shape[-1]
    move = scores.mean(dim=-1, keepdim=True) * math.sqrt(assets)
    size = ((scores.square().mean(dim=-1, keepdim=True) - 1) * math.sqrt(assets / 2)).clamp(max=2 * LARGEST)
    parts = [scores, scores.square().log1p() - 0.5, move, size, size.clamp(min=0).log1p()]
    clock = [time, torch.cos(math.pi * time), torch.cos(2 * math.pi * time)]
    return torch.stack([part.expand_as(scores) for part in (*parts, *clock)], dim=-1)


def _matching(network: nn.Module, rows: tuple[Tensor, ...], generator: torch.Generator) -> Tensor:
    """Flow-matching loss in units of what white scores leave: 1 where the network adds nothing."""
    return torch.cat([_of_windows(network, part, generator) for part in rows[0].split(64)]).mean()


def _of_windows(network: Any, windows: Tensor, generator: torch.Generator) -> Tensor:
    context = network.context
    recent, scores = windows[:, :context], windows[:, context:]
    shorter = int(torch.randint(1, 2 * scores.shape[1] + 1, (), generator=generator))
    scores = scores[:, :shorter]  # every second time the whole window
    noise = torch.randn(scores.shape, generator=generator)
    time = torch.rand(len(scores), 1, 1, generator=generator)
    spread = (time.square() + (1 - time).square()).sqrt()
    between = ((1 - time) * noise + time * scores) / spread
    unknown = (scores - noise) * spread - (2 * time - 1) * between
    return (unknown - spread.square() * network(between, time, network.remember(recent))).square().mean(dim=(1, 2))


def _calibration(scores: Tensor) -> Tensor:
    """What takes drawn scores, all assets and days pooled, to a standard normal: a table over -LARGEST..LARGEST."""
    ordered = np.sort(scores.double().numpy().ravel())
    grid = np.linspace(-LARGEST, LARGEST, TABLE)
    inner = np.clip(grid, -3.0, 3.0)
    share = (np.searchsorted(ordered, inner) / len(ordered)).clip(1e-6, 1 - 1e-6)
    normal = torch.special.ndtri(torch.as_tensor(share)).numpy()
    return torch.as_tensor(normal - inner, dtype=torch.float32)
