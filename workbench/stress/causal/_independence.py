r"""Tests of a graph: every independence that it implies, with an error rate that survives volatility clusters.

A node is independent of every node that is not its descendant, given its parents (the local Markov property; all other
separations follow). With linear equations the partial correlation is then zero:
:math:`e_x`, :math:`e_y` the residuals of the two nodes on the parents,

.. math:: t = \sqrt{n}\,\overline{e_x e_y} \big/ \hat\omega ,\qquad
          \hat\omega^2 = \text{Newey-West long-run variance of } e_x e_y ,

standard normal when the independence holds, whatever the heteroscedasticity (an iid formula rejects far too often when
volatilities move together). Holm's rule keeps the chance of refuting a true graph below ``level`` in all.
"""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
from scipy.stats import norm

from workbench._require import number
from workbench.errors import FitError
from workbench.stats import bartlett_lags, holm_adjusted, long_run_variance
from workbench.stress.causal._structural import require_columns

FEWEST = 250  # days


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
