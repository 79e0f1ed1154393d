"""Size of the checks on correct sets, their power on planted faults, and how to measure both again."""

from workbench.power import tables
from workbench.power.campaign import Job, attempt, fingerprint, frame, run
from workbench.power.held_out_processes import HELD_OUT
from workbench.power.simulated_market import SimulatedMarket, build
from workbench.power.stored import documented, load, reliability, store

__all__ = [
    "load", "tables", "reliability", "documented", "SimulatedMarket", "build", "HELD_OUT", "attempt", "Job", "run",
    "frame", "store", "fingerprint",
]  # fmt: skip
