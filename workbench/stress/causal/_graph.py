r"""Causal graphs: which asset may move which within a day, declared before the data are looked at.

From YAML (``edges: [[rates, equities], ...]``, optionally ``nodes``), a mapping of the same shape, or a
:class:`networkx.DiGraph`. Every conclusion rests on it, so its hash is stamped on every answer.

**Tests**: every independence that a graph implies, with an error rate that survives volatility clusters. A node is
independent of every node that is not its descendant, given its parents (the local Markov property; all other
separations follow). With linear equations the partial correlation is then zero: :math:`e_x`, :math:`e_y` the
residuals of the two nodes on the parents,

.. math:: t = \sqrt{n}\,\overline{e_x e_y} \big/ \hat\omega ,\qquad
          \hat\omega^2 = \text{Newey-West long-run variance of } e_x e_y ,

standard normal when the independence holds, whatever the heteroscedasticity (an iid formula rejects far too often when
volatilities move together). Holm's rule keeps the chance of refuting a true graph below ``level`` in all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
from scipy.stats import norm

from workbench._require import number
from workbench.bounded import parse_yaml, read_bytes
from workbench.errors import FitError, ParameterError
from workbench.stats import bartlett_lags, holm_adjusted, long_run_variance

FEWEST = 250  # days


def causal_graph(source: str | Path | Mapping | nx.DiGraph) -> nx.DiGraph:
    """Read a graph.

    source : path of a YAML file, YAML text, a mapping, or a DiGraph.

    Raises ParameterError for what is not a graph, an edge that is not a pair, and a cycle (it names one).

    >>> sorted(causal_graph("edges: [[rates, equities]]").edges)
    [('rates', 'equities')]
    """
    graph = nx.DiGraph(source) if isinstance(source, nx.DiGraph) else _declared(source)
    if not nx.is_directed_acyclic_graph(graph):
        cycle = " -> ".join(str(edge[0]) for edge in nx.find_cycle(graph))
        raise ParameterError(
            f"the graph has a cycle ({cycle}); causes within one day must not run in circles, drop an edge"
        )
    return graph


def _declared(source: str | Path | Mapping) -> nx.DiGraph:
    declared = source if isinstance(source, Mapping) else parse_yaml(_text(str(source)), "the graph", ParameterError)
    edges = declared.get("edges") if isinstance(declared, Mapping) else None
    if not isinstance(declared, Mapping) or not isinstance(edges, (list, tuple)):
        raise ParameterError("a graph needs 'edges', a list of pairs [cause, effect], and may name 'nodes'")
    bad = [edge for edge in edges if not isinstance(edge, (list, tuple)) or len(edge) != 2]
    if bad:
        raise ParameterError(f"every edge is a pair [cause, effect], got {bad[0]!r}")
    graph = nx.DiGraph()
    graph.add_nodes_from(map(str, declared.get("nodes", ())))
    graph.add_edges_from((str(cause), str(effect)) for cause, effect in edges)
    return graph


def _text(source: str) -> str | bytes:
    """YAML as it is, or what the file of that name holds."""
    if "\n" in source or not source.endswith((".yaml", ".yml")):
        return source
    if not Path(source).exists():
        raise ParameterError(f"there is no graph file {source!r}")
    return read_bytes(Path(source), ParameterError)


def stamp(graph: nx.DiGraph) -> str:
    """Short SHA-256 of the sorted nodes and edges: which graph an answer rests on."""
    content = json.dumps([sorted(graph.nodes), sorted(graph.edges)])
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def require_columns(returns: pd.DataFrame, graph: nx.DiGraph) -> None:
    """Raise FitError when a node of the graph is no column of the panel."""
    missing = sorted(set(graph.nodes) - set(returns.columns))
    if missing:
        raise FitError(f"the graph's nodes {missing} are no columns of the panel; it has {list(returns.columns)}")


def independences(graph: nx.DiGraph) -> list[tuple[str, str, tuple[str, ...]]]:
    """(node, other, given): what the graph says is independent, one for each pair that no edge joins."""
    found: dict[frozenset[str], tuple[str, str, tuple[str, ...]]] = {}
    for node in nx.lexicographical_topological_sort(graph):
        parents = tuple(sorted(graph.predecessors(node)))
        apart = set(graph) - nx.descendants(graph, node) - {node} - set(parents)
        for other in sorted(apart):
            found.setdefault(frozenset((node, other)), (node, other, parents))
    return list(found.values())


def refute(returns: pd.DataFrame, graph: nx.DiGraph, level: float = 0.05) -> pd.DataFrame:
    """Test every implied independence on ``returns`` (day, asset).

    Returns one row a test: nodes, given, partial correlation, t, p-value, Holm-adjusted p-value, ``refuted``. A graph
    with an edge between any two nodes implies nothing and cannot be refuted: the table is then empty. Raises FitError
    for fewer than 250 days and for a node that is no column.
    """
    number("level", level, above=0, below=1)
    require_columns(returns, graph)
    if len(returns) < FEWEST:
        raise FitError(f"{len(returns)} days are too few to refute a graph; {FEWEST} are needed")
    rows = [_test(returns, *claim) for claim in independences(graph)]
    table = pd.DataFrame(rows, columns=["node", "other", "given", "partial_correlation", "t", "p_value"])
    adjusted = holm_adjusted(table["p_value"].to_numpy(dtype=float))
    return table.assign(holm_p=adjusted, refuted=adjusted <= level)


def _test(returns: pd.DataFrame, node: str, other: str, given: tuple[str, ...]) -> tuple:
    design = np.column_stack([np.ones(len(returns)), returns[list(given)].to_numpy(dtype=float)])
    pair = returns[[node, other]].to_numpy(dtype=float)
    left = pair - design @ np.linalg.lstsq(design, pair, rcond=None)[0]
    left /= left.std(axis=0)
    product = left[:, 0] * left[:, 1]
    t = product.mean() * np.sqrt(len(product) / long_run_variance(product, bartlett_lags(len(product))))
    return node, other, ", ".join(given), product.mean(), t, float(2 * norm.sf(abs(t)))
