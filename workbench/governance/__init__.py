"""Governance: what a run rests on, and how somebody else checks it."""
