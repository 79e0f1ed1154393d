"""One known process, its histories and correct sets, and the p-values of many correct trials."""

import pytest
from validation_panel import panel

from workbench.power.processes import PROCESSES
from workbench.validation import trial

DAYS, ASSETS, HORIZON, DRAWS = 2000, 3, 10, 400


@pytest.fixture(scope="session")
def world():
    """A history, a correct unconditional set and a correct set from the last close."""
    process = PROCESSES.make("garch", assets=ASSETS)
    history, state = process.history(DAYS, seed=11)
    return history, process.scenarios(2000, HORIZON, seed=12), process.scenarios(2000, HORIZON, seed=13, state=state)


@pytest.fixture(scope="session")
def correct_trials():
    """Findings of 40 correct trials on two processes, none of whose seeds was used to set anything."""
    out = []
    for name in ("garch", "two speeds"):
        process = PROCESSES.make(name, assets=ASSETS)
        histories, _ = process.histories(20, DAYS, seed=4242)
        sets = process.scenarios(20 * DRAWS, HORIZON, seed=4343)
        out += [trial(sets[i * DRAWS : (i + 1) * DRAWS], panel(histories[i]), seed=i) for i in range(20)]
    return out
