"""Monitors that may be read every day: e-processes, test martingales, e-detectors, and how fast they find a break."""

from workbench.diagnostics.backtests.ranks import joint_movement, panel_pits, rank_among, total_width
from workbench.diagnostics.monitors.bets import Stream
from workbench.diagnostics.monitors.delay import BREAKS, detection_delays
from workbench.diagnostics.monitors.detector import alarms, calibrate, cusum, mixture_wealth, shiryaev_roberts
from workbench.diagnostics.monitors.evalues import es_evalues, first_alarm, gree, grem, var_evalues
from workbench.diagnostics.monitors.martingale import conformal_p_values, simple_jumper, unlikeliness
from workbench.diagnostics.monitors.quiet import MONITORS, Monitor, quiet_stream, threshold
from workbench.diagnostics.monitors.watch import Watch, watch

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
