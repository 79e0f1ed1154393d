"""What a fit cannot use is named before anything is trained; every option takes numbers within its bounds alone."""

import warnings

import numpy as np
import pandas as pd
import pytest

from workbench import samplers
from workbench.errors import FitError, ParameterError
from workbench.samplers.filters import MovingCorrelation, NeuralFilter, QuantileTracking, TransformerFilter
from workbench.samplers.paths import PathFlow
from workbench.samplers.shocks import SHOCKS, SplicedMargins

QUICK = {
    "neural": {"members": 1, "steps": 25, "tune_steps": 5},
    "neural_single": {"members": 1, "steps": 25},
    "historical_window": {"window": 100},
    "transformer": {"steps": 2},
    "path_flow": {"filter": "ewma", "steps": 2},
    **{
        f"neural_{shocks}": {"members": 1, "steps": 25, "shocks": {"hidden": 4, "steps": 25, "sample": 4096}}
        for shocks in ("flow", "diffusion", "nsf", "vae", "generator")
    },
}


def never_trained(*args, **options):
    raise AssertionError("training began")


BROKEN = {
    "doubled day": (lambda x: pd.concat([x, x.iloc[[-1]]]), r"2003-06-13 is there more than once"),
    "shuffled days": (lambda x: x.iloc[[0, 2, 1, *range(3, len(x))]], r"out of order: 2000-01-04 follows a later one"),
    "one name twice": (lambda x: x.set_axis(["A", "B", "B", "D"], axis=1), r"'B' is there more than once"),
    "1 and '1'": (lambda x: x.set_axis([1, "1", "B", "D"], axis=1), r"'1' is there more than once"),
    "cash": (lambda x: x.assign(CASH=1e-4), r"'CASH' returns 0.0001 on every day, like cash: drop the column"),
    "missing": (lambda x: x.mask(x == x.iloc[5, 0]), r"log return of 'A' on 2000-01-10.* is nan"),
    "infinite": (lambda x: x.assign(B=x.B.where(x.index != x.index[7], -np.inf)), r"'B' on 2000-01-12.* is -inf"),
    "text": (lambda x: x.assign(B="n/a"), r"'B' holds .*, not numbers"),
    "no dates": (lambda x: x.reset_index(drop=True), r"index of the returns is int64, expected dates"),
    "too short": (lambda x: x.iloc[:10], r"has 10 days, the sampler needs 20"),
    "no column": (lambda x: x[[]], r"one column an asset"),
    "no frame": (lambda x: x["A"], r"needs a DataFrame"),
}


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("name", ["historical", "fhs_moving", "neural", "path_flow", "pretrained"])
def test_returns_that_cannot_be_used_are_refused_before_training(name, broken, panel, monkeypatch):
    monkeypatch.setattr("workbench.samplers.filters._classical._fit_gjr", never_trained)
    monkeypatch.setattr("workbench.samplers.filters._neural.train", never_trained)
    spoil, message = BROKEN[broken]
    sampler = samplers.make(name)
    with pytest.raises(FitError, match=message):
        sampler.fit(spoil(panel))
    with pytest.raises(FitError, match="not fitted"):
        sampler.sample(5, 2)


@pytest.mark.parametrize("name", list(samplers.SAMPLERS))
def test_one_asset_and_twins_work_in_every_sampler(name, panel):
    one = panel[["A"]]
    twins = panel[["A", "B"]].assign(TWIN=panel.A, MIX=0.5 * panel.A + 0.5 * panel.B)
    for returns in (one, twins):
        drawn = samplers.make(name, **QUICK.get(name, {})).fit(returns, seed=1).sample(256, 2, seed=1, start="long-run")
        values = drawn["scenarios"]["ret"].values[0, :, 0]
        assert np.isfinite(values).all()
        ratio = values.std(axis=0) / returns.std().to_numpy()
        assert (ratio > 0.5).all() and (ratio < 2).all()  # of 256 draws from all starts


def test_a_window_longer_than_the_history_takes_all_of_it_and_says_so(panel):
    with pytest.warns(samplers.ShortenedHistory, match="window of 5000 days .* all of its 900 are used"):
        fitted = samplers.make("historical_window", window=5000).fit(panel)
    drawn = fitted.sample(4000, 1, seed=1)["scenarios"]["ret"].values[0, :, 0, 0]
    assert drawn.min() == np.float32(panel.A.min()) and drawn.max() == np.float32(panel.A.max())
    with pytest.raises(FitError, match="needs a history as long"):
        fitted.states(panel.iloc[:800])


