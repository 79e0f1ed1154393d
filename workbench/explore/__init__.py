"""A place to play: fit once, then move horizon, loss and confidence and see the answer at once.

``playground()`` shows widgets in a notebook; it needs ``pip install scenario-workbench[explore]`` (ipywidgets, plotly).
:class:`Session` is what it moves, and works without them.
"""

from __future__ import annotations

from workbench.explore._figures import fan, worst_paths
from workbench.explore._session import Session
from workbench.explore._widgets import playground

__all__ = ["playground", "Session", "fan", "worst_paths"]
