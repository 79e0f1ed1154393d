"""Backtests of VaR, ES and PIT forecasts: statistics, null distributions, power. Offered by
:mod:`workbench.backtesting`."""
