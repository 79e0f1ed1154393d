"""Everything that a named sampler is put together from; imported when the first one is made, for it needs torch."""

from workbench.samplers._composed import Filtered
from workbench.samplers._history import HistoricalSimulation, StationaryBootstrap
from workbench.samplers.filters import (
    Ewma,
    LeadLag,
    MeanFilter,
    MovingCorrelation,
    NeuralFilter,
    PretrainedFilter,
    QuantileTracking,
    TransformerFilter,
)  # fmt: skip
from workbench.samplers.paths import PathFlow
from workbench.samplers.shocks import Diffusion, Factor, Flow, Generator, SplineFlow, StudentCopula, Vae, Vine

__all__ = [
    "Filtered", "HistoricalSimulation", "StationaryBootstrap", "Ewma", "LeadLag", "MeanFilter", "MovingCorrelation", "NeuralFilter",
    "PretrainedFilter", "QuantileTracking", "PathFlow", "TransformerFilter", "Diffusion", "Factor", "Flow", "Generator",
    "SplineFlow", "StudentCopula", "Vae", "Vine",
]  # fmt: skip
