"""Forecast files: what is read, what is refused and how it is reported, and the verdict over all tests."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from workbench.backtesting import TESTS, align, backtest, read_forecasts, report, run
from workbench.backtesting._forecasts import parse_level
from workbench.backtesting.backtests._null import t_var_es
from workbench.backtesting.ensembles import forecast_table, var_es
from workbench.errors import DataError

DAYS = 300


def tables(days=DAYS, seed=1, said=1.0, levels=(0.975, 0.99), pit=True):
    """Student t5 returns under moving volatility, and forecasts that say ``said`` times the true scale."""
    rng = np.random.Generator(np.random.Philox(seed))
    dates = pd.bdate_range("2019-01-01", periods=days, name="date")
    scale = 0.01 * (1 + 0.4 * np.sin(np.arange(days) / 25))
    r = scale * rng.standard_t(5, days)
    columns = {}
    for level in levels:
        var, es = t_var_es(1 - level, 5.0)
        columns[f"var_{level:g}"] = said * scale * var
        columns[f"es_{level:g}"] = said * scale * es
    if pit:
        columns["pit"] = stats.t.cdf(r / (said * scale), 5)
    return pd.DataFrame(columns, index=dates), pd.Series(r, index=dates, name="ret")


def test_every_named_test_is_reported_with_finite_figures():
    stated = report(run(align(*tables())))
    names = {t["test"] for t in stated["tests"]}
    assert names >= {
        "kupiec",
        "christoffersen_independence",
        "christoffersen_cc",
        "duration_weibull",
        "dynamic_quantile",
        "z1",
        "z2",
        "z2_minimally_biased",
        "du_escanciano_u",
        "du_escanciano_c",
        "es_regression",
        "fz0",
        "traffic_light",
        "berkowitz",
        "berkowitz_tail",
    }
    for t in stated["tests"]:
        assert np.isfinite([t["statistic"], t["p_value"], t["power"]]).all(), t["test"]
        assert 0 <= t["p_value"] <= 1 and 0 <= t["power"] <= 1
    assert sum(t["test"] == "kupiec" for t in stated["tests"]) == 2
    assert sum(t["test"] == "berkowitz" for t in stated["tests"]) == 1
    json.dumps(stated, allow_nan=False)
    sentence = next(t["meaning"] for t in stated["tests"] if t["test"] == "kupiec")
    assert sentence.startswith("with 300 days this test finds a model that understates VaR by 20 % ")


def test_right_forecasts_are_accepted_and_bad_ones_rejected():
    assert report(run(align(*tables())))["verdict"] == "accepted"
    bad = report(run(align(*tables(said=0.6))))
    assert bad["verdict"] == "rejected"
    assert {"test": "berkowitz", "level": None} in bad["rejected_by"]


def test_verdict_keeps_its_size():
    """16 right forecasters of 250 days: at most 4 rejected (more than 4 happens once in 1,000 at 5 %)."""
    primary = [t.name for t in TESTS if t.primary]
    right = (align(*tables(250, seed, levels=(0.99,))) for seed in range(16))
    verdicts = [report(run(forecasts, only=primary))["verdict"] for forecasts in right]
    assert verdicts.count("rejected") <= 4


def test_the_same_input_gives_the_same_figures():
    first, second = (backtest(*tables()) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


def test_var_alone_is_enough():
    forecasts, realised = tables(pit=False, levels=(0.95,))
    stated = backtest(forecasts[["var_0.95"]], realised)
    assert list(stated["test"]) == [
        "kupiec",
        "christoffersen_independence",
        "christoffersen_cc",
        "duration_weibull",
        "dynamic_quantile",
        "traffic_light",
    ]


@pytest.mark.parametrize("forecast, note", [(-1.0, 300), (9.0, 0)])
def test_all_hits_and_no_hits_are_finite(forecast, note):
    _, realised = tables()
    stated = backtest(pd.DataFrame({"var_0.99": forecast}, index=realised.index), realised)
    assert stated["hits"].eq(note).all()
    assert np.isfinite(stated[["statistic", "p_value", "power"]].to_numpy(float)).all()


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_files_and_frames_give_the_same(tmp_path, suffix):
    forecasts, realised = tables()
    paths = tmp_path / f"forecasts{suffix}", tmp_path / f"returns{suffix}"
    for table, path in zip((forecasts, realised.to_frame()), paths):
        table.reset_index().to_parquet(path) if suffix == ".parquet" else table.to_csv(path)
    read = read_forecasts(*paths)
    assert read.loss == pytest.approx(-realised.to_numpy(), rel=1e-12)
    assert read.var[0.99] == pytest.approx(forecasts["var_0.99"].to_numpy(), rel=1e-12)
    assert read.dates.equals(pd.DatetimeIndex(forecasts.index))


def test_percent_levels_order_of_rows_and_of_columns_do_not_matter():
    forecasts, realised = tables()
    other = forecasts.rename(columns={"var_0.99": "VaR_99", "es_0.99": "ES_99", "var_0.975": "var_97.5", "pit": "PIT"})
    other = other.rename(columns={"es_0.975": "es_97.5"}).iloc[::-1, ::-1]
    pd.testing.assert_frame_equal(
        backtest(forecasts, realised), backtest(other, realised.sample(frac=1, random_state=1))
    )


def test_a_pit_of_the_loss_is_turned_and_reported():
    forecasts, realised = tables()
    turned = align(forecasts.assign(pit=1 - forecasts["pit"]), realised)
    assert turned.pit == pytest.approx(forecasts["pit"].to_numpy())
    assert "turned" in turned.notes[0]


def test_days_outside_are_reported():
    forecasts, realised = tables()
    stated = align(forecasts, realised.iloc[:-1]).notes
    assert "1 forecasts lie outside" in stated[0]
    assert "var_0.99 is below 0 on 300 days" in align(-forecasts[["var_0.99"]], realised).notes[0]
    stated = align(forecasts.drop(forecasts.index[[50, 51]]), realised).notes
    assert "no forecast on 2 days" in stated[0] and str(forecasts.index[50].date()) in stated[0]


def _set(frame, row, column, value):
    frame = frame.astype(object)
    frame.iloc[row, frame.columns.get_loc(column)] = value
    return frame


BROKEN = {
    "es below var": (
        lambda f, r: (_set(f, 7, "es_0.99", 1e-4), r),
        r"es_0.99 on 2019-01-10 is 0.0001 and is below VaR",
    ),
    "text": (lambda f, r: (_set(f, 3, "var_0.99", "n/a"), r), r"'var_0.99' on 2019-01-04 \(row 4\) is 'n/a'"),
    "empty": (lambda f, r: (_set(f, 3, "var_0.99", np.nan), r), "is empty, not a finite number"),
    "infinite": (
        lambda f, r: (f, r.where(r.index != r.index[9], np.inf)),
        "realised returns: column 'ret' on 2019-01-14",
    ),
    "duplicate": (lambda f, r: (pd.concat([f, f.iloc[[4]]]), r), "2019-01-07 appears more than once"),
    "duplicate return": (lambda f, r: (f, pd.concat([r, r.iloc[[4]]])), "realised returns: the date 2019-01-07"),
    "no return": (lambda f, r: (f, r.drop(r.index[20])), "no return on 2019-01-29"),
    "no var": (lambda f, r: (f[["pit"]], r), "no column var_<level>"),
    "es alone": (lambda f, r: (f.drop(columns="var_0.99"), r), "es_0.99 has no var_0.99"),
    "level": (lambda f, r: (f.rename(columns={"var_0.99": "var_0.01"}), r), "'var_0.01' has level 0.01"),
    "level twice": (lambda f, r: (f.assign(var_99=1.0), r), "same level twice"),
    "pit": (lambda f, r: (_set(f, 0, "pit", 1.2), r), r"pit on 2019-01-01 is 1.2, outside \[0, 1\]"),
    "apart": (lambda f, r: (f, r.set_axis(r.index + pd.Timedelta("4000D"))), "share 0 days"),
    "two columns": (lambda f, r: (f, pd.DataFrame({"a": r, "b": r})), "one column of returns is needed; found a, b"),
    "no dates": (lambda f, r: (f.reset_index(drop=True), r), "no column holds dates"),
    "bad date": (
        lambda f, r: (
            f.rename_axis("date").reset_index().astype({"date": str}).replace({"date": {"2019-01-03": "soon"}}),
            r,
        ),
        "row 3: 'soon' is not a date",
    ),
    "numbers as dates": (
        lambda f, r: (f.reset_index(drop=True).rename_axis("date").reset_index(), r),
        "row 1: '0' is not a date",
    ),
    "empty table": (lambda f, r: (f.iloc[:0], r), "the table has no rows"),
}


@pytest.mark.parametrize("break_it, stated", BROKEN.values(), ids=list(BROKEN))
def test_bad_tables_are_refused_with_the_place(break_it, stated):
    with pytest.raises(DataError, match=stated):
        align(*break_it(*tables()))


def test_one_of_many_return_columns_can_be_named():
    forecasts, realised = tables()
    two = pd.DataFrame({"ret": realised, "other": 0.0})
    assert align(forecasts, two, column="ret").loss == pytest.approx(-realised.to_numpy())
    assert align(forecasts, two.reset_index(), column="ret").loss == pytest.approx(-realised.to_numpy())
    with pytest.raises(DataError, match="no column 'spx'"):
        align(forecasts, two, column="spx")


@pytest.mark.parametrize(
    "name, stated",
    [
        ("none.csv", "there is no file"),
        ("table.xls", "table.xls is a binary file; expected CSV text, or Parquet"),
        ("broken.parquet", "cannot be read"),
    ],
)
def test_unreadable_files_are_refused(tmp_path, name, stated):
    if name != "none.csv":
        (tmp_path / name).write_bytes(b"\x00junk")
    with pytest.raises(DataError, match=stated):
        read_forecasts(tmp_path / name, tmp_path / name)


@given(level=st.floats(0.501, 0.9999).map(lambda x: round(x, 6)))
def test_levels_read_as_share_or_percent(level):
    assert parse_level(f"{level:.6f}", "var") == pytest.approx(level, abs=1e-9)
    assert parse_level(f"{100 * level:.6f}", "var") == pytest.approx(level, abs=1e-8)


CELL = st.one_of(
    st.floats(-1, 1).map(repr), st.sampled_from(["", "nan", "inf", "x", "0.01", "-", "1e400"]), st.text(max_size=4)
)
NAME = st.one_of(
    st.sampled_from(["var_0.99", "es_0.99", "pit", "var_97.5", "VAR_99", "es_0.2", ""]), st.text(max_size=6)
)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_table_is_read_or_refused_never_broken(data):
    """Whatever stands in the file, the answer is forecasts with finite figures or a DataError."""
    names = data.draw(st.lists(NAME, min_size=1, max_size=4))
    rows = data.draw(st.integers(0, 25))
    cells = {
        i: data.draw(st.one_of(st.just(["0.02"] * rows), st.lists(CELL, min_size=rows, max_size=rows)))
        for i in range(len(names))
    }
    dates = pd.bdate_range("2020-01-01", periods=25)
    days = data.draw(
        st.one_of(
            st.just([str(d.date()) for d in dates[:rows]]), st.lists(st.text(max_size=10), min_size=rows, max_size=rows)
        )
    )
    table = pd.DataFrame(cells)
    table.columns = names
    table.insert(0, "date", days, allow_duplicates=True)
    try:
        read = align(table, pd.Series(0.01 * np.sin(np.arange(25.0)), index=dates))
    except DataError:
        return
    for level in read.var:
        sample = read.sample(level)
        assert np.isfinite(sample.var).all() and np.isfinite(sample.loss).all()
        assert sample.es is None or np.all(sample.es >= sample.var - 1e-6)


def _command(*arguments):
    """Exit code, output and errors of ``workbench backtest``."""
    from workbench.cli import main

    with pytest.raises(SystemExit) as left:
        main(["backtest", *map(str, arguments)])
    return left.value.code or 0


@pytest.mark.parametrize("said, code, verdict", [(1.0, 0, "accepted"), (0.6, 1, "rejected")])
def test_command_prints_json_and_exits_by_verdict(tmp_path, capsys, said, code, verdict):
    forecasts, realised = tables(said=said)
    forecasts.to_csv(tmp_path / "f.csv")
    realised.to_csv(tmp_path / "r.csv")
    assert _command(tmp_path / "f.csv", "--realised", tmp_path / "r.csv", "--json") == code
    stated = json.loads(capsys.readouterr().out)
    assert stated["verdict"] == verdict
    assert set(stated["tests"][0]) >= {"test", "level", "statistic", "p_value", "power"}
    assert _command(tmp_path / "f.csv", "--realised", tmp_path / "r.csv") == code
    assert capsys.readouterr().out.startswith(f"{verdict} on {DAYS} days")


def test_command_exits_2_with_one_line_on_bad_input(tmp_path, capsys):
    forecasts, realised = tables()
    _set(forecasts, 7, "es_0.99", 0.001).to_csv(tmp_path / "f.csv")
    realised.to_csv(tmp_path / "r.csv")
    assert _command(tmp_path / "f.csv", "--realised", tmp_path / "r.csv") == 2
    assert _command(tmp_path / "missing.csv", "--realised", tmp_path / "r.csv") == 2
    stated = capsys.readouterr()
    assert stated.out == ""
    assert "es_0.99 on 2019-01-10" in stated.err.splitlines()[0]
    assert len(stated.err.splitlines()) == 2


def test_var_and_es_of_draws_split_the_atom():
    """Hand-counted on 1..100, and the average-quantile definition on random draws."""
    x = np.arange(1.0, 101.0)
    assert var_es(x, 0.975) == (98.0, pytest.approx(99.2))
    assert var_es(x, 0.95) == (95.0, pytest.approx(98.0))
    assert var_es(x[:3], 0.99) == (3.0, pytest.approx(3.0))
    draws = np.random.Generator(np.random.Philox(3)).standard_t(4, (4, 777))
    grid = 0.975 + 0.025 * (np.arange(200_000) + 0.5) / 200_000
    quantiles = np.quantile(draws, grid, axis=-1, method="inverted_cdf")
    assert var_es(draws, 0.975)[1] == pytest.approx(quantiles.mean(axis=0), rel=1e-4)


def test_draws_become_a_table_that_a_right_sampler_passes():
    rng = np.random.Generator(np.random.Philox(4))
    root = np.linalg.cholesky(0.3 + 0.7 * np.eye(4))
    dates = pd.bdate_range("2020-01-01", periods=250)
    realised = pd.DataFrame(0.01 * rng.standard_normal((250, 4)) @ root.T, index=dates, columns=list("abcd"))
    table = forecast_table(((d, 0.01 * rng.standard_normal((400, 1, 4)) @ root.T) for d in dates), realised)
    assert list(table.columns) == [
        "var_0.975", "es_0.975", "var_0.99", "es_0.99", "pit", "dependence", "width", "ret"
    ]  # fmt: skip
    for column in ("pit", "dependence", "width"):
        assert stats.kstest(table[column], "uniform").pvalue > 0.005
    stated = report(run(align(table.drop(columns="ret"), table["ret"])))
    assert stated["verdict"] == "accepted"
    with pytest.raises(DataError, match="2019-12-31: 4 assets, and no realised return"):
        forecast_table([(pd.Timestamp("2019-12-31"), np.zeros((5, 4)))], realised)
    with pytest.raises(DataError, match="2020-01-01: 3 assets, and 4 realised"):
        forecast_table([(dates[0], np.zeros((5, 3)))], realised)


def test_a_slip_of_unit_is_refused_in_files(tmp_path, capsys):
    """VaR in per cent is never passed, returns in per cent pass it nearly daily; neither may look like a finding."""
    forecasts, realised = tables()
    for name, (stated, came) in {
        "f": (100 * forecasts.drop(columns="pit"), realised),
        "r": (forecasts, 100 * realised),
    }.items():
        stated.to_csv(tmp_path / f"{name}_f.csv")
        came.to_csv(tmp_path / f"{name}_r.csv")
        assert _command(tmp_path / f"{name}_f.csv", "--realised", tmp_path / f"{name}_r.csv") == 2
        said = capsys.readouterr()
        assert said.out == "" and len(said.err.splitlines()) == 1
        assert "column 'var_0.975'" in said.err and "2019-01-01 (row 1)" in said.err and "fractions" in said.err


def test_a_time_of_day_and_its_zone_leave_the_date_of_the_place():
    forecasts, realised = tables()
    stamped = forecasts.set_axis([f"{day:%Y-%m-%d}T16:00:00-05:00" for day in forecasts.index]).rename_axis("date")
    zoned = forecasts.set_axis(forecasts.index.tz_localize("America/New_York") + pd.Timedelta("16h"))
    for table in (stamped.reset_index(), zoned):
        assert align(table, realised).dates.equals(pd.DatetimeIndex(forecasts.index, name=None))


def test_column_names_that_cannot_be_printed_stay_on_one_line():
    junk = pd.DataFrame([[1.0] * 80], columns=[f"\x00\n{place}" for place in range(80)])
    with pytest.raises(DataError) as stated:
        align(junk, tables()[1])
    assert str(stated.value).isprintable() and len(str(stated.value)) < 250


def test_dates_with_the_day_first_give_the_figures_of_iso_dates(tmp_path):
    forecasts, realised = tables(days=400, said=0.7)
    found = []
    for name, style in (("iso", "%Y-%m-%d"), ("british", "%d/%m/%Y"), ("german", "%d.%m.%Y")):
        paths = tmp_path / f"f_{name}.csv", tmp_path / f"r_{name}.csv"
        mark = {"sep": ";", "decimal": ","} if name == "german" else {}
        forecasts.to_csv(paths[0], date_format=style, float_format="%.9f", **mark)
        realised.to_frame().assign(note=0).to_csv(paths[1], date_format=style, float_format="%.9f", **mark)
        found.append(report(run(read_forecasts(*paths, column="ret"), only=["kupiec", "christoffersen_independence"])))
    assert found[0] == found[1] == found[2] and found[0]["verdict"] == "rejected"
