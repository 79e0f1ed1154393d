r"""The contract: a sampler is a fitted, deterministic map from standard-normal noise to scenarios.

``fit(returns, seed)`` learns; ``states(returns)`` walks a history once and gives what the sampler knows at every close,
so that frozen parameters roll over years in one pass; ``decode(noise, state, horizon)`` is the map itself; ``sample``
only draws the noise (:mod:`workbench.samplers.noise`) and decodes it, block by block. Since the map is deterministic,
the same seed gives the same bits on any number of workers, and questions such as "which least noise loses 15 %?" are
questions about ``decode``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from workbench import scenarios
from workbench.errors import FitError, ParameterError
from workbench.samplers.noise import BLOCK, block_noise, blocks, long_run_days

TILE = 512  # draws decoded at a time
State = dict[str, Tensor]  # name -> (draw or 1, ...)


@dataclass(frozen=True)
class States:
    """What a sampler knows at every close: ``values`` name -> (date, ...), one row a date of ``dates``."""

    dates: pd.DatetimeIndex
    values: dict[str, Tensor]

    def rows(self, positions: Sequence[int] | np.ndarray) -> State:
        """The states at these positions, one a draw."""
        index = torch.as_tensor(np.asarray(positions), dtype=torch.long)
        return {name: value[index] for name, value in self.values.items()}

    def at(self, date: str | pd.Timestamp) -> State:
        """The state at the close of ``date`` or of the last trading day before it, with a leading axis of 1."""
        position = self.dates.searchsorted(pd.Timestamp(date), side="right") - 1
        if position < 0:
            raise ParameterError(f"no state before {self.dates[0].date()}, asked for {pd.Timestamp(date).date()}")
        return self.rows([position])


class Sampler(ABC):
    """Base of every sampler. A subclass gives ``_fit``, ``states``, ``decode`` and, once fitted, ``width``.

    width : columns of noise that one day needs. assets_ : names of the fitted columns. history_ : the fitted panel.
    """

    width: int
    assets_: list[str]
    history_: pd.DataFrame

    def fit(self, returns: pd.DataFrame, seed: int = 0) -> Sampler:
        """Learn from log returns (day, asset), fractions; gives the sampler itself. Same inputs and seed, same fit."""
        _require_panel(returns)
        self.assets_, self.history_ = list(map(str, returns.columns)), returns
        self._fit(returns, seed)
        return self

    @abstractmethod
    def _fit(self, returns: pd.DataFrame, seed: int) -> None: ...

    @abstractmethod
    def states(self, returns: pd.DataFrame) -> States:
        """Walk a history of log returns (the same columns) with frozen parameters: the state at every close."""

    @abstractmethod
    def decode(self, noise: Tensor, state: State, horizon: int) -> Tensor:
        """Map standard-normal noise (draw, time, width) from ``state`` to log returns (draw, time, asset), float32."""

    def sample(
        self,
        draws: int,
        horizon: int,
        seed: int = 0,
        start: str | pd.Timestamp | pd.DataFrame = "last",
        executor: Executor | None = None,
    ):
        """Draw scenarios: a DataTree with one chain, ``draws`` draws, ``horizon`` days.

        start : "last" (the last fitted date), a date of the fitted history, a newer history of log returns (its last
            date), or "long-run" (each draw starts at a fitted day drawn uniformly: the stationary law, empirically).
        executor : any concurrent.futures executor; blocks of 4,096 draws are the unit of work and the bits do not
            depend on who did which block, nor in which order.
        """
        self.require_fitted()
        if draws < 1 or horizon < 1:
            raise ParameterError(f"draws and horizon must be at least 1, got draws={draws}, horizon={horizon}")
        task = partial(_decode_block, self, self._starts(start), horizon, seed)
        out = np.empty((draws, horizon, len(self.assets_)), dtype=np.float32)
        work = list(blocks(draws))
        done = executor.map(task, work) if executor else map(task, work)
        for block, values in zip(work, done):
            out[block * BLOCK : (block + 1) * BLOCK] = values[: min(BLOCK, draws - block * BLOCK)]
        return scenarios.assemble(out[None], self.assets_, seed=seed, horizon=horizon, start=_name_start(start))

    def _starts(self, start) -> State | States:
        if isinstance(start, pd.DataFrame):
            return self.states(start[self.assets_]).rows([-1])
        states = self.states(self.history_)
        if isinstance(start, str) and start == "long-run":
            return states
        return states.rows([-1]) if isinstance(start, str) and start == "last" else states.at(start)

    def require_fitted(self) -> None:
        if not hasattr(self, "assets_"):
            raise FitError(f"{type(self).__name__} is not fitted; call fit(returns, seed) first")


def _decode_block(sampler: Sampler, start: State | States, horizon: int, seed: int, block: int) -> np.ndarray:
    """One block of draws, always of full size and on one thread: bits depend on (sampler, seed, block) alone."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        noise = torch.from_numpy(block_noise(seed, "shocks", block, horizon, sampler.width))
        if isinstance(start, States):
            start = start.rows(long_run_days(seed, block, len(start.dates)))
        with torch.no_grad():
            return torch.cat([sampler.decode(*tile, horizon) for tile in _tiles(noise, start)]).numpy()
    finally:
        torch.set_num_threads(threads)


def _tiles(noise: Tensor, state: State) -> Iterator[tuple[Tensor, State]]:
    """A block in pieces of 512 draws, small enough for a processor's cache: twice as fast, always the same cuts."""
    for first in range(0, len(noise), TILE):
        rows = slice(first, first + TILE)
        yield noise[rows], {name: value if len(value) == 1 else value[rows] for name, value in state.items()}


def _require_panel(returns: pd.DataFrame) -> None:
    if not isinstance(returns, pd.DataFrame) or returns.shape[1] == 0:
        raise FitError("fit needs a DataFrame of log returns with one column an asset")
    bad = ~np.isfinite(returns.to_numpy(dtype=float))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise FitError(
            f"log return of {returns.columns[column]!r} on {returns.index[row]} is {returns.iat[row, column]}; "
            "drop or repair such rows before fitting, they are never filled silently"
        )


def _name_start(start) -> str:
    if isinstance(start, pd.DataFrame):
        return str(start.index[-1].date())
    return str(start)
