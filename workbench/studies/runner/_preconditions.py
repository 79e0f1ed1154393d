"""What a study would find impossible in a cell, found before its kernel starts: names, files, dates, assets, sizes.

The tables below say what a parameter of that name is in the studies of the package; other notebooks are left alone.
Bounds of single numbers stand in the parameters cell (:mod:`._bounds`).
"""

from __future__ import annotations

import datetime
import importlib
import os
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import ParameterError, WorkbenchError
from workbench.registry import Registry, unknown
from workbench.studies.runner._inputs import items, returns_of
from workbench.studies.runner.notebooks import Study

Values = Mapping[str, Any]
SAMPLERS = ("workbench.samplers", "SAMPLERS")
REGISTERED: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("sampler", "samplers", "baselines", "reference", "demonstration"), SAMPLERS),
    "filter": ("workbench.samplers.filters", "FILTERS"), "shocks": ("workbench.samplers.shocks", "SHOCKS"),
    "live_faults": ("workbench.power.faults", "FAULTS"),
}  # fmt: skip
"""Parameter -> the registry whose names it takes."""
PATTERNS = {
    ("backtest", "refit"): (r"yearly|never|[1-9]\d*", "'yearly', 'never' or a number of dates"),
    ("backtest", "window"): (r"0|[2-9]|\d\d+", "0, or at least 2 dates"),
    ("unseen_decade", "record"): (r"until_(2006|2015)", "'until_2006' or 'until_2015'"),
    ("audit", "start"): (r"unconditional|last|\d{4}-\d\d-\d\d", "'unconditional', 'last' or a date such as 2008-09-12"),
}
FILES = ("scenarios", "books", "identities", "holdout", "stored")
FOLDERS = ("store",)
SPANS = {
    **dict.fromkeys(("quiet", "training"), ("data set", "first day", "last day")),
    "replays": ("data set", "first day", "last day", "day of the shock"),
}
EMPTY: tuple[Any, ...] = (None, "", [], {})
MAY_BE_EMPTY = ("baselines", "live_faults", "options", "allow")
ORDERED = (("market_low", "market_high"), ("first", "last"), ("trained_until", "last"))
ASSETS = ("refuge", "cause", "effect", "book", "planted_assets")
ANY_BOOK = {"book": ("equal",)}  # what else the parameter may name
DATES = ("as_of", "until", "first", "last", "trained_until")
WINDOWS = {"audit": 18, "market_futures": 18, "stress": 2, "reverse_stress": 2}
"""Study -> how many windows of its horizon the history must hold."""
KNOWN = {"as_of": 60, "until": 60, "trained_until": 250}
"""Date -> how many days up to it a sampler is to be fitted to."""
DRAWS_A_CHAIN = 20
DAYS_OF_A_FILTER = 250  # that a volatility filter is fitted to
FEWEST_TESTED = 250  # days on which a graph is tested
DAYS_A_COEFFICIENT, STAR = 10, 8  # of a structural equation; nodes of a graph that nobody declared


def require_possible(study: Study, values: Values, given: Iterable[str]) -> None:
    """Raise WorkbenchError for a value of ``given`` that the study could not use, with its name and what it may be."""
    asked = {name: values[name] for name in given if values[name] not in EMPTY}
    for name in given:
        default = study.parameters[name].default
        if name not in asked and name not in MAY_BE_EMPTY and default not in EMPTY:
            raise _wrong(name, study.name, f" is empty; leave it out for {default!r}")
    for name in asked.keys() & {*REGISTERED, "allow"}:
        known, kind = _known(name)
        for item in items(asked[name]):
            if item not in known:
                raise _wrong(name, study.name, f": {unknown(kind, item, known)}")
    _require_options(study.name, values, asked)
    _require_form(study.name, asked)
    for low, high in ORDERED:
        if low in asked and values.get(high) is not None and values[low] >= values[high]:
            apart = "exchange them, or set them apart"
            raise _wrong(low, study.name, f" is {values[low]}, not below {high!r}, {values[high]}: {apart}")
    if {*values.get("samplers", ())} == {values.get("reference")}:
        raise _wrong("samplers", study.name, " names the reference alone; name another beside it")
    least = DRAWS_A_CHAIN * values.get("chains", 0)
    if values.get("draws", least) < least:
        raise _outside("draws", study.name, values, f"at least {least}", f"each chain needs {DRAWS_A_CHAIN}")
    if SPANS.keys() <= values.keys() and asked.keys() & {*SPANS, "dataset"}:
        _require_learnable(study.name, values)
    if study.name == "unseen_decade" and asked.keys() & {"datasets", "last"}:
        _require_decades(study.name, values)
    source = values.get("dataset") or values.get("history")
    if source and asked.keys() & {*ASSETS, *DATES, "dataset", "history", "horizon", "graph", "lags"}:
        _require_in_panel(study.name, values, asked, source)


