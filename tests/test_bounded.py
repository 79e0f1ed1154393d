"""Bounded readers: the last size, depth and number of values that is read, and the first that is refused."""

import gzip
import json

import pytest

from workbench import bounded
from workbench.errors import DataError, ParameterError


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def test_a_file_may_hold_as_many_bytes_as_the_bound_and_no_more(tmp_path, monkeypatch):
    monkeypatch.setattr(bounded, "MOST_BYTES", 2**20)
    plain, packed = tmp_path / "plain.csv", tmp_path / "packed.csv.gz"
    plain.write_bytes(b"x" * 2**20)
    packed.write_bytes(gzip.compress(b"x" * 2**20))
    assert bounded.read_bytes(plain) == bounded.read_bytes(packed) == b"x" * 2**20
    plain.write_bytes(b"x" * (2**20 + 1))
    packed.write_bytes(gzip.compress(b"x" * (2**20 + 1)))
    with pytest.raises(DataError, match="^plain.csv holds more than 1 MiB; split it$"):
        bounded.read_bytes(plain)
    with pytest.raises(ParameterError, match="^packed.csv.gz holds more than 1 MiB once decompressed; split it$"):
        bounded.read_bytes(packed, ParameterError)


def test_the_bounds_in_mebibytes():
    """512 MiB of text, 64 MiB of JSON, 1 MiB of YAML; arrays of 256 MiB, beyond that 200 times their storage."""
    assert bounded.MOST_BYTES == 512 * 2**20
    assert {form: most for form, (_, most) in bounded._FORMS.items()} == {"JSON": 64 * 2**20, "YAML": 2**20}
    assert (bounded.MOST_DEPTH, bounded.MOST_ITEMS) == (100, 5_000_000)
    assert (bounded.MOST_UNPACKED, bounded.MOST_RATIO) == (256 * 2**20, 200)


def test_what_is_no_readable_file_is_named(tmp_path):
    (tmp_path / "torn.gz").write_bytes(gzip.compress(b"x" * 100)[:15])
    (tmp_path / "near.bin").write_bytes(b"\x1f\x8c as gzip, nearly")
    for path, said in (
        (tmp_path / "none", f"^there is no file {tmp_path / 'none'}; check the name$"),
        (tmp_path, f"^{tmp_path} is a folder; name the file in it$"),
        (tmp_path.__class__("/dev/null"), "^/dev/null is no regular file$"),
        (tmp_path / "torn.gz", r"^torn.gz is a damaged gzip file \(.+\); fetch it again$"),
    ):
        with pytest.raises(DataError, match=said):
            bounded.read_bytes(path)
    assert bounded.read_bytes(tmp_path / "near.bin") == b"\x1f\x8c as gzip, nearly"


def test_a_text_may_be_as_long_as_the_bound_and_no_longer(monkeypatch):
    for form, most in (("JSON", 5), ("YAML", 7)):
        monkeypatch.setitem(bounded._FORMS, form, (bounded._FORMS[form][0], most))
    assert bounded.parse_json("[1,2]", "the note") == [1, 2]
    assert bounded.parse_yaml("[1,2,3]", "the note") == [1, 2, 3]
    with pytest.raises(DataError, match="^the note has 6 bytes of JSON, more than 5$"):
        bounded.parse_json("[1,2 ]", "the note")
    with pytest.raises(ParameterError, match="^the note has 8 bytes of YAML, more than 7$"):
        bounded.parse_yaml("[1,2,3 ]", "the note", ParameterError)


@pytest.mark.parametrize("parse", [bounded.parse_json, bounded.parse_yaml])
def test_a_hundred_levels_are_read_and_one_more_is_refused(parse):
    assert parse(nested(100), "the note") == json.loads(nested(100))
    with pytest.raises(DataError, match="^the note is nested more than 100 levels deep$"):
        parse(nested(101), "the note")
    with pytest.raises(DataError, match="nested more than 100 levels"):
        parse('{"a":' * 101 + "1" + "}" * 101, "the note")


@pytest.mark.parametrize(
    ("text", "values"),
    [("[1,2,3,4,5,6,7,8]", 9), ("[[1,2,3],[4,5,6]]", 9), ('{"a": {"b": [1,2,3,4,5,6]}}', 9), ("7", 1)],
)
def test_values_are_counted_at_every_level(text, values, monkeypatch):
    monkeypatch.setattr(bounded, "MOST_ITEMS", values + 1)
    assert bounded.parse_json(text, "the note") == json.loads(text)
    if values > 1:
        monkeypatch.setattr(bounded, "MOST_ITEMS", values)
        with pytest.raises(DataError, match=f"^the note holds more than {values} values$"):
            bounded.parse_json(text, "the note")


def test_a_file_claims_at_most_a_fixed_size_or_a_multiple_of_what_it_stores(tmp_path, monkeypatch):
    monkeypatch.setattr(bounded, "MOST_UNPACKED", 2**20)
    monkeypatch.setattr(bounded, "MOST_RATIO", 2)
    for size, most in ((2**18, 2**20), (2**20, 2**21)):
        (tmp_path / "set.nc").write_bytes(bytes(size))
        bounded.demand_plausible(most, tmp_path / "set.nc")
        with pytest.raises(
            DataError, match=f"^set.nc claims {most / 2**20:.0f} MiB of values in {size / 2**20:.2f} MiB"
        ):
            bounded.demand_plausible(most + 1, tmp_path / "set.nc")
    (tmp_path / "set.zarr" / "part").mkdir(parents=True)
    for name in ("one", "part/two"):
        (tmp_path / "set.zarr" / name).write_bytes(bytes(2**20))
    bounded.demand_plausible(2**22, tmp_path / "set.zarr")
    with pytest.raises(ParameterError, match="in 2.00 MiB of storage"):
        bounded.demand_plausible(2**22 + 1, tmp_path / "set.zarr", ParameterError)
