"""Modules under their names of version 0.1: each can still be imported, with a DeprecationWarning that names its place.

A module of an old name is a view: its attributes are read from the module that took its place. Saved samplers name
classes by module, so :func:`current` also serves :mod:`workbench.samplers.storage`.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

TABLE = """
diagnostics validation
diagnostics.adversary validation.adversarial_search
diagnostics.at_distance backtesting.by_novelty
diagnostics.audit validation.audit
diagnostics.backtests backtesting
diagnostics.backtests.battery backtesting.backtests.battery
diagnostics.backtests.calibration backtesting.backtests.conditional_calibration
diagnostics.backtests.comparison backtesting.comparison
diagnostics.backtests.coverage backtesting.backtests.coverage
diagnostics.backtests.cumulative backtesting.backtests.cumulative
diagnostics.backtests.desk backtesting.backtests.desk
diagnostics.backtests.durations backtesting.backtests.durations
diagnostics.backtests.dynamic backtesting.backtests.dynamic_quantile
diagnostics.backtests.ensembles backtesting.ensembles
diagnostics.backtests.forecasts backtesting.forecasts
diagnostics.backtests.montecarlo backtesting.backtests.montecarlo
diagnostics.backtests.panel backtesting.backtests.panel
diagnostics.backtests.pit backtesting.backtests.pit
diagnostics.backtests.power backtesting.backtests.power
diagnostics.backtests.ranks backtesting.backtests.ranks
diagnostics.backtests.regression backtesting.backtests.regression
diagnostics.backtests.regression_null backtesting.backtests.regression_null
diagnostics.backtests.rosenblatt backtesting.backtests.rosenblatt
diagnostics.backtests.run backtesting.backtests.run
diagnostics.backtests.sample backtesting.backtests.sample
diagnostics.backtests.scores backtesting.scores
diagnostics.backtests.shortfall backtesting.backtests.shortfall
diagnostics.backtests.tables backtesting.tables
diagnostics.backtests.tails backtesting.backtests.implied_tail
diagnostics.calibration validation.engine.null_width
diagnostics.case validation.engine.comparison_data
diagnostics.check validation.engine.check
diagnostics.conditional validation.checks.conditional
diagnostics.conformal backtesting.recalibration
diagnostics.copying validation.checks.copying
diagnostics.dependence validation.checks.dependence
diagnostics.edges validation.checks.truncation
diagnostics.effects validation.risk_impact
diagnostics.extremes validation.checks.exceedances
diagnostics.facts validation.checks.facts
diagnostics.faults power.faults
diagnostics.faults.fault power.faults.fault
diagnostics.faults.margins power.faults.margins
diagnostics.faults.novelty power.faults.generation
diagnostics.faults.parts power.faults.helpers
diagnostics.faults.paths power.faults.paths
diagnostics.faults.together power.faults.dependence
diagnostics.finding validation.engine.finding
diagnostics.forecasts backtesting.score_gains
diagnostics.guarantees validation.tail_guarantees
diagnostics.laws power.processes
diagnostics.likeness validation.crisis_shape
diagnostics.measured power
diagnostics.measured.campaign power.campaign
diagnostics.measured.held_out power.held_out_processes
diagnostics.measured.stored power.stored
diagnostics.measured.tables power.tables
diagnostics.measured.worlds power.simulated_market
diagnostics.monitors backtesting.monitors
diagnostics.monitors.bets backtesting.monitors.evalue_bets
diagnostics.monitors.classical backtesting.monitors.classical
diagnostics.monitors.delay backtesting.monitors.detection_delay
diagnostics.monitors.detector backtesting.monitors.e_detector
diagnostics.monitors.evalues backtesting.monitors.evalues
diagnostics.monitors.martingale backtesting.monitors.martingale
diagnostics.monitors.quiet backtesting.monitors.thresholds
diagnostics.monitors.watch backtesting.monitors.run_monitors
diagnostics.motion validation.checks.identities
diagnostics.null validation.engine.null
diagnostics.portfolio validation.checks.portfolio
diagnostics.race backtesting.tournament
diagnostics.race.course backtesting.tournament.design
diagnostics.race.field backtesting.tournament.fits
diagnostics.race.parts backtesting.tournament.subsamples
diagnostics.race.standings backtesting.tournament.standings
diagnostics.replay backtesting.monitors.replay
diagnostics.risk validation.risk
diagnostics.rollout backtesting.walk_forward
diagnostics.rollout.ask backtesting.walk_forward.forecast_spec
diagnostics.rollout.books backtesting.walk_forward.book_set
diagnostics.rollout.engine backtesting.walk_forward.engine
diagnostics.rollout.overlap backtesting.walk_forward.overlap
diagnostics.rollout.schedule backtesting.walk_forward.schedule
diagnostics.rollout.store backtesting.walk_forward.store
diagnostics.state validation.engine.state
diagnostics.support validation.extrapolation
diagnostics.tails validation.checks.tails
diagnostics.trial validation.trial
diagnostics.whole_law validation.checks.path_distribution
listing cli.listing
plots.effects plots.risk_impact
plots.guarantees plots.tail_guarantees
plots.headline reporting.headline
plots.race plots.tournament
plots.red_team plots.power
plots.support plots.extrapolation
samplers.attention samplers.paths.transformer
samplers.calibration samplers.shocks.calibration
samplers.correlation samplers.filters.correlation
samplers.diffusion samplers.shocks.diffusion
samplers.flow samplers.shocks.flow
samplers.foresight samplers.rolling
samplers.generator samplers.shocks.generator
samplers.grid samplers.composed
samplers.lead_lag samplers.filters.lead_lag
samplers.learned samplers.shocks.learned
samplers.margins samplers.shocks.margins
samplers.neural samplers.filters.neural
samplers.nsf samplers.shocks.nsf
samplers.path_flow samplers.paths.path_flow
samplers.pretrained samplers.filters.pretrained
samplers.pretraining samplers.training.pretraining
samplers.tracking samplers.filters.tracking
samplers.vae samplers.shocks.vae
samplers.vine samplers.shocks.vine
samplers.weights samplers.training.weights
scenario_files scenarios.files
scenario_folder scenarios.csv_folder
scenario_tables scenarios.wide_table
stress.affine stress.conditioning.affine
stress.along stress.conditioning.along
stress.design stress.rare_events.design
stress.given stress.conditioning.given
stress.graph stress.causal.graph
stress.guided stress.conditioning.guided
stress.importance stress.rare_events.importance
stress.modes stress.reverse_stress.modes
stress.narrative stress.reverse_stress.narrative
stress.plausibility stress.reverse_stress.plausibility
stress.pooling stress.entropy_pooling
stress.precedent stress.reverse_stress.precedent
stress.question stress.preregistered
stress.rare stress.rare_events.rare
stress.refute stress.causal.refute
stress.response stress.rare_events.response_surface
stress.reverse stress.reverse_stress.reverse
stress.shapley stress.reverse_stress.shapley
stress.splitting stress.rare_events.splitting
stress.structural stress.causal.structural
studies.conversion studies.runner.conversion
studies.execution studies.runner.execution
studies.inputs studies.runner.inputs
studies.notebooks studies.runner.notebooks
studies.outputs studies.report.outputs
studies.papers studies.report.front_matter
studies.parameters studies.runner.parameters
studies.progress studies.runner.progress
studies.prose studies.report.markup
studies.record studies.runner.record
studies.repetition studies.runner.reproduce
studies.runs studies.runner.runs
studies.status studies.runner.status
"""
MOVED = {f"workbench.{old}": f"workbench.{new}" for old, new in map(str.split, TABLE.strip().splitlines())}
SPLIT = {
    "workbench.samplers.filters": "workbench.samplers.filters.classical",
    "workbench.samplers.shocks": "workbench.samplers.shocks.classical",
    "workbench.samplers.training": "workbench.samplers.training.loop",
    "workbench.scenarios": "workbench.scenarios.container",
}


def current(module: str) -> str:
    """Today's name of a module of the package.

    >>> current("workbench.samplers.grid")
    'workbench.samplers.composed'
    """
    return MOVED.get(module) or SPLIT.get(module, module)


class _View(ModuleType):
    """An old module: reads through to the module that took its place."""

    def __getattr__(self, name: str):
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        place = importlib.import_module(current(self.__name__))
        if hasattr(place, name):
            return getattr(place, name)
        if f"{self.__name__}.{name}" in MOVED:
            return importlib.import_module(f"{self.__name__}.{name}")
        raise AttributeError(f"module {self.__name__!r} (now {place.__name__!r}) has no attribute {name!r}")

    def __call__(self, *args, **options):
        """``stress.given(...)`` goes on working after ``import workbench.stress.given``, which binds the module."""
        return getattr(self, self.__name__.rpartition(".")[2])(*args, **options)


class _Finder(MetaPathFinder, Loader):
    """Finds modules by their old names; asked only after every real module."""

    def find_spec(self, name: str, path=None, target=None) -> ModuleSpec | None:
        return ModuleSpec(name, self, is_package=True) if name in MOVED else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        warnings.warn(f"{spec.name} is now {MOVED[spec.name]}", DeprecationWarning, stacklevel=2)
        return _View(spec.name, f"Moved to {MOVED[spec.name]}.")

    def exec_module(self, module: ModuleType) -> None:
        importlib.import_module(MOVED[module.__name__])


def install() -> None:
    """Make the old names importable; once is enough."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
