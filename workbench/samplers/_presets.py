"""The samplers by name: combinations of filter, shocks and tails, and what stands outside them."""

from __future__ import annotations

from workbench._require import number
from workbench.registry import Registry
from workbench.samplers._base import Sampler
from workbench.samplers._composed import Filtered
from workbench.samplers._history import HistoricalSimulation, StationaryBootstrap
from workbench.samplers.filters import (
    Ewma,
    LeadLag,
    MovingCorrelation,
    NeuralFilter,
    PretrainedFilter,
    QuantileTracking,
)
from workbench.samplers.paths import PathFlow, TransformerFilter
from workbench.samplers.shocks import (
    Diffusion,
    Factor,
    Flow,
    Generator,
    Learned,
    SplineFlow,
    StudentCopula,
    Vae,
    Vine,
)  # fmt: skip

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


@SAMPLERS.register("fhs_lead")
def fhs_lead(decay: float = 0.99) -> Sampler:
    """Filtered historical simulation with a moving correlation and a lead-lag term in the mean."""
    return Filtered(LeadLag("gjr"), "bootstrap", correlation=MovingCorrelation(decay))


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
    track: float = 0.04,
    progress: bool = True,
    checkpoint: str | None = None,
) -> Filtered:
    """Neural filter x moving correlation x bootstrapped ranks x pooled Pareto tails: the default generative sampler.

    Adds a lead-lag term to the mean where it improves forecasts within the training sample (:class:`.LeadLag`).
    track : step a day of the equal-weight book's tracked 97.5 % quantile; 0 leaves the quantiles as fitted.
    """
    filter = NeuralFilter(members, steps=steps, progress=progress, checkpoint=checkpoint)
    tracking = QuantileTracking(track) if number("track", track, least=0, most=1) else None
    return Filtered(LeadLag(filter), "bootstrap", tails, MovingCorrelation(decay, shrink), tracking)


@SAMPLERS.register("neural_flow")
def neural_flow(members: int = 5, steps: int = 1500, shocks: dict | None = None) -> Sampler:
    """The neural sampler with shocks by flow matching from blurred past days."""
    return _with_learned(Flow, members, steps, shocks)


@SAMPLERS.register("neural_diffusion")
def neural_diffusion(members: int = 5, steps: int = 1500, shocks: dict | None = None) -> Sampler:
    """The neural sampler with shocks by diffusion, in a few steps of its probability-flow ODE."""
    return _with_learned(Diffusion, members, steps, shocks)


@SAMPLERS.register("neural_nsf")
def neural_nsf(members: int = 5, steps: int = 1500, shocks: dict | None = None) -> Sampler:
    """The neural sampler with shocks by a neural spline flow on a Student-t base."""
    return _with_learned(SplineFlow, members, steps, shocks)


@SAMPLERS.register("neural_vae")
def neural_vae(members: int = 5, steps: int = 1500, shocks: dict | None = None) -> Sampler:
    """The neural sampler with shocks by a variational autoencoder."""
    return _with_learned(Vae, members, steps, shocks)


@SAMPLERS.register("neural_generator")
def neural_generator(members: int = 5, steps: int = 1500, shocks: dict | None = None) -> Sampler:
    """The neural sampler with shocks by a generator trained on the scores of random books."""
    return _with_learned(Generator, members, steps, shocks)


def _with_learned(model: type[Learned], members: int, steps: int, options: dict | None) -> Sampler:
    """The preset ``neural`` with shocks by ``model``, whose ``options`` are those of its class."""
    sampler = neural(members, steps)
    return Filtered(sampler.filter, model(**options or {}), sampler.tails, sampler.correlation, sampler.tracking)


@SAMPLERS.register("pretrained")
def pretrained(
    weights: str | None = None, tune_steps: int = 0, decay: float = 0.985, shrink: float = 0.5, tails: str = "gpd"
) -> Sampler:
    """Pretrained filter x moving correlation x bootstrapped ranks x pooled Pareto tails: for short histories."""
    return Filtered(PretrainedFilter(weights, tune_steps), "bootstrap", tails, MovingCorrelation(decay, shrink))


@SAMPLERS.register("transformer")
def transformer(hidden: int = 16, steps: int = 400, progress: bool = True) -> Sampler:
    """GJR-GARCH corrected by a transformer x moving correlation x bootstrapped ranks x pooled Pareto tails."""
    filter = TransformerFilter(hidden, steps=steps, progress=progress)
    return Filtered(filter, "bootstrap", "gpd", MovingCorrelation(0.98, 0.3))


@SAMPLERS.register("path_flow")
def path_flow(filter: str = "neural", window: int = 20, steps: int = 800, progress: bool = True) -> Sampler:
    """Volatility filter x flow matching over windows of days, given the days before x pooled Pareto tails."""
    return PathFlow(filter, window, steps=steps, progress=progress)


@SAMPLERS.register("filtered")
def filtered(
    filter: str = "gjr", shocks: str = "bootstrap", tails: str = "none", correlation: float | None = None
) -> Sampler:
    """Any combination of filter, shocks and tails; ``correlation`` is the decay of a moving one."""
    return Filtered(filter, shocks, tails, None if correlation is None else MovingCorrelation(correlation))
