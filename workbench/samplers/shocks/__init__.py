"""Shock models: how the assets of one day are drawn together, given standardised residuals."""

from workbench.samplers.shocks._calibration import Calibration, joint_tail
from workbench.samplers.shocks._classical import (
    SHOCKS,
    Bootstrap,
    Factor,
    GaussianCopula,
    Shocks,
    StudentCopula,
    uniform_index,
)
from workbench.samplers.shocks._diffusion import Diffusion
from workbench.samplers.shocks._flow import Flow
from workbench.samplers.shocks._generator import Generator
from workbench.samplers.shocks._learned import Learned
from workbench.samplers.shocks._margins import GaussianMargins, SplicedMargins
from workbench.samplers.shocks._spline_flow import SplineFlow
from workbench.samplers.shocks._vae import Vae
from workbench.samplers.shocks._vine import Vine

__all__ = [
    "SHOCKS", "Shocks", "Bootstrap", "GaussianCopula", "StudentCopula", "Vine", "Factor", "Learned", "Flow",
    "Diffusion", "SplineFlow", "Vae", "Generator", "GaussianMargins", "SplicedMargins", "Calibration",
    "joint_tail", "uniform_index",
]  # fmt: skip
