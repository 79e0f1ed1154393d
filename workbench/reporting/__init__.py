"""What a report says: sentences and captions by name, numbers by one rule a kind, tables and verdicts by fixed rules.

The texts stand in ``catalogue.yaml``; :func:`words` fills in the two of a figure, :func:`sentence` one line.
:mod:`.formats` says how a number is written, :mod:`.tables` what a table shows, :mod:`.verdicts` how each study ends,
:mod:`.stories` one scenario in a paragraph, :mod:`.audits` an audit.
"""

from types import ModuleType

from workbench.reporting.catalogue import sentence, words
from workbench.reporting.formats import bullets, in_units, named_bullets

__all__ = [
    "words", "sentence", "bullets", "named_bullets", "in_units", "tables", "verdicts", "stories", "audits", "formats",
]  # fmt: skip


def __getattr__(name: str) -> ModuleType:
    """Tables and verdicts import validation and more; captions need none of it."""
    import importlib

    if name in __all__:
        return importlib.import_module(f"workbench.reporting.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
