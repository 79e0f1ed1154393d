r"""A linear structural model under a declared graph, and the two answers that it can give.

Every node is regressed on its parents of the same day and, with ``lags``, on all nodes' past (a structural vector
autoregression identified by the graph):

.. math:: x_{j,t} = c_j + \sum_{i\in pa(j)} b_{ij} x_{i,t} + \sum_{l,k} a_{jkl} x_{k,t-l} + u_{j,t}.

*do(x = v)* cuts the equations of the nodes that are set and propagates through the others (Pearl 2009, ch. 1 and 3);
*given x = v* reads the same model's joint distribution. The shocks :math:`u` are past ones: "joint" keeps a day's shocks of
all nodes together, so that common volatility survives; "independent" draws each node's by itself, which is what the
graph claims.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import networkx as nx
import numpy as np
import pandas as pd

from workbench._require import count, number
from workbench.errors import FitError, ParameterError
from workbench.samplers.noise import stream
from workbench.stress.causal._graph import require_columns, stamp

SHOCKS = ("joint", "independent")


@dataclass(frozen=True)
class StructuralModel:
    """Fitted equations. ``direct`` (effect, cause) holds b, ``lagged`` (lag, effect, cause) a, ``shocks`` u by day."""

    graph: nx.DiGraph
    order: tuple[str, ...]
    constant: np.ndarray
    direct: np.ndarray
    lagged: np.ndarray
    shocks: pd.DataFrame
    past: np.ndarray  # (lag, node), the last days, newest first

    def reduced(self, held: tuple[int, ...] = ()) -> np.ndarray:
        """(I - B)^-1 with the equations of the nodes ``held`` cut: how a unit shock spreads on its day."""
        direct = self.direct.copy()
        direct[list(held)] = 0.0
        return np.linalg.inv(np.eye(len(self.order)) - direct)

    def baseline(self) -> np.ndarray:
        """What the past and the constants say of the next day, before any of its shocks (node,)."""
        return self.constant + np.einsum("ljk,lk->j", self.lagged, self.past)

    def total_effects(self) -> pd.DataFrame:
        """Effect on the row of setting the column one unit higher, by every directed way."""
        return pd.DataFrame(self.reduced(), index=self.order, columns=self.order)

    def positions(self, values: Mapping[str, float]) -> tuple[int, ...]:
        """Places of the named nodes; refuses an unknown name and a value that is not finite."""
        unknown = sorted(set(values) - set(self.order))
        if unknown or not values:
            raise ParameterError(f"set at least one of the nodes {list(self.order)}; unknown: {unknown}")
        for name, value in values.items():
            number(f"the value of {name!r}", value)
        return tuple(self.order.index(name) for name in values)


def fit_structural(returns: pd.DataFrame, graph: nx.DiGraph, lags: int = 0) -> StructuralModel:
    """Estimate every equation by least squares on ``returns`` (day, asset), which must have every node as a column.

    Raises FitError when a node is no column or when there are fewer than ten days a coefficient.
    """
    require_columns(returns, graph)
    count("lags", lags, 0)
    order = tuple(nx.lexicographical_topological_sort(graph))
    values = returns[list(order)].to_numpy(dtype=float)
    nodes, days = len(order), len(values) - lags
    size = 1 + nodes * (lags + 1)
    if days < 10 * size:
        raise FitError(f"{days} days are too few for {size} coefficients an equation; ten days each are needed")
    today = values[lags:]
    before = np.hstack([np.empty((days, 0)), *(values[lags - lag : len(values) - lag] for lag in range(1, lags + 1))])
    constant, direct, lagged = np.zeros(nodes), np.zeros((nodes, nodes)), np.zeros((lags, nodes, nodes))
    for place, name in enumerate(order):
        parents = [order.index(parent) for parent in graph.predecessors(name)]
        design = np.column_stack([np.ones(days), today[:, parents], before])
        found = np.linalg.lstsq(design, today[:, place], rcond=None)[0]
        constant[place], direct[place, parents] = found[0], found[1 : 1 + len(parents)]
        lagged[:, place] = found[1 + len(parents) :].reshape(lags, nodes)
    shocks = today - constant - today @ direct.T - before @ lagged.transpose(1, 0, 2).reshape(nodes, -1).T
    frame = pd.DataFrame(shocks, index=returns.index[lags:], columns=list(order))
    return StructuralModel(graph, order, constant, direct, lagged, frame, values[::-1][:lags])


def do(
    model: StructuralModel, values: Mapping[str, float], draws: int = 10_000, seed: int = 0, shocks: str = "joint"
) -> pd.DataFrame:
    """Intervention (Pearl's do): draws (draw, node) of the next day when ``values`` are imposed from outside."""
    held = model.positions(values)
    drawn = model.baseline() + _draw(model, draws, seed, shocks)
    drawn[:, list(held)] = list(values.values())
    return pd.DataFrame(drawn @ model.reduced(held).T, columns=list(model.order))


def observe(
    model: StructuralModel, values: Mapping[str, float], draws: int = 10_000, seed: int = 0, shocks: str = "joint"
) -> pd.DataFrame:
    """Conditional draws (draw, node) of the next day when ``values`` are merely seen: best linear prediction and its
    residuals.
    """
    held = list(model.positions(values))
    drawn = (model.baseline() + _draw(model, draws, seed, shocks)) @ model.reduced().T
    free = pd.DataFrame(drawn, columns=list(model.order))
    covariance = model.reduced() @ _covariance(model, shocks) @ model.reduced().T
    slope = np.linalg.solve(covariance[np.ix_(held, held)], covariance[held]).T  # (node, held)
    gap = np.array(list(values.values())) - free.iloc[:, held].to_numpy()
    return free + gap @ slope.T


@dataclass(frozen=True)
class Answer:
    """The interventional answer beside the observational one. table : by node, means, their difference and its
    Monte Carlo standard error, and the two standard deviations.
    """

    table: pd.DataFrame
    interventional: pd.DataFrame
    observational: pd.DataFrame
    graph: str

    def __str__(self) -> str:
        return f"{self.table.to_string(float_format='{:.4f}'.format)}\nrests on the declared graph {self.graph}"


def intervene(
    model: StructuralModel, values: Mapping[str, float], draws: int = 10_000, seed: int = 0, shocks: str = "joint"
) -> Answer:
    """What happens if ``values`` are imposed, beside what is expected when they are merely seen."""
    done, seen = do(model, values, draws, seed, shocks), observe(model, values, draws, seed, shocks)
    difference = done - seen
    means = {"do": done.mean(), "given": seen.mean(), "difference": difference.mean()}
    spreads = {"standard_error": difference.std() / np.sqrt(draws), "do_sd": done.std(), "given_sd": seen.std()}
    return Answer(pd.DataFrame(means | spreads), done, seen, stamp(model.graph))


def _draw(model: StructuralModel, draws: int, seed: int, shocks: str) -> np.ndarray:
    count("draws", draws)
    if shocks not in SHOCKS:
        raise ParameterError(f"shocks must be one of {SHOCKS}, got {shocks!r}")
    past, days, nodes = model.shocks.to_numpy(), len(model.shocks), range(len(model.order))
    if shocks == "joint":
        return past[stream(seed, "structural", 0).integers(days, size=draws)]
    return np.stack([past[stream(seed, "structural", 0, i).integers(days, size=draws), i] for i in nodes], axis=1)


def _covariance(model: StructuralModel, shocks: str) -> np.ndarray:
    covariance = np.atleast_2d(np.cov(model.shocks.to_numpy().T))
    return covariance if shocks == "joint" else np.diag(np.diag(covariance))


def sensitivity(returns: pd.DataFrame, graph: nx.DiGraph, cause: str, effect: str, lags: int = 0) -> pd.DataFrame:
    """The total effect of ``cause`` on ``effect`` when one edge is dropped, or turned round where no cycle arises.

    One row an altered edge: ``change``, ``effect`` and ``difference`` from the declared graph's.
    """

    unknown = sorted({cause, effect} - set(graph))
    if unknown:
        raise ParameterError(f"{unknown} are no nodes of the graph; it has {sorted(graph)}")

    def total(altered: nx.DiGraph) -> float:
        return float(fit_structural(returns, altered, lags).total_effects().loc[effect, cause])

    rows = [
        (f"{tail} -> {head}", change, total(altered))
        for tail, head in sorted(graph.edges)
        for change, altered in _altered(graph, (tail, head)).items()
    ]
    table = pd.DataFrame(rows, columns=["edge", "change", "effect"])
    return table.assign(difference=table["effect"] - total(graph))


def _altered(graph: nx.DiGraph, edge: tuple[str, str]) -> dict[str, nx.DiGraph]:
    dropped = graph.copy()
    dropped.remove_edge(*edge)
    altered = {"dropped": dropped, "reversed": dropped.copy()}
    altered["reversed"].add_edge(*edge[::-1])
    return {change: each for change, each in altered.items() if nx.is_directed_acyclic_graph(each)}
