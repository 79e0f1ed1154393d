"""The samplers by name: combinations of filter, shocks and tails, and what stands outside them.

Costs are CPU seconds for 20 stocks: a fit to 4,286 days, and a million paths of 20 days from it
(``benchmarks/results/sampling_cost.csv``).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from workbench._require import number
from workbench.registry import Registry

if TYPE_CHECKING:
    from workbench.samplers._base import Sampler


class _Parts:
    """Filters, shocks and samplers by name, so that listing the presets loads none of them."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module("workbench.samplers._parts"), name)


part = _Parts()
SAMPLERS = Registry("sampler")


@SAMPLERS.register("historical")
def historical() -> Sampler:
    """Historical simulation: any fitted day, with equal chance.

    Cost: fit 0.01 s, 10 s a million paths.
    Use: the baseline that every model has to beat: no volatility of today, no days that were not.
    """
    return part.Filtered("constant", "bootstrap")


@SAMPLERS.register("historical_window")
def historical_window(window: int = 500) -> Sampler:
    """Historical simulation over the last ``window`` days before the start.

    Cost: not measured.
    Use: what many desks run for regulatory VaR.
    """
    return part.HistoricalSimulation(window)


@SAMPLERS.register("block_bootstrap")
def block_bootstrap(mean_block: float = 20.0) -> Sampler:
    """Stationary block bootstrap: runs of consecutive past days.

    Cost: not measured.
    Use: paths whose clustering is that of past runs; today's state plays no part.
    """
    return part.StationaryBootstrap(mean_block)


@SAMPLERS.register("lognormal")
def lognormal() -> Sampler:
    """Jointly normal log returns with the sample's mean and covariance.

    Cost: fit 0.01 s, 13 s a million paths.
    Use: closed forms to test against; tails far too thin.
    """
    return part.Filtered("constant", "gaussian", tails="gaussian")


@SAMPLERS.register("factor")
def factor(factors: int = 3, observed: tuple[str, ...] = ()) -> Sampler:
    """Linear factor model: principal components or observed columns, resampled factors and residuals.

    Cost: not measured.
    Use: many assets driven by few factors, or by columns that you name.
    """
    return part.Filtered("constant", part.Factor(factors, observed))


@SAMPLERS.register("ewma")
def ewma(decay: float = 0.94) -> Sampler:
    """EWMA volatility x bootstrapped residuals.

    Cost: not measured.
    Use: today's volatility without an optimiser.
    """
    return part.Filtered(part.Ewma(decay), "bootstrap")


@SAMPLERS.register("fhs")
def fhs() -> Sampler:
    """Filtered historical simulation: GJR-GARCH-t x bootstrapped residuals.

    Cost: fit 1.0 s, 16 s a million paths.
    Use: the standard of risk desks: today's volatility, past shocks.
    """
    return part.Filtered("gjr", "bootstrap")


@SAMPLERS.register("fhs_moving")
def fhs_moving(decay: float = 0.99) -> Sampler:
    """Filtered historical simulation with residuals whitened by a moving correlation.

    Cost: fit 1.3 s, 19 s a million paths.
    Use: the reference in comparisons: correlation, too, is that of today.
    """
    return part.Filtered("gjr", "bootstrap", correlation=part.MovingCorrelation(decay))


@SAMPLERS.register("fhs_lead")
def fhs_lead(decay: float = 0.99) -> Sampler:
    """Filtered historical simulation with a moving correlation and a lead-lag term in the mean.

    Cost: not measured.
    Use: panels whose closes are not taken at one hour, such as currencies beside stocks.
    """
    return part.Filtered(part.LeadLag("gjr"), "bootstrap", correlation=part.MovingCorrelation(decay))


@SAMPLERS.register("gjr_gaussian")
def gjr_gaussian() -> Sampler:
    """GJR-GARCH-t x Gaussian copula x pooled Pareto tails.

    Cost: not measured.
    Use: smooth gradients; shows what a Gaussian copula misses in joint tails.
    """
    return part.Filtered("gjr", "gaussian", tails="gpd")


