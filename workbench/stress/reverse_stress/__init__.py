"""Reverse stress tests: the most plausible scenarios in which a book loses a given amount."""

from workbench.stress.reverse_stress._profile import Precedent, Profile, closest_episode, profile
from workbench.stress.reverse_stress._reverse import Mode, Reverse, reverse

__all__ = ["reverse", "Reverse", "Mode", "closest_episode", "Precedent", "profile", "Profile"]
