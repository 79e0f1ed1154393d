"""A study's conclusion: its words, its outcome for programs, its word for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

PASSED = {"accepted": "passed", "rejected": "failed", "mixed": "failed"}  # of checks
HOLDS = {"accepted": "holds", "rejected": "too bold", "mixed": "cannot tell"}  # of forecasts and theses


class Verdict(NamedTuple):
    """What :func:`workbench.studies.verdict` shows.

    outcome : ``accepted``, ``rejected`` or ``mixed``. key : key figures for the summary. word : *holds, too bold, too
    cautious, cannot tell* of forecasts and theses, *passed, failed, not assessed* of checks.
    """

    text: str
    outcome: str
    key: Mapping[str, str] = {}
    word: str = ""