def test_an_illiquid_neighbour_cuts_nobodys_history_where_no_filter_is_fitted(panel):
    traded = np.random.default_rng(0).random(900) < 0.5
    beside = panel.assign(ILL=panel.D.where(traded, 0.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in ("historical", "lognormal", "factor", "block_bootstrap"):
            fitted = samplers.make(name).fit(beside, seed=1)
            assert not fitted.notes_
        alone, joint = (samplers.make("historical").fit(x, seed=1).sample(2000, 1, seed=1) for x in (panel, beside))
    A = [drawn["scenarios"]["ret"].values[0, :, 0, 0] for drawn in (alone, joint)]
    np.testing.assert_array_equal(*A)


NONSENSE = {
    "draws": lambda s, bad: s.sample(bad, 2),
    "horizon": lambda s, bad: s.sample(10, bad),
    "seed": lambda s, bad: s.sample(10, 2, seed=-1 if bad == 0 else bad),
    "seed of a fit": lambda s, bad: samplers.make("historical").fit(s.history_, -1 if bad == 0 else bad),
    "chains": lambda s, bad: samplers.fit_chains("historical", s.history_, bad),
    "draws of a rolled forecast": lambda s, bad: next(samplers.roll(s, s.history_, "2001", draws=bad)),
    "every": lambda s, bad: next(samplers.roll(s, s.history_, "2001", every=bad)),
    "rolled horizon": lambda s, bad: next(samplers.roll(s, s.history_, "2001", horizon=bad)),
    "draws of ensembles": lambda s, bad: samplers.one_day_ensembles({"h": [s]}, s.history_, "2001", draws=bad),
}


@pytest.mark.parametrize("bad", [0, -3, 2.5, float("nan"), float("inf"), "many", None, True])
@pytest.mark.parametrize("what", NONSENSE)
def test_numbers_that_make_no_sense_are_refused_by_name(what, bad, panel):
    fitted = samplers.make("historical").fit(panel)
    with pytest.raises(ParameterError, match=what.split()[0].replace("rolled", "horizon")):
        NONSENSE[what](fitted, bad)


@pytest.mark.parametrize("bad", ["soon", "", None, 5, float("nan"), "2003-99-01", "2099-01-01", pd.NaT])
def test_a_start_that_is_no_day_of_the_history_is_refused(bad, panel):
    with pytest.raises(ParameterError, match="start"):
        samplers.make("historical").fit(panel).sample(10, 2, start=bad)


@pytest.mark.parametrize("which", ["first", "last"])
def test_rolled_days_must_be_dates_of_the_history(which, panel):
    fitted = samplers.make("historical").fit(panel)
    for bad in ("soon", None, 3.5) if which == "first" else ("soon", 3.5):
        with pytest.raises(ParameterError, match=f"{which} must be a date"):
            next(samplers.roll(fitted, panel, **({"first": "2001"} | {which: bad})))
    with pytest.raises(ParameterError, match="no forecast days"):
        next(samplers.roll(fitted, panel, "2099-01-01"))
    with pytest.raises(ParameterError, match="lacks the columns 'C', 'D'"):
        next(samplers.roll(fitted, panel[["A", "B"]], "2001"))
    with pytest.raises(FitError, match="not fitted"):
        next(samplers.roll(samplers.make("historical"), panel, "2001"))


def test_a_newer_history_is_checked_before_it_is_a_start(panel):
    fitted = samplers.make("ewma").fit(panel)
    with pytest.raises(ParameterError, match="lacks the columns 'D'"):
        fitted.sample(10, 2, start=panel[["A", "B", "C"]])
    with pytest.raises(FitError, match="log return of 'B'"):
        fitted.sample(10, 2, start=panel.assign(B=np.nan))
    with pytest.raises(FitError, match="out of order"):
        fitted.sample(10, 2, start=panel.iloc[::-1])


OPTIONS = [
    ("ewma", "decay"), ("fhs_moving", "decay"), ("fhs_lead", "decay"), ("filtered", "correlation"),
    ("historical_window", "window"), ("block_bootstrap", "mean_block"), ("factor", "factors"), ("gjr_vine", "trees"),
    ("neural", "members"), ("neural", "steps"), ("neural", "decay"), ("neural_flow", "members"),
    ("pretrained", "decay"), ("pretrained", "tune_steps"), ("transformer", "hidden"), ("transformer", "steps"),
    ("path_flow", "window"), ("path_flow", "steps"),
]  # fmt: skip


@pytest.mark.parametrize("bad", [-1, float("nan"), float("inf"), "0.9", True])
@pytest.mark.parametrize("name, option", OPTIONS)
def test_options_out_of_bounds_are_refused_by_name(name, option, bad):
    named = {"correlation": "decay"}.get(option, option)
    with pytest.raises(ParameterError, match=f"{named} must be"):
        samplers.make(name, **{option: bad})


PARTS = [
    (MovingCorrelation, "shrink", 1.5), (QuantileTracking, "rate", 0.0), (NeuralFilter, "validation", 0.9),
    (NeuralFilter, "hidden", 0), (TransformerFilter, "hidden", 18), (TransformerFilter, "location", -0.1),
    (PathFlow, "solver", 0), (PathFlow, "context", 0), (SplicedMargins, "tail", 0.6),
]  # fmt: skip


@pytest.mark.parametrize("part, option, bad", PARTS)
def test_parts_refuse_what_is_out_of_bounds(part, option, bad):
    with pytest.raises(ParameterError, match=f"{option} must be"):
        part(**{option: bad})


@pytest.mark.parametrize("option, bad", [
    ("smoothing", 1.2), ("reflect", -0.1), ("mixture", 1.0), ("beyond", 0.0), ("sample", 0), ("steps", 0), ("hidden", 0)
])  # fmt: skip
@pytest.mark.parametrize("name", ["flow", "diffusion", "nsf", "vae", "generator"])
def test_learned_shocks_refuse_what_is_out_of_bounds(name, option, bad):
    with pytest.raises(ParameterError, match=f"{option} must be"):
        SHOCKS.make(name, **{option: bad})
