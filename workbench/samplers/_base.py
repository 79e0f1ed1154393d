r"""The contract: a sampler is a fitted, deterministic map from standard-normal noise to scenarios.

``fit(returns, seed)`` learns; ``states(returns)`` filters a history once and gives the state at every close, so that
frozen parameters roll over years in one pass; ``decode(noise, state, horizon)`` is the map itself; ``sample`` only
draws the noise (:mod:`workbench.samplers.noise`) and decodes it, block by block. Since the map is deterministic, the
same seed gives the same bits on any number of workers, and questions such as "which least noise loses 15 %?" are
questions about ``decode``.
"""

from __future__ import annotations

import os
import warnings
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from typing import Self, TypeAlias

import numpy as np
import pandas as pd
import torch
import xarray as xr
from torch import Tensor

from workbench import scenarios
from workbench._require import count
from workbench.errors import FitError, ParameterError
from workbench.samplers._describe import describe, html
from workbench.samplers._panel import ShortenedHistory, require_panel, shortened
from workbench.samplers._progress import tracked
from workbench.samplers.filters._classical import Filter, State
from workbench.samplers.noise import BLOCK, block_noise, blocks, long_run_days
from workbench.samplers.training._loop import one_thread

TILE = 512  # draws decoded at a time
AHEAD = 8  # blocks that workers may be ahead of who takes them


@dataclass(frozen=True)
class States:
    """The state of a sampler at every close: ``values`` name -> (date, ...), one row a date of ``dates``."""

    dates: pd.DatetimeIndex
    values: State

    def rows(self, positions: Sequence[int] | np.ndarray) -> State:
        """The states at these positions, one a draw."""
        index = torch.as_tensor(np.asarray(positions), dtype=torch.long)
        return {name: value[index] for name, value in self.values.items()}

    def at(self, date: str | pd.Timestamp) -> State:
        """The state at the close of ``date`` or of the last trading day before it, with a leading axis of 1.

        Raises ParameterError for what is no date, for one before the first state, and for one that lies behind the last
        by more than the longest gap between trading days: there the history has to be continued first.
        """
        day = timestamp("start", date)
        position = self.dates.searchsorted(day, side="right") - 1
        if position < 0:
            raise ParameterError(f"no state before {self.dates[0].date()}, asked for {day.date()}")
        gap = pd.Series(self.dates).diff().max()
        if position == len(self.dates) - 1 and day - self.dates[-1] > max(gap, pd.Timedelta(days=4)):
            raise ParameterError(
                f"the history ends on {self.dates[-1].date()}, asked for a start on {day.date()}; "
                "hand over log returns up to that day as start, or take 'last'"
            )
        return self.rows([position])


Start: TypeAlias = "str | pd.Timestamp | pd.DataFrame | States"


