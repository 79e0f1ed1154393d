"""Training: the shared training loop, pretraining on many markets, and the stored weights."""

from workbench.samplers.training._loop import Plan, Record, train

__all__ = ["Plan", "Record", "train"]
