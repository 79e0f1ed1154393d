"""The ``workbench`` command."""

from workbench.cli.app import app, main

__all__ = ["app", "main"]
