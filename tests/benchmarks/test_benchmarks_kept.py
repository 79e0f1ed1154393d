"""Tables of results that are measured piece by piece keep what was not measured again."""

import pandas as pd
import pandas.testing as pdt

from benchmarks.kept import keep


def test_rows_measured_again_take_the_place_of_older_ones(tmp_path):
    file = tmp_path / "results" / "table.csv"
    first = pd.DataFrame({"sampler": ["b", "a"], "span": ["2002", "2006"], "seconds": [1.5, 2.5]})
    pdt.assert_frame_equal(keep(first, file, ["sampler", "span"]), first)
    again = pd.DataFrame({"sampler": ["a", "c"], "span": ["2006", "2006"], "seconds": [9.0, 3.0]})
    whole = keep(again, file, ["sampler", "span"], order=["a", "b"])
    expected = pd.DataFrame(
        {"sampler": ["a", "b", "c"], "span": ["2006", "2002", "2006"], "seconds": [9.0, 1.5, 3.0]}
    )
    pdt.assert_frame_equal(whole.reset_index(drop=True), expected)
    pdt.assert_frame_equal(pd.read_csv(file, dtype={"span": str}), expected)


def test_rows_that_differ_in_one_key_stand_beside_each_other(tmp_path):
    file = tmp_path / "table.csv"
    for seed in (0, 1):
        keep(pd.DataFrame({"sampler": ["a"], "seed": [seed], "score": [seed / 2]}), file, ["sampler", "seed"])
    assert list(pd.read_csv(file)["score"]) == [0.0, 0.5]
