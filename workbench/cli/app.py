"""The ``workbench`` command: a thin face of the package.

A new command is one small function below; it imports what it needs inside, so that the other commands stay quick.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.bounded import parse_yaml, read_bytes
from workbench.cli._errors import BY_VERDICT, REJECTED, Commands
from workbench.errors import CellFailed, ParameterError, printable
from workbench.registry import unknown

if TYPE_CHECKING:
    from workbench.governance.manifest import Report
    from workbench.studies import Run

HELP = """Generate market scenarios with generative models, then try hard to reject them.

An error is one line on standard error. Exit codes:

\b
0  done, or accepted;
1  rejected: a check failed, or files are not what their manifest says;
2  bad input or usage;
3  a cell of a study failed (its partial notebook is kept);
4  unforeseen error (the line names the file with the traceback; or use --debug);
5  cannot tell: too few checks had an answer.
"""

app = typer.Typer(
    cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Timeout = Annotated[float | None, typer.Option("--timeout", help="Time limit of the whole study, in seconds.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of the simulated null distributions.")]


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code; ``arguments`` are those of the process by default."""
    app(args=arguments)


@app.callback(help=HELP)
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Print the traceback of an unforeseen error.")] = False,
) -> None:
    """Options before the command; :class:`~workbench.cli._errors.Commands` reads them."""


def _print(content: object) -> None:
    print(json.dumps(content, indent=1, default=str))


def _say(text: str) -> None:
    """Text for a terminal; names in it come from files of others and may hold control characters."""
    print(printable(text))


def _exit(verdict: str) -> None:
    if verdict in BY_VERDICT:
        raise typer.Exit(BY_VERDICT[verdict])


