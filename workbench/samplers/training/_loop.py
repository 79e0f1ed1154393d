r"""Training that respects a few thousand days: what every learned model shares.

The rows (days, or windows of days) stand in order of time. The last ``validation`` share of them judges; the ``gap``
rows before it are left out (purge and embargo: make it longer than a window, so that no day is on both sides). On the
rest AdamW minimises a loss, the weights are averaged as they move,

.. math:: \bar\theta_k = (1-a)\,\bar\theta_{k-1} + a\,\theta_k,

and the average that judged best is kept. Training runs on one thread and draws every random number from one generator
on the processor, so that the same data, options and seed give the same bits; a graphics card is used where there is
one, with its own bits. With a ``checkpoint`` folder all of it (weights, moments of the optimiser, state of the
generator) is written as safetensors under a hash of weights, data, options and code: a fit that was killed goes on to
the bits it would have had, and one that was finished is read.
"""

from __future__ import annotations

import copy
import hashlib
import inspect
import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from threadpoolctl import ThreadpoolController
from torch import Tensor, nn

from workbench._cache import whole
from workbench.samplers._progress import bar as progress_bar

Loss = Callable[[nn.Module, tuple[Tensor, ...], torch.Generator], Tensor]


@dataclass(frozen=True)
class Plan:
    """How a model is trained.

    steps : at the most. batch : rows a step. rate, decay : of AdamW. average : share of the new weights in the moving
    average. validation : share of the rows, at their end, on which training stops; 0 trains on all of them for all
    steps. gap : rows left out before it. every : steps from one validation to the next. patience : validations without
    a better one before training stops (None: never). clip : largest norm of a gradient.
    """

    steps: int = 2000
    batch: int = 256
    rate: float = 3e-3
    decay: float = 1e-2
    average: float = 0.02
    validation: float = 0.2
    gap: int = 20
    every: int = 25
    patience: int | None = None
    clip: float | None = None

    def split(self, rows: int) -> tuple[int, int]:
        """Training rows are those before the first number, validation rows those from the second on."""
        if not self.validation:
            return rows, rows
        judged = int(rows * (1 - self.validation))
        return max(1, judged - self.gap), judged


@dataclass
class Record:
    """What a training did: ``curve`` holds (step, training loss, validation loss), ``best`` the step kept, a member."""

    key: str
    device: str
    steps: int = 0
    seconds: float = 0.0
    best: list[int] = field(default_factory=list)
    curve: list[list[float]] = field(default_factory=list)


