"""The samplers by name: combinations of filter, shocks and tails, and what stands outside them.

Here are those that estimate; those that learn are in :mod:`workbench.samplers._presets`.

Costs are CPU seconds for 20 stocks: a fit to 4,286 days, and a million paths of 20 days from it
(``benchmarks/results/sampling_cost.csv``).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

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
