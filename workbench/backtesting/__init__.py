"""Backtests of VaR, ES and PIT forecasts, comparison of forecasters, and monitors that may be read every day.

>>> from workbench.backtesting.backtests import power, battery
>>> round(power.power_of(battery.BY_NAME["kupiec"], 250, 0.99), 2)
0.3
"""

from workbench.backtesting.backtests.battery import BY_NAME, TESTS, Backtest
from workbench.backtesting.backtests.desk import profit_attribution, traffic_zone
from workbench.backtesting.backtests.panel import PITS, panel_uniformity
from workbench.backtesting.backtests.power import power_of
from workbench.backtesting.backtests.ranks import energy_rank, panel_pits
from workbench.backtesting.backtests.rosenblatt import joint_p_value, rosenblatt, rosenblatt_day
from workbench.backtesting.backtests.run import Result, backtest, report, run, text
from workbench.backtesting.backtests.sample import Sample, observed
from workbench.backtesting.backtests.shortfall import z3
from workbench.backtesting.comparison import Comparison, diebold_mariano, giacomini_white, model_confidence_set
from workbench.backtesting.ensembles import forecast_table, var_es
from workbench.backtesting.forecasts import Forecasts, align, read_forecasts
from workbench.backtesting.scores import crps, energy_score, fz0_score, quantile_score, variogram_score

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