def train(
    model: nn.Module,
    loss: Loss,
    rows: tuple[Tensor, ...],
    plan: Plan,
    generator: torch.Generator,
    *,
    options: object = None,
    checkpoint: str | Path | None = None,
    device: str = "auto",
    progress: str | None = None,
) -> tuple[nn.Module, Record]:
    """Train ``model`` in place; gives the averaged weights that judged best, as a new frozen module, and the record.

    loss : (model, batch of ``rows``, generator) to a number, or to one number a member where every parameter has a
        leading axis of members, each of which then keeps its own best average. It draws its noise from the generator
        given (on the processor) and moves it to the device of the batch.
    rows : tensors with a common first axis, in order of time.
    options : whatever else decides the result (settings hidden in ``loss``); enters the hash only.
    checkpoint : folder for the state of the training. progress : a name to show a bar under.
    """
    place = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device)
    training = _Training(model.to(place), loss, tuple(part.to(place) for part in rows), plan, generator)
    training.record = Record(_key(model, loss, rows, plan, generator, options, place), place.type)
    name = f"{type(model).__name__.lower()}-{training.record.key[:16]}.safetensors"
    file = Path(checkpoint) / name if checkpoint else None
    if file and file.exists():
        with suppress(SafetensorError):  # a damaged file: trained anew
            training.restore(file)
    with one_thread(), progress_bar(plan.steps, progress or "", progress is not None) as bar:
        bar.update(training.record.steps)
        while not training.finished():
            begin = time.perf_counter()
            training.advance()
            training.record.seconds += time.perf_counter() - begin
            bar.update(training.record.steps - bar.n)
            if file:
                training.store(file)
    return training.best.cpu().requires_grad_(False).eval(), training.record


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch and the linear algebra of numpy and scipy on one thread inside, as they were outside.

    The order of a sum, and so its last bits, depend on the number of threads: on two, OpenBLAS alone moves the
    parameters of a GJR-GARCH fit, and everything learnt after them.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with _linear_algebra().limit(limits=1, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(threads)


@cache
def _linear_algebra() -> ThreadpoolController:
    """The BLAS libraries of this process; finding them takes too long to be done for every day."""
    return ThreadpoolController()


class _Training:
    """The moving parts of one training: weights, their average, the best average, optimiser, generator, record."""

    record: Record

    def __init__(
        self, model: nn.Module, loss: Loss, rows: tuple[Tensor, ...], plan: Plan, generator: torch.Generator
    ) -> None:
        self.model, self.loss, self.plan, self.generator = model, loss, plan, generator
        self.average, self.best = copy.deepcopy(model), copy.deepcopy(model)
        self.optimiser = torch.optim.AdamW(model.parameters(), lr=plan.rate, weight_decay=plan.decay)
        cut, judged = plan.split(len(rows[0]))
        self.seen, self.judged = tuple(part[:cut] for part in rows), tuple(part[judged:] for part in rows)
        self.scores = torch.tensor(math.inf)

    def finished(self) -> bool:
        steps, plan = self.record.steps, self.plan
        waited = steps - max(self.record.best, default=0)
        return steps >= plan.steps or (plan.patience is not None and waited >= plan.patience * plan.every)

    def advance(self) -> None:
        """Steps up to the next validation, and that."""
        steps = min(self.plan.every, self.plan.steps - self.record.steps)
        losses = torch.stack([self._step() for _ in range(steps)])
        self.record.steps += steps
        score = self._judge() if self.plan.validation else self._take()
        self.record.curve.append([self.record.steps, float(losses.mean()), score])

    def _step(self) -> Tensor:
        chosen = torch.randint(len(self.seen[0]), (self.plan.batch,), generator=self.generator)
        losses = self.loss(self.model, tuple(part[chosen.to(part.device)] for part in self.seen), self.generator)
        self.optimiser.zero_grad()
        losses.sum().backward()
        if self.plan.clip:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.plan.clip)
        self.optimiser.step()
        with torch.no_grad():
            for mean, value in zip(self.average.parameters(), self.model.parameters()):
                mean.lerp_(value, self.plan.average)
        return losses.detach().mean()

    @torch.no_grad()
    def _judge(self) -> float:
        """Validation loss of the average, always with the same noise; members that are better than before are kept."""
        scores = self.loss(self.average, self.judged, torch.Generator().manual_seed(0))
        better = scores < self.scores
        self.scores = torch.where(better, scores, self.scores)
        for kept, value in zip(self.best.parameters(), self.average.parameters()):
            kept[better] = value[better]
        before = self.record.best or [0] * scores.numel()
        self.record.best = [self.record.steps if new else old for new, old in zip(better.reshape(-1), before)]
        return float(scores.mean())

    def _take(self) -> float:
        """Without validation the last average is kept."""
        self.best.load_state_dict(self.average.state_dict())
        self.record.best = [self.record.steps]
        return math.nan

    def _modules(self) -> dict[str, nn.Module]:
        return {"model": self.model, "average": self.average, "best": self.best}

    def store(self, file: Path) -> None:
        """Everything needed to go on; written beside its place and renamed."""
        tensors = {"generator": self.generator.get_state(), "scores": self.scores}
        for name, module in self._modules().items():
            tensors |= {f"{name}.{part}": value for part, value in module.state_dict().items()}
        for number, moments in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{number}.{part}": value for part, value in moments.items()}
        held = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
        described = {"record": json.dumps(asdict(self.record)), "plan": json.dumps(asdict(self.plan))}
        with whole(file) as beside:
            save_file(held, beside, metadata=described)

    def restore(self, file: Path) -> None:
        with safe_open(file, "pt") as stored:
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
            self.record = Record(**json.loads(stored.metadata()["record"]))
        for name, module in self._modules().items():
            module.load_state_dict({part: tensors[f"{name}.{part}"] for part in module.state_dict()})
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in tensors.items():
            if name.startswith("optimiser."):
                _, number, part = name.split(".")
                moments.setdefault(int(number), {})[part] = value
        self.optimiser.load_state_dict({"state": moments, "param_groups": self.optimiser.state_dict()["param_groups"]})
        self.generator.set_state(tensors["generator"])
        self.scores = tensors["scores"].to(next(self.model.parameters()).device)


def _key(
    model: nn.Module,
    loss: Loss,
    rows: tuple[Tensor, ...],
    plan: Plan,
    generator: torch.Generator,
    options: object,
    place: torch.device,
) -> str:
    """SHA-256 of what decides the result: weights at the start, data, plan, options, generator, code and device."""
    digest = hashlib.sha256()
    for value in (*model.state_dict().values(), *rows, generator.get_state()):
        digest.update(str((value.dtype, tuple(value.shape))).encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    code = [source(part) for part in (type(model), getattr(loss, "func", loss), Plan)]
    digest.update(json.dumps([asdict(plan), repr(options), place.type, torch.__version__, *code]).encode())
    return digest.hexdigest()


def source(part: object) -> str:
    """Source of the module that ``part`` comes from; its name where there is none (an interactive session)."""
    module = inspect.getmodule(part)
    try:
        return repr(part) if module is None else inspect.getsource(module)
    except (OSError, TypeError):
        return repr(part)