@SAMPLERS.register("gjr_t")
def gjr_t() -> Sampler:
    """GJR-GARCH-t x Student-t copula x pooled Pareto tails.

    Cost: fit 2.1 s, 51 s a million paths.
    Use: smooth gradients and joint tails with few parameters.
    """
    return part.Filtered("gjr", part.StudentCopula(), tails="gpd")


@SAMPLERS.register("gjr_vine")
def gjr_vine(trees: int = 3) -> Sampler:
    """GJR-GARCH-t x regular vine x pooled Pareto tails.

    Cost: fit 14 s, 2,818 s a million paths.
    Use: tail dependence that differs from pair to pair; slow.
    """
    return part.Filtered("gjr", part.Vine(trees), tails="gpd")


@SAMPLERS.register("fhs_gpd")
def fhs_gpd() -> Sampler:
    """GJR-GARCH-t x bootstrapped ranks x pooled Pareto tails.

    Cost: not measured.
    Use: losses beyond the sample, with the dependence of past days.
    """
    return part.Filtered("gjr", "bootstrap", tails="gpd")


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
) -> Any:
    """Neural filter x moving correlation x bootstrapped ranks x pooled Pareto tails: the default generative sampler.

    Adds a lead-lag term to the mean where it improves forecasts within the training sample (:class:`.LeadLag`).
    track : step a day of the equal-weight book's tracked 97.5 % quantile; 0 leaves the quantiles as fitted.

    Cost: fit 14 s, 245 s a million paths.
    Use: the default; among the best on one-day scores of stocks.
    """
    filter = part.NeuralFilter(members, steps=steps, progress=progress, checkpoint=checkpoint)
    return part.Filtered(
        part.LeadLag(filter), "bootstrap", tails, part.MovingCorrelation(decay, shrink), _tracking(track)
    )


@SAMPLERS.register("neural_mean")
def neural_mean(
    members: int = 5,
    steps: int = 1500,
    tune_steps: int = 400,
    decay: float = 0.99,
    shrink: float = 0.5,
    ridge: float = 0.0005,
    tails: str = "gpd",
    track: float = 0.04,
    progress: bool = True,
) -> Sampler:
    """Mean of the neural and the tuned pretrained filter x moving correlation x bootstrapped ranks x Pareto tails.

    As ``neural``, but the log variance is the mean of two filters learnt from different data (:class:`.MeanFilter`),
    every asset's drift has the panel's mean Sharpe ratio, and the correlation is slower and hardly pulled to the
    identity, so that near-duplicate assets stay near-duplicates.

    Cost: twice that of neural.
    Use: ten days and more: ahead of neural on folds of US stocks inside 1990-2006; not yet tried on other panels.
    """
    inner = [part.NeuralFilter(members, steps=steps, progress=progress), part.PretrainedFilter(None, tune_steps, 1.0)]
    correlation = part.MovingCorrelation(decay, shrink, ridge)
    filter = part.LeadLag(part.MeanFilter(inner, pooled=True))
    return part.Filtered(filter, "bootstrap", tails, correlation, _tracking(track), centred=True)


def _tracking(track: float) -> Any:
    """The tracking of the book's quantiles with this step a day, or None for a step of 0."""
    return part.QuantileTracking(track) if number("track", track, least=0, most=1) else None


@SAMPLERS.register("neural_flow")
def neural_flow(members: int = 5, steps: int = 1500, shocks: dict | None = None) -> Sampler:
    """The neural sampler with shocks by flow matching from blurred past days.

    Cost: fit 20 s, 576 s a million paths.
    Use: research on learned dependence, smooth in the noise; no better than bootstrapped shocks in scores.
    """
    return _with_learned(part.Flow, members, steps, shocks)


