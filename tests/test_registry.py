"""Registries: names, nearest names, and how they show themselves."""

import pytest

from workbench.errors import ParameterError
from workbench.registry import Registry


@pytest.fixture
def shapes():
    made = Registry("shape")
    made.register("square")(lambda side=1.0: side * side)

    @made.register("<b>circle")
    def circle(radius: float):
        """Area of a <i>circle</i>.

        More.
        """

    return made


def test_an_unknown_name_or_option_is_refused_with_the_known_ones(shapes):
    assert shapes.make("square", side=3.0) == 9.0
    for call, said in (
        (lambda: shapes["sqare"], "did you mean 'square'"),
        (lambda: shapes.make("square", edge=2), "its options are: side"),
        (lambda: shapes.register("square")(len), "registered twice"),
    ):
        with pytest.raises(ParameterError, match=said):
            call()


def test_a_registry_shows_itself_as_a_table_with_text_escaped(shapes):
    shown = shapes._repr_html_()
    assert "shape (2)" in shown and "&lt;b&gt;circle" in shown and "Area of a &lt;i&gt;circle&lt;/i&gt;." in shown
    assert "<b>" not in shown and "More" not in shown


def test_names_are_completed(shapes):
    assert shapes._ipython_key_completions_() == ["square", "<b>circle"] == list(shapes)
