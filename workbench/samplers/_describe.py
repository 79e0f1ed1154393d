"""How a sampler shows itself: its parts with their options, the fitted span, the seed and what was left out."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from workbench._text import html_rows

if TYPE_CHECKING:
    from workbench.samplers._base import Sampler

PLAIN = (bool, int, float, str, type(None), tuple, dict)


def options(part: object) -> dict[str, object]:
    """The options of a sampler or of one of its parts, by name; parts are shown as ``Name(option=value)``."""
    known = {name: value for name, value in vars(part).items() if not name.startswith("_") and not name.endswith("_")}
    shown = {name: value for name, value in known.items() if _option(value)}
    return {name: value if isinstance(value, PLAIN) else _part(value) for name, value in shown.items()}


class _part(str):
    """A part in words, shown without quotation marks."""

    def __new__(cls, value: object) -> _part:
        return super().__new__(cls, f"{type(value).__name__}({_join(options(value))})")

    __repr__ = str.__str__


def _option(value: object) -> bool:
    return isinstance(value, PLAIN) or type(value).__module__.startswith("workbench.samplers.")


def _join(known: dict[str, object]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in known.items())


def fitted(sampler: Sampler) -> str:
    """The assets, the span and the seed of the fit, or that there is none."""
    if not hasattr(sampler, "assets_"):
        return "not fitted"
    index, count = sampler.history_.index, len(sampler.assets_)
    span = f"{index[0].date()} to {index[-1].date()} ({len(index):,} days)"
    return f"{count} asset{'s' * (count != 1)}, {span}, seed {'unknown' if sampler.seed_ is None else sampler.seed_}"


def describe(sampler: Sampler) -> str:
    """One line: class, options, fit."""
    return f"{type(sampler).__name__}({_join(options(sampler))}), {fitted(sampler)}"


def html(sampler: Sampler) -> str:
    """A table of options, fitted span and notes; everything in it is escaped."""
    rows = {**options(sampler), "fitted": fitted(sampler)}
    if hasattr(sampler, "assets_"):
        rows["assets"] = ", ".join(sampler.assets_[:12]) + ", ..." * (len(sampler.assets_) > 12)
    rows |= {f"note {number}": note for number, note in enumerate(sampler.notes_, 1)}
    return f"<table><caption>{escape(type(sampler).__name__)}</caption>{html_rows(rows)}</table>"
