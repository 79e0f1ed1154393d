"""Governance: what a run rests on, and how somebody else checks it."""

from workbench.governance import fingerprints, manifest

__all__ = ["manifest", "fingerprints"]
