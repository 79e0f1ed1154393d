"""Numbers in words: every rule at the value where it changes."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ParameterError
from workbench.reporting import formats
from workbench.reporting.formats import House, Prose


@pytest.mark.parametrize(
    ("p", "written"),
    [
        (1.0, "1.00"), (0.995, "1.00"), (0.99499, ".99"), (0.0996, ".10"), (0.0995, ".10"), (0.0994, ".099"),
        (0.0101, ".010"), (0.001, ".001"), (0.0009999, "< .001"), (0.0, "< .001"), (None, "–"), (np.inf, "–"),
    ],
)  # fmt: skip
def test_a_p_value_has_two_digits_that_matter(p, written):
    assert formats.p_value(p) == written


def test_numbers_have_thousands_a_true_minus_and_no_negative_zero():
    assert formats.number(1234567.0) == "1,234,567" and formats.number(-0.4) == "0"
    assert formats.number(0.04, 1, sign=True) == "+0.0" and formats.number(-2.25, 2, sign=True) == "−2.25"
    assert [formats.number(value) for value in (None, np.nan, -np.inf)] == ["–"] * 3
    assert formats.percent(0.12345) == "12.3 %" and formats.percent(0.12345, 2) == "12.35 %"
    assert formats.percent(None) == formats.percent(np.nan) == "–"
    assert formats.basis_points(-12.34, 1, sign=True) == "−12.3 bp" and formats.basis_points(12.34) == "12 bp"


def test_a_level_and_a_small_probability_keep_their_digits():
    assert formats.level(0.99999) == "99.999 %" and formats.level(0.12345678912) == "12.34567891 %"


@pytest.mark.parametrize(
    ("p", "written"),
    [
        (0.12345, "12 %"), (0.5, "50 %"), (0.0213, "2.1 %"), (0.0996, "10.0 %"), (0.00123, "0.12 %"), (0.001, "0.10 %"),
        (1.26e-5, "1 in 79,000"), (8.6e-5, "1 in 12,000"), (0.00099, "1 in 1,000"), (3.4e-7, "1 in 2,900,000"),
        (1e-30, "below 1 in 1,000,000,000,000"), (0.0, "0 %"), (1.0, "100 %"), (0.97, "97.0 %"), (0.99996, "99.9960 %"),
        (np.nan, "–"), (None, "–"),
    ],
)  # fmt: skip
def test_a_probability_is_per_cent_or_one_in_so_many_and_never_in_powers_of_ten(p, written):
    assert formats.probability(p) == written == formats.House().format("{p:prob}", p=p)


@given(st.floats(1e-12, 1 - 1e-9))
def test_two_digits_of_a_probability_are_right(p):
    written = formats.probability(p)
    share, _, rest = written.replace(",", "").partition(" ")
    read = float(share) / 100 if rest == "%" else 1 / float(rest.removeprefix("in "))
    assert "e" not in written and read == pytest.approx(p, rel=0.051)


def test_dates_and_lists():
    assert formats.date("2008-09-12 17:30") == "2008-09-12"
    assert formats.names("one name") == "one name" and formats.names(iter(["a", 2])) == "a, 2"
    assert formats.names([], "nobody") == "nobody"
    assert formats.bullets(["a*b", Prose("**c**")]) == "- a\\*b\n- **c**"
    assert formats.named_bullets(pd.Series({"x*y": "why"})) == "- **x\\*y** why."


def test_fields_of_a_sentence_take_their_sign_and_decimals():
    house = House()
    assert house.format("{a:pct} {a:pct0} {a:+pct2} {a:+n3}", a=0.1234) == "12.3 % 12 % +12.34 % +0.123"
    assert house.format("{a:bp} {a:+bp1} {a:n}", a=3.25) == "3 bp +3.2 bp 3"
    assert (
        house.format("{p:p} {q:p} {c:level} {s:prob}", p=0.2, q=0.0, c=0.975, s=0.012)
        == "p = .20 p < .001 97.5 % 1.2 %"
    )


def test_only_names_of_others_are_escaped():
    assert House().format("{a} {b:names} {c}", a="x*y", b=["p*q", "r"], c=Prose("**s**")) == "x\\*y p\\*q, r **s**"
    assert House().format("{a} {b:.2f} {d:names}", a=-3, b=0.125, d=[]) == "-3 0.12 none"
    assert House(markdown=False).format("{a}", a="x*y") == "x*y"


def test_a_sentence_and_its_values_fit():
    with pytest.raises(ParameterError, match="^the sentence needs 'b'; it was given a$"):
        House().format("{b}", a=1)
    with pytest.raises(ParameterError, match="^the sentence needs 'b'; it was given nothing$"):
        House().format("{b}")
    with pytest.raises(ParameterError, match="^the sentence does not use a, c$"):
        House().format("{b}", b=0, c=1, a=2)


def test_simple_returns_of_log_returns():
    assert formats.simple(np.log(1.25)) == pytest.approx(0.25) and formats.simple(-50.0) == pytest.approx(-1.0)


def test_per_cents_are_written_by_one_function():
    """No ``{share:.1%}`` anywhere: it has no blank before the sign, and a hyphen for a minus."""
    package = Path(formats.__file__).parents[1]
    own = {
        f"{path.relative_to(package)}: {found[0]}"
        for path in [*package.rglob("*.py"), *package.rglob("*.yaml")]
        for found in re.finditer(r"\{[^{}]*:[^{}]*\d%\}", path.read_text(encoding="utf-8"))
    }
    assert not own