class Sampler(ABC):
    """Base of every sampler. A subclass gives ``_fit``, ``states``, ``decode`` and, once fitted, ``width``.

    width : columns of noise that one day needs. Fitted: ``assets_``, the names of the columns; ``history_``, the
    panel; ``seed_``; ``notes_``, what the fit left out and why, each also raised as a warning.
    """

    width: int
    assets_: list[str]
    history_: pd.DataFrame
    seed_: int | None = None
    notes_: Sequence[str] = ()

    def fit(self, returns: pd.DataFrame, seed: int = 0) -> Self:
        """Learn from log returns (day, asset), fractions; gives the sampler itself. Same inputs and seed, same fit.

        Raises FitError, before anything is trained, naming the column and the day of what cannot be used: values that
        are missing or infinite, a constant column, columns of one name, days that are doubled or out of order, too
        few days. Warns with :class:`.ShortenedHistory` where days are left out.
        """
        seed = count("seed", seed, 0)
        require_panel(returns)
        self.assets_, self.history_, self.seed_ = list(map(str, returns.columns)), returns, seed
        self.notes_ = []
        try:
            with one_thread():  # no decorator: a warning names the line that called fit
                self._fit(returns, seed)
        except BaseException:
            del self.assets_
            raise
        return self

    @abstractmethod
    def _fit(self, returns: pd.DataFrame, seed: int) -> None: ...

    @abstractmethod
    def states(self, returns: pd.DataFrame) -> States:
        """Filter a history of log returns (the same columns) with frozen parameters: the state at every close."""

    @abstractmethod
    def decode(self, noise: Tensor, state: State, horizon: int) -> Tensor:
        """Map standard-normal noise (draw, time, width) from ``state`` to log returns (draw, time, asset), float32."""

    def sample(
        self,
        draws: int,
        horizon: int,
        seed: int = 0,
        start: Start = "last",
        executor: Executor | None = None,
    ) -> xr.DataTree:
        """Draw scenarios: a DataTree with one chain, ``draws`` draws, ``horizon`` days.

        start : as for :meth:`starts`.
        executor : any concurrent.futures executor; blocks of 4,096 draws are the unit of work and the bits do not
            depend on who did which block, nor in which order.
        """
        drawn = self._blocks(draws, horizon, seed, start, executor.map if executor else map)
        out = np.empty((draws, horizon, len(self.assets_)), dtype=np.float32)
        for block, values in enumerate(drawn):
            part = out[block * BLOCK : (block + 1) * BLOCK]
            part[:] = values[: len(part)]
        return scenarios.assemble(out[None], self.assets_, seed=seed, horizon=horizon, start=_name_start(start))

    def sample_to(
        self,
        path: str | os.PathLike,
        draws: int,
        horizon: int,
        seed: int = 0,
        start: Start = "last",
        executor: Executor | None = None,
    ) -> str:
        """The set of :meth:`sample`, to the same bits, written to ``path`` (.zarr) block by block; gives its digest.

        No more than nine blocks are in memory at a time, however many draws there are. The digest is that of
        :func:`workbench.scenarios.digest`.
        """
        drawn = self._blocks(draws, horizon, seed, start, partial(_ahead, executor) if executor else map)
        facts = {"seed": seed, "horizon": horizon, "start": _name_start(start)}
        return scenarios.stream(path, drawn, draws, horizon, self.assets_, facts)

    def _blocks(self, draws: int, horizon: int, seed: int, start: Start, run: Callable) -> Iterator[np.ndarray]:
        """The blocks that hold ``draws`` draws, (draw, time, asset) each, in their order; ``run`` is a kind of map."""
        self.require_fitted()
        draws, horizon, seed = count("draws", draws, 1), count("horizon", horizon, 1), count("seed", seed, 0)
        task, work = partial(_decode_block, self, self.starts(start), horizon, seed, min(draws, BLOCK)), blocks(draws)
        return tracked(run(task, work), len(work), f"blocks of {BLOCK:,} draws")

    def starts(self, start: Start) -> State | States:
        """The state that all draws start from, or States of which each draw takes one with equal chance.

        start : "last" (the last fitted day), a date of the fitted history, a newer history of log returns (its last
            day), "long-run" (all fitted days: the stationary distribution, empirically), or States.
        """
        if isinstance(start, States):
            return start
        if isinstance(start, pd.DataFrame):
            return self.filtered(start).rows([-1])
        states = self.states(self.history_)
        if isinstance(start, str) and start == "long-run":
            return states
        return states.rows([-1]) if isinstance(start, str) and start == "last" else states.at(start)

    def filtered(self, history: pd.DataFrame) -> States:
        """:meth:`states` over a history of log returns (day, asset) that is checked before: columns, days, values."""
        self.require_fitted()
        missing = ", ".join(repr(name) for name in self.assets_ if name not in history.columns)
        if missing:
            raise ParameterError(f"the history lacks the columns {missing}, which the sampler was fitted to")
        require_panel(history[self.assets_], shortest=1, constant=True)
        return self.states(history)

    def require_fitted(self) -> None:
        """FitError where :meth:`fit` has not been called."""
        if not hasattr(self, "assets_"):
            raise FitError(f"{type(self).__name__} is not fitted; call fit(returns, seed) first")

    def _joint_from(self, filter: Filter, returns: pd.DataFrame) -> int:
        """First position at which residuals of all assets count; a note and a warning where it is not the first day."""
        first = filter.joint_from(returns)
        if first:
            self._note(shortened(returns, first))
        return first

    def _note(self, text: str) -> None:
        self.notes_ = [*self.notes_, text]
        warnings.warn(text, ShortenedHistory, stacklevel=5)

    def __repr__(self) -> str:
        return describe(self)

    def _repr_html_(self) -> str:
        return html(self)


def _ahead(executor: Executor, task: Callable[[int], np.ndarray], work: Iterable[int]) -> Iterator[np.ndarray]:
    """As the map of an executor, which is never more than ``AHEAD`` pieces ahead of who takes the results."""
    waiting: deque[Future] = deque()
    for piece in work:
        waiting.append(executor.submit(task, piece))
        if len(waiting) > AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _decode_block(
    sampler: Sampler, start: State | States, horizon: int, seed: int, draws: int, block: int
) -> np.ndarray:
    """The tiles of one block that hold its first ``draws`` draws, on one thread: bits depend on no other argument."""
    with one_thread(), torch.no_grad():
        noise = torch.from_numpy(block_noise(seed, "shocks", block, horizon, sampler.width))
        if isinstance(start, States):
            start = start.rows(long_run_days(seed, block, len(start.dates)))
        return torch.cat([sampler.decode(*tile, horizon) for tile in _tiles(noise, start, draws)]).numpy()


def _tiles(noise: Tensor, state: State, draws: int) -> Iterator[tuple[Tensor, State]]:
    """A block in pieces of 512 draws, small enough for a processor's cache: twice as fast, always the same cuts."""
    for first in range(0, draws, TILE):
        rows = slice(first, first + TILE)
        yield noise[rows], {name: value if len(value) == 1 else value[rows] for name, value in state.items()}


def timestamp(name: str, date: object) -> pd.Timestamp:
    """``date`` as a day without a time zone; ParameterError for anything that is no date."""
    try:
        day = pd.Timestamp(date)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        day = pd.NaT
    if isinstance(date, (bool, int, float)) or pd.isna(day):
        more = "'last', 'long-run', a history of log returns or " if name == "start" else ""
        raise ParameterError(f"{name} must be {more}a date, got {date!r}")
    return day.tz_localize(None)


def _name_start(start: Start) -> str:
    if isinstance(start, pd.DataFrame):
        return str(start.index[-1].date())
    return f"{len(start.dates)} days" if isinstance(start, States) else str(start)
