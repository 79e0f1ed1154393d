"""The ``workbench`` command: a thin face of the package.

Exit codes: 0 done or accepted, 1 rejected by the checks, 2 bad input or usage, 3 a study broke (what it left is kept).
An error is one line on standard error. A new command is one small function below; it imports what it needs inside, so
that the other commands stay quick.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from workbench.errors import CellFailed, ParameterError, WorkbenchError

REJECTED, BAD_INPUT, BROKEN = 1, 2, 3

app = typer.Typer(
    help="Imagine market crises with generative models, then try hard to refute them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Timeout = Annotated[float | None, typer.Option("--timeout", help="Seconds for the whole study.")]


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code; ``arguments`` are those of the process by default."""
    try:
        app(args=arguments)
    except CellFailed as broke:
        _fail(broke, BROKEN)
    except WorkbenchError as wrong:
        _fail(wrong, BAD_INPUT)
    except OSError as trouble:
        _fail(trouble, BAD_INPUT)


def _fail(wrong: Exception, code: int) -> None:
    print(f"workbench: {' '.join(str(wrong).split())}", file=sys.stderr)
    sys.exit(code)


def _print(content: object) -> None:
    print(json.dumps(content, indent=1, ensure_ascii=False, default=str))


@app.command("list")
def list_(
    room: Annotated[
        str | None, typer.Argument(help="datasets, samplers, checks, faults or studies; all by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what is there."""
    from workbench.cli import listing

    found = {name: listing.listing(name) for name in ([room] if room else listing.rooms())}
    if as_json:
        return _print(found)
    for name, rows in found.items():
        print(f"{name} ({len(rows)})")
        width = max((len(str(row["name"])) for row in rows), default=0)
        for row in rows:
            print(listing.text(row, width))


@app.command()
def run(
    study: Annotated[str, typer.Argument(help="Name of a study, or path of its notebook.")],
    parameter: Annotated[
        list[str] | None, typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="Set a parameter.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("-f", "--file", help="YAML file of parameters; -p goes before it.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", help="Folder of reports.")] = None,
    timeout: Timeout = None,
    as_json: AsJson = False,
) -> None:
    """Run a study and export its report; the same inputs are run once."""
    from workbench import studies

    try:
        done = studies.run(study, _from_file(file) | _from_words(parameter or []), output, timeout)
    except studies.StudyBroke as broke:
        if as_json:
            _print(_described(broke.run))
        raise
    if as_json:
        return _print(_described(done))
    if done.verdict:
        print(f"verdict ({done.verdict.outcome}): {done.verdict.text}")
    print(f"{'reused' if done.reused else 'finished'}: {done.report}")


def _described(run) -> dict[str, object]:
    spoken = run.verdict and {"text": run.verdict.text, "outcome": run.verdict.outcome}
    return {
        "study": run.study, "run_id": run.run_id, "state": run.state, "reused": run.reused, "path": str(run.path),
        "report": str(run.report) if run.state == "completed" else None, "verdict": spoken,
        "warnings": list(run.warnings), "status": run.status,
    }  # fmt: skip


def _from_words(words: list[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name.strip():
            raise ParameterError(f"-p {word!r}: expected name=value")
        if name.strip() in found:
            raise ParameterError(f"-p sets {name.strip()!r} twice")
        found[name.strip()] = value
    return found


def _from_file(path: Path | None) -> dict[str, object]:
    import yaml

    if path is None:
        return {}
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as wrong:
        raise ParameterError(f"-f {str(path)!r} cannot be read: {wrong}") from None
    except yaml.YAMLError as wrong:
        raise ParameterError(f"-f {str(path)!r} is not YAML: {wrong}") from None
    if not isinstance(content, (dict, type(None))) or not all(isinstance(name, str) for name in content or ()):
        raise ParameterError(f"-f {str(path)!r}: expected lines 'name: value', found {type(content).__name__}")
    return content or {}


@app.command()
def verify(
    run_dir: Annotated[Path, typer.Argument(help="Folder of a finished run.")],
    rerun: Annotated[
        bool, typer.Option("--rerun", help="Run the study anew and compare its scenarios bit for bit.")
    ] = False,
    timeout: Timeout = None,
    as_json: AsJson = False,
) -> None:
    """Check every file of a run against its manifest."""
    if rerun:
        from workbench.studies import verify as check

        report = check(run_dir, rerun=True, timeout=timeout)
    else:
        from workbench.governance import manifest

        report = manifest.verify(run_dir)
    if as_json:
        _print(report.to_dict())
    else:
        _tell(report)
    if not report.sound:
        raise typer.Exit(REJECTED)


def _tell(report) -> None:
    for problem in report.problems:
        print(f"{problem['file']}: {problem['problem']}")
    for note in report.notes:
        print(f"note: {note}")
    again = {
        True: "; the second run gave the same scenarios, bit for bit",
        False: "; not reproduced",
        None: "",
    }
    print(f"{report.run}: {'sound' if report.sound else 'not sound'}, {report.files} files{again[report.reproduced]}")


@app.command()
def backtest(
    forecasts: Annotated[Path, typer.Argument(help="Table date, var_<level>[, es_<level>][, pit]; CSV or Parquet.")],
    realised: Annotated[Path, typer.Option("--realised", help="Table of dates and log returns.")],
    column: Annotated[str | None, typer.Option("--column", help="Which returns, where there are several.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the simulated null distributions.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Backtest anyone's VaR, ES and PIT forecasts; 1 when Holm at 5 % over the primary tests rejects."""
    from workbench import backtesting as backtests

    read = backtests.read_forecasts(forecasts, realised, column)
    told = backtests.report(backtests.run(read, seed), read.notes)
    _print(told) if as_json else print(backtests.text(told))
    if told["verdict"] == "rejected":
        raise typer.Exit(REJECTED)


@app.command()
def audit(
    scenarios: Annotated[
        Path, typer.Argument(help="Scenario set: .nc, .zarr, a wide table .parquet or .csv, or a folder of .csv.")
    ],
    history: Annotated[
        Path, typer.Option("--history", help="Table of dates and prices (CSV, Parquet), or a data set by name.")
    ],
    returns: Annotated[bool, typer.Option("--returns", help="The history holds log returns.")] = False,
    start: Annotated[
        str | None, typer.Option("--start", help="unconditional, last, or the date the set starts from.")
    ] = None,
    books: Annotated[Path | None, typer.Option("--books", help="CSV: book, then a column of weights an asset.")] = None,
    identities: Annotated[Path | None, typer.Option("--identities", help="YAML of what must hold exactly.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the simulated nulls.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Put anyone's scenarios on trial against a history; 1 when a check refutes them, family-wise at 5 %."""
    from workbench.validation.audit import audit as put_on_trial

    told = put_on_trial(
        scenarios, history, returns=returns, start=start, books=books, identities=identities or (), seed=seed
    )
    _print(told.to_json()) if as_json else print(told.text())
    if told.verdict == "rejected":
        raise typer.Exit(REJECTED)


# Further commands (sweep, register, review, release) go here, each a small function.

