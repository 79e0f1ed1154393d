"""One cache: found by code and content, whole or not there, never a pickle."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from workbench import _cache
from workbench._cache import Cache, append, code_hash, fingerprint, lines
from workbench.errors import ParameterError


@dataclass(frozen=True)
class Question:
    days: int
    level: float


FRAME = pd.DataFrame({"a": [0.01, -0.02]}, pd.to_datetime(["2020-01-01", "2020-01-02"]))
DIFFERENT = [
    1, 1.0, "1", b"1", True, None, [1], (1,), {"a": 1}, {"a": 2}, {1}, Path("1"), pd.Timestamp("2020"),
    np.array([1]), np.array([1.0]), np.array([[1]]), np.array(["a"], object), torch.tensor([1.0, 2.0]),
    Question(1, 0.99), Question(2, 0.99), FRAME, FRAME + 1e-12, FRAME.rename(columns={"a": "b"}), FRAME.shift(1, "D"),
    FRAME["a"],
]  # fmt: skip


def test_a_fingerprint_is_of_content():
    marks = [fingerprint(value) for value in DIFFERENT]
    assert len(set(marks)) == len(marks)
    assert fingerprint({"b": 1, "a": [FRAME.copy()]}) == fingerprint({"a": [FRAME], "b": 1})
    for wrong in (len, lambda: 0, Question):
        with pytest.raises(ParameterError, match="no content"):
            fingerprint(wrong)


def test_other_code_is_another_piece_and_comments_are_not(tmp_path, monkeypatch):
    module = tmp_path / "made_for_test.py"
    monkeypatch.syspath_prepend(tmp_path)
    found = []
    for source in ("x = 1\n", '"""Why."""\n# how\nx = 1\n', "x = 2\n"):
        module.write_text(source)
        code_hash.cache_clear()
        found.append(code_hash("made_for_test"))
    assert found[0] == found[1] != found[2]
    with pytest.raises(ParameterError, match="no module"):
        code_hash("workbench.no_such_module")


def test_a_piece_is_made_once_and_written_whole(tmp_path, monkeypatch):
    cache, made = Cache(tmp_path, "workbench.errors"), []

    def make() -> pd.DataFrame:
        made.append(1)
        return FRAME

    for _ in range(2):
        pd.testing.assert_frame_equal(cache.table("t", make, data=FRAME), FRAME)
    assert len(made) == 1
    assert cache.path("t", data=FRAME).is_file() and not cache.path("t", data=FRAME + 1).exists()

    def save(table: pd.DataFrame, path: Path) -> None:
        saved.append(path)
        assert cache.path("s") != path and not cache.path("s").exists()
        table.to_parquet(path)

    saved: list[Path] = []
    cache.piece("s", make, save, pd.read_parquet)
    assert len(saved) == 1 and cache.path("s").is_file() and not saved[0].exists()

    def breaks(table: pd.DataFrame, path: Path) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.piece("broken", make, breaks, pd.read_parquet)
    assert [path.suffix for path in tmp_path.iterdir()] == [".parquet"] * 2
    assert cache.key(data=1) != Cache(tmp_path, "workbench.registry").key(data=1)
    assert Cache(None, "workbench.errors").path("t") is None
    assert "pickle" not in Path(_cache.__file__).read_text().replace("pickled", "")


def test_a_line_that_was_cut_short_spoils_no_other(tmp_path):
    file = tmp_path / "new" / "rows.jsonl"
    assert lines(file) == []
    append(file, {"a": 1}, {"a": 2})
    file.write_text(file.read_text()[:-4])
    append(file, {"a": 3})
    append(file)
    assert lines(file) == [{"a": 1}, {"a": 3}]
