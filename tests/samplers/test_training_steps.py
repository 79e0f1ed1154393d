"""One step of training by hand: AdamW, the moving average, the best of it, and the key of a checkpoint."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits
from torch import nn

from workbench.samplers.training._loop import Plan, Record, _key, _Training, one_thread, source, train

STILL = Plan(steps=4, batch=2, rate=0.1, decay=0.5, average=0.25, validation=0.0, every=3)


class Number(nn.Module):
    """One number, three at the start."""

    def __init__(self, start: float = 3.0) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor([start]))


def slope(model, rows, generator):
    """A loss whose gradient is two everywhere."""
    return 2 * model.value.sum()


def run(plan: Plan, loss=slope, rows: int = 10, **options):
    return train(
        Number(), loss, (torch.zeros(rows, 1),), plan, torch.Generator().manual_seed(1), device="cpu", **options
    )


def adam_steps(count: int, gradient: float = 2.0, rate: float = 0.1, decay: float = 0.5) -> list[float]:
    """AdamW with a constant gradient: both moments cancel, each step is the rate, after the decay of the weight."""
    values = [3.0]
    for _ in range(count):
        values.append(values[-1] * (1 - rate * decay) - rate * np.sign(gradient))
    return values


def test_a_step_is_adamw_and_the_average_follows_by_its_share():
    found, record = run(STILL)
    average = 3.0
    for value in adam_steps(4)[1:]:
        average += 0.25 * (value - average)
    assert float(found.value.detach()) == pytest.approx(average, rel=1e-5)
    assert record.steps == 4 and record.best == [4] and not found.value.requires_grad and not found.training
    losses = [2 * value for value in adam_steps(4)]
    assert [row[:2] for row in record.curve] == [
        [3, pytest.approx(np.mean(losses[:3]), rel=1e-5)], [4, pytest.approx(losses[3], rel=1e-5)]
    ]  # fmt: skip
    assert all(math.isnan(row[2]) for row in record.curve) and record.seconds > 0


def test_a_gradient_is_clipped_to_its_norm(monkeypatch):
    seen = []
    monkeypatch.setattr(
        torch.optim.AdamW, "step", lambda self: seen.append(float(self.param_groups[0]["params"][0].grad))
    )
    run(replace(STILL, clip=0.5))
    run(STILL)
    assert seen == [pytest.approx(0.5, rel=1e-4)] * 4 + [2.0] * 4


def test_the_step_with_the_best_validation_of_the_average_is_kept():
    """Validation rows want one; the average passes it between two validations and then departs."""

    def towards_one(model, rows, generator):
        return 2 * model.value.sum() if rows[0][0] == 0 else (model.value - 1.0).abs().sum()

    plan = Plan(steps=60, batch=2, rate=0.1, decay=0.0, average=1.0, validation=0.5, gap=0, every=7)
    rows = torch.cat([torch.zeros(5, 1), torch.ones(5, 1)])
    found, record = train(Number(), towards_one, (rows,), plan, torch.Generator(), device="cpu")
    assert record.best == [21] and float(found.value) == pytest.approx(3.0 - 2.1, rel=1e-4)
    assert [row[0] for row in record.curve] == [7, 14, 21, 28, 35, 42, 49, 56, 60]
    assert [row[2] for row in record.curve[:3]] == [pytest.approx(score, rel=1e-3) for score in (1.3, 0.6, 0.1)]
    short = replace(plan, patience=2)
    assert train(Number(), towards_one, (rows,), short, torch.Generator(), device="cpu")[1].steps == 35


def test_validation_always_has_the_noise_of_seed_zero():
    seeds = []

    def seen(model, rows, generator):
        seeds.append(generator.initial_seed())
        return 2 * model.value.sum()

    run(Plan(steps=2, batch=2, validation=0.5, gap=0, every=1), seen)
    assert seeds == [1, 0, 1, 0]


def test_patience_counts_validations_since_the_best_of_any_member():
    training = _Training(
        Number(), slope, (torch.zeros(10, 1),), Plan(steps=100, patience=3, every=10), torch.Generator()
    )
    for steps, best, finished in (
        (30, [], True),
        (40, [], True),
        (29, [], False),
        (60, [20, 30], True),
        (59, [20, 30], False),
    ):
        training.record = Record("", "cpu", steps, best=best)
        assert training.finished() == finished
    training.plan = Plan(steps=100)
    training.record = Record("", "cpu", 99)
    assert not training.finished()
    training.record = Record("", "cpu", 100)
    assert training.finished()


@pytest.mark.parametrize(
    ("plan", "rows", "cut"),
    [
        (Plan(), 1000, (780, 800)), (Plan(), 101, (60, 80)), (Plan(validation=0.5, gap=0), 9, (4, 4)),
        (Plan(gap=20), 20, (1, 16)), (Plan(validation=0.25, gap=3), 8, (3, 6)),
    ],
)  # fmt: skip
def test_rows_are_split_by_time_with_a_gap(plan, rows, cut):
    assert plan.split(rows) == cut


def test_training_and_validation_see_their_own_rows():
    training = _Training(Number(), slope, (torch.arange(10.0), torch.arange(10, 20)), Plan(validation=0.3, gap=2), None)
    assert [part.tolist() for part in training.seen] == [[0, 1, 2, 3, 4], [10, 11, 12, 13, 14]]
    assert [part.tolist() for part in training.judged] == [[7, 8, 9], [17, 18, 19]]


def test_a_plan_left_as_it_is_trains_what_stored_sets_were_drawn_from():
    assert Plan() == Plan(2000, 256, 3e-3, 1e-2, 0.02, 0.2, 20, 25, None, None)


def test_the_key_of_a_training_holds_all_that_decides_the_result():
    rows, plan, place = (torch.zeros(4, 1),), Plan(), torch.device("cpu")

    def key(model=None, loss=slope, rows=rows, plan=plan, seed=1, options=None, place=place) -> str:
        return _key(model or Number(), loss, rows, plan, torch.Generator().manual_seed(seed), options, place)

    others = [
        key(model=Number(2.0)), key(loss=nn.functional.mse_loss), key(rows=(torch.zeros(2, 2),)),
        key(rows=(torch.ones(4, 1),)), key(rows=(torch.zeros(4, 1, dtype=torch.float64),)), key(plan=Plan(batch=255)),
        key(seed=2), key(options={"mixture": 4}), key(place=torch.device("meta")),
    ]  # fmt: skip
    assert key() == key() and len({key(), *others}) == 10 and len(key()) == 64


def test_the_source_of_a_part_is_that_of_its_module():
    assert "class Number(nn.Module)" in source(Number) and source(3) == "3"


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_are_as_before_even_after_an_error(threads):
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(threads)
        with pytest.raises(ValueError, match="inside"), one_thread():
            assert torch.get_num_threads() == 1
            raise ValueError("inside")
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)


def test_linear_algebra_has_one_thread_inside_and_as_many_as_before_after():
    def threads() -> set[int]:
        return {part["num_threads"] for part in threadpool_info() if part["user_api"] == "blas"}

    with threadpool_limits(2, user_api="blas"):
        with one_thread():
            assert threads() == {1}
        assert threads() == {2}


def test_a_training_that_goes_on_has_its_moments_and_its_record(tmp_path):
    whole, record = run(STILL)
    first = run(replace(STILL, steps=3), checkpoint=tmp_path / "three")[1]
    again, stored = (run(STILL, checkpoint=tmp_path / "deep" / "four") for _ in range(2))
    assert torch.equal(again[0].value, whole.value) and torch.equal(stored[0].value, whole.value)
    assert stored[1].seconds == again[1].seconds and stored[1].curve[0][:2] == record.curve[0][:2] and first.steps == 3
    assert first.key != stored[1].key, "the plan is part of the key"
    (file,) = (tmp_path / "deep" / "four").iterdir()
    assert file.name == f"number-{stored[1].key[:16]}.safetensors"