@app.command("list")
def list_(
    kind: Annotated[
        str | None, typer.Argument(help="datasets, samplers, checks, faults or studies; all by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List registered data sets, samplers, checks, faults, studies."""
    from workbench.cli import _listing as listing

    found = {name: listing.rows(name) for name in ([kind] if kind else listing.KINDS)}
    if as_json:
        return _print(found)
    for name, rows in found.items():
        _say(f"{name} ({len(rows)})")
        width = max((len(str(row["name"])) for row in rows), default=0)
        for row in rows:
            _say(listing.text(row, width))


@app.command()
def run(
    study: Annotated[str, typer.Argument(help="Name of a study, or path of its notebook.")],
    parameter: Annotated[
        list[str] | None, typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="Set a parameter.")
    ] = None,
    file: Annotated[Path | None, typer.Option("-f", "--file", help="YAML file of parameters; -p overrides it.")] = None,
    output: Annotated[Path | None, typer.Option("--output", help="Folder of reports.")] = None,
    timeout: Timeout = None,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Print the report to PDF too, beside the run's folder (needs Chromium).")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run a study and export its report; a finished run of the same inputs is reused."""
    from workbench import studies

    if pdf:
        from workbench.studies.report._pdf import browser

        browser()
    try:
        done = studies.run(study, _from_file(file) | _from_words(parameter or []), output, timeout)
    except CellFailed as broke:
        if as_json:
            _print(_described(broke.run))
        raise
    printed = {"pdf": str(done.print_pdf())} if pdf else {}
    if as_json:
        return _print(_described(done) | printed)
    if done.verdict:
        _say(f"verdict ({done.verdict.outcome}): {done.verdict.plain}")
    how = f"reused, finished {done.status['finished'][:16]} UTC" if done.reused else "finished"
    _say("\n".join([f"{how}: {done.report}", *printed.values()]))


def _described(run: Run) -> dict[str, Any]:
    verdict = run.verdict and {"text": run.verdict.text, "outcome": run.verdict.outcome}
    return {
        "study": run.study, "run_id": run.run_id, "state": run.state, "reused": run.reused, "path": str(run.path),
        "report": str(run.report) if run.state == "completed" else None, "verdict": verdict,
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
    if path is None:
        return {}
    try:
        content = parse_yaml(read_bytes(path, ParameterError), "it", ParameterError)
    except ParameterError as wrong:
        raise ParameterError(f"-f {str(path)!r} cannot be read: {wrong}") from None
    if not isinstance(content, dict | None) or not all(isinstance(name, str) for name in content or ()):
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
    _print(report.to_dict()) if as_json else _print_verification(report)
    if not report.sound:
        raise typer.Exit(REJECTED)


def _print_verification(report: Report) -> None:
    for problem in report.problems:
        _say(f"{problem['file']}: {problem['problem']}")
    for note in report.notes:
        _say(f"note: {note}")
    again = {True: "; the second run gave the same scenarios, bit for bit", False: "; not reproduced", None: ""}
    _say(f"{report.run}: {'sound' if report.sound else 'not sound'}, {report.files} files{again[report.reproduced]}")


@app.command()
def backtest(
    forecasts: Annotated[Path, typer.Argument(help="Table date, var_<level>[, es_<level>][, pit]; CSV or Parquet.")],
    realised: Annotated[Path, typer.Option("--realised", help="Table of dates and log returns.")],
    column: Annotated[str | None, typer.Option("--column", help="Which returns, where there are several.")] = None,
    seed: Seed = 0,
    dayfirst: Annotated[
        bool | None, typer.Option("--day-first/--month-first", help="How 03/04/2020 is read where the file is silent.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Backtest VaR, ES and PIT forecasts of any model; exit 1 when Holm at 5 % over the primary tests rejects, 5
    when no test could decide."""
    from workbench import backtesting as backtests

    read = backtests.read_forecasts(forecasts, realised, column, dayfirst)
    report = backtests.report(backtests.run(read, seed), read.notes)
    _print(report) if as_json else _say(backtests.text(report))
    _exit(report["verdict"])


@app.command()
def audit(
    scenarios: Annotated[
        Path,
        typer.Argument(
            exists=True, help="Scenario set: .nc, .zarr, a wide table .parquet or .csv, or a folder of .csv."
        ),
    ],
    history: Annotated[
        str, typer.Option("--history", help="Table of dates and prices (CSV, Parquet), or a data set by name.")
    ],
    returns: Annotated[bool, typer.Option("--returns", help="The history holds log returns.")] = False,
    start: Annotated[
        str | None, typer.Option("--start", help="unconditional, last, or the date the set starts from.")
    ] = None,
    books: Annotated[
        Path | None, typer.Option("--books", exists=True, help="CSV: book, then a column of weights an asset.")
    ] = None,
    identities: Annotated[
        Path | None, typer.Option("--identities", exists=True, help="YAML of identities that must hold.")
    ] = None,
    holdout: Annotated[
        Path | None, typer.Option("--holdout", exists=True, help="Table of days that the model must not have seen.")
    ] = None,
    common: Annotated[bool, typer.Option("--common", help="Try the assets that both have.")] = False,
    clean: Annotated[bool, typer.Option("--clean", help="Only the days after the last stale run.")] = False,
    allow: Annotated[
        list[str] | None, typer.Option("--allow", help="Rule whose refusal was looked at; may be repeated.")
    ] = None,
    level: Annotated[float, typer.Option("--level", help="False-alarm rate of the verdict.")] = 0.05,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Check scenarios of any model against a history; exit 1 when a check fails, family-wise at the level."""
    from workbench.data import DATASETS
    from workbench.reporting import audits
    from workbench.validation.audit import audit as run_audit

    if history not in DATASETS and not Path(history).exists():
        raise ParameterError(f"--history: {unknown('data set', history, DATASETS)}; or give the path of a table")
    found = run_audit(
        scenarios, history, returns=returns, start=start, books=books, identities=identities or [], holdout=holdout,
        common=common, clean=clean, allow=allow or (), level=level, seed=seed,
    )  # fmt: skip
    _print(audits.to_json(found)) if as_json else _say(audits.text(found))
    _exit(found.verdict)
