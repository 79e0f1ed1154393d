"""The battery measured: its size on the truth, its power on planted faults, and how to measure both again."""

from workbench.diagnostics.measured import tables
from workbench.diagnostics.measured.campaign import Job, attempt, fingerprint, frame, run
from workbench.diagnostics.measured.held_out import HELD_OUT
from workbench.diagnostics.measured.stored import documented, load, reliability, store
from workbench.diagnostics.measured.worlds import World, build

__all__ = [
    "HELD_OUT", "Job", "World", "attempt", "build", "documented", "fingerprint", "frame", "load", "reliability", "run",
    "store", "tables",
]  # fmt: skip
