"""Backtests of VaR, ES and PIT forecasts, comparison of forecasters, and monitors that may be read every day.

>>> from workbench.backtesting.tests import power, battery
>>> round(power.power_of(battery.BY_NAME["kupiec"], 250, 0.99), 2)
0.3
"""

from workbench.backtesting.comparison import Comparison, diebold_mariano, giacomini_white, model_confidence_set
from workbench.backtesting.ensembles import forecast_table, var_es
from workbench.backtesting.forecasts import Forecasts, align, read_forecasts
from workbench.backtesting.scores import crps, energy_score, fz0_score, quantile_score, variogram_score
from workbench.backtesting.tests.battery import BY_NAME, TESTS, Backtest
from workbench.backtesting.tests.desk import profit_attribution, traffic_zone
from workbench.backtesting.tests.panel import PITS, panel_uniformity
from workbench.backtesting.tests.power import power_of
from workbench.backtesting.tests.ranks import energy_rank, panel_pits
from workbench.backtesting.tests.rosenblatt import joint_p_value, rosenblatt, rosenblatt_day
from workbench.backtesting.tests.run import Result, backtest, report, run, text
from workbench.backtesting.tests.sample import Sample, observed
from workbench.backtesting.tests.shortfall import z3

__all__ = [
    "BY_NAME",
    "PITS",
    "TESTS",
    "Backtest",
    "Comparison",
    "Forecasts",
    "Result",
    "Sample",
    "align",
    "backtest",
    "crps",
    "diebold_mariano",
    "energy_rank",
    "energy_score",
    "forecast_table",
    "fz0_score",
    "giacomini_white",
    "joint_p_value",
    "model_confidence_set",
    "observed",
    "panel_pits",
    "panel_uniformity",
    "power_of",
    "profit_attribution",
    "quantile_score",
    "read_forecasts",
    "report",
    "rosenblatt",
    "rosenblatt_day",
    "run",
    "text",
    "traffic_zone",
    "var_es",
    "variogram_score",
    "z3",
]
