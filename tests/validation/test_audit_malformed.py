"""Malformed scenario files handed to ``workbench audit``: one line that says what is wrong, exit 2, nothing written."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import cli, scenarios

ASSETS = ["A", "B", "C"]
RNG = np.random.default_rng(12)
SOUND = scenarios.assemble({"ret": RNG.normal(0, 0.01, (1, 30, 4, 3)).astype("float32")}, ASSETS)


@pytest.fixture(scope="module")
def history(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("history") / "prices.csv"
    days = np.random.default_rng(3).normal(0, 0.01, (400, 3)).cumsum(0)
    dates = pd.bdate_range("2020-01-01", periods=400, name="date")
    pd.DataFrame(100 * np.exp(days), index=dates, columns=ASSETS).to_csv(path)
    return path


def table() -> pd.DataFrame:
    """A sound wide table."""
    keys = pd.MultiIndex.from_product([range(30), range(1, 5)], names=["draw", "time"]).to_frame(index=False)
    values = np.random.default_rng(7).normal(0, 0.01, (120, 3))
    return pd.concat([keys, pd.DataFrame(values, columns=ASSETS)], axis=1)


def cell(value):
    """A sound table but for one value of asset B."""
    frame = table()
    frame["B"] = frame["B"].astype(object)
    frame.loc[7, "B"] = value
    return frame


def csv(folder: Path, content) -> Path:
    """A CSV file with this content: text, bytes or a table."""
    path = folder / "set.csv"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else content.to_csv(index=False))
    return path


def tampered(folder: Path, suffix: str, how) -> Path:
    """A sound file of this format whose bytes are changed."""
    path = scenarios.save(SOUND, folder / f"set{suffix}")
    path.write_bytes(how(path.read_bytes()))
    return path


def netcdf(folder: Path, tree) -> Path:
    path = folder / "set.nc"
    tree.to_netcdf(path, engine="h5netcdf")
    return path


def folder_named(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def text(folder: Path, name: str) -> Path:
    (folder / name).write_text("draw,time,A,B,C\n")
    return folder / name


def not_finite() -> object:
    tree = SOUND.copy(deep=True)
    tree[GROUP]["ret"].values[0, 3, 2, 1] = np.nan
    return tree


def german() -> str:
    """The sound set as a German spreadsheet writes it."""
    return table().to_csv(index=False, sep=";", decimal=",")


GROUP = next(iter(SOUND.children))
MALFORMED = {
    "no such file": (lambda f: f / "none.nc", "none.nc' does not exist"),
    "unknown suffix": (lambda f: text(f, "set.txt"), "suffix"),
    "empty file": (lambda f: csv(f, ""), "set.csv"),
    "bytes that are no text": (lambda f: csv(f, b"\xff\xfe\x00draw\x81\x00" * 40), "set.csv"),
    "header only": (lambda f: csv(f, table().head(0)), "set.csv"),
    "no column draw": (lambda f: csv(f, table().drop(columns="draw")), "draw"),
    "no column time": (lambda f: csv(f, table().drop(columns="time")), "time"),
    "no assets": (lambda f: csv(f, table()[["draw", "time"]]), "asset"),
    "a column twice": (lambda f: csv(f, table().to_csv(index=False).replace("C", "B", 1)), "B"),
    "a day twice": (lambda f: csv(f, pd.concat([table(), table().tail(1)])), "draw 29"),
    "a day missing": (lambda f: csv(f, table().drop(index=50)), "draw"),
    "draws that are no whole numbers": (lambda f: csv(f, table().assign(draw=lambda t: t["draw"] + 0.5)), "draw"),
    "a word for a number": (lambda f: csv(f, cell("n/a?")), "B"),
    "a missing value": (lambda f: csv(f, cell(np.nan)), "B"),
    "an infinite value": (lambda f: csv(f, cell("inf")), "B"),
    "two decimal marks": (lambda f: csv(f, german().replace(",", ".", 1)), "set.csv"),
    "a row with too many fields": (lambda f: csv(f, table().to_csv(index=False) + "30,1,0,0,0,0\n"), "set.csv"),
    "nothing in common": (lambda f: csv(f, table().rename(columns=lambda n: n.lower())), "no column in common"),
    "too few draws": (lambda f: csv(f, table().query("draw < 5")), "too few"),
    "Parquet cut short": (lambda f: tampered(f, ".parquet", lambda raw: raw[: len(raw) // 2]), "set.parquet"),
    "netCDF cut short": (lambda f: tampered(f, ".nc", lambda raw: raw[: len(raw) // 2]), "set.nc"),
    "netCDF of something else": (lambda f: netcdf(f, SOUND[GROUP].to_dataset().rename(asset="x")), ""),
    "netCDF with a hole": (lambda f: netcdf(f, not_finite()), "not finite"),
    "an empty Zarr folder": (lambda f: folder_named(f, "set.zarr"), "set.zarr"),
    "a folder called a CSV": (lambda f: folder_named(f, "set.csv"), "set.csv"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_set_is_refused_in_one_line(name, tmp_path, history, capsys):
    make, said = MALFORMED[name]
    path = make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SystemExit) as left:
        cli.main(["audit", str(path), "--history", str(history)])
    out, err = capsys.readouterr()
    assert left.value.code == 2 and not out
    assert err.startswith("workbench: ") and err.count("\n") == 1 and said in err, err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("way", ["plain", "german"])
def test_the_sound_set_is_tried(tmp_path, history, capsys, way):
    path = csv(tmp_path, table() if way == "plain" else german())
    with pytest.raises(SystemExit) as left:
        cli.main(["audit", str(path), "--history", str(history)])
    assert left.value.code in (0, 1, None) and "of 41 checks" in capsys.readouterr().out


def prices(folder: Path) -> pd.DataFrame:
    """The history of the other tests as a frame."""
    return pd.read_csv(folder, index_col="date", parse_dates=True)


HISTORIES = {
    "percent": (lambda p: 100 * np.log(p).diff().iloc[1:], "divide percent by 100"),
    "pence to pounds": (lambda p: p.assign(A=p["A"].where(np.arange(len(p)) < 300, p["A"] / 100)), "factor of 0.01"),
    "ten days": (lambda p: p.iloc[:11], "10 dates have a return"),
    "a constant asset": (lambda p: p.assign(B=7.0), "'B' is 7 on all"),
    "gross returns": (lambda p: (p / p.shift()).iloc[1:], "gross returns"),
}


@pytest.mark.parametrize("kind", HISTORIES)
def test_a_history_that_cannot_be_used_is_refused_with_a_remedy(kind, tmp_path, history, capsys):
    make, words = HISTORIES[kind]
    make(prices(history)).to_csv(tmp_path / "history.csv")
    with pytest.raises(SystemExit) as left:
        cli.main(["audit", str(csv(tmp_path, table())), "--history", str(tmp_path / "history.csv")])
    out, err = capsys.readouterr()
    assert left.value.code == 2 and not out and words in err
