"""One field for every option of a sampler, made from the signature that ``workbench list samplers`` shows."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from workbench import samplers
from workbench.bounded import parse_yaml
from workbench.errors import ParameterError

LEFT_OUT = ("progress", "checkpoint")  # how a fit is watched and resumed, not what is fitted
TRAINED_BY = ("steps", "tune_steps")  # samplers with one of these are trained, which takes up to minutes


class OptionFields:
    """Fields in a box, made anew for another sampler; ``changed`` is called when one of them changes."""

    def __init__(self, sampler: str, changed: Callable[[Any], None]) -> None:
        import ipywidgets as widgets

        self.box, self._changed = widgets.VBox(), changed
        self.box.add_class("workbench-options")
        self.change(sampler)

    def change(self, sampler: str) -> None:
        """Offer the options of ``sampler``, at their defaults."""
        declared = inspect.signature(samplers.SAMPLERS[sampler]).parameters.values()
        self._defaults = {option.name: option.default for option in declared if option.name not in LEFT_OUT}
        self._fields = {name: _field(name, default) for name, default in self._defaults.items()}
        for field in self._fields.values():
            field.observe(self._changed, "value")
        self.box.children = list(self._fields.values())

    @property
    def trains(self) -> bool:
        """Whether the sampler is trained in many steps."""
        return any(self._fields[name].value for name in TRAINED_BY if name in self._fields)

    def chosen(self) -> dict[str, Any]:
        """The options that differ from their defaults; raises ParameterError for a text that cannot be read."""
        read = {name: _read(name, self._fields[name].value, default) for name, default in self._defaults.items()}
        return {name: value for name, value in read.items() if value != self._defaults[name]}


def _field(name: str, default: Any) -> Any:
    import ipywidgets as widgets

    kinds = {bool: widgets.Checkbox, int: widgets.IntText, float: widgets.FloatText}
    shared = {"description": name, "style": {"description_width": "90px"}}
    if type(default) in kinds:
        return kinds[type(default)](value=default, **shared)
    text = default if isinstance(default, str) else ""
    return widgets.Text(value=text, placeholder=f"YAML; empty is {default}", continuous_update=False, **shared)


def _read(name: str, value: Any, default: Any) -> Any:
    """The value of a field as the sampler takes it; of a text field without a text as default, its YAML."""
    if not isinstance(value, str) or isinstance(default, str):
        return value
    found = parse_yaml(value, f"option {name!r}", ParameterError) if value.strip() else default
    return tuple(found) if isinstance(default, tuple) and isinstance(found, list) else found
