"""A folder of CSV files: every layout gives the same set, a doubt is refused, an error names file, column and row."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import scenarios
from workbench.errors import ScenarioError

ASSETS = ["AAA", "BBB", "CCC"]
VALUES = np.random.default_rng(4).normal(0, 0.01, (12, 5, 3)).astype("float32")


def rows_are_draws(folder: Path) -> None:
    for place, name in enumerate(ASSETS):
        frame = pd.DataFrame(VALUES[:, :, place], columns=[f"day_{day}" for day in range(1, 6)])
        frame.rename_axis("scenario").to_csv(folder / f"{name}.csv")


def columns_are_draws(folder: Path) -> None:
    for place, name in enumerate(ASSETS):
        frame = pd.DataFrame(VALUES[:, :, place].T, index=range(1, 6))
        frame.rename_axis("time").to_csv(folder / f"{name}.csv")


def long(folder: Path) -> None:
    keys = pd.MultiIndex.from_product([range(12), range(1, 6)], names=["draw", "time"])
    for place, name in enumerate(ASSETS):
        frame = pd.DataFrame({"ret": VALUES[:, :, place].ravel()}, keys)
        frame.sample(frac=1.0, random_state=place).to_csv(folder / f"{name}.csv")


def a_file_a_draw(folder: Path) -> None:
    for draw, values in enumerate(VALUES):
        pd.DataFrame(values, columns=ASSETS).to_csv(folder / f"path{draw}.csv", index=False)


def a_file_a_draw_with_dates(folder: Path) -> None:
    for draw, values in enumerate(VALUES):
        dates = pd.bdate_range("2024-03-28", periods=5, name="date")
        pd.DataFrame(values, dates, ASSETS).to_csv(folder / f"run 3 of 7, {draw:02d}.csv")


def parts(folder: Path) -> None:
    keys = pd.MultiIndex.from_product([range(12), range(1, 6)], names=["draw", "time"])
    frame = pd.DataFrame(VALUES.reshape(60, 3), keys, ASSETS)
    frame.iloc[:25].to_csv(folder / "a.csv")
    frame.iloc[25:][["CCC", "AAA", "BBB"]].to_csv(folder / "b.csv")


LAYOUTS = {
    rows_are_draws: "one an asset, a row is a draw",
    columns_are_draws: "one an asset, a row is a day",
    long: "one an asset, a row is a draw and a day",
    a_file_a_draw: "one a draw",
    a_file_a_draw_with_dates: "one a draw",
    parts: "parts of one wide table",
}


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_every_layout_gives_the_same_set(layout, tmp_path):
    layout(tmp_path)
    tree = scenarios.load(tmp_path)
    found = scenarios.dataset(tree)
    assert list(found.asset.values) == ASSETS and list(found.time.values) == [1, 2, 3, 4, 5]
    assert np.array_equal(scenarios.pooled(tree), VALUES) and list(found.draw.values) == list(range(12))
    assert LAYOUTS[layout] in tree.attrs["reading"] and "12 draws of 5 days, 3 assets" in tree.attrs["reading"]


def spoil(name: str, old: str, new: str):
    def change(folder: Path) -> None:
        path = folder / name
        path.write_text(path.read_text().replace(old, new, 1))

    return change


def cut(name: str):
    def change(folder: Path) -> None:
        lines = (folder / name).read_text().splitlines()
        (folder / name).write_text("\n".join(lines[:-1]))

    return change


def cell(name: str, row: int, value: str):
    def change(folder: Path) -> None:
        lines = (folder / name).read_text().splitlines()
        lines[row - 1] = ",".join([*lines[row - 1].split(",")[:-1], value])
        (folder / name).write_text("\n".join(lines))

    return change


def repeat(name: str):
    def change(folder: Path) -> None:
        lines = (folder / name).read_text().splitlines()
        (folder / name).write_text("\n".join([*lines, lines[3]]))

    return change


def copied(folder: Path) -> None:
    (folder / "c.csv").write_text((folder / "a.csv").read_text())


FAULTS = {
    "a word": (a_file_a_draw, cell("path7.csv", 4, "n/a"), r"path7.csv: column 'CCC', row 4: 'n/a' is not a number"),
    "a hole": (rows_are_draws, cell("BBB.csv", 6, ""), r"BBB.csv: column 'day_5', row 6"),
    "infinity": (columns_are_draws, cell("CCC.csv", 2, "inf"), r"CCC.csv: column '11', row 2: missing or infinite"),
    "another asset": (a_file_a_draw, spoil("path3.csv", "BBB", "XXX"), r"path3.csv has other columns.*'BBB'.*'XXX'"),
    "a draw short": (rows_are_draws, cut("CCC.csv"), r"CCC.csv lacks draw 11, time 1, which AAA.csv has"),
    "a day short": (a_file_a_draw, cut("path9.csv"), r"no row for draw 9, time 5 \(1 missing\)"),
    "a draw twice": (rows_are_draws, repeat("AAA.csv"), r"AAA.csv: row 14 repeats draw 2, time 1"),
    "a day twice": (long, repeat("BBB.csv"), r"BBB.csv: row 62 repeats draw \d+, time \d"),
    "a part twice": (parts, copied, r"c.csv: row 2 repeats draw 0, time 1 of an earlier file"),
    "a date that is none": (
        a_file_a_draw_with_dates,
        spoil("run 3 of 7, 05.csv", "2024-04-01", "soon"),
        r"05.csv: column 'date', row 4: 'soon'",
    ),
    "dates backwards": (
        a_file_a_draw_with_dates,
        spoil("run 3 of 7, 05.csv", "2024-04-01", "2024-03-01"),
        r"05.csv: column 'date', row 4: the date",
    ),
    "numbers without a key": (
        rows_are_draws,
        spoil("AAA.csv", "scenario", "0"),
        r"AAA.csv: .*whether rows are draws or days.*'draw' or 'time'",
    ),
    "draws of unnumbered columns": (
        rows_are_draws,
        spoil("AAA.csv", "day_2", "Tuesday"),
        r"AAA.csv: .*number the columns by day",
    ),
    "a column number twice": (
        rows_are_draws,
        spoil("AAA.csv", "day_2", "time_1"),
        r"AAA.csv: row 2 repeats draw 0, time 1",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_an_error_names_file_column_and_row(name, tmp_path):
    layout, fault, said = FAULTS[name]
    layout(tmp_path)
    fault(tmp_path)
    with pytest.raises(ScenarioError, match=said):
        scenarios.load(tmp_path)


def test_an_empty_folder_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(ScenarioError, match="holds no .csv file"):
        scenarios.load(tmp_path)