def _known(name: str) -> tuple[Collection[str], str]:
    """The names that a parameter may take, and what they are called."""
    if name == "allow":
        from workbench.data import RULES
        from workbench.validation.preflight import PREFLIGHT

        return {**PREFLIGHT, **dict(RULES)}, "rule"
    module, registry = REGISTERED[name]
    known: Registry = getattr(importlib.import_module(module), registry)
    return known, known.kind


def _require_options(study: str, values: Values, asked: Values) -> None:
    """Make what the options are for, without fitting it."""
    if "options" not in asked:
        return
    from workbench.samplers import make

    options: Mapping[str, Any] = asked["options"]
    by_name = options if study == "horse_race" else {values.get("sampler") or values.get("samplers", [""])[0]: options}
    try:
        if "shocks" in values:
            importlib.import_module("workbench.samplers.shocks").SHOCKS.make(values["shocks"], **options)
            return
        for name, own in by_name.items():
            make(name, **own)
    except (WorkbenchError, TypeError, ValueError) as wrong:
        raise _wrong("options", study, f" is {options}: {wrong}") from None


def _require_form(study: str, asked: Values) -> None:
    """Words of a fixed form, files that must be there, folders that must be folders, lists of a fixed length."""
    for (of, name), (pattern, words) in PATTERNS.items():
        if of == study and name in asked and not re.fullmatch(pattern, str(asked[name])):
            raise _wrong(name, study, f" is {asked[name]!r}: give {words}")
    for name in FILES:
        if name in asked and not Path(asked[name]).exists():
            raise _wrong(name, study, f": there is no file {str(asked[name])!r}; give its path")
    for name in FOLDERS:
        if name in asked:
            require_folder(f"parameter {name!r} of {study!r}: {asked[name]!r}", Path(asked[name]))
    for name in SPANS.keys() & asked.keys():
        spans = asked[name] if isinstance(asked[name], dict) else {name: asked[name]}
        for episode, span in spans.items():
            _require_span(f"parameter {name!r} of {study!r}: {episode!r}", span, SPANS[name])


def _require_span(named: str, span: list[str], words: tuple[str, ...]) -> None:
    """A data set and days in increasing order; the day of a shock lies between the first and the last."""
    from workbench.data import DATASETS

    if len(span) != len(words):
        raise ParameterError(f"{named} has {len(span)} entries, {len(words)} are needed: {', '.join(words)}")
    if span[0] not in DATASETS and not Path(span[0]).is_file():
        raise ParameterError(f"{named}: {unknown('data set', span[0], DATASETS)}; or give a file")
    try:
        first, last, *shock = (datetime.date.fromisoformat(day) for day in span[1:])
    except ValueError:
        raise ParameterError(f"{named} has the days {', '.join(span[1:])}; write each like 2006-12-29") from None
    if not first <= (shock or [last])[0] <= last:
        raise ParameterError(f"{named} has the days {', '.join(span[1:])}; {', '.join(words[1:])} must be in order")


def _require_learnable(study: str, values: Values) -> None:
    """Before the first forecast of every episode, dates enough for the sampler that is frozen there."""
    from workbench import samplers
    from workbench.samplers.filters import Constant
    from workbench.studies import setting

    filtering = getattr(samplers.make(values["sampler"], **values["options"]), "filter", None)
    needed = 20 if filtering is None or isinstance(filtering, Constant) else DAYS_OF_A_FILTER
    given = (values[name] for name in ("replays", "quiet", "training"))
    replays, quiet, training = setting.episodes(values["dataset"], values["columns"], *given)
    for episode, (source, first, *_) in ({"training": training} | replays | quiet).items():
        known = int(returns_of(source, values).index.searchsorted(pd.Timestamp(first)))
        if known >= needed:
            continue
        why = f": {known} dates of {str(source)!r} lie before its first forecast, {first}; "
        why += f"{values['sampler']!r} is fitted to {needed} at the least: "
        if not values["dataset"]:
            raise ParameterError(f"the episode {episode!r} of {study!r}{why}let it begin later")
        remedy = f"give a history of {setting.fewest(needed)} dates, such as weeks instead of months, "
        raise _wrong("dataset", study, f"{why}{remedy}or a sampler without a volatility filter")


