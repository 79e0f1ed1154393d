"""Fifty kills: whatever moment a study is killed at, nothing half-written is taken for a run."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_runs import DRAW, PARAMETERS, SHOW, write

from workbench import studies
from workbench.errors import ParameterError
from workbench.governance import manifest
from workbench.studies.runner import _status as status

pytestmark = pytest.mark.soak
SEEDS, KILLS = range(10), 5
COMMAND = "import sys; from workbench.cli import main; main(sys.argv[1:])"


def begin(notebook: Path, output: Path, seed: int) -> subprocess.Popen:
    words = ["run", str(notebook), "--output", str(output), "-p", f"seed={seed}"]
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def look(home: Path) -> None:
    """Every folder is a sound, finished run, or has a name that says that it is none and is refused as one."""
    for folder in home.iterdir() if home.exists() else ():
        if "." not in folder.name:
            assert status.read(folder)["state"] == "completed" and manifest.verify(folder).sound, folder
        elif not (folder / "manifest.json").exists():
            with pytest.raises(ParameterError, match="not the folder of a finished run"):
                manifest.verify(folder)


def test_fifty_kills_at_random_moments_leave_no_half_written_run(tmp_path):
    """Ten studies, each killed (SIGKILL) five times at a moment between its start and the time that a whole one takes,
    and then run to its end. After each kill the folder of reports is looked through; at the end all ten are there,
    sound, and have the scenarios of undisturbed runs to the bit. Minutes: sixty kernels are started.
    """
    notebook, home = write(tmp_path / "small.ipynb", PARAMETERS, DRAW, SHOW), tmp_path / "reports"
    begun = time.perf_counter()
    assert begin(notebook, tmp_path / "calm", 0).wait(300) == 0
    whole = time.perf_counter() - begun
    moments, died = random.Random(), 0
    print(f"a whole run takes {whole:.1f} s; state of the moments: seed {(drawn := moments.randrange(10**9))}")
    moments.seed(drawn)
    for seed in SEEDS:
        for _ in range(KILLS):
            process = begin(notebook, home, seed)
            time.sleep(moments.uniform(0.0, 1.1 * whole))
            process.send_signal(signal.SIGKILL)
            died += process.wait(60) == -signal.SIGKILL
            look(home / "small")
    assert died >= len(SEEDS) * KILLS // 3, "a run that is finished is used again and cannot be killed"
    for seed in SEEDS:
        run = studies.run(notebook, {"seed": seed}, output=home)
        assert run.state == "completed" and manifest.verify(run.path).sound
        calm = studies.run(notebook, {"seed": seed}, output=tmp_path / "calm")
        digests = [manifest.read(one.path)["scenarios"] for one in (run, calm)]
        assert digests[0] == digests[1] and digests[0]
    look(home / "small")
    assert not [folder for folder in (home / "small").iterdir() if ".running-" in folder.name]
