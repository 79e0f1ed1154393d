"""Run all benchmarks, or those named, one of them with its own arguments: ``python -m benchmarks horse_race --tables``."""

import importlib
import pkgutil
import sys

SUBJECTS = ("forecasts", "checks", "backtests", "stress", "speed")


def known() -> dict[str, str]:
    """Name of every benchmark and its module."""
    folders = {subject: importlib.import_module(f"benchmarks.{subject}").__path__ for subject in SUBJECTS}
    return {
        module.name: f"benchmarks.{subject}.{module.name}"
        for subject, path in folders.items()
        for module in pkgutil.iter_modules(path)
    }


def main(arguments: list[str]) -> None:
    found = known()
    first = next((place for place, word in enumerate(arguments) if word not in found), len(arguments))
    names, own = arguments[:first], arguments[first:]
    if own and len(names) != 1:
        sys.exit(f"unknown benchmark {own[0]!r}; known: {', '.join(sorted(found))}")
    for name in names or sorted(found):
        print(f"== {name}", file=sys.stderr, flush=True)
        importlib.import_module(found[name]).main(own)


if __name__ == "__main__":
    main(sys.argv[1:])
