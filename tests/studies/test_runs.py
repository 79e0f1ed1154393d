"""A study as a run: reuse, truth about broken runs, manifest, and the second run.

Kernels cost two seconds each, so one good run is shared by all tests that only look at it.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from workbench import scenarios, studies
from workbench.errors import CellFailed, ParameterError
from workbench.governance import fingerprints, manifest
from workbench.studies.report._pdf import browser
from workbench.studies.runner import _status as status

PARAMETERS = """draws: int = 40  # scenarios
seed: int = 7  # root of all streams
names: list[str] = ["A", "B"]  # assets
run_dir: str = "."  # where files go"""
DRAW = """import numpy as np
from pathlib import Path
from workbench import scenarios
noise = np.random.Generator(np.random.Philox(seed))
values = noise.standard_normal((1, draws, 5, len(names))).astype("f4") / 100
tree = scenarios.assemble(values, names, seed=seed)
scenarios.save(tree, Path(run_dir) / "scenarios.nc")
None"""
SHOW = """import matplotlib.pyplot as plt
from workbench.studies import show, verdict
figure, axes = plt.subplots(figsize=(3, 2))
axes.plot(values[0, 0, :, 0])
show(axes, alt="One line of five daily returns around zero", caption="Five days, $n = 1$ path.")
verdict("The sampler is **rejected**.", outcome="rejected")"""


def write(path: Path, *cells: str) -> Path:
    """A notebook with a heading, the parameters (first of ``cells``) and code cells."""
    first = new_code_cell(cells[0])
    first.metadata.tags = ["parameters"]
    notebook = new_notebook(cells=[new_markdown_cell("# A small study"), first, *map(new_code_cell, cells[1:])])
    nbformat.write(notebook, path)
    return path


@pytest.fixture(scope="module", autouse=True)
def still_code():
    """The working tree may be edited while tests run; the tests that need another hash say so."""
    fixed = {**fingerprints.code(), "sha256": "0" * 64}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fingerprints, "code", lambda: fixed)
        yield fixed


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """The notebook, the folder of reports and one finished run."""
    folder = tmp_path_factory.mktemp("shared")
    notebook = write(folder / "small.ipynb", PARAMETERS, DRAW, SHOW)
    return notebook, folder / "reports", studies.run(notebook, {"draws": "50"}, output=folder / "reports")


@pytest.fixture
def copied(shared, tmp_path):
    """A copy of the finished run that a test may damage."""
    return Path(shutil.copytree(shared[2].path, tmp_path / "run"))


def test_a_finished_run_holds_everything_and_nothing_of_this_machine(shared):
    run = shared[2]
    files = {"notebook.ipynb", "report.html", "scenarios.nc", "status.json", "manifest.json"}
    assert {path.name for path in run.path.iterdir()} == files and run.state == "completed"
    assert run.path == shared[1] / "small" / run.run_id
    assert run.status["state"] == "completed" and run.status["cell"] == run.status["cells"] == 4
    assert run.verdict.outcome == "rejected" and run.warnings == ()
    assert scenarios.returns(run.scenarios()).sizes["draw"] == 50
    for path in run.path.iterdir():
        assert str(shared[1]).encode() not in path.read_bytes(), f"{path.name} names the folder it grew in"
    assert [path.name for path in run.path.parent.iterdir()] == [run.run_id]
    page = run.report.read_text()
    assert "<script" not in page and 'src="http' not in page and 'alt="One line of five daily returns' in page


def test_the_manifest_names_every_input_and_output(shared):
    recorded = manifest.read(shared[2].path)
    assert recorded["parameters"] == {"draws": 50, "seed": 7, "names": ["A", "B"]} and recorded["seeds"] == {"seed": 7}
    assert set(recorded["outputs"]) == {"notebook.ipynb", "report.html", "scenarios.nc", "status.json"}
    assert recorded["scenarios"] == {"scenarios.nc": scenarios.digest(shared[2].scenarios())}
    assert recorded["platform"]["libraries"]["numpy"] == np.__version__
    assert {"git_commit", "git_clean", "sha256"} <= set(recorded["code"])


def test_the_same_inputs_are_the_same_run(shared, capsys):
    notebook, output, run = shared
    again = studies.run(notebook, {"draws": 50, "seed": 7}, output=output)
    assert again.reused and (again.run_id, again.path, again.verdict) == (run.run_id, run.path, run.verdict)
    assert "run before" in capsys.readouterr().err


