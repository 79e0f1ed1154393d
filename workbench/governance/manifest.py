"""The manifest of a run: what went in, what came out, and a check that finds one flipped byte.

``manifest.json`` holds SHA-256 of data, notebook, parameters, code, lock and every output file. Its last entry is the
SHA-256 of its own text with that entry left empty, and its text is canonical, so that a change anywhere shows. A hash
guards against accident and carelessness; against an author who rewrites both, only a signature helps.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from workbench.bounded import parse_json, read_bytes
from workbench.errors import ParameterError
from workbench.governance import fingerprints

NAME = "manifest.json"
SELF = "manifest_sha256"


@dataclass
class Report:
    """What :func:`verify` found. ``problems`` invalidate the run, ``notes`` list what has changed here since.

    problems : ``{"file": ..., "problem": ...}``, each one enough to reject.
    reproduced : None unless the study was run again; then whether every scenario file came back bit for bit.
    """

    run: str
    files: int = 0
    problems: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    reproduced: bool | None = None

    @property
    def sound(self) -> bool:
        """Nothing is missing, added or changed, and a second run, where asked for, gave the same scenarios."""
        return not self.problems and self.reproduced is not False

    def found(self, file: str, problem: str) -> None:
        """Add a problem."""
        self.problems.append({"file": file, "problem": problem})

    def to_dict(self) -> dict:
        """For JSON."""
        return {"sound": self.sound, **asdict(self)}


def write(folder: Path, facts: Mapping) -> Path:
    """Hash every file in ``folder`` and write ``manifest.json``; ``facts`` is what is known of the inputs.

    Returns the path. Call it last: a file written afterwards is an addition that :func:`verify` reports.
    """
    content = {**facts, "outputs": _outputs(folder)}
    path, beside = folder / NAME, folder / f".{NAME}"
    beside.write_bytes(_sealed(content))
    os.replace(beside, path)
    return path


def read(folder: Path) -> dict:
    """The manifest of a run; raises ParameterError when the folder holds none, or one that is no JSON object."""
    path = Path(folder) / NAME
    if not path.is_file():
        raise ParameterError(f"{str(folder)!r} is not the folder of a finished run: it has no {NAME}")
    content = parse_json(read_bytes(path, error=ParameterError), f"the damaged {str(path)!r}", ParameterError)
    if not isinstance(content, dict):
        raise ParameterError(f"{str(path)!r} is damaged: expected a JSON object")
    return content


def verify(run_dir: str | os.PathLike) -> Report:
    """Compare every file of a run with its manifest, and the manifest with itself.

    Raises ParameterError when the folder has no manifest. A manifest that cannot be read is a problem in the report.
    """
    folder = Path(run_dir)
    report = Report(run=folder.name)
    try:
        content = read(folder)
    except ParameterError as damaged:
        if not (folder / NAME).is_file():
            raise
        report.found(NAME, str(damaged))
        return report
    if _sealed(content) != (folder / NAME).read_bytes():
        report.found(NAME, "its own hash does not fit its text: it was changed after it was written")
    _compare(content.get("outputs"), _outputs(folder), report)
    _judge(content, report)
    return report


def _sealed(content: Mapping) -> bytes:
    """Canonical text with the hash of itself as the last entry."""
    body = {name: value for name, value in content.items() if name != SELF}
    empty = json.dumps({**body, SELF: ""}, indent=1, ensure_ascii=False).encode()
    return json.dumps({**body, SELF: fingerprints.of_bytes(empty)}, indent=1, ensure_ascii=False).encode()


def _outputs(folder: Path) -> dict[str, dict]:
    """Every file, hidden ones too, but the manifest itself."""
    own = (folder / NAME, folder / f".{NAME}")
    files = sorted(path for path in folder.rglob("*") if (path.is_file() or path.is_symlink()) and path not in own)
    return {path.relative_to(folder).as_posix(): _entry(path) for path in files}


def _entry(path: Path) -> dict:
    if path.is_symlink():
        target = {"target": fingerprints.of_file(path)} if path.is_file() else {}
        return {"sha256": fingerprints.of_bytes(os.readlink(path).encode()), "bytes": 0, "link": True, **target}
    return {"sha256": fingerprints.of_file(path), "bytes": path.stat().st_size}


def _compare(recorded: object, present: dict[str, dict], report: Report) -> None:
    if not isinstance(recorded, dict):
        report.found(NAME, "it lists no outputs")
        return
    report.files = len(recorded)
    for name in sorted(recorded.keys() | present.keys()):
        if name not in present:
            report.found(name, "missing")
        elif name not in recorded:
            report.found(name, "not in the manifest: added after the run")
        elif not _same(recorded[name], present[name]):
            report.found(name, "changed: its SHA-256 is not the recorded one")


def _same(recorded: object, present: dict) -> bool:
    """Whether a file is what was recorded; manifests of version 0.1 record no target of a link."""
    if isinstance(recorded, dict) and "target" not in recorded:
        present = {name: value for name, value in present.items() if name != "target"}
    return recorded == present


def _judge(content: Mapping, report: Report) -> None:
    """What the manifest itself admits, and how today's tree differs from the one that ran."""
    changed = content.get("changed_during_run")
    for what in changed if isinstance(changed, list) else ():
        report.found(NAME, f"{what} changed while the study ran, so the run id does not stand for one set of inputs")
    code, here = _facts(content, "code"), fingerprints.code()
    if code.get("sha256") != here["sha256"]:
        report.notes.append(
            f"the package's code here differs from the run's (commit {str(code.get('git_commit'))[:12]})"
        )
    if content.get("constraints") != fingerprints.constraints():
        report.notes.append("constraints.txt here differs from the run's")
    now, then = fingerprints.machine(), _facts(content, "platform")
    moved = sorted(name for name, value in now.items() if then.get(name) != value)
    if moved:
        report.notes.append(f"the platform here differs from the run's in: {', '.join(moved)}")


def _facts(content: Mapping, name: str) -> Mapping:
    """An object of the manifest; an empty one in place of anything else."""
    found = content.get(name)
    return found if isinstance(found, dict) else {}