@SAMPLERS.register("neural_diffusion")
def neural_diffusion(members: int = 5, steps: int = 1500, shocks: dict | None = None) -> Sampler:
    """The neural sampler with shocks by diffusion, in a few steps of its probability-flow ODE.

    Cost: fit 19 s, 552 s a million paths.
    Use: as neural_flow.
    """
    return _with_learned(part.Diffusion, members, steps, shocks)


@SAMPLERS.register("neural_nsf")
def neural_nsf(members: int = 5, steps: int = 1500, shocks: dict | None = None) -> Sampler:
    """The neural sampler with shocks by a neural spline flow on a Student-t base.

    Cost: fit 24 s, 679 s a million paths.
    Use: as neural_flow, with heavier joint tails by its base.
    """
    return _with_learned(part.SplineFlow, members, steps, shocks)


@SAMPLERS.register("neural_vae")
def neural_vae(members: int = 5, steps: int = 1500, shocks: dict | None = None) -> Sampler:
    """The neural sampler with shocks by a variational autoencoder.

    Cost: fit 21 s, 529 s a million paths.
    Use: as neural_flow, with a few latent numbers a day.
    """
    return _with_learned(part.Vae, members, steps, shocks)


@SAMPLERS.register("neural_generator")
def neural_generator(members: int = 5, steps: int = 1500, shocks: dict | None = None) -> Sampler:
    """The neural sampler with shocks by a generator trained on the scores of random books.

    Cost: fit 23 s, 504 s a million paths.
    Use: as neural_flow, in one pass.
    """
    return _with_learned(part.Generator, members, steps, shocks)


def _with_learned(model: type, members: int, steps: int, options: dict | None) -> Sampler:
    """The preset ``neural`` with shocks by ``model``, whose ``options`` are those of its class."""
    sampler = neural(members, steps)
    return part.Filtered(sampler.filter, model(**options or {}), sampler.tails, sampler.correlation, sampler.tracking)


@SAMPLERS.register("pretrained")
def pretrained(
    weights: str | None = None, tune_steps: int = 0, decay: float = 0.985, shrink: float = 0.5, tails: str = "gpd"
) -> Sampler:
    """Pretrained filter x moving correlation x bootstrapped ranks x pooled Pareto tails: for short histories.

    Cost: fit 2.9 s, 566 s a million paths.
    Use: short histories (a year is enough), new listings, panels that the default has no years for.
    """
    return part.Filtered(
        part.PretrainedFilter(weights, tune_steps), "bootstrap", tails, part.MovingCorrelation(decay, shrink)
    )


@SAMPLERS.register("transformer")
def transformer(hidden: int = 16, steps: int = 400, progress: bool = True) -> Sampler:
    """GJR-GARCH corrected by a transformer x moving correlation x bootstrapped ranks x pooled Pareto tails.

    Cost: fit 56 s, 1,312 s a million paths.
    Use: research on memory and cross-sectional attention; slower than the default.
    """
    filter = part.TransformerFilter(hidden, steps=steps, progress=progress)
    return part.Filtered(filter, "bootstrap", "gpd", part.MovingCorrelation(0.98, 0.3))


@SAMPLERS.register("path_flow")
def path_flow(filter: str = "neural", window: int = 20, steps: int = 800, progress: bool = True) -> Sampler:
    """Volatility filter x flow matching over windows of days, given the days before x pooled Pareto tails.

    Cost: fit 44 s, 2,960 s a million paths.
    Use: research on dependence across days that a filter leaves over; the slowest.
    """
    return part.PathFlow(filter, window, steps=steps, progress=progress)


@SAMPLERS.register("filtered")
def filtered(
    filter: str = "gjr", shocks: str = "bootstrap", tails: str = "none", correlation: float | None = None
) -> Sampler:
    """Any combination of filter, shocks and tails; ``correlation`` is the decay of a moving one.

    Cost: not measured.
    Use: any other combination of parts.
    """
    return part.Filtered(filter, shocks, tails, None if correlation is None else part.MovingCorrelation(correlation))
