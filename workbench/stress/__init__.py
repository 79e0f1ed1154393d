"""Questions put to a sampler: given, do, rare, reverse; and what an honest answer to each must carry.

>>> from workbench import samplers
>>> sampler = samplers.make("lognormal").fit(returns)                                     # doctest: +SKIP
>>> given(sampler, [Constraint(Move("AAPL"), -0.2, -0.2)], horizon=20).tree               # doctest: +SKIP
>>> rare(sampler, Loss(book), 0.25).probability                                           # doctest: +SKIP
>>> reverse(sampler, book, 0.15).modes[0].precedent                                       # doctest: +SKIP
"""

from workbench.stress.causal.graph import causal_graph
from workbench.stress.causal.refute import independences, refute
from workbench.stress.causal.structural import (
    Answer,
    StructuralModel,
    do,
    fit_structural,
    given_nodes,
    intervene,
    sensitivity,
)
from workbench.stress.conditioning.along import Against, along
from workbench.stress.conditioning.given import Conditional, given
from workbench.stress.entropy_pooling import Pooled, View, pool
from workbench.stress.events import Constraint, Loss, Move, RealisedVolatility
from workbench.stress.preregistered import Question, Verdict, answer
from workbench.stress.problem import Problem, starts_with_volatility
from workbench.stress.rare_events.rare import RareEvent, rare
from workbench.stress.reverse_stress.narrative import narrate, tell
from workbench.stress.reverse_stress.precedent import Precedent, nearest
from workbench.stress.reverse_stress.reverse import Mode, Reverse, reverse

__all__ = [
    "Against",
    "Answer",
    "Conditional",
    "Constraint",
    "Loss",
    "Mode",
    "Move",
    "Pooled",
    "Precedent",
    "Problem",
    "Question",
    "RareEvent",
    "RealisedVolatility",
    "Reverse",
    "StructuralModel",
    "Verdict",
    "View",
    "along",
    "answer",
    "causal_graph",
    "do",
    "fit_structural",
    "given",
    "given_nodes",
    "independences",
    "intervene",
    "narrate",
    "nearest",
    "pool",
    "rare",
    "refute",
    "reverse",
    "sensitivity",
    "starts_with_volatility",
    "tell",
]
