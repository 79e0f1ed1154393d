"""Files as download tools, R, spreadsheets and exchanges write them: each gives the panel that was written."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import data
from workbench.errors import DataError, ParameterError, WorkbenchError


def walk(rows: int = 300, frequency: str = "B", columns: int = 2, volatility: float = 0.01) -> pd.DataFrame:
    """Prices of a few assets."""
    steps = np.random.default_rng(1).normal(0, volatility, (rows, columns))
    index = pd.date_range("2010-01-01", periods=rows, freq=frequency, name="date")
    return pd.DataFrame(100 * np.exp(steps.cumsum(axis=0)), index, ["AAA", "BBB", "CCC", "DDD"][:columns]).round(4)


CLOSE = walk()
RETURNS = np.log(CLOSE).diff().iloc[1:].round(9)
DAYS = list(zip(CLOSE.index.strftime("%Y-%m-%d"), CLOSE["AAA"].astype(str), CLOSE["BBB"].astype(str)))


def downloaded() -> pd.DataFrame:
    """What yfinance gives for two tickers; the adjusted close is nine tenths of the close."""
    fields = {"Adj Close": 0.9, "Close": 1.0, "High": 1.01, "Low": 0.99, "Open": 1.0}
    bars = {name: (CLOSE * factor).round(4) for name, factor in fields.items()} | {"Volume": CLOSE * 0 + 1e6}
    return pd.concat(bars, axis=1, names=["Price", "Ticker"]).rename_axis("Date")


def one(ticker: str = "AAA") -> pd.DataFrame:
    return downloaded().xs(ticker, axis=1, level=1)


def rows(header: str, template: str) -> str:
    return header + "".join(template.format(i + 1, *cells) + "\n" for i, cells in enumerate(DAYS))


def dated(dates: object, name: str) -> str:
    return CLOSE.set_axis(pd.Index(dates)).rename_axis(name).to_csv()


def spaced(value: float) -> str:
    return f"{value * 100:,.2f}".replace(",", " ").replace(".", ",")


PRICES: dict[str, tuple[Callable[[], str | bytes], str]] = {
    "R write.csv": (lambda: rows('"","date","AAA","BBB"\n', '"{}","{}",{},{}'), "row numbers left out"),
    "R write.table": (lambda: rows('"date","AAA","BBB"\n', '"{}","{}",{},{}'), "row names without a header"),
    "R write.table of dates": (lambda: rows('"AAA","BBB"\n', '"{1}",{2},{3}'), "row names without a header"),
    "pandas with its index": (lambda: CLOSE.reset_index().to_csv(), "row numbers left out"),
    "Latin-1": (lambda: CLOSE.to_csv().encode("latin-1"), "dates in column 'date'"),
    "UTF-16 with a mark": (lambda: CLOSE.to_csv().encode("utf-16"), "decoded as utf-16"),
    "UTF-16 without a mark": (lambda: CLOSE.to_csv().encode("utf-16-le"), "decoded as utf-16-le"),
    "spreadsheet separator line": (lambda: "sep=;\n" + CLOSE.to_csv(sep=";", decimal=","), "decimal comma"),
    "title lines": (lambda: "Prices of the desk\n\n" + CLOSE.to_csv(), "title lines above the header left out"),
    "day first": (lambda: CLOSE.to_csv(date_format="%d/%m/%Y"), "day first"),
    "two-digit years": (lambda: CLOSE.to_csv(date_format="%d.%m.%y"), "day first"),
    "time zone": (lambda: CLOSE.tz_localize("America/New_York").to_csv(), "time zone left out"),
    "Unix seconds": (lambda: dated(CLOSE.index.as_unit("s").asi8, "timestamp"), "Unix seconds"),
    "Unix milliseconds": (lambda: dated(CLOSE.index.as_unit("ms").asi8, "open_time"), "Unix milliseconds"),
    "spreadsheet days": (lambda: dated((CLOSE.index - pd.Timestamp("1899-12-30")).days, "Date"), "spreadsheet days"),
    "lines of text in a month's name": (lambda: CLOSE.to_csv(date_format="%d-%b-%Y"), "named"),
    "currency": (lambda: CLOSE.map("€{:.4f}".format).to_csv(), "read as prices"),
    "one stacked field": (lambda: downloaded()[["Close"]].to_csv(), "stacked header"),
    "long": (lambda: CLOSE.rename_axis(columns="ticker").stack().rename("price").reset_index().to_csv(), "long"),
}


@pytest.mark.parametrize("way", PRICES)
def test_prices_are_read_as_they_were_written(way: str, tmp_path: Path) -> None:
    make, words = PRICES[way]
    content = make()
    (tmp_path / "file.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    panel = data.load(tmp_path / "file.csv")
    pd.testing.assert_frame_equal(panel, CLOSE, check_freq=False, check_index_type=False)
    assert words in panel.attrs["reading"] and panel.attrs["dataset"] == "file.csv" and panel.attrs["sha256"]


THOUSANDS = {
    "comma": lambda: (CLOSE * 100).map("{:,.2f}".format).to_csv(),
    "space": lambda: CLOSE.map(spaced).to_csv(sep=";"),
    "apostrophe": lambda: (CLOSE * 100).map(lambda v: f"{v:,.2f}".replace(",", "'")).to_csv(),
}


@pytest.mark.parametrize("mark", THOUSANDS)
def test_marks_of_thousands(mark: str, tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text(THOUSANDS[mark]())
    np.testing.assert_allclose(data.load(tmp_path / "file.csv"), (CLOSE * 100).round(2), rtol=1e-12)


RETURN_FILES = {
    "typographic minus": lambda: RETURNS.to_csv(float_format="%.9f").replace(",-", ",\u2212"),
    "brackets": lambda: RETURNS.map(lambda v: f"({-v:.9f})" if v < 0 else f"{v:.9f}").to_csv(),
    "percent signs": lambda: RETURNS.map("{:.7%}".format).to_csv(),
    "scientific": lambda: RETURNS.to_csv(float_format="%.12e"),
}


@pytest.mark.parametrize("way", RETURN_FILES)
def test_returns_are_read_as_they_were_written(way: str, tmp_path: Path) -> None:
    (tmp_path / "file.csv").write_text(RETURN_FILES[way]())
    panel = data.returns(tmp_path / "file.csv")
    np.testing.assert_allclose(panel, RETURNS, atol=1e-12)
    assert panel.attrs["change_of"] == "return" and "log returns as fractions" in panel.attrs["reading"]


def nasdaq() -> str:
    return rows("Date,Close/Last,Volume,Open,High,Low\n", "{1},${2},1000000,${2},${2},${2}")


def investing() -> str:
    return rows("Date,Price,Open,High,Low,Vol.,Change %\n", '{1},"{2}",{2},{2},{2},1.23M,0.5%')


BARS: dict[str, tuple[Callable[[], str], str, list[str], float]] = {
    "yfinance": (lambda: downloaded().to_csv(), "stacked header", ["AAA", "BBB"], 0.9),
    "yfinance by ticker": (
        lambda: downloaded().swaplevel(axis=1).sort_index(axis=1).to_csv(),
        "stacked header",
        ["AAA", "BBB"],
        0.9,
    ),
    "yfinance, levels without a name": (
        lambda: downloaded().rename_axis(columns=[None, None]).to_csv(),
        "stacked header",
        ["AAA", "BBB"],
        0.9,
    ),
    "yfinance, one ticker": (lambda: one().to_csv(), "bars of one asset, named 'file'", ["file"], 0.9),
    "yfinance history": (
        lambda: one().assign(**{"Dividends": 0.0, "Stock Splits": 0.0}).to_csv(),
        "left out: Dividends, Stock Splits",
        ["file"],
        0.9,
    ),
    "OHLC": (lambda: one().drop(columns=["Adj Close", "Volume"]).to_csv(), "bars of one asset", ["file"], 1.0),
    "quantmod": (
        lambda: pd.concat([one(t).add_prefix(f"{t}.").rename(columns=str) for t in ("AAA", "BBB")], axis=1).to_csv(),
        "fields adj_close, close",
        ["AAA", "BBB"],
        0.9,
    ),
    "Nasdaq": (nasdaq, "bars of one asset", ["file"], 1.0),
    "Investing.com": (investing, "left out: Change %", ["file"], 1.0),
}


@pytest.mark.parametrize("way", BARS)
def test_bars_are_read_and_the_close_that_is_used_is_named(way: str, tmp_path: Path) -> None:
    make, words, assets, factor = BARS[way]
    (tmp_path / "file.csv").write_text(make())
    panel = data.load(tmp_path / "file.csv")
    assert panel.columns.names == ["field", "asset"] and words in panel.attrs["reading"]
    assert ("returns are taken from adj_close" in panel.attrs["reading"]) == (factor == 0.9)
    used = data.close(panel)
    assert sorted(used.columns) == assets
    np.testing.assert_allclose(used.iloc[:, 0], CLOSE["AAA"] * factor, rtol=1e-5)
    assert data.returns(panel).shape == (299, len(assets))


def test_a_frame_of_a_download_tool_is_read_as_its_file() -> None:
    panel = data.load(downloaded())
    assert set(panel.columns.get_level_values("field")) == {"adj_close", "close", "high", "low", "open", "volume"}
    np.testing.assert_allclose(data.returns(panel), np.log(CLOSE * 0.9).diff().iloc[1:], atol=1e-5)


FREQUENCIES = {
    "h": ("hourly", 900, 3, 0.004),
    "D": ("7-day", 400, 3, 0.02),
    "B": ("daily", 400, 8, 0.01),
    "W-FRI": ("weekly", 300, 3, 0.025),
    "ME": ("monthly", 300, 4, 0.05),
}


@pytest.mark.parametrize("code", FREQUENCIES)
def test_the_frequency_is_recognised_and_stated(code: str, tmp_path: Path) -> None:
    name, number, columns, volatility = FREQUENCIES[code]
    steps = np.random.default_rng(4).normal(0, volatility, (number, columns))
    index = pd.date_range("1990-01-01", periods=number, freq=code, name="date")
    prices = pd.DataFrame(100 * np.exp(steps.cumsum(axis=0)), index, [f"A{i}" for i in range(columns)])
    prices.to_csv(tmp_path / "mine.csv")
    panel = data.load(tmp_path / "mine.csv")
    assert f"{number} {name} dates" in panel.attrs["reading"]
    change = data.returns(tmp_path / "mine.csv")
    annual = change.std() * data.periods_per_year(change) ** 0.5
    np.testing.assert_allclose(annual, volatility * data.periods_per_year(index) ** 0.5, rtol=0.15)


@pytest.mark.parametrize("assets", [3, 8, 40])
def test_panels_of_three_eight_and_forty_assets(assets: int, tmp_path: Path) -> None:
    stocks = data.load("us_equities").iloc[-700:]
    wide = pd.concat([stocks.add_suffix("" if copy == 0 else f" {copy}") for copy in range(2)], axis=1).iloc[:, :assets]
    wide.to_csv(tmp_path / "mine.csv")
    assert data.returns(tmp_path / "mine.csv").shape == (699, assets)


def test_quarters_are_dated_their_last_day(tmp_path: Path) -> None:
    index = pd.date_range("1990-03-31", periods=80, freq="QE")
    rates = walk(80).set_axis(index)
    for dash in ("", "-"):
        labels = [f"{day.year}{dash}Q{day.quarter}" for day in index]
        rates.set_axis(pd.Index(labels, name="TIME_PERIOD")).to_csv(tmp_path / "file.csv")
        panel = data.load(tmp_path / "file.csv", minimum_rows=50)
        assert (panel.index == index).all() and "80 quarterly dates" in panel.attrs["reading"]


def test_the_end_of_summer_time_repeats_no_hour(tmp_path: Path) -> None:
    index = pd.date_range("2021-09-01", periods=2000, freq="h", tz="UTC", name="date")
    prices = pd.DataFrame({"A": 100 * np.exp(np.random.default_rng(1).normal(0, 0.01, 2000).cumsum())}, index)
    local = prices.tz_convert("Europe/Berlin")
    local.to_csv(tmp_path / "text.csv")
    local.to_parquet(tmp_path / "table.parquet")
    for name in ("text.csv", "table.parquet"):
        panel = data.load(tmp_path / name)
        assert (panel.index == index.tz_localize(None)).all() and "in UTC" in panel.attrs["reading"]


def test_foreign_headers_are_mapped(tmp_path: Path) -> None:
    foreign = CLOSE.rename_axis("Handelstag").rename(columns={"AAA": "Kurs A"}).assign(Notiz="x")
    foreign.to_csv(tmp_path / "file.csv")
    with pytest.raises(DataError, match=r"'Notiz', row 1: 'x' is not a number.*columns=\{'Notiz': None\}"):
        data.load(tmp_path / "file.csv")
    panel = data.load(tmp_path / "file.csv", columns={"Handelstag": "date", "Kurs A": "AAA", "Notiz": None})
    pd.testing.assert_frame_equal(panel, CLOSE, check_freq=False, check_index_type=False)
    with pytest.raises(ParameterError, match="no header 'Kurs'; did you mean 'Kurs A'"):
        data.load(tmp_path / "file.csv", columns={"Kurs": "AAA"})


def test_names_files_and_frames_are_one_parameter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    CLOSE.to_csv(tmp_path / "mine.csv")
    monkeypatch.chdir(tmp_path)
    sources = ("mine.csv", Path("mine.csv"), str(tmp_path / "mine.csv"), CLOSE)
    hashes = {data.load(source).attrs["sha256"] for source in sources}
    assert hashes == {data.content_hash(CLOSE)}
    assert data.load("wti").attrs["dataset"] == "wti"
    assert len(data.load("wti", columns={})) == 8611, "an empty mapping, the default of a study, asks for nothing"
    with pytest.raises(ParameterError, match="unknown data set 'us_equitys'; did you mean 'us_equities'"):
        data.load("us_equitys")
    with pytest.raises(ParameterError, match="dayfirst: options of a file, and 'wti' is a named data set"):
        data.load("wti", dayfirst=True)
    with pytest.raises(DataError, match=r"there is no file .*absent\.csv"):
        data.load("absent.csv")


def test_a_table_of_forecasts_or_books_is_read_alike(tmp_path: Path) -> None:
    (tmp_path / "books.csv").write_text("book;AAA;BBB\none;0,5;0,5\ntwo;1,0;-0,2\n")
    books = data.read_table(tmp_path / "books.csv", key="book")
    assert books.loc["two"].tolist() == [1.0, -0.2]
    forecasts = pd.DataFrame({"var_0.99": 0.02, "es_0.99": 0.025}, CLOSE.index)
    for name, style in (("iso", "%Y-%m-%d"), ("british", "%d/%m/%Y"), ("american", "%m/%d/%Y")):
        forecasts.to_csv(tmp_path / f"{name}.csv", date_format=style)
        again = data.read_table(tmp_path / f"{name}.csv")
        pd.testing.assert_frame_equal(again, forecasts, check_freq=False, check_index_type=False)
    with pytest.raises(DataError, match="no column 'fund'"):
        data.read_table(tmp_path / "books.csv", key="fund")


def test_options_can_stand_beside_a_file(tmp_path: Path) -> None:
    foreign = CLOSE.rename_axis("Handelstag").assign(Notiz="x").iloc[:12]
    path = tmp_path / "mine.csv"
    foreign.to_csv(path, date_format="%d/%m/%Y")
    with pytest.raises(DataError, match=r"options for reading it can stand in mine\.csv\.yaml"):
        data.load(path)
    options = "columns: {Handelstag: date, Notiz: null}\ndayfirst: true\nkind: price\nminimum_rows: 5\n"
    (tmp_path / "mine.csv.yaml").write_text(options)
    pd.testing.assert_frame_equal(data.load(path), CLOSE.iloc[:12], check_freq=False, check_index_type=False)
    assert data.returns(str(path)).shape == (11, 2)
    with pytest.raises(DataError, match="250 are needed"):
        data.load(path, minimum_rows=250)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sheet: 1", "no option 'sheet'; known: kind, columns"),
        ("- 1", "expected lines"),
        ("a: &x [1]\nb: *x", "no option 'a'"),
        ("{" * 5000, "mine.csv.yaml"),
        ("kind: rate", "kind is 'rate'"),
        ("columns: date", "columns is 'date'"),
        ("dayfirst: perhaps", "dayfirst is 'perhaps'"),
        ("columns: {Datum: date}", "no header 'Datum'"),
        ("columns: {1: date}", "no header 1"),
        ("accept: splits", "accept is 'splits'; expected a list of rules"),
        ("minimum_rows: many", "minimum_rows is 'many'; expected a whole number"),
        ("decimal: ';'", "decimal is ';'; expected '.' or ','"),
        ("accept: [splits]", "no such rule: splits"),
    ],
)
def test_wrong_options_beside_a_file_are_refused(text: str, words: str, tmp_path: Path) -> None:
    CLOSE.to_csv(tmp_path / "mine.csv")
    (tmp_path / "mine.csv.yaml").write_text(text)
    with pytest.raises(ParameterError, match=words):
        data.load(tmp_path / "mine.csv")


def test_frames_of_every_make() -> None:
    index = CLOSE.index
    makes = {
        "dates as text": CLOSE.set_axis(index.strftime("%d/%m/%Y")),
        "dates as objects": CLOSE.set_axis([day.date() for day in index]),
        "periods": CLOSE.set_axis(index.to_period("D")),
        "time zone": CLOSE.tz_localize("Asia/Tokyo"),
        "a column of dates": CLOSE.reset_index(),
        "decimals": CLOSE.map(lambda value: Decimal(str(value))),
        "text": CLOSE.astype(str),
        "categories": CLOSE.astype("category"),
        "swapped levels": pd.concat({"AAA": CLOSE[["AAA"]], "BBB": CLOSE[["BBB"]]}, axis=1).rename(
            columns={"AAA": "Close", "BBB": "Close"}, level=1
        ),
    }
    for name, frame in makes.items():
        np.testing.assert_array_equal(data.close(data.load(frame)), CLOSE, err_msg=name)
    assert data.load(CLOSE["AAA"]).shape == (300, 1)
    assert list(data.load(CLOSE.set_axis([1, 2], axis=1)).columns) == ["1", "2"]


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (CLOSE.reset_index(drop=True), r"no column holds dates \(columns 'AAA', 'BBB'\)"),
        (CLOSE.astype(complex), "'AAA', row 1"),
        (CLOSE.set_axis([1, "1"], axis=1), "'1' is there more than once"),
        (CLOSE.assign(AAA=pd.Timedelta(days=1)), "'AAA', row 1: '1 days"),
        (CLOSE.iloc[:0], "no rows"),
        (CLOSE.set_axis([pd.NaT, *CLOSE.index[1:]]), "row 1: the date NaT is empty"),
        ([1, 2], "found list"),
        (None, "found NoneType"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_frames_without_a_meaning_are_refused(frame: object, words: str) -> None:
    with pytest.raises(WorkbenchError, match=words):
        data.load(frame)  # type: ignore[arg-type]
