"""Measurements by subject, run by ``python -m benchmarks NAME``; their tables stand in ``benchmarks/results``.

Subjects: ``forecasts``, ``checks``, ``backtests``, ``stress``, ``speed``; ``pretraining`` makes the shipped weights.
:mod:`benchmarks.harness` holds what they share.
"""
