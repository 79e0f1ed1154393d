"""Progress bars, shown in a terminal or a live notebook, never in a run without a screen."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm.auto import tqdm

VARIABLE = "WORKBENCH_PROGRESS"  # "1" shows the bars everywhere, "0" nowhere
LIVE = "JPY_SESSION_NAME"  # set for kernels of a notebook that is open, not for those that papermill starts

Item = TypeVar("Item")


def bar(total: int | None, what: str, shown: bool = True, delay: float = 1.0) -> tqdm:
    """A bar over ``total`` steps that appears after ``delay`` seconds and goes when it is closed."""
    return tqdm(total=total, desc=what, disable=not (shown and _watched()), delay=delay, leave=False)


def tracked(items: Iterable[Item], total: int, what: str) -> Iterator[Item]:
    """The items as they come, with a bar over them."""
    with bar(total, what) as progress:
        for item in items:
            yield item
            progress.update()


def _watched() -> bool:
    chosen = os.environ.get(VARIABLE)
    if chosen is not None:
        return chosen == "1"
    kernel = "ipykernel" in sys.modules and LIVE in os.environ
    return kernel or (sys.stderr is not None and sys.stderr.isatty())
