"""The samplers by name that learn: networks and pretrained filters; and any combination of parts.

Costs as in :mod:`workbench.samplers._classical_presets`, whose samplers come first in the registry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench._require import number
from workbench.samplers._classical_presets import SAMPLERS, part

if TYPE_CHECKING:
    from workbench.samplers._base import Sampler


@SAMPLERS.register("neural")
def neural(
    members: int = 5,
    steps: int = 1500,
    tune_steps: int = 400,
    decay: float = 0.99,
    shrink: float = 0.5,
    ridge: float = 0.0005,
    tails: str = "gpd",
    track: float = 0.04,
    progress: bool = True,
    checkpoint: str | None = None,
) -> Any:
    """Mean of the neural and the tuned pretrained filter x moving correlation x bootstrapped ranks x Pareto tails.

    The default. The log variance is the mean of two filters learnt from different data (:class:`.MeanFilter`), every
    asset's drift has the panel's mean Sharpe ratio, and the mean has a lead-lag term where that improves forecasts
    within the training sample (:class:`.LeadLag`). The correlation is slow and hardly pulled to the identity, so that
    near-duplicate assets stay near-duplicates. Before 1997 no pretrained weights know the past alone: the neural filter
    then stands alone, with a warning.

    track : step a day of the equal-weight book's tracked 97.5 % quantile; 0 leaves the quantiles as fitted.

    Cost: fit 18 s, 559 s a million paths.
    Use: the default; ahead of neural_single and level with or ahead of fhs_moving wherever both were tried.
    """
    learnt = part.NeuralFilter(members, steps=steps, progress=progress, checkpoint=checkpoint)
    inner = [learnt, part.PretrainedFilter(None, tune_steps, 1.0)]
    filter = part.LeadLag(part.MeanFilter(inner, pooled=True))
    correlation = part.MovingCorrelation(decay, shrink, ridge)
    return part.Filtered(filter, "bootstrap", tails, correlation, _tracking(track), centred=True)


@SAMPLERS.register("neural_single")
def neural_single(
    members: int = 5,
    steps: int = 1500,
    decay: float = 0.98,
    shrink: float = 0.3,
    tails: str = "gpd",
    track: float = 0.04,
    progress: bool = True,
    checkpoint: str | None = None,
) -> Any:
    """Neural filter x moving correlation x bootstrapped ranks x pooled Pareto tails: the default of 0.1, then ``neural``.

    Adds a lead-lag term to the mean where it improves forecasts within the training sample (:class:`.LeadLag`).
    track : as of ``neural``.

    Cost: fit 14 s, 245 s a million paths.
    Use: half the time of neural; panels that must know nothing of other markets.
    """
    filter = part.NeuralFilter(members, steps=steps, progress=progress, checkpoint=checkpoint)
    return part.Filtered(
        part.LeadLag(filter), "bootstrap", tails, part.MovingCorrelation(decay, shrink), _tracking(track)
    )


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
    """The preset ``neural_single`` with shocks by ``model``, whose ``options`` are those of its class."""
    sampler = neural_single(members, steps)
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
