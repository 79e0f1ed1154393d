"""How samplers show themselves, and bars only where there is a screen."""

import csv
import inspect
import io
import re
import sys
from pathlib import Path

import pytest

from workbench import samplers
from workbench.samplers import _progress

COSTS = Path(__file__).parents[2] / "benchmarks" / "results" / "sampling_cost.csv"


def test_a_sampler_shows_its_options_span_and_seed(panel):
    sampler = samplers.make("fhs_moving", decay=0.97)
    assert repr(sampler).endswith("not fitted") and "fitted</th><td>not fitted" in sampler._repr_html_()
    sampler.fit(panel, seed=4)
    for text in (repr(sampler), sampler._repr_html_()):
        assert "Gjr()" in text and "MovingCorrelation(decay=0.97" in text and "Bootstrap(" in text
        assert "4 assets, 2000-01-03 to 2003-06-13 (900 days), seed 4" in text


def test_foreign_names_are_text_in_a_samplers_table(panel):
    wild = panel.set_axis(["<style>td{display:none}</style>", "<b>B</b>", '"', "\x1b[2J"], axis=1)
    shown = samplers.make("historical").fit(wild)._repr_html_()
    assert "<style>" not in shown and "<b>" not in shown and "\x1b" not in shown
    assert "&lt;b&gt;B&lt;/b&gt;" in shown


def test_notes_stand_in_the_table(panel):
    stale = panel.copy()
    stale.iloc[100:160, 0] = 0.0
    with pytest.warns(samplers.ShortenedHistory):
        sampler = samplers.make("fhs").fit(stale)
    assert "joint days begin on 2000-08-15" in sampler._repr_html_()


@pytest.mark.parametrize("name", list(samplers.SAMPLERS))
def test_every_sampler_says_what_it_is_when_to_use_it_and_what_it_costs_as_measured(name):
    text = inspect.getdoc(samplers.SAMPLERS[name])
    assert re.search(r"^Use: .+\.$", text, re.MULTILINE) and re.search(r"^Cost: .+\.$", text, re.MULTILINE)
    measured = {row["sampler"]: row for row in csv.DictReader(COSTS.open())}
    found = re.search(r"Cost: fit ([\d,.]+) s, ([\d,.]+) s a million", text)
    assert (found is not None) == (name in measured)
    if found:
        fit, million = (float(number.replace(",", "")) for number in found.groups())
        assert fit == pytest.approx(float(measured[name]["fit_cpu_s"]), rel=0.05)
        assert million == pytest.approx(float(measured[name]["cpu_s_per_million"]), rel=0.05)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("terminal, variable, shown", [
    (True, None, True), (False, None, False), (False, "1", True), (True, "0", False)
])  # fmt: skip
def test_bars_are_shown_in_a_terminal_and_nowhere_else(terminal, variable, shown, monkeypatch):
    screen = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.delenv(_progress.VARIABLE, raising=False)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    if variable:
        monkeypatch.setenv(_progress.VARIABLE, variable)
    with _progress.bar(3, "fitting", delay=0.0) as bar:
        bar.update(3)
    assert ("fitting" in screen.getvalue()) == shown


def test_what_takes_less_than_a_second_shows_no_bar(panel, monkeypatch):
    monkeypatch.setenv(_progress.VARIABLE, "1")
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    samplers.make("historical").fit(panel).sample(100, 2)
    assert not screen.getvalue().strip()
