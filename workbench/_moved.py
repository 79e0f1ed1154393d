"""Modules under their names of version 0.1: each can still be imported, with a DeprecationWarning that names its place.

A module of an old name is a view: its attributes are read from the module that took its place. Saved samplers name
classes by module, so :func:`current` also serves :mod:`workbench.samplers._storage`.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

TABLE = Path(__file__).with_suffix(".txt")
MOVED = {f"workbench.{old}": f"workbench.{new}" for old, new in map(str.split, TABLE.read_text().splitlines())}
SPLIT = {
    "workbench.samplers.filters": "workbench.samplers.filters._classical",
    "workbench.samplers.shocks": "workbench.samplers.shocks._classical",
    "workbench.samplers.training": "workbench.samplers.training._loop",
    "workbench.scenarios": "workbench.scenarios._container",
}

RENAMED: dict[str, dict[str, str]] = {
    "workbench.diagnostics.backtests": {
        **dict.fromkeys(("PITS", "panel_uniformity"), "ensembles."),
        **dict.fromkeys(("energy_rank", "panel_pits", "forecast_table", "z3", "var_es"), "ensembles."),
        **dict.fromkeys(("rosenblatt", "rosenblatt_day", "joint_p_value"), "ensembles."),
        **dict.fromkeys(("crps", "energy_score", "fz0_score", "quantile_score", "variogram_score"), "scores."),
        **dict.fromkeys(("Comparison", "diebold_mariano", "giacomini_white", "model_confidence_set"), "comparison."),
    },
    "workbench.diagnostics.backtests.scores": {"fz0": "workbench.backtesting.backtests._shortfall.fz0"},
    "workbench.diagnostics.backtests.comparison": {"long_run_variance": "workbench.stats.long_run_variance"},
    "workbench.diagnostics.case": {"Case": "ComparisonData"},
    "workbench.diagnostics.effects": {
        "MENDS": "COUNTERFACTUALS",
        "attributed": "counterfactuals",
        "effects": "risk_impact",
    },
    "workbench.diagnostics.laws": {"LAWS": "PROCESSES", "Law": "Process"},
    "workbench.diagnostics.likeness": {"Likeness": "CrisisShape"},
    "workbench.diagnostics.measured": {"World": "SimulatedMarket"},
    "workbench.diagnostics.measured.tables": {"honest": "null"},
    "workbench.diagnostics.forecasts": {"score_gains": "compare_scores"},
    "workbench.diagnostics.monitors": {
        "Watch": "MonitorReport",
        "watch": "run_monitors",
        "quiet_stream": "_thresholds.null_stream",
        **dict.fromkeys(
            ("joint_movement", "panel_pits", "rank_among", "total_width"), "workbench.backtesting.ensembles."
        ),
        **dict.fromkeys(("alarms", "calibrate", "cusum", "mixture_wealth", "shiryaev_roberts"), "_e_detector."),
        "unlikeliness": "_martingale.unlikeliness",
    },
    "workbench.diagnostics.monitors.quiet": {"quiet_stream": "null_stream"},
    "workbench.diagnostics.monitors.watch": {"Watch": "MonitorReport", "watch": "run_monitors"},
    "workbench.diagnostics.race": {
        "Course": "Design",
        "by_part": "by_subsample",
        "first_line": "workbench.reporting._tournament.tournament_headline",
        "keys": "entries",
        "learned": "seeded",
        "t_of": "workbench.backtesting.comparison.difference_t",
        "where_it_loses": "workbench.reporting._tournament.where_it_loses",
    },
    "workbench.diagnostics.race.course": {"Course": "Design"},
    "workbench.diagnostics.race.field": {"keys": "entries", "learned": "seeded"},
    "workbench.diagnostics.race.parts": {"by_part": "by_subsample"},
    "workbench.diagnostics.replay": {"speaking": "days_to_detection", "watched": "monitor_book"},
    "workbench.diagnostics.rollout": {"Ask": "ForecastSpec", "apart": "non_overlapping", "rollout": "_engine._rollout"},
    "workbench.diagnostics.rollout.ask": {"Ask": "ForecastSpec"},
    "workbench.diagnostics.rollout.books": {"Shelf": "BookSet", "shelve": "book_set"},
    "workbench.diagnostics.rollout.engine": {"rollout": "_rollout"},
    "workbench.diagnostics.rollout.overlap": {"apart": "non_overlapping"},
    "workbench.diagnostics.support": {"standing": "assess"},
    "workbench.samplers": {"foresee": "one_day_ensembles"},
    "workbench.samplers.attention": {"Attention": "TransformerFilter"},
    "workbench.samplers.foresight": {"foresee": "one_day_ensembles"},
    "workbench.samplers.pretrained": {"PooledMotion": "PooledGarch"},
    "workbench.stress": {
        "Against": "conditioning.FactorModel",
        "Answer": "causal.Answer",
        "Conditional": "conditioning.Conditional",
        "Mode": "reverse_stress.Mode",
        "Pooled": "entropy_pooling.Pooled",
        "Precedent": "reverse_stress.Precedent",
        "Problem": "problem.Problem",
        "RareEvent": "rare_events.RareEvent",
        "Reverse": "reverse_stress.Reverse",
        "StructuralModel": "causal.StructuralModel",
        "Verdict": "preregistered.Verdict",
        "along": "factor_path",
        "given_nodes": "causal.observe",
        "independences": "causal.independences",
        "narrate": "describe_reverse",
        "nearest": "reverse_stress.closest_episode",
        "starts_with_volatility": "problem.starts_with_volatility",
        "tell": "describe",
    },
    "workbench.stress.along": {"along": "factor_path", "Against": "FactorModel"},
    "workbench.stress.design": {"descend": "form"},
    "workbench.stress.importance": {"foretold": "expected_error"},
    "workbench.stress.narrative": {"narrate": "describe_reverse", "tell": "describe"},
    "workbench.stress.precedent": {"nearest": "closest_episode"},
    "workbench.stress.response": {"respond": "response_surface"},
    "workbench.stress.structural": {"given_nodes": "observe"},
}
"""Module (by its old name) -> name in version 0.1 -> today's name in the module that took its place.

A name that ends with a dot keeps its last part; one that begins with ``workbench.`` lies elsewhere.
"""


def current(module: str) -> str:
    """Today's name of a module of the package.

    >>> current("workbench.samplers.grid")
    'workbench.samplers._composed'
    """
    return MOVED.get(module) or SPLIT.get(module, module)


def renamed(module: str, name: str) -> Any:
    """What ``module`` (old name) called ``name`` in version 0.1.

    >>> renamed("workbench.stress.design", "descend").__name__
    'form'
    """
    path = RENAMED[module][name]
    path = path + name if path.endswith(".") else path
    inner, _, last = (path if path.startswith("workbench.") else f"{current(module)}.{path}").rpartition(".")
    return getattr(importlib.import_module(inner), last)


def attributes(package: str) -> Callable[[str], Any]:
    """``__getattr__`` of a package that kept its name: names of version 0.1 work, with a DeprecationWarning."""

    def lookup(name: str) -> Any:
        if name not in RENAMED.get(package, {}):
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        warnings.warn(f"{package}.{name} is now {package}.{RENAMED[package][name]}", DeprecationWarning, stacklevel=2)
        return renamed(package, name)

    return lookup


class _View(ModuleType):
    """An old module: reads through to the module that took its place."""

    def __getattr__(self, name: str):
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        place = importlib.import_module(current(self.__name__))
        if name in RENAMED.get(self.__name__, {}):
            return renamed(self.__name__, name)
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
