"""Rare-event simulation: the probability of losses beyond those of the history."""

from workbench.stress.rare_events._rare import RareEvent, rare

__all__ = ["rare", "RareEvent"]
