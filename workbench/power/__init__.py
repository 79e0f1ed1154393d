"""The battery measured: its size on the truth, its power on planted faults, and how to measure both again."""

from workbench.power import tables
from workbench.power.campaign import Job, attempt, fingerprint, frame, run
from workbench.power.held_out_processes import HELD_OUT
from workbench.power.simulated_market import SimulatedMarket, build
from workbench.power.stored import documented, load, reliability, store

__all__ = [
    "HELD_OUT", "Job", "SimulatedMarket", "attempt", "build", "documented", "fingerprint", "frame", "load", "reliability", "run",
    "store", "tables",
]  # fmt: skip
