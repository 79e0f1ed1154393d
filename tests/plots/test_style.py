"""One look for every figure: sizes that can be read at A4, samplers that keep their look, labels that don't collide."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from workbench.errors import DataError, ParameterError
from workbench.plots import _style as style

LOOKS = {
    "neural": ("#0173b2", "-", "o"),
    "fhs": ("#de8f05", (0, (5, 1.5)), "s"),
    "fhs_moving": ("#029e73", (0, (1.2, 1.2)), "^"),
    "gjr_t": ("#d55e00", (0, (6, 1.5, 1.2, 1.5)), "D"),
    "historical": ("#ca9161", (0, (3, 1)), "v"),
    "lognormal": ("#cc78bc", (0, (8, 2)), "P"),
    "block_bootstrap": ("#56b4e9", (0, (2, 2)), "X"),
    "ewma": ("#949494", (0, (4, 1, 1, 1, 1, 1)), "h"),
}


@pytest.mark.parametrize("name", LOOKS)
def test_a_sampler_keeps_its_look_from_one_report_to_the_next(name):
    found = style.look(name)
    assert (mpl.colors.to_hex(found["color"]), found["linestyle"], found["marker"]) == LOOKS[name]
    assert style.line(name) == {"color": found["color"], "linestyle": found["linestyle"], "label": name}


def test_another_sampler_has_a_look_by_its_name():
    """The check value of CRC-32, that of "123456789", is CBF43926 = 6 modulo 8: the seventh of the eight looks."""
    assert style.look("123456789") == style.look("block_bootstrap")


def test_the_theme_can_be_read_on_paper():
    @style.themed  # a function it decorates can be called twice; the theme itself is entered once
    def read():
        rc = mpl.rcParams
        label = rc["axes.labelsize"]
        assert label == rc["font.size"] == 8.5 and rc["axes.titlesize"] == label + 1
        assert rc["xtick.labelsize"] == rc["ytick.labelsize"] == rc["legend.fontsize"] == label - 0.5
        assert rc["axes.linewidth"] == 0.7 and rc["lines.linewidth"] == 2 * rc["axes.linewidth"]
        assert rc["grid.linewidth"] == rc["xtick.major.width"] == rc["ytick.major.width"] == 0.6
        assert rc["axes.grid"] and rc["axes.axisbelow"] is True and not rc["legend.frameon"]
        assert not (rc["axes.spines.top"] or rc["axes.spines.right"] or rc["xtick.minor.visible"])

    read()
    assert style.WIDTH * 25.4 <= 210 - 2 * 12.7, "a figure fits between the margins of A4"
    assert style.WIDTH > 7


def test_a_canvas_has_the_standard_width_and_is_not_shown_twice():
    axes = style.canvas()
    assert axes.shape == (1, 1) and axes[0, 0].figure.get_size_inches().tolist() == [7.2, 2.8]
    assert style.canvas(2, 3, height=5.0).shape == (2, 3) and not plt.get_fignums()


def test_rows_run_from_the_top_down():
    ax = style.canvas()[0, 0]
    style.rows_down(ax, iter(["a", "b", "c"]), xlabel="loss")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c"]
    assert ax.get_yticks().tolist() == [0, 1, 2] and ax.get_ylim() == (2.5, -0.5) and ax.get_xlabel() == "loss"
    assert all(tick.tick1line.get_markersize() == 0 for tick in ax.yaxis.get_major_ticks())


def test_a_bare_map_and_its_labels_on_top():
    ax = style.canvas()[0, 0]
    style.bare(ax)
    style.labels_on_top(ax)
    assert not any(spine.get_visible() for spine in ax.spines.values())
    tick = ax.xaxis.get_major_ticks()[0]
    assert tick.label2.get_visible() and not tick.label1.get_visible() and tick.tick1line.get_markersize() == 0


def test_fourteen_characters_stay_and_fifteen_are_cut_to_fourteen():
    assert style.short(["abcdefghijklmn", "abcdefghijklmno"]) == ["abcdefghijklmn", "abcdefg…jklmno"]


def test_the_first_axes_are_kept_in_reading_order():
    kept = style.panels(3, 2, 1.0, 0.5)
    figure, places = kept[0].figure, [ax.get_subplotspec() for ax in kept]
    assert list(kept) == figure.axes and figure.get_figheight() == 2.5
    assert [(place.rowspan.start, place.colspan.start) for place in places] == [(0, 0), (0, 1), (1, 0)]


@pytest.mark.parametrize(("digits", "written"), [(None, "12 %"), (1, "12.3 %")])
def test_ticks_of_fractions_are_per_cent(digits, written):
    ax = style.canvas()[0, 0]
    style.per_cent(ax, **({} if digits is None else {"digits": digits}))
    assert ax.xaxis.get_major_formatter()(0.1234, 0) == written


@pytest.mark.parametrize(("value", "written"), [(1e-3, "10⁻³"), (1.0, "10⁰"), (999.9, "10³"), (1e12, "10¹²")])
def test_ticks_of_a_logarithmic_axis_are_powers_of_ten_in_text(value, written):
    axis = style.canvas()[0, 0].xaxis
    style.powers(axis)
    assert axis.get_major_formatter()(value, 0) == written and axis.get_minor_formatter()(value, 0) == ""


def test_a_figure_asks_for_its_columns():
    table = pd.DataFrame({"a": [1]})
    assert style.demand(table, ["a"], "the table") is table
    said = r"^the table lacks the columns \['b'\]; the figure needs the columns \['a', 'b'\], found \['a'\]$"
    with pytest.raises(ParameterError, match=said):
        style.demand(table, ["a", "b"], "the table")
    with pytest.raises(DataError, match=said):
        style.demand(table, ["a", "b"], "the table", DataError)


def test_a_remark_is_small_grey_and_can_be_restyled():
    ax = style.canvas()[0, 0]
    style.remark(ax, "here", (0.5, 0.25), (3, -4), color="red")
    style.remark(ax, "there", (0.0, 0.0), (0, 0))
    first, second = ax.texts
    assert (first.get_text(), first.xy, first.get_position(), first.get_color()) == (
        "here",
        (0.5, 0.25),
        (3, -4),
        "red",
    )
    assert second.get_color() == style.FAINT and second.get_fontsize() == 7.5


@pytest.mark.parametrize(
    ("heights", "gap", "placed"),
    [
        ([5.0, 1.0], 1.0, [5.0, 1.0]),
        ([1.0, 2.0], 1.0, [1.0, 2.0]),
        ([1.0, 1.0, 1.0], 0.5, [0.5, 1.0, 1.5]),
        ([3.0, 0.0, 0.2], 1.0, [3.0, -0.4, 0.6]),
        ([0.0, 0.2, 1.2], 1.0, [-0.5333333, 0.4666667, 1.4666667]),
        ([2.0], 1.0, [2.0]),
    ],
)
def test_heights_are_moved_apart_about_their_mean(heights, gap, placed):
    """The third group of the fifth case is reached by the first two and joins them."""
    np.testing.assert_allclose(style.spread(heights, gap), placed, atol=1e-6)


def test_labels_stand_at_their_heights_beside_the_right_edge():
    ax = style.canvas()[0, 0]
    ax.set_ylim(0, 10)
    style.label_right(ax, ["low", "high", "above", "below"], [1.0, 5.0, 99.0, -99.0], list("rgbk"))
    assert [text.xy for text in ax.texts] == [(1.0, pytest.approx(height)) for height in (0.1, 0.5, 1.0, 0.0)]
    assert [text.get_color() for text in ax.texts] == list("rgbk") and ax.texts[0].get_position() == (4, 0)
    assert all((text.get_fontsize(), text.get_ha(), text.get_va()) == (8, "left", "center") for text in ax.texts)
    style.label_right(close := style.canvas()[0, 0], ["a", "b"], [0.5, 0.5], ["k", "k"])
    assert close.texts[1].xy[1] - close.texts[0].xy[1] == pytest.approx(0.075)


@pytest.mark.parametrize(("curves", "columns"), [(3, 3), (8, 6)])
def test_a_legend_stands_below_in_at_most_six_columns(curves, columns):
    ax = style.canvas()[0, 0]
    for place in range(curves):
        ax.plot([0, 1], label=str(place))
    style.legend_below(ax)
    (legend,) = ax.figure.legends
    assert legend._ncols == columns and len(legend.get_texts()) == curves and legend.handlelength == 2.6


def test_a_key_of_names_grows_the_figure_by_a_line_for_every_two():
    figure = style.canvas(height=2.0)[0, 0].figure
    names = [f"Long name of fund {number}" for number in range(3)]
    style.name_key(figure, names, ["one", "two", "three"])
    assert figure.get_figheight() == pytest.approx(2.0 + 2 * 0.12)
    assert figure.get_supxlabel().split("\n")[1].strip() == "two = Long name of fund 1"
    style.name_key(figure, ["A"], ["A"])
    assert figure.get_figheight() == pytest.approx(2.24), "no name was cut"
