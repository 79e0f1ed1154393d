"""Shock models: how the assets of one day are drawn together, given standardised residuals."""

from workbench.samplers.shocks.classical import (
    SHOCKS,
    Bootstrap,
    Factor,
    GaussianCopula,
    ScaleMixture,
    Shocks,
    StudentCopula,
)

__all__ = ["SHOCKS", "Bootstrap", "Factor", "GaussianCopula", "ScaleMixture", "Shocks", "StudentCopula"]
