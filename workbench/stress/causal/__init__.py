"""Structural causal models: interventions beside conditional expectations, under a declared graph."""

from workbench.stress.causal._graph import causal_graph, independences, refute, stamp
from workbench.stress.causal._structural import (
    Answer,
    StructuralModel,
    do,
    fit_structural,
    intervene,
    observe,
    sensitivity,
)

__all__ = [
    "causal_graph", "stamp", "independences", "refute", "fit_structural", "StructuralModel", "do", "observe",
    "intervene", "Answer", "sensitivity",
]  # fmt: skip
