"""Backtests of VaR, ES and PIT forecasts, comparison of forecasters, and monitors that may be read every day.

Forecasts of anybody: :func:`backtest` a frame, :func:`read_forecasts` files. Forecasts of our samplers:
:mod:`workbench.backtesting.walk_forward`, :mod:`workbench.backtesting.tournament`. After the verdict:
:mod:`~workbench.backtesting.scores`, :mod:`~workbench.backtesting.comparison`,
:mod:`~workbench.backtesting.ensembles` (all assets at once), :mod:`~workbench.backtesting.recalibration`,
:mod:`~workbench.backtesting.by_novelty` and :mod:`~workbench.backtesting.monitors`.

>>> round(power_of(BY_NAME["kupiec"], 250, 0.99), 2)
0.3
"""

from workbench.backtesting import comparison, ensembles, scores
from workbench.backtesting._forecasts import Forecasts, align, read_forecasts
from workbench.backtesting.backtests._battery import BY_NAME, TESTS, Backtest
from workbench.backtesting.backtests._desk import profit_attribution, traffic_zone
from workbench.backtesting.backtests._power import power_of
from workbench.backtesting.backtests._run import Result, backtest, report, run, text
from workbench.backtesting.backtests._sample import Sample, observed

__all__ = [
    "backtest", "read_forecasts", "align", "run", "report", "text", "Forecasts", "Result", "TESTS", "BY_NAME",
    "Backtest", "Sample", "observed", "power_of", "traffic_zone", "profit_attribution", "scores", "comparison",
    "ensembles",
]  # fmt: skip
