"""Backtests of VaR, ES and PIT forecasts: statistics, null distributions, power."""
