"""Files of strangers and slips of users: read right, or refused in one line that names the place; never a traceback."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_forecast_files import tables

CASES = Path(__file__).parents[3] / "shared" / "cases"
DATES = pd.bdate_range("2019-01-01", periods=300, name="date")


def command(capsys, *arguments) -> tuple[int, str, str]:
    """Exit code, output and errors of ``workbench backtest``."""
    from workbench.cli import main

    with pytest.raises(SystemExit) as left:
        main(["backtest", *map(str, arguments)])
    said = capsys.readouterr()
    return left.value.code or 0, said.out, said.err


def base() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Right forecasts of one level, and returns."""
    forecasts, realised = tables(levels=(0.975,), pit=False)
    return forecasts[["var_0.975"]], realised.to_frame()


def written(folder: Path, forecasts, realised, **options) -> tuple[Path, Path]:
    forecasts.to_csv(folder / "f.csv", **options)
    realised.to_csv(folder / "r.csv", **options)
    return folder / "f.csv", folder / "r.csv"


def put(table: pd.DataFrame, row: int, value) -> pd.DataFrame:
    table = table.astype(object)
    table.iloc[row, 0] = value
    return table


def dated(table: pd.DataFrame, style) -> pd.DataFrame:
    return table.set_axis(pd.Index([style(day) for day in table.index], name="date"))


def early(*tables: pd.DataFrame) -> list[pd.DataFrame]:
    """The first twelve days of each month, in no order, so that nothing shows which number is the day."""
    return [table[table.index.day <= 12].sample(frac=1, random_state=1) for table in tables]


def priced(returns: pd.DataFrame) -> pd.DataFrame:
    before = pd.Series([100.0], [returns.index[0] - pd.Timedelta("1D")])
    return pd.concat([before, 100 * np.exp(returns["ret"].cumsum())]).rename("px").rename_axis("date").to_frame()


