"""Backtests and monitors: size and power, detection delays, drift of frozen models, rolling refits."""
