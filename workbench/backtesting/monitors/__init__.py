"""Monitors that may be read every day: e-processes, test martingales, e-detectors, and how fast they find a break."""

from workbench.backtesting.backtests.ranks import joint_movement, panel_pits, rank_among, total_width
from workbench.backtesting.monitors.detection_delay import BREAKS, detection_delays
from workbench.backtesting.monitors.e_detector import alarms, calibrate, cusum, mixture_wealth, shiryaev_roberts
from workbench.backtesting.monitors.evalue_bets import Stream
from workbench.backtesting.monitors.evalues import es_evalues, first_alarm, gree, grem, var_evalues
from workbench.backtesting.monitors.martingale import conformal_p_values, simple_jumper, unlikeliness
from workbench.backtesting.monitors.run_monitors import Watch, watch
from workbench.backtesting.monitors.thresholds import MONITORS, Monitor, quiet_stream, threshold

__all__ = [
    "BREAKS",
    "MONITORS",
    "Monitor",
    "Stream",
    "Watch",
    "alarms",
    "calibrate",
    "conformal_p_values",
    "cusum",
    "detection_delays",
    "es_evalues",
    "first_alarm",
    "gree",
    "grem",
    "joint_movement",
    "mixture_wealth",
    "panel_pits",
    "quiet_stream",
    "rank_among",
    "shiryaev_roberts",
    "simple_jumper",
    "threshold",
    "total_width",
    "unlikeliness",
    "var_evalues",
    "watch",
]
