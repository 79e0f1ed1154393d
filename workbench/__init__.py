"""Imagine market crises with generative models, then try hard to refute them."""

__version__ = "0.1.0"