def test_a_run_shows_itself(shared):
    run = shared[2]
    shown = run._repr_html_()
    assert all(word in shown for word in (run.run_id, "completed", "rejected: The sampler is rejected.", "report.html"))
    hostile = replace(run, study="<b>x", reused=True, warnings=("<i>",))._repr_html_()
    assert "&lt;b&gt;x" in hostile and "&lt;i&gt;" in hostile and "reused (20" in hostile and "<b>" not in hostile


def test_a_report_is_printed_beside_the_run(shared, tmp_path):
    try:
        browser()
    except ParameterError:
        pytest.skip("no Chromium or Chrome is installed")
    run = replace(shared[2], path=Path(shutil.copytree(shared[2].path, tmp_path / shared[2].run_id)))
    printed = run.print_pdf()
    assert printed == tmp_path / f"{run.run_id}.pdf" and printed.read_bytes()[:5] == b"%PDF-"
    assert manifest.verify(run.path).sound and {path.name for path in tmp_path.iterdir()} == {run.run_id, printed.name}


@pytest.mark.parametrize("what", ["notebook", "parameters", "data", "code", "lock"])
def test_every_input_enters_the_run_id(tmp_path, monkeypatch, still_code, what):
    from workbench.studies.runner import _inputs as inputs
    from workbench.studies.runner import notebooks

    data = tmp_path / "prices.csv"
    data.write_text("date,A\n2020-01-01,1\n")
    notebook = write(tmp_path / "s.ipynb", f"dataset: str = {str(data)!r}\nseed: int = 1")

    def identity(seed):
        return inputs.gather(notebooks.find(notebook), {"dataset": str(data), "seed": seed}).run_id

    before = identity(1)
    assert before == identity(1)
    if what == "notebook":
        write(tmp_path / "s.ipynb", f"dataset: str = {str(data)!r}\nseed: int = 1", "1 + 1")
    elif what == "data":
        data.write_text("date,A\n2020-01-01,2\n")
    elif what == "code":
        monkeypatch.setattr(fingerprints, "code", lambda: {**still_code, "sha256": "1" * 64})
    elif what == "lock":
        monkeypatch.setattr(fingerprints, "constraints", lambda: "1" * 64)
    assert before != identity(2 if what == "parameters" else 1)


def test_outputs_and_cell_ids_do_not_enter_the_notebook_hash(shared):
    _, _, run = shared
    source, stored = nbformat.read(shared[0], 4), nbformat.read(run.notebook, 4)
    assert fingerprints.of_notebook(source.cells) == fingerprints.of_notebook(stored.cells)
    assert fingerprints.of_notebook(source.cells[:-1]) != fingerprints.of_notebook(source.cells)


def test_a_sound_run_verifies_and_any_one_byte_is_found(copied):
    assert manifest.verify(copied).sound
    draw = np.random.Generator(np.random.Philox(5))
    for path in sorted(copied.iterdir()):
        good = path.read_bytes()
        for place in {0, len(good) - 1, *map(int, draw.integers(0, len(good), 6))}:
            bad = bytearray(good)
            bad[place] ^= 1 << int(draw.integers(8))
            path.write_bytes(bad)
            assert not manifest.verify(copied).sound, f"byte {place} of {path.name}"
        path.write_bytes(good)
    assert manifest.verify(copied).sound


def test_missing_and_added_files_are_found(copied):
    (copied / "report.html").unlink()
    (copied / "more").mkdir()
    (copied / "more" / ".hidden").write_text("x")
    found = {entry["file"]: entry["problem"] for entry in manifest.verify(copied).problems}
    assert found["report.html"] == "missing" and "added" in found["more/.hidden"]
    (copied / "manifest.json").unlink()
    with pytest.raises(ParameterError, match="not the folder of a finished run"):
        manifest.verify(copied)


def test_a_damaged_run_is_not_used_again(tmp_path, capsys):
    notebook = write(tmp_path / "s.ipynb", "seed: int = 1")
    first = studies.run(notebook, output=tmp_path / "out")
    (first.path / "report.html").write_text("other")
    again = studies.run(notebook, output=tmp_path / "out")
    assert not again.reused and manifest.verify(again.path).sound
    assert (first.path.parent / f"{first.run_id}.unsound").is_dir() and "unsound" in capsys.readouterr().err


def test_a_second_run_gives_the_same_bits(shared):
    report = studies.verify(shared[2].path, rerun=True)
    assert report.reproduced and report.sound


