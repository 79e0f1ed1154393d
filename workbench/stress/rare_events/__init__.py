"""Rare events: the probability of losses that no history shows."""
