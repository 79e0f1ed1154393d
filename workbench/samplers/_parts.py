"""Everything that a named sampler is put together from; imported when the first one is made, for it needs torch."""

# ruff: noqa: F401  (read by name)

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
