"""The verdict of every study, written from its tables by a fixed rule: text and outcome."""

from __future__ import annotations

from workbench.reporting._market_futures import best_baseline, market_futures, sequel, trust
from workbench.reporting.catalogue import sentence
from workbench.validation.audit import Audit

__all__ = ["market_futures", "best_baseline", "sequel", "trust", "audit"]
Verdict = tuple[str, str]


def audit(audited: Audit, name: str) -> Verdict:
    """The audit's own verdict on the set ``name``, the checks that failed, and the first effect on a risk number."""
    failed = sorted((found for found in audited.findings if found.verdict == "fail"), key=lambda found: found.p_value)
    asked = sum(found.answered for found in audited.findings)
    most = f", most of all: {', '.join(found.check for found in failed[:5])}" if failed else ""
    text = sentence("audit/verdict", name=name, verdict=audited.verdict, failed=len(failed), asked=asked, most=most,
                    effect=audited.effects()[0])  # fmt: skip
    return text, audited.verdict if audited.verdict in ("accepted", "rejected") else "mixed"
