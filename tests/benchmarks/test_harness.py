"""Tables of results that are measured piece by piece keep what was not measured again."""

import json

import pandas as pd
import pandas.testing as pdt
import pytest

from benchmarks import __main__ as runner
from benchmarks import harness
from benchmarks.harness import upsert


def test_rows_measured_again_take_the_place_of_older_ones(tmp_path):
    file = tmp_path / "results" / "table.csv"
    first = pd.DataFrame({"sampler": ["b", "a"], "span": ["2002", "2006"], "seconds": [1.5, 2.5]})
    pdt.assert_frame_equal(upsert(first, file, ["sampler", "span"]), first)
    again = pd.DataFrame({"sampler": ["a", "c"], "span": ["2006", "2006"], "seconds": [9.0, 3.0]})
    whole = upsert(again, file, ["sampler", "span"], order=["a", "b"])
    expected = pd.DataFrame({"sampler": ["a", "b", "c"], "span": ["2006", "2002", "2006"], "seconds": [9.0, 1.5, 3.0]})
    pdt.assert_frame_equal(whole.reset_index(drop=True), expected)
    pdt.assert_frame_equal(pd.read_csv(file, dtype={"span": str}), expected)


def test_rows_that_differ_in_one_key_stand_beside_each_other(tmp_path):
    file = tmp_path / "table.csv"
    for seed in (0, 1):
        upsert(pd.DataFrame({"sampler": ["a"], "seed": [seed], "score": [seed / 2]}), file, ["sampler", "seed"])
    assert list(pd.read_csv(file)["score"]) == [0.0, 0.5]


def test_a_table_says_which_commits_wrote_it(tmp_path, monkeypatch):
    file = tmp_path / "table.csv"
    for now in ("aaa", "bbb", "aaa"):
        monkeypatch.setattr(harness, "commit", lambda now=now: now)
        harness.write(pd.DataFrame({"x": [1.5]}), file)
    assert json.loads((tmp_path / "commits.json").read_text()) == {"table.csv": ["bbb", "aaa"]}
    assert harness.measured(file, x=1.5) and not harness.measured(file, x=2.0)


def test_every_stored_table_has_its_commit():
    known = json.loads((harness.RESULTS / "commits.json").read_text())
    assert set(known) == {file.name for file in harness.RESULTS.glob("*.csv")}
    assert all(commits for commits in known.values())


def test_work_that_is_done_is_not_done_again(tmp_path):
    made = []

    def make() -> pd.DataFrame:
        made.append(1)
        return pd.DataFrame({"x": [1.0]})

    for resume in (True, True, False):
        pdt.assert_frame_equal(harness.resumed(tmp_path / "row.parquet", make, resume), pd.DataFrame({"x": [1.0]}))
    assert len(made) == 2


def test_other_code_and_other_constants_wait_elsewhere():
    places = [harness.folder("x"), harness.folder("y"), harness.folder("x", harness.CHECKS)]
    places += [harness.folder("x", harness.CHECKS, factors=factors) for factors in ({"a": [1.0]}, {"a": [1.1]})]
    assert len(set(places)) == len(places) and {place.parent for place in places} == {harness.CACHE}
    assert harness.folder("x", harness.CHECKS, factors={"a": [1.0]}) == places[3]


def test_every_benchmark_is_found_by_name_and_shows_its_arguments(capsys):
    found = runner.known()
    assert {"horse_race", "red_team", "backtest_size", "stress_reverse", "sampling_speed"} <= set(found)
    with pytest.raises(SystemExit, match="known: "):
        runner.main(["no_such_benchmark"])
    with pytest.raises(SystemExit) as done:
        runner.main(["horse_race", "--help"])
    assert done.value.code == 0 and "--tables" in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(runner.known()))
def test_every_benchmark_describes_its_arguments(name, capsys):
    with pytest.raises(SystemExit) as done:
        runner.main([name, "--help"])
    assert done.value.code == 0 and "usage: " in capsys.readouterr().out
