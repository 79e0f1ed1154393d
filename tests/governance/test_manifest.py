"""A manifest finds what was changed, added or removed, and a malformed one is a problem, not a crash."""

import json
from pathlib import Path

import pytest

from workbench.errors import ParameterError
from workbench.governance import fingerprints, manifest


def run(folder: Path) -> Path:
    """A finished run of three files and a link."""
    folder = folder / "run"
    (folder / "figures").mkdir(parents=True)
    for name in ("report.html", "scenarios.nc", "figures/fan.png"):
        (folder / name).write_text(name)
    (folder.parent / "history.csv").write_text("date,A\n")
    (folder / "history.csv").symlink_to(folder.parent / "history.csv")
    manifest.write(folder, {"code": fingerprints.code(), "platform": fingerprints.machine()})
    return folder


def problems(folder: Path) -> dict[str, str]:
    return {entry["file"]: entry["problem"] for entry in manifest.verify(folder).problems}


def test_an_untouched_run_is_sound(tmp_path):
    report = manifest.verify(run(tmp_path))
    assert report.sound and report.files == 4


def flip(folder):
    (folder / "report.html").write_text("report.htmm")


def remove(folder):
    (folder / "scenarios.nc").unlink()


def hide(folder):
    (folder / "figures" / ".manifest.json").write_text("{}")


def change_target(folder):
    (folder.parent / "history.csv").write_text("date,B\n")


def point_elsewhere(folder):
    (folder.parent / "other.csv").write_text("date,A\n")
    (folder / "history.csv").unlink()
    (folder / "history.csv").symlink_to(folder.parent / "other.csv")


@pytest.mark.parametrize(
    ("how", "file", "words"),
    [
        (flip, "report.html", "changed"),
        (remove, "scenarios.nc", "missing"),
        (hide, "figures/.manifest.json", "added"),
        (change_target, "history.csv", "changed"),
        (point_elsewhere, "history.csv", "changed"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_every_change_is_found(tmp_path, how, file, words):
    folder = run(tmp_path)
    how(folder)
    assert words in problems(folder)[file]


MALFORMED = {
    "nested deeper than the stack": "[" * 100_000 + "]" * 100_000,
    "nested deeper than sense": '{"outputs": ' + "[" * 300 + "]" * 300 + "}",
    "no JSON": "{",
    "a number of five thousand digits": '{"outputs": ' + "1" * 5000 + "}",
    "a list": "[1, 2]",
    "bytes that are no text": b"\xff\xfe\x00",
    "outputs that are a list": '{"outputs": [1]}',
    "entries that are numbers": '{"outputs": {"report.html": 7}}',
    "code that is a number": '{"outputs": {}, "code": 7, "platform": "x", "changed_during_run": 3}',
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_manifest_is_a_problem(tmp_path, kind):
    folder = run(tmp_path)
    content = MALFORMED[kind]
    (folder / manifest.NAME).write_bytes(content if isinstance(content, bytes) else content.encode())
    report = manifest.verify(folder)
    assert not report.sound and any(entry["file"] == manifest.NAME for entry in report.problems)
    assert json.dumps(report.to_dict())


def test_a_manifest_without_targets_of_links_still_holds(tmp_path):
    folder = run(tmp_path)
    content = manifest.read(folder)
    del content["outputs"]["history.csv"]["target"]
    (folder / manifest.NAME).write_bytes(manifest._sealed(content))
    assert manifest.verify(folder).sound


def test_a_folder_without_a_manifest_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="not the folder of a finished run"):
        manifest.verify(tmp_path)
    with pytest.raises(ParameterError, match="not the folder of a finished run"):
        manifest.read(tmp_path)
