"""Messages of registries, word by word, and how entries are found."""

import sys

import pytest

from workbench.errors import ParameterError
from workbench.registry import Registry, discover, unknown


def test_an_unknown_name_brings_the_nearest_known_one_when_half_of_it_agrees():
    assert (
        unknown("check", "tials", ["tails", "drift"])
        == "unknown check 'tials'; did you mean 'tails'? known: tails, drift"
    )
    assert unknown("check", 3, iter(["tails"])) == "unknown check 3; known: tails"
    assert unknown("check", "x", []) == "unknown check 'x'; known: none"
    # two letters of four agree: a ratio of one half is near enough, two of five are not
    assert "did you mean 'abcd'" in unknown("check", "abxy", ["abcd"])
    assert "did you mean" not in unknown("check", "abxyz", ["abcde"])


def test_an_option_that_does_not_fit_is_refused_before_the_call():
    made = Registry("shape")

    @made.register("square")
    def square(side: float, *, unit: str = "cm"):
        """Area.

        More."""
        return f"{side} {unit}"

    made.register("point")(lambda: "point")
    assert made.make("square", side=2, unit="m") == "2 m" and made.make("point") == "point"
    with pytest.raises(
        ParameterError, match="^shape 'square': missing a required argument: 'side'; its options are: side, unit$"
    ):
        made.make("square")
    with pytest.raises(ParameterError, match="^shape 'point': .*; its options are: none$"):
        made.make("point", side=1)
    assert (made.summary("square"), made.summary("point"), len(made)) == ("Area.", "", 2)
    assert "square" in made and "circle" not in made and 3 not in made
    with pytest.raises(ParameterError, match="^the shape 'point' is registered twice$"):
        made.register("point")
        made.register("point")(square)


def test_every_module_of_a_package_is_imported(tmp_path, monkeypatch):
    package = tmp_path / "found_entries"
    (package / "deep").mkdir(parents=True)
    for name in ("__init__.py", "one.py", "two.py", "deep/__init__.py"):
        (package / name).write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    discover("found_entries")
    assert {"found_entries.one", "found_entries.two", "found_entries.deep"} <= set(sys.modules)
