"""Monitors that may be read every day: e-processes, test martingales, e-detectors, and how fast they find a break."""

from workbench.backtesting.monitors._detection_delay import BREAKS, detection_delays
from workbench.backtesting.monitors._evidence import (
    conformal_p_values,
    es_evalues,
    first_alarm,
    gree,
    grem,
    simple_jumper,
    var_evalues,
)
from workbench.backtesting.monitors._monitors import MONITORS, Monitor, Stream, threshold
from workbench.backtesting.monitors._run_monitors import MonitorReport, run_monitors

__all__ = [
    "run_monitors", "MonitorReport", "MONITORS", "Monitor", "Stream", "threshold", "detection_delays", "BREAKS",
    "var_evalues", "es_evalues", "gree", "grem", "first_alarm", "simple_jumper", "conformal_p_values",
]  # fmt: skip
