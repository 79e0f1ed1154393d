"""The command line: exit codes, one line for an error, JSON that a program can read."""

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from workbench import cli
from workbench.governance import fingerprints


@pytest.fixture(scope="module", autouse=True)
def still_code():
    """The working tree may be edited while tests run."""
    fixed = fingerprints.code()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fingerprints, "code", lambda: fixed)
        yield


@pytest.fixture
def call(capsys):
    """Run the command and return exit code, standard output and standard error."""

    def run(*words):
        with pytest.raises(SystemExit) as left:
            cli.main([str(word) for word in words])
        return (left.value.code or 0, *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "tiny.ipynb"
    cell = new_code_cell('level: float = 0.99  # of VaR\nfails: bool = False\nrun_dir: str = "."')
    cell.metadata.tags = ["parameters"]
    said = 'from workbench.studies import verdict\nassert not fails\nverdict("It is fine.", outcome="accepted")'
    nbformat.write(new_notebook(cells=[new_markdown_cell("# Tiny"), cell, new_code_cell(said)]), path)
    return path


def test_run_reuse_and_verify(call, notebook, tmp_path):
    code, out, _ = call("run", notebook, "-p", "level=0.95", "--output", tmp_path, "--json")
    answer = json.loads(out)
    assert code == 0 and answer["state"] == "completed" and not answer["reused"]
    assert answer["verdict"] == {"text": "It is fine.", "outcome": "accepted"}
    (tmp_path / "p.yaml").write_text("level: 0.5\n")
    code, out, _ = call("run", notebook, "-f", tmp_path / "p.yaml", "-p", "level=0.95", "--output", tmp_path)
    assert code == 0 and "reused, finished 20" in out and "verdict (accepted): It is fine." in out
    assert call("verify", answer["path"])[0] == 0
    code, _, err = call("verify", answer["path"], "--rerun")
    assert code == 2 and "no scenarios" in err
    with open(answer["report"], "a") as report:
        report.write(" ")
    code, out, _ = call("verify", answer["path"], "--json")
    assert code == 1 and json.loads(out)["problems"][0]["file"] == "report.html"


def test_a_pdf_without_a_browser_is_refused_before_the_study_runs(call, notebook, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    code, out, err = call("run", notebook, "--output", tmp_path / "out", "--pdf")
    assert code == 2 and out == "" and "needs Chromium" in err and not (tmp_path / "out").exists()


def test_a_broken_study_is_exit_3(call, notebook, tmp_path):
    code, out, err = call("run", notebook, "-p", "fails=yes", "--output", tmp_path, "--json")
    assert code == 3 and err.count("\n") == 1 and "AssertionError" in err
    assert json.loads(out)["state"] == "failed" and json.loads(out)["path"] in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "NOTEBOOK", "-p", "levle=1"], "did you mean 'level'"),
        (["run", "NOTEBOOK", "-p", "level=high"], "expects float"),
        (["run", "NOTEBOOK", "-p", "level"], "expected name=value"),
        (["run", "NOTEBOOK", "-p", "level=1", "-p", "level=2"], "twice"),
        (["run", "NOTEBOOK", "-f", "nowhere.yaml"], "cannot be read"),
        (["run", "NOTEBOOK", "-f", "NOTEBOOK/.."], "cannot be read"),
        (["run", "NOTEBOOK", "--timeout", "-1"], "more than 0"),
        (["run", "no_such_study"], "unknown study"),
        (["verify", "nowhere"], "not the folder of a finished run"),
        (["list", "datasts"], "did you mean 'datasets'"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(call, notebook, words, said):
    code, out, err = call(*(word.replace("NOTEBOOK", str(notebook)) for word in words))
    assert code == 2 and out == "" and said in err
    assert err.count("\n") == 1 and err.startswith("workbench: ")


@pytest.mark.parametrize("text", ["- 1\n- 2\n", "a: [", "3: x\n", "just words"])
def test_a_file_that_holds_no_parameters_is_reported(call, notebook, tmp_path, text):
    (tmp_path / "p.yaml").write_text(text)
    code, _, err = call("run", notebook, "-f", tmp_path / "p.yaml")
    assert code == 2 and "-f" in err and err.count("\n") == 1


@pytest.mark.parametrize("debug", [False, True])
def test_an_unforeseen_error_is_one_line_and_exit_4(call, monkeypatch, tmp_path, debug):
    from workbench.cli import _listing

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(_listing, "rows", lambda kind: 1 / len(""))
    code, out, err = call(*["--debug"] * debug, "list", "checks")
    assert code == 4 and out == "" and "unforeseen error: ZeroDivisionError" in err.splitlines()[-1]
    if debug:
        assert "Traceback" in err and not list(tmp_path.iterdir())
    else:
        (log,) = tmp_path.iterdir()
        assert err.count("\n") == 1 and str(log) in err and "Traceback" in log.read_text()


def test_an_interrupt_is_no_rejection(call, monkeypatch):
    from workbench.cli import _listing

    def stop(kind):
        raise KeyboardInterrupt

    monkeypatch.setattr(_listing, "rows", stop)
    code, _, err = call("list", "checks")
    assert code == 130 and err == "workbench: interrupted\n"


def test_every_exit_code_is_documented(call):
    code, out, _ = call("--help")
    assert code == 0 and all(f"\n  {number}  " in out for number in range(6))


def test_control_characters_of_a_name_do_not_reach_the_terminal(call, monkeypatch):
    from workbench.cli import _listing

    row = {"name": "\x1b[2J\x9b2J", "summary": "accepted\u202e\r\x07"}
    monkeypatch.setattr(_listing, "rows", lambda kind: [row])
    for more in ([], ["--json"]):
        code, out, _ = call("list", "checks", *more)
        assert code == 0 and all(letter.isprintable() or letter == "\n" for letter in out)
    assert json.loads(out)["checks"] == [row]


def test_samplers_are_listed_with_options_cost_and_use(call, monkeypatch):
    from workbench import samplers

    def made(decay: float = 0.9, *, tails: str = "gpd"):
        """A sampler.

        Cost: one second
        a year.
        Use: never.
        """

    monkeypatch.setitem(samplers.SAMPLERS, "made", made)
    row = json.loads(call("list", "samplers", "--json")[1])["samplers"][-1]
    assert row == {
        "name": "made", "summary": "A sampler.", "options": {"decay": 0.9, "tails": "gpd"}, "cost": "one second a year.",
        "use": "never.",
    }  # fmt: skip
    assert "options: decay=0.9, tails='gpd'; cost: one second a year.; use: never." in call("list", "samplers")[1]


@pytest.mark.parametrize("words", [["run"], ["nothing"], ["run", "x", "--unknown"], ["run", "x", "--timeout", "soon"]])
def test_wrong_usage_is_exit_2(call, words):
    code, _, err = call(*words)
    assert code == 2 and "Usage" in err


def test_a_folder_that_cannot_be_written_is_reported(call, notebook, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = call("run", notebook, "--output", tmp_path / "file")
    assert code == 2 and err.count("\n") == 1


def test_studies_and_data_sets_are_listed(call, notebook, tmp_path, monkeypatch):
    from workbench.studies.runner import notebooks

    (tmp_path / "tiny.ipynb").write_text(notebook.read_text())
    monkeypatch.setattr(notebooks, "root", lambda: tmp_path)
    code, out, _ = call("list", "studies")
    assert code == 0 and "Tiny" in out and "level: float = 0.99  of VaR" in out
    rows = json.loads(call("list", "studies", "--json")[1])["studies"]
    assert rows[0]["parameters"][1] == {"name": "fails", "type": "bool", "default": False, "meaning": ""}
    (tmp_path / "bad.ipynb").write_text("{}")
    assert call("list", "studies")[0] == 2
    rows = json.loads(call("list", "datasets", "--json")[1])["datasets"]
    assert {"name", "summary", "span", "licence"} <= set(rows[0])


@pytest.mark.parametrize("room", ["samplers", "checks", "faults"])
def test_every_entry_has_a_name_and_a_summary(call, room):
    if room == "faults":
        pytest.importorskip("workbench.power.faults")
    rows = json.loads(call("list", room, "--json")[1])[room]
    assert rows and all(row["name"] and row["summary"] for row in rows)
