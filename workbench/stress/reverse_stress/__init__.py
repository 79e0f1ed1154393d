"""Reverse stress tests: the most plausible ways to lose a given amount."""