def test_a_study_that_draws_without_a_seed_is_not_reproduced(tmp_path):
    careless = DRAW.replace("np.random.Philox(seed)", "np.random.Philox()")
    run = studies.run(write(tmp_path / "s.ipynb", PARAMETERS, careless), output=tmp_path / "out")
    report = studies.verify(run.path, rerun=True)
    assert report.reproduced is False and not report.sound
    assert "other scenarios" in report.problems[0]["problem"]


def test_a_second_run_that_breaks_is_reported_and_kept(tmp_path, monkeypatch):
    notebook = write(tmp_path / "s.ipynb", PARAMETERS, DRAW, "import os\nassert 'ILL' not in os.environ")
    run = studies.run(notebook, output=tmp_path / "out")
    monkeypatch.setenv("ILL", "1")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    report = studies.verify(run.path, rerun=True)
    assert report.reproduced is False and "did not finish" in report.problems[0]["problem"]
    kept = Path(report.problems[0]["problem"].rpartition("what it left is in ")[2])
    assert (kept / "notebook.ipynb").exists()


BROKEN = {
    "raises": ("raise ValueError('no such luck')", "failed", "no such luck"),
    "leaves": ("import sys; sys.exit(0)", "failed", "SystemExit"),
    "dies": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "killed", "kernel died"),
    "hangs": ("import time; time.sleep(60)", "timed out", "time limit"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_study_tells_the_truth(tmp_path, how):
    code, state, said = BROKEN[how]
    declared = "seed: int = 1\nrun_dir: str = '.'"
    notebook = write(tmp_path / "s.ipynb", declared, "kept = 41 + 1; print(kept)", code, "print('never')")
    with pytest.raises(CellFailed, match=said) as broke:
        studies.run(notebook, output=tmp_path / "out", timeout=15 if how == "hangs" else None)
    run = broke.value.run
    assert str(run.path) in str(broke.value) and run.state == state and "." in run.path.name
    assert run.status["state"] == state and said in json.dumps(run.status["error"])
    assert (run.status["cell"], run.status["cells"]) == (4, 5) and run.status["finished"]
    partial = nbformat.read(run.notebook, 4)
    assert partial.cells[3].outputs[0].text == "42\n"
    assert "run_dir = '.'" in partial.cells[2].source, "the folder it grew in is no longer there"
    assert [cell.metadata.papermill.status for cell in partial.cells[-2:]] == [state, "not run"]
    assert not (run.path / "manifest.json").exists()
    with pytest.raises(ParameterError, match="not the folder of a finished run"):
        studies.verify(run.path)


def test_a_study_that_writes_malformed_scenarios_fails(tmp_path):
    code = "from pathlib import Path\n_ = (Path(run_dir) / 'scenarios.nc').write_text('nothing')"
    notebook = write(tmp_path / "s.ipynb", "run_dir: str = '.'", code)
    with pytest.raises(CellFailed, match="scenarios.nc cannot be read") as broke:
        studies.run(notebook, output=tmp_path / "out")
    assert broke.value.run.status["state"] == "failed" and broke.value.run.notebook.exists()


def test_braces_in_a_path_are_no_parameters_of_it(tmp_path):
    folder = tmp_path / "in {n} {0}"
    folder.mkdir()
    notebook = write(
        folder / "s.ipynb", 'n: int = 3\nname: str = "{n}"\nrun_dir: str = "."', "open(f'{run_dir}/x', 'w')"
    )
    run = studies.run(notebook, output=tmp_path / "o {n}")
    assert run.state == "completed" and run.path.parent == tmp_path / "o {n}" / "s" and (run.path / "x").is_file()


def test_a_failed_run_is_not_taken_for_a_finished_one(tmp_path, monkeypatch):
    notebook = write(tmp_path / "s.ipynb", "seed: int = 1", "import os\nassert 'WELL' in os.environ")
    for _ in range(2):
        with pytest.raises(CellFailed):
            studies.run(notebook, output=tmp_path / "out")
    monkeypatch.setenv("WELL", "1")
    run = studies.run(notebook, output=tmp_path / "out")
    assert run.state == "completed" and not run.reused
    names = {path.name for path in run.path.parent.iterdir()}
    assert names == {run.run_id, f"{run.run_id}.failed", f"{run.run_id}.failed-2"}


def test_the_kernel_is_this_interpreter_whatever_the_machine_offers(tmp_path, monkeypatch):
    offered = tmp_path / "jupyter" / "kernels" / "python3"
    offered.mkdir(parents=True)
    (offered / "kernel.json").write_text('{"argv": ["/bin/false"], "display_name": "x", "language": "python"}')
    (tmp_path / "profile" / "profile_default" / "startup").mkdir(parents=True)
    (tmp_path / "profile" / "profile_default" / "startup" / "0.py").write_text("seed = 99")
    for name, place in {"JUPYTER_PATH": "jupyter", "IPYTHONDIR": "profile", "HOME": "nowhere"}.items():
        monkeypatch.setenv(name, str(tmp_path / place))
    code = f"import sys; assert sys.executable == {sys.executable!r}; assert 'seed' not in dir()"
    assert (
        studies.run(write(tmp_path / "s.ipynb", "level: int = 1", code), output=tmp_path / "out").state == "completed"
    )


def test_inputs_that_change_while_a_study_runs_are_reported_and_not_used_again(tmp_path):
    data = tmp_path / "prices.csv"
    data.write_text("date,A\n2020-01-01,1\n")
    code = "from pathlib import Path\nwith Path(source).open('a') as file: file.write('2020-01-02,2\\n')"
    notebook = write(tmp_path / "s.ipynb", "source: str = ''", code)
    run = studies.run(notebook, {"source": str(data)}, output=tmp_path / "out")
    assert "data changed while it ran" in run.warnings[0]
    report = manifest.verify(run.path)
    assert not report.sound and "data changed" in report.problems[0]["problem"]


def start(notebook: Path, output: Path, mark: Path) -> subprocess.Popen:
    """A study in a process of its own, returned once its last cell has begun."""
    code = "import sys; from workbench.cli import main; main(sys.argv[1:])"
    words = ["run", str(notebook), "--output", str(output)]
    process = subprocess.Popen([sys.executable, "-c", code, *words], stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        if mark.exists():
            return process
        time.sleep(0.1)
    process.kill()
    raise AssertionError(f"the study did not start: {process.communicate()[1]}")


@pytest.mark.soak
@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_a_run_whose_own_process_is_killed_does_not_look_finished_and_can_be_run_again(tmp_path, how):
    mark, output = tmp_path / "mark", tmp_path / "out"
    wait = f"from pathlib import Path\nimport time\nmark = Path({str(mark)!r})\nagain = mark.exists()\nmark.touch()"
    wait += "\nif not again: time.sleep(60)"
    notebook = write(tmp_path / "s.ipynb", "seed: int = 1", "print('kept')", wait)
    process = start(notebook, output, mark)
    process.send_signal(getattr(signal, how))
    said = process.communicate(timeout=30)[1]
    left = next((output / "s").iterdir())
    if how != "SIGKILL":
        word = "SIGTERM" if how == "SIGTERM" else "an interrupt"
        assert process.returncode == 3 and word in said and str(left) in said
        assert left.name.endswith(".killed") and status.read(left)["state"] == "killed"
    else:
        assert ".running-" in left.name and status.read(left)["state"] == "running"
        assert not status.alive(status.read(left))
    assert "kept" in (left / "notebook.ipynb").read_text() and not (left / "report.html").exists()
    with pytest.raises(ParameterError, match="not the folder of a finished run"):
        manifest.verify(left)
    again = start(notebook, output, mark)
    assert again.communicate(timeout=60) and again.returncode == 0
    whole, broken = sorted((output / "s").iterdir())
    assert broken.name == f"{whole.name}.killed" and manifest.verify(whole).sound


def test_what_a_killed_process_left_is_recognised_by_the_next_run(tmp_path, capsys):
    notebook = write(tmp_path / "s.ipynb", "seed: int = 1")
    first = studies.run(notebook, output=tmp_path / "out")
    left = first.path.with_name(f"{first.run_id}.running-0badcafe")
    answer = first.status
    first.path.rename(left)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    status.write(left, {**answer, "state": "running", "process": {**answer["process"], "pid": dead.pid}})
    again = studies.run(notebook, output=tmp_path / "out")
    assert again.state == "completed" and not again.reused
    answer = status.read(first.path.with_name(f"{first.run_id}.killed"))
    assert answer["state"] == "killed" and "died unexpectedly" in answer["error"]["message"]
    assert "was killed" in capsys.readouterr().err


def test_a_run_that_is_alive_is_reported_and_left_alone(tmp_path, capsys):
    notebook = write(tmp_path / "s.ipynb", "seed: int = 1")
    first = studies.run(notebook, output=tmp_path / "out")
    left = first.path.with_name(f"{first.run_id}.running-0badcafe")
    shutil.copytree(first.path, left)
    status.write(left, {**first.status, "state": "running"})
    assert studies.run(notebook, output=tmp_path / "out").reused
    assert left.is_dir() and f"process {os.getpid()} is running" in capsys.readouterr().err
