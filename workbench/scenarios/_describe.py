"""A scenario set at a glance, in a terminal or a notebook; foreign names are shown, never obeyed."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from workbench._text import html_rows, percent
from workbench.errors import printable
from workbench.scenarios._container import dataset

_SHOWN = 12  # assets
_LONGEST = 160  # characters of an attribute
_LEVELS = (0.01, 0.5, 0.99)


@dataclass(frozen=True)
class Description:
    """What :func:`describe` found: ``facts`` in words, ``table`` in numbers, one row an asset."""

    facts: dict[str, str]
    table: pd.DataFrame

    def __str__(self) -> str:
        width = max(map(len, self.facts))
        lines = [f"{name:<{width}}  {value}" for name, value in self.facts.items()]
        return printable("\n".join([*lines, "", self.table.to_string()]))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        table = self.table.rename(index=printable, columns=printable)
        return f"<table>{html_rows(self.facts)}</table>{table.to_html(border=0, escape=True)}"


def describe(tree: xr.DataTree) -> Description:
    """Sizes, fields and provenance of a scenario set, and the simple return of each asset over the horizon.

    The table has a row for each of the first 12 assets: mean, standard deviation, 1 %, 50 % and 99 % quantile of
    ``exp(sum of log returns) - 1``, in per cent.

    >>> from workbench.scenarios import assemble
    >>> print(describe(assemble(np.zeros((1, 8, 5, 1)), ["A"], sampler="historical")))
    chains x draws  1 x 8
    horizon         5 steps
    assets          1
    fields          ret
    sampler         historical
    <BLANKLINE>
       mean %  sd %  1 % quantile  50 % quantile  99 % quantile
    A     0.0   0.0           0.0            0.0            0.0
    """
    draws = dataset(tree)
    sizes = draws.sizes
    facts = {
        "chains x draws": f"{sizes['chain']:,} x {sizes['draw']:,}",
        "horizon": f"{sizes['time']} steps",
        "assets": f"{sizes['asset']}" + (f", the first {_SHOWN} below" if sizes["asset"] > _SHOWN else ""),
        "fields": ", ".join(map(str, draws.data_vars)),
    }
    facts |= {str(name)[:_LONGEST]: _short(value) for name, value in tree.attrs.items()}
    return Description(facts, _moves(draws))


def _moves(draws: xr.Dataset) -> pd.DataFrame:
    if "ret" not in draws:
        return pd.DataFrame()
    part = draws["ret"].isel(asset=slice(_SHOWN)).transpose("chain", "draw", "time", "asset")
    moves = 100 * np.expm1(part.values.sum(axis=2, dtype=float)).reshape(-1, part.sizes["asset"])  # (draw, asset)
    columns = {"mean %": moves.mean(axis=0), "sd %": moves.std(axis=0)}
    columns |= {f"{percent(level, 0)} quantile": np.quantile(moves, level, axis=0) for level in _LEVELS}
    return pd.DataFrame(columns, index=part.asset.values.astype(str)).round(2)


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
