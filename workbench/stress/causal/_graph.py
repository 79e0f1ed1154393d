"""Causal graphs: which asset may move which within a day, declared before the data are looked at.

From YAML (``edges: [[rates, equities], ...]``, optionally ``nodes``), a mapping of the same shape, or a
:class:`networkx.DiGraph`. Every conclusion rests on it, so its hash is stamped on every answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import networkx as nx

from workbench.bounded import parse_yaml, read_bytes
from workbench.errors import ParameterError


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
