"""Measurements, run by ``make bench``; their tables stand in ``benchmarks/results``."""
