"""Online sources, used only when asked for: Yahoo (chart JSON), FRED (graph CSV), ECB Data Portal (SDMX CSV).

Every answer is cached with its address, the date of retrieval and a content hash, and the same question is
answered from the cache until ``refresh=True``. Nothing is filled: where symbols do not share a date, a value
is missing. ``base`` is the address of the service.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote, urlencode

import numpy as np
import pandas as pd

from workbench.bounded import read_by_library
from workbench.data._retrieval import cache_folder, cached, get_text
from workbench.data.catalogue import KINDS
from workbench.errors import DataError, ParameterError

_YAHOO = "https://query1.finance.yahoo.com"
_FRED = "https://fred.stlouisfed.org"
_ECB = "https://data-api.ecb.europa.eu"
_BARS = ("open", "high", "low", "close", "volume")
Names: TypeAlias = str | Sequence[str]
Day: TypeAlias = str | pd.Timestamp
Parse = Callable[[str, str], pd.DataFrame]


def yahoo(
    symbols: Names, start: Day, end: Day, *, cache: str | Path | None = None, refresh: bool = False, base: str = _YAHOO
) -> pd.DataFrame:
    """Daily bars from Yahoo's chart service, (date, (field, asset)).

    symbols : such as ``"^GSPC"``.
    start, end : first and last date wanted.

    Fields: open, high, low, close, volume, adj_close; ``close`` is adjusted for splits, ``adj_close`` for
    dividends too. A bar of the running day is not final and is left out.

    Raises DataError when the service fails, knows no such symbol, has nothing, or has changed its answer.
    """
    first, last = _span(start, end)
    seconds = {"period1": int(first.timestamp()), "period2": int((last + pd.Timedelta(days=1)).timestamp())}
    query = urlencode({**seconds, "interval": "1d"})
    urls = {name: f"{base}/v8/finance/chart/{quote(name, safe='')}?{query}" for name in _names(symbols)}
    panel = _gather(urls, "Yahoo", _yahoo_bars, "price", cache, refresh)
    panel.columns = panel.columns.swaplevel().set_names(["field", "asset"])
    return panel.sort_index(axis=1, level="field", sort_remaining=False)


def fred(
    series: Names,
    start: Day | None = None,
    end: Day | None = None,
    *,
    kind: str = "price",
    cache: str | Path | None = None,
    refresh: bool = False,
    base: str = _FRED,
) -> pd.DataFrame:
    """Series from FRED as published, (date, series); yields come in percent: divide them by 100.

    series : such as ``"DCOILWTICO"``; kind : what the values are (``price``, ``yield``, ``return``,
    ``level``).

    Raises DataError when the service fails, knows no such series, has nothing, or has changed its answer.
    """
    dates = _limits(start, end, "cosd", "coed")
    urls = {name: f"{base}/graph/fredgraph.csv?{urlencode({'id': name, **dates})}" for name in _names(series)}
    return _gather(urls, "FRED", _fred_series, kind, cache, refresh).droplevel(1, axis=1)


def ecb(
    series: Names,
    start: Day | None = None,
    end: Day | None = None,
    *,
    kind: str = "price",
    cache: str | Path | None = None,
    refresh: bool = False,
    base: str = _ECB,
) -> pd.DataFrame:
    """Series from the ECB Data Portal, (date, series); source to be named: ECB.

    series : a dataflow and a key, such as ``"EXR.D.USD.EUR.SP00.A"``; kind : what the values are.

    Raises DataError when the service fails, knows no such series, has nothing, or has changed its answer.
    """
    query = urlencode({**_limits(start, end, "startPeriod", "endPeriod"), "format": "csvdata"})
    urls = {name: f"{base}/service/data/{_flow(name)}?{query}" for name in _names(series)}
    return _gather(urls, "ECB", _ecb_series, kind, cache, refresh).droplevel(1, axis=1)


def _gather(
    urls: dict[str, str], source: str, parse: Parse, kind: str, cache: str | Path | None, refresh: bool
) -> pd.DataFrame:
    """One request a name; columns (name, field), the union of dates."""
    if kind not in KINDS:
        raise ParameterError(f"kind is {kind!r}; expected one of {', '.join(KINDS)}")
    parts, notes = {}, []
    for name, url in urls.items():
        stem = f"{source.lower()}-{''.join(c if c.isalnum() else '_' for c in name)}"
        fetch = partial(_fetch, url, name, source, parse)
        parts[name], when = cached(url, stem, fetch, cache_folder(cache), refresh)
        notes.append(f"{name}: {when.url}, retrieved {when.retrieved}, sha256 {when.sha256}")
    panel = pd.concat(parts, axis=1).sort_index()
    panel.index = panel.index.as_unit("ns").rename("date")
    panel.attrs = {"source": source, "retrieved": notes, "kind": kind}
    return panel


def _fetch(url: str, name: str, source: str, parse: Parse) -> pd.DataFrame:
    """The parsed answer, by increasing date; DataError when it holds nothing or a date twice."""
    with read_by_library(f"the service has changed: the answer of {source} for {name!r} has another form than known"):
        panel = parse(get_text(url, source), name)
    if not len(panel) or panel.isna().all(axis=None):
        raise DataError(f"{source} has no value of {name!r} in the dates asked for")
    if panel.index.has_duplicates:
        twice = panel.index[panel.index.duplicated()][0].date()
        raise DataError(f"{source} sent {twice} twice for {name!r}; the service has a problem, try again later")
    return panel.sort_index()


def _yahoo_bars(text: str, name: str) -> pd.DataFrame:
    chart = json.loads(text)["chart"]
    if chart.get("error"):
        raise DataError(f"Yahoo has no {name!r}: {chart['error'].get('description', 'no reason given')}")
    result = chart["result"][0]
    stamps, zone = result.get("timestamp", []), result["meta"]["exchangeTimezoneName"]
    quotes = result["indicators"]["quote"][0] if stamps else dict.fromkeys(_BARS, [])
    fields = {field: quotes[field] for field in _BARS}
    fields["adj_close"] = result["indicators"]["adjclose"][0]["adjclose"] if stamps else []
    index = pd.to_datetime(stamps, unit="s", utc=True).tz_convert(zone).tz_localize(None).normalize()
    bars = pd.DataFrame(fields, index=index, dtype=float)
    return bars[bars.index < pd.Timestamp.now(tz=zone).tz_localize(None).normalize()]


def _fred_series(text: str, name: str) -> pd.DataFrame:
    date = "DATE" if text.startswith("DATE") else "observation_date"
    return _series(name, text, date, name)


def _ecb_series(text: str, name: str) -> pd.DataFrame:
    return _series(name, text, "TIME_PERIOD", "OBS_VALUE", "KEY")


def _series(name: str, text: str, date: str, value: str, key: str = "") -> pd.DataFrame:
    """Values by date of a CSV answer; a period such as 2020-Q1 is dated its first day, '.' and '' are missing."""
    table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    lacking = sorted({date, value, *([key] if key else [])} - set(table.columns))
    if lacking:
        raise ValueError(f"no column {', '.join(lacking)} in the columns {list(table.columns)[:4]}")
    if key and table[key].nunique() > 1:
        raise ParameterError(f"the key {name!r} stands for {table[key].nunique()} series; name one without wildcards")
    dates = table[date]
    quarters = dates.str.contains("Q").any()
    index = pd.PeriodIndex(dates, freq="Q").to_timestamp() if quarters else pd.to_datetime(dates, format="ISO8601")
    numbers = pd.to_numeric(table[value].replace({".": np.nan, "": np.nan}))
    return pd.DataFrame({"value": numbers.to_numpy(float)}, index=pd.DatetimeIndex(index))


def _flow(name: str) -> str:
    flow, dot, key = name.partition(".")
    if not dot or not key:
        raise ParameterError(f"{name!r} is no ECB series; write dataflow and key, such as EXR.D.USD.EUR.SP00.A")
    return f"{quote(flow, safe='')}/{quote(key, safe='.')}"


def _names(names: Names) -> list[str]:
    chosen = [names] if isinstance(names, str) else list(names)
    if not chosen or not all(isinstance(name, str) and name.strip() for name in chosen):
        raise ParameterError(f"expected one or more names of series, got {names!r}")
    return list(dict.fromkeys(chosen))


def _limits(start: Day | None, end: Day | None, *names: str) -> dict[str, str]:
    """Parameters of the first and last date, where they are given."""
    span = _span(start or "1776-07-04", end or "2200-01-01")
    return {name: str(day.date()) for name, day, given in zip(names, span, (start, end)) if given}


def _span(start: Day, end: Day) -> tuple[pd.Timestamp, pd.Timestamp]:
    try:
        first, last = pd.Timestamp(start).tz_localize("UTC"), pd.Timestamp(end).tz_localize("UTC")
    except (ValueError, TypeError):
        raise ParameterError(f"start {start!r} and end {end!r} must be dates such as 2020-12-31") from None
    if first >= last:
        raise ParameterError(f"start {first.date()} does not come before end {last.date()}")
    return first, last
