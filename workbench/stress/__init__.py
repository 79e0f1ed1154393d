"""Questions put to a sampler: given, do, rare, reverse; and what an honest answer to each must carry.

>>> from workbench import samplers
>>> sampler = samplers.make("lognormal").fit(returns)                                     # doctest: +SKIP
>>> given(sampler, [Constraint(Move("AAPL"), -0.2, -0.2)], horizon=20).tree               # doctest: +SKIP
>>> rare(sampler, Loss(book), 0.25).probability                                           # doctest: +SKIP
>>> reverse(sampler, book, 0.15).modes[0].precedent                                       # doctest: +SKIP
"""

from workbench.stress.along import Against, along
from workbench.stress.events import Constraint, Loss, Move, RealisedVolatility
from workbench.stress.given import Conditional, given
from workbench.stress.graph import causal_graph
from workbench.stress.narrative import narrate, tell
from workbench.stress.pooling import Pooled, View, pool
from workbench.stress.precedent import Precedent, nearest
from workbench.stress.problem import Problem, starts_with_volatility
from workbench.stress.question import Question, Verdict, answer
from workbench.stress.rare import RareEvent, rare
from workbench.stress.refute import independences, refute
from workbench.stress.reverse import Mode, Reverse, reverse
from workbench.stress.structural import Answer, StructuralModel, do, fit_structural, given_nodes, intervene, sensitivity

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
