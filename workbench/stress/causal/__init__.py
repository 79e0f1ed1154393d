"""Structural causal models: intervention beside observation, under a declared graph."""
