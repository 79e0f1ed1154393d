"""The samplers by name: cells of the grid *filter x shocks x tails*, and what stands outside it."""

from __future__ import annotations

from workbench.registry import Registry
from workbench.samplers.base import Sampler
from workbench.samplers.correlation import MovingCorrelation
from workbench.samplers.filters import Ewma
from workbench.samplers.grid import Filtered
from workbench.samplers.history import HistoricalSimulation, StationaryBootstrap
from workbench.samplers.neural import NeuralFilter
from workbench.samplers.shocks import Factor, StudentCopula
from workbench.samplers.vine import Vine

SAMPLERS = Registry("sampler")


@SAMPLERS.register("historical")
def historical() -> Sampler:
    """Historical simulation: any fitted day, with equal chance."""
    return Filtered("constant", "bootstrap")


@SAMPLERS.register("historical_window")
def historical_window(window: int = 500) -> Sampler:
    """Historical simulation over the last ``window`` days before the start."""
    return HistoricalSimulation(window)


@SAMPLERS.register("block_bootstrap")
def block_bootstrap(mean_block: float = 20.0) -> Sampler:
    """Stationary block bootstrap: runs of consecutive past days."""
    return StationaryBootstrap(mean_block)


@SAMPLERS.register("lognormal")
def lognormal() -> Sampler:
    """Jointly normal log returns with the sample's mean and covariance."""
    return Filtered("constant", "gaussian", tails="gaussian")


@SAMPLERS.register("factor")
def factor(factors: int = 3, observed: tuple[str, ...] = ()) -> Sampler:
    """Linear factor model: principal components or observed columns, resampled factors and residuals."""
    return Filtered("constant", Factor(factors, observed))


@SAMPLERS.register("ewma")
def ewma(decay: float = 0.94) -> Sampler:
    """EWMA volatility x bootstrapped residuals."""
    return Filtered(Ewma(decay), "bootstrap")


@SAMPLERS.register("fhs")
def fhs() -> Sampler:
    """Filtered historical simulation: GJR-GARCH-t x bootstrapped residuals."""
    return Filtered("gjr", "bootstrap")


@SAMPLERS.register("fhs_moving")
def fhs_moving(decay: float = 0.99) -> Sampler:
    """Filtered historical simulation with residuals whitened by a moving correlation."""
    return Filtered("gjr", "bootstrap", correlation=MovingCorrelation(decay))


@SAMPLERS.register("gjr_gaussian")
def gjr_gaussian() -> Sampler:
    """GJR-GARCH-t x Gaussian copula x pooled Pareto tails."""
    return Filtered("gjr", "gaussian", tails="gpd")


@SAMPLERS.register("gjr_t")
def gjr_t() -> Sampler:
    """GJR-GARCH-t x Student-t copula x pooled Pareto tails."""
    return Filtered("gjr", StudentCopula(), tails="gpd")


@SAMPLERS.register("gjr_vine")
def gjr_vine(trees: int = 3) -> Sampler:
    """GJR-GARCH-t x regular vine x pooled Pareto tails."""
    return Filtered("gjr", Vine(trees), tails="gpd")


@SAMPLERS.register("fhs_gpd")
def fhs_gpd() -> Sampler:
    """GJR-GARCH-t x bootstrapped ranks x pooled Pareto tails."""
    return Filtered("gjr", "bootstrap", tails="gpd")


@SAMPLERS.register("neural")
def neural(
    members: int = 5,
    steps: int = 1500,
    decay: float = 0.98,
    shrink: float = 0.3,
    tails: str = "gpd",
    progress: bool = False,
    checkpoint: str | None = None,
) -> Sampler:
    """Neural filter x moving correlation x bootstrapped ranks x pooled Pareto tails: the default generative sampler."""
    filter = NeuralFilter(members, steps=steps, progress=progress, checkpoint=checkpoint)
    return Filtered(filter, "bootstrap", tails, MovingCorrelation(decay, shrink))


@SAMPLERS.register("filtered")
def filtered(
    filter: str = "gjr", shocks: str = "bootstrap", tails: str = "none", correlation: float | None = None
) -> Sampler:
    """Any cell of the grid by its parts; ``correlation`` is the decay of a moving one."""
    return Filtered(filter, shocks, tails, MovingCorrelation(correlation) if correlation else None)