REFUSED = {
    "VaR in per cent": (lambda f, r: (100 * f, r), "'var_0.975', 2.57"),
    "returns in per cent": (lambda f, r: (f, 100 * r), "give VaR, ES and returns all as fractions"),
    "both in per cent": (lambda f, r: (100 * f, 100 * r), "more than everything"),
    "both in basis points": (lambda f, r: (1e4 * f, 1e4 * r), "0.02 for 2 %"),
    "small per cent": (lambda f, r: (25 * f, 25 * r), "as per cent do"),
    "an empty cell": (lambda f, r: (put(f, 3, None), r), "'var_0.975' on 2019-01-04 (row 4) is empty"),
    "a spreadsheet error": (lambda f, r: (put(f, 3, "#DIV/0!"), r), "on 2019-01-04 (row 4) is empty"),
    "a word": (lambda f, r: (put(f, 3, "soon"), r), "row 4: 'soon' is not a number"),
    "infinity": (lambda f, r: (f, put(r, 9, np.inf)), "column 'ret' on 2019-01-14 (row 10) is"),
    "VaR of the other sign": (lambda f, r: (-f, r), "300 of 300 days are not above 0"),
    "one negative VaR": (lambda f, r: (put(f, 7, -0.01), r), "'var_0.975' on 2019-01-10 (row 8) is -0.01"),
    "one VaR of zero": (lambda f, r: (put(f, 7, 0), r), "on 2019-01-10 (row 8) is 0"),
    "ES below VaR": (lambda f, r: (f.assign(**{"es_0.975": 0.9 * f["var_0.975"]}), r), "es_0.975 on 2019-01-01"),
    "ES without VaR": (lambda f, r: (f.assign(**{"es_0.99": 0.1}), r), "es_0.99 has no var_0.99"),
    "a date twice": (lambda f, r: (pd.concat([f, f.iloc[[4]]]), r), "the date 2019-01-07 appears more than once"),
    "a return twice": (lambda f, r: (f, pd.concat([r, r.iloc[[4]]])), "realised returns: the date 2019-01-07"),
    "two rows a day": (lambda f, r: (pd.concat([f, f.iloc[[4]].shift(freq="6h")]), r), "no return on 2019-01-07"),
    "no common day": (
        lambda f, r: (f, r.shift(3000, freq="D")),
        "share 0 days; at least 20 are needed (forecasts 2019-01-01 to 2020-02-24, returns 2027-03-20",
    ),
    "a return missing": (lambda f, r: (f, r.drop(r.index[20])), "no return on 2019-01-29"),
    "too few days": (lambda f, r: (f.iloc[:19], r), "share 19 days"),
    "losses instead of returns": (lambda f, r: (f, r.abs() + 1e-9), "above 0 on every day"),
    "returns that never move": (lambda f, r: (f, 0 * r), "0 on every day"),
    "a tail probability as level": (lambda f, r: (f.set_axis(["var_0.01"], axis=1), r), "'var_0.01' has level 0.01"),
    "a level twice": (lambda f, r: (f.assign(**{"var_97.5": f}), r), "same level twice"),
    "a level of one": (lambda f, r: (f.set_axis(["var_100"], axis=1), r), "'var_100' has level 100"),
    "no VaR": (lambda f, r: (f.set_axis(["risk"], axis=1), r), "no column var_<level>"),
    "a PIT above one": (lambda f, r: (f.assign(pit=1.2), r), "pit on 2019-01-01 is 1.2"),
    "two columns of returns": (lambda f, r: (f, r.assign(other=r["ret"])), "found ret, other: name one of them"),
    "only a header": (lambda f, r: (f.iloc[:0], r), "row"),
    "a date that is none": (lambda f, r: (dated(f, lambda d: f"{d:%Y-02-30}"), r), "is not a date"),
    "an order of day and month that nothing shows": (
        lambda f, r: tuple(dated(t, lambda d: f"{d:%d/%m/%Y}") for t in early(f, r)),
        "day first",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_meant_is_refused_by_name(name, tmp_path, capsys):
    spoil, said = REFUSED[name]
    forecasts, realised = written(tmp_path, *spoil(*base()))
    code, out, err = command(capsys, forecasts, "--realised", realised)
    assert code == 2 and out == "" and len(err.splitlines()) == 1
    assert said in err, err


READ = {
    "day before month": lambda f, r: tuple(dated(t, lambda d: f"{d:%d/%m/%Y}") for t in (f, r)),
    "month before day": lambda f, r: tuple(dated(t, lambda d: f"{d:%m/%d/%Y}") for t in (f, r)),
    "one file each way": lambda f, r: (dated(f, lambda d: f"{d:%d/%m/%Y}"), dated(r, lambda d: f"{d:%m/%d/%Y}")),
    "shuffled rows": lambda f, r: (f.sample(frac=1, random_state=3), r.sample(frac=1, random_state=4)),
    "newest first": lambda f, r: (f.iloc[::-1], r.iloc[::-1]),
    "a time zone": lambda f, r: (dated(f, lambda d: f"{d:%Y-%m-%d}T17:00:00+02:00"), r),
    "percent signs": lambda f, r: tuple(t.map(lambda x: f"{100 * x!r}%") for t in (f, r)),
    "a typographic minus": lambda f, r: (f, r.map(lambda x: repr(float(x)).replace("-", "\u2212"))),
    "a level in per cent": lambda f, r: (f.set_axis(["VaR 97.5%"], axis=1), r),
    "two-digit years": lambda f, r: tuple(dated(t, lambda d: f"{d:%d.%m.%y}") for t in (f, r)),
    "days and times": lambda f, r: (dated(f, lambda d: f"{d:%d/%m/%Y} 17:30"), r),
    "names of months": lambda f, r: (dated(f, lambda d: f"{d:%d-%b-%Y}"), r),
    "a column of words": lambda f, r: (f.assign(model="historical simulation", desk="rates"), r),
    "prices": lambda f, r: (f, priced(r)),
}  # fmt: skip


@pytest.fixture(scope="module")
def expected() -> list[dict]:
    from workbench.backtesting import align, report, run

    forecasts, realised = base()
    return report(run(align(forecasts, realised["ret"])))["tests"]


def same(out: str, expected: list[dict]) -> bool:
    figures = [[test[key] for key in ("statistic", "p_value")] for test in json.loads(out)["tests"]]
    return np.allclose(figures, [[test[key] for key in ("statistic", "p_value")] for test in expected], rtol=1e-6)


@pytest.mark.parametrize("name", READ)
def test_what_is_only_written_differently_gives_the_same_figures(name, tmp_path, capsys, expected):
    forecasts, realised = written(tmp_path, *READ[name](*base()))
    code, out, err = command(capsys, forecasts, "--realised", realised, "--json")
    assert (code, err) == (0, "") and same(out, expected)


@pytest.mark.parametrize(
    "options", [{"sep": ";", "decimal": ","}, {"encoding": "utf-16"}, {"encoding": "utf-8-sig"}, {"sep": "\t"}], ids=str
)
def test_foreign_text_files_give_the_same_figures(options, tmp_path, capsys, expected):
    code, out, err = command(
        capsys, (paths := written(tmp_path, *base(), **options))[0], "--realised", paths[1], "--json"
    )
    assert (code, err) == (0, "") and same(out, expected)


def test_prices_of_a_download_tool_need_the_name_of_one(tmp_path, capsys, expected):
    forecasts, realised = written(tmp_path, *base())
    price = priced(base()[1])["px"]
    fields = {("Close", "AAA"): price, ("Close", "BBB"): price + 1, ("Volume", "AAA"): 1e5, ("Volume", "BBB"): 1e5}
    stacked = pd.DataFrame(fields, index=price.index.rename("Date"))
    stacked.columns = stacked.columns.set_names(["Price", "Ticker"])
    stacked.to_csv(tmp_path / "stacked.csv")
    code, out, err = command(capsys, forecasts, "--realised", tmp_path / "stacked.csv")
    assert code == 2 and out == "" and "found AAA, BBB: name one of them" in err
    code, out, _ = command(capsys, forecasts, "--realised", tmp_path / "stacked.csv", "--column", "AAA", "--json")
    assert code == 0 and same(out, expected) and "was read as prices" in json.loads(out)["notes"][0]


def test_the_order_of_day_and_month_can_be_given(tmp_path, capsys):
    days = early(*base())
    forecasts, realised = written(tmp_path, *(dated(t, lambda d: f"{d:%d/%m/%Y}") for t in days))
    code, out, _ = command(capsys, forecasts, "--realised", realised, "--json", "--day-first")
    assert code != 2 and json.loads(out)["days"] == len(days[0])
    assert "forecasts: dates read as day first" in json.loads(out)["notes"]


@pytest.mark.parametrize("content", [b"", b"\x00\x01junk", b"\x1f\x8bnot gzip", b"date\n", b"date,var_0.99\n"], ids=str)
def test_files_without_a_table_are_refused(content, tmp_path, capsys):
    _, realised = written(tmp_path, *base())
    (tmp_path / "x.csv").write_bytes(content)
    for arguments in ((tmp_path / "x.csv", "--realised", realised), (realised, "--realised", tmp_path / "x.csv")):
        code, out, err = command(capsys, *arguments)
        assert code == 2 and out == "" and len(err.splitlines()) == 1, err


def test_paths_and_options_without_sense_are_refused(tmp_path, capsys):
    forecasts, realised = written(tmp_path, *base())
    for wrong in ([tmp_path, "--realised", realised], [forecasts, "--realised", tmp_path / "none.csv"],
                  [forecasts, "--realised", realised, "--column", "spx"],
                  [forecasts, "--realised", realised, "--seed", "-1"]):  # fmt: skip
        code, out, _ = command(capsys, *wrong)
        assert code == 2 and out == ""


def test_names_of_columns_never_reach_the_terminal_as_commands(tmp_path, capsys):
    forecasts, realised = base()
    for name, wanted in (("\x1b[2J\x1b[1;1Haccepted", 2), ("<style>*{display:none}</style>", 0)):
        paths = written(tmp_path, forecasts.assign(**{name: 1.0}), realised)
        code, out, err = command(capsys, paths[0], "--realised", paths[1])
        assert code == wanted and "\x1b" not in out + err


def test_verdicts_by_question_and_codes(tmp_path, capsys):
    """Right, too bold, too cautious, and thirty days that decide nothing."""
    for said, code, word in ((1.0, 0, "holds"), (0.6, 1, "too bold"), (1.8, 1, "too cautious")):
        paths = written(tmp_path, *tables(said=said))
        left, out, _ = command(capsys, paths[0], "--realised", paths[1])
        assert left == code and out.splitlines()[0].startswith(
            f"{'rejected' if code else 'accepted'} on 300 days: {word}"
        )
        assert (" < .001" in out) == bool(code) and "To do: " in out or not code
        assert " 0.99 " in out and " 1.0 " not in out and "kupiec *" in out
    forecasts, realised = (t.iloc[:30] for t in base())
    paths = written(tmp_path, forecasts.set_axis(["var_0.99"], axis=1), realised)
    left, out, _ = command(capsys, paths[0], "--realised", paths[1], "--json")
    found = json.loads(out)
    assert left == 5 and found["verdict"] == found["outcome"] == "cannot tell" and found["rejected_by"] == []


@pytest.mark.skipif(not CASES.is_dir(), reason="needs the shared cases")
def test_case_01_reads_days_before_months(capsys):
    figures = []
    for style in ("dmy", "iso"):
        names = [CASES / f"case_01_{part}_{style}.csv" for part in ("forecasts", "returns")]
        code, out, _ = command(capsys, names[0], "--realised", names[1], "--json")
        tests = {test["test"]: test["statistic"] for test in json.loads(out)["tests"]}
        assert code == 1 and tests["christoffersen_independence"] == pytest.approx(31.3, abs=0.05)
        figures.append(tests)
    assert figures[0] == figures[1]
