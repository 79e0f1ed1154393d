"""Training: the split, early stopping, the checkpoint of a killed fit, and the grid with other shocks."""

import numpy as np
import pytest
import torch
from torch import nn

from workbench import samplers, scenarios
from workbench.samplers._composed import with_shocks
from workbench.samplers.training._loop import Plan, train

PLAN = Plan(steps=100, batch=32, gap=10)


class Killed(Exception):
    pass


def data(days: int = 400) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    inputs = torch.randn(days, 3, generator=generator)
    return inputs, inputs @ torch.tensor([1.0, -2.0, 0.5]) + 0.1 * torch.randn(days, generator=generator)


def squared(model, rows, generator):
    """Mean squared error, with a little noise on the inputs so that the generator matters."""
    inputs, outputs = rows
    noisy = inputs + 0.01 * torch.randn(inputs.shape, generator=generator)
    return (model(noisy)[:, 0] - outputs).square().mean()


class KilledAt:
    """The same loss, killed at its ``calls``-th call."""

    def __init__(self, calls: int) -> None:
        self.left = calls

    def __call__(self, model, rows, generator):
        self.left -= 1
        if self.left < 0:
            raise Killed
        return squared(model, rows, generator)


def fit(loss=squared, seed: int = 1, plan: Plan = PLAN, **options):
    torch.manual_seed(0)
    return train(nn.Linear(3, 1), loss, data(), plan, torch.Generator().manual_seed(seed), **options)


def same(one: nn.Module, other: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters()))


def test_the_validation_rows_are_the_last_and_the_gap_is_seen_by_nobody():
    assert Plan(validation=0.2, gap=20).split(1000) == (780, 800)
    assert Plan(validation=0.0, gap=20).split(1000) == (1000, 1000)


def test_the_seed_decides_the_weights():
    one, again, other = fit()[0], fit()[0], fit(seed=2)[0]
    assert same(one, again)
    assert not same(one, other)


def test_a_killed_fit_goes_on_to_the_same_bits(tmp_path):
    whole, record = fit(KilledAt(10_000), checkpoint=tmp_path / "whole", device="cpu")
    with pytest.raises(Killed):
        fit(KilledAt(65), checkpoint=tmp_path / "killed", device="cpu")
    (stored,) = (tmp_path / "killed").iterdir()
    resumed, again = fit(KilledAt(10_000), checkpoint=tmp_path / "killed", device="cpu")
    assert same(whole, resumed) and again.curve == record.curve and again.best == record.best
    assert list((tmp_path / "killed").iterdir()) == [stored]


def test_a_finished_fit_is_read_and_another_seed_is_another_file(tmp_path):
    first, record = fit(KilledAt(10_000), checkpoint=tmp_path)
    read, again = fit(KilledAt(0), checkpoint=tmp_path)
    assert same(first, read) and record.curve == again.curve
    with pytest.raises(Killed):
        fit(KilledAt(0), seed=2, checkpoint=tmp_path)


def test_a_damaged_checkpoint_is_trained_anew(tmp_path):
    first, _ = fit(checkpoint=tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:100])
    assert same(first, fit(checkpoint=tmp_path)[0])


def test_training_stops_when_validation_no_longer_gets_better():
    def worse(model, rows, generator):
        """The validation rows (80 of them) want the opposite of what the training rows want."""
        return squared(model, rows, generator) * (-1 if len(rows[0]) == 80 else 1)

    _, record = fit(worse, plan=Plan(steps=1000, batch=32, gap=10, patience=3))
    assert record.best == [25] and record.steps == 100


def test_each_member_keeps_its_own_best():
    class Pair(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weights = nn.Parameter(torch.zeros(2, 3))

    def loss(model, rows, generator):
        errors = (rows[0] @ model.weights.T - rows[1][:, None]).square().mean(dim=0)
        return errors * torch.tensor([1.0, -1.0 if len(rows[0]) == 80 else 1.0])

    model, record = train(Pair(), loss, data(), PLAN, torch.Generator().manual_seed(1))
    assert record.best == [100, 25]
    assert not torch.equal(model.weights[0], model.weights[1])


def test_without_validation_the_last_average_is_kept():
    model, record = fit(plan=Plan(steps=60, batch=32, validation=0.0))
    assert record.best == [60] and np.isnan(record.curve[-1][2])
    np.testing.assert_allclose(model.weight.detach()[0], [1.0, -2.0, 0.5], atol=2.5)


def test_other_shocks_share_the_filter_and_the_residuals(panel):
    fitted = samplers.make("fhs_moving").fit(panel, seed=3)
    same_shocks = with_shocks(fitted, "bootstrap", seed=3)
    assert scenarios.digest(same_shocks.sample(50, 3, seed=1)) == scenarios.digest(fitted.sample(50, 3, seed=1))
    other = with_shocks(fitted, "t", seed=3, tails="gpd")
    assert other.filter is fitted.filter and other.correlation is fitted.correlation
    assert scenarios.digest(other.sample(50, 3, seed=1)) != scenarios.digest(fitted.sample(50, 3, seed=1))


def test_a_neural_fit_leaves_a_checkpoint_and_is_read_from_it(panel, tmp_path):
    options = {"members": 1, "steps": 50, "checkpoint": str(tmp_path)}
    first, again = (samplers.make("neural_single", **options).fit(panel, seed=3) for _ in range(2))
    assert len(list(tmp_path.glob("networks-*.safetensors"))) == 1
    assert same(first.filter.inner.network_, again.filter.inner.network_)
    assert first.filter.inner.record_.key == again.filter.inner.record_.key and first.filter.inner.record_.curve
