"""Stress tests of a fitted sampler: conditional scenarios, rare losses, reverse stress tests, interventions.

>>> from workbench import samplers
>>> sampler = samplers.make("lognormal").fit(returns)                                     # doctest: +SKIP
>>> given(sampler, [Constraint(Move("AAPL"), -0.2, -0.2)], horizon=20).tree               # doctest: +SKIP
>>> rare(sampler, Loss(book), 0.25).probability                                           # doctest: +SKIP
>>> reverse(sampler, book, 0.15).modes[0].precedent                                       # doctest: +SKIP

Result types and the parts of each method stand in :mod:`.conditioning`, :mod:`.rare_events`, :mod:`.reverse_stress`,
:mod:`.causal`, :mod:`.entropy_pooling` and :mod:`.preregistered`.
"""

from workbench import _moved
from workbench.stress.causal import causal_graph, do, fit_structural, intervene, refute, sensitivity
from workbench.stress.conditioning import factor_path, given
from workbench.stress.entropy_pooling import View, pool
from workbench.stress.events import Constraint, Loss, Move, RealisedVolatility
from workbench.stress.preregistered import Question, answer
from workbench.stress.rare_events import rare
from workbench.stress.reverse_stress import profile, reverse

__getattr__ = _moved.attributes(__name__)

__all__ = [
    "Move", "Loss", "RealisedVolatility", "Constraint", "given", "factor_path", "rare", "reverse", "profile",
    "causal_graph", "refute", "fit_structural", "do", "intervene", "sensitivity", "Question",
    "answer", "View", "pool",
]  # fmt: skip