def require_folder(named: str, folder: Path) -> None:
    """Raise ParameterError where files cannot be written below a folder that is there, or that is to be made."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise ParameterError(f"{named} cannot be written; name a folder that can")


def _require_in_panel(study: str, values: Values, asked: Values, source: Any) -> None:
    panel = returns_of(source, values)
    for name in ASSETS:
        known = [*ANY_BOOK.get(name, ()), *map(str, panel.columns)]
        for item in items(asked.get(name, [])):
            if item not in known:
                raise _wrong(name, study, f": {unknown('asset', item, known)}")
    begin, end = panel.index[0], panel.index[-1]
    for name in [date for date in DATES if date in values]:
        day = pd.Timestamp(asked.get(name) or end)
        if day < begin or (name == "first" and day > end):
            span = f"the returns of {str(source)!r} run from {begin:%Y-%m-%d} to {end:%Y-%m-%d}"
            raise _wrong(name, study, f" is {values[name]}: {span}; give a date among them")
        days = len(panel.loc[:day])
        if days < KNOWN.get(name, 0):
            needed = f"{days} days of {str(source)!r} are known by then, {KNOWN[name]} are needed"
            raise _too_short(name, study, values, needed, "a later date")
    if study == "causal":
        _require_graph(study, values, panel.loc[pd.Timestamp(values["first"] or begin) :])
    days = len(panel.loc[: pd.Timestamp(asked.get("as_of") or end)])
    most = days // WINDOWS.get(study, 1)
    if values.get("horizon", 0) > most:
        why = f"the {days} days of {str(source)!r} must hold {WINDOWS.get(study, 1)} windows of it"
        raise _outside("horizon", study, values, f"at most {most}", why)


def _wrong(name: str, study: str, what: str) -> ParameterError:
    return ParameterError(f"parameter {name!r} of {study!r}{what}")


def _too_short(name: str, study: str, values: Values, needed: str, remedy: str) -> ParameterError:
    """A date that leaves too few days; where nobody gave one, the history is too short."""
    given, remedy = (values[name], remedy) if values[name] else ("not set", "a longer history")
    return _wrong(name, study, f" is {given}: {needed}; give {remedy}")


def _outside(name: str, study: str, values: Values, bound: str, why: str) -> ParameterError:
    return _wrong(name, study, f" must be a whole number, {bound}, got {values[name]}: {why}")


def _require_decades(study: str, values: Values) -> None:
    """Ten years to fit and one to judge in every panel, up to the last day that is judged."""
    from workbench.backtesting import unseen_decade

    for name in values["datasets"]:
        last = values["last"] and pd.Timestamp(values["last"])
        days = len(unseen_decade.panel(name).loc[:last])
        if days < unseen_decade.LEAST:
            needed = f"{unseen_decade.LEAST} are needed, ten years to fit and one to judge; give a longer history"
            raise _wrong("datasets", study, f": {name!r} has {days} days up to {values['last'] or 'its end'}, {needed}")


def _require_graph(study: str, values: Values, panel: pd.DataFrame) -> None:
    """Nodes that are assets, a cause and an effect that are nodes, and days enough for the coefficients of an equation."""
    nodes, days = min(STAR, panel.shape[1]), len(panel)
    if days < FEWEST_TESTED:
        needed = f"{days} days are left, {FEWEST_TESTED} are needed"
        raise _too_short("first", study, values, needed, "an earlier date")
    if values["graph"]:
        from workbench.stress.causal import causal_graph

        graph = causal_graph(values["graph"])
        strangers, nodes = sorted(set(graph) - set(map(str, panel.columns))), len(graph)
        if strangers:
            known = ", ".join(panel.columns)
            raise _wrong("graph", study, f": the nodes {strangers} are no assets; known: {known}")
        for name in ("cause", "effect"):
            if values[name] and values[name] not in graph:
                raise _wrong(name, study, f": {unknown('node of the graph', values[name], graph)}")
    most = int((days / DAYS_A_COEFFICIENT - 1) / nodes - 1)
    if values["lags"] > most:
        why = f"{days} days must hold {DAYS_A_COEFFICIENT} for every coefficient of an equation of {nodes} nodes"
        raise _outside("lags", study, values, f"at most {most}", why)
