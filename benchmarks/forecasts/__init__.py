"""Forecasts scored out of sample: which sampler is ahead, by how much, and what its parts contribute."""
