"""A fitted sampler in one file: every array as safetensors, the rest as JSON beside them; nothing in it can run.

A pickle may execute whatever its author liked. Here an object is its class's name and its attributes, and only classes
of this package and torch's own layers are made again, so that the sampler of a stranger can be opened safely. The
sampler that is read draws the same bits as the one that was written.
"""

from __future__ import annotations

import importlib
import json
import os
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from workbench._moved import current
from workbench.errors import ParameterError
from workbench.samplers.base import Sampler

PLAIN = (bool, int, float, str, type(None))
CONTAINERS = {"list": list, "tuple": tuple, "set": set}
HOMES = ("workbench.", "torch.nn.")
Arrays = dict[str, Tensor]


def save(sampler: Sampler, path: str | Path) -> Path:
    """Write a fitted sampler to ``path`` (``.safetensors``), beside its place first and then renamed.

    Raises ParameterError naming an attribute that is no number, text, array, table or object of this package.
    """
    sampler._require_fitted()
    arrays: Arrays = {}
    told = json.dumps(_write(sampler, arrays, type(sampler).__name__))
    place, beside = Path(path), Path(f"{path}.{os.getpid()}")
    save_file(arrays, beside, metadata={"sampler": told})
    beside.replace(place)
    return place


def load(path: str | Path) -> Sampler:
    """The sampler that :func:`save` wrote to ``path``."""
    try:
        with safe_open(path, "pt") as stored:
            arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
            told = json.loads((stored.metadata() or {})["sampler"])
    except (OSError, SafetensorError, KeyError, json.JSONDecodeError) as wrong:
        raise ParameterError(f"{path} holds no sampler written by samplers.save: {wrong}") from None
    return _read(told, arrays)


def _write(value: Any, arrays: Arrays, name: str) -> Any:
    """JSON that stands for ``value``; its arrays go to ``arrays``. ``name`` says where it was found."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, (Tensor, np.ndarray)):
        return _write_array(value, arrays, name)
    if isinstance(value, pd.DataFrame):
        return {"table": [_write(part, arrays, name) for part in _parts(value)]}
    for kind, container in CONTAINERS.items():
        if type(value) is container:
            return {kind: [_write(item, arrays, f"{name}[{place}]") for place, item in enumerate(value)]}
    if isinstance(value, dict):
        pairs = [[_write(key, arrays, name), _write(item, arrays, f"{name}[{key!r}]")] for key, item in value.items()]
        return {"ordered" if isinstance(value, OrderedDict) else "dict": pairs}
    home = type(value)
    if not f"{home.__module__}.".startswith(HOMES):
        raise ParameterError(f"{name} is a {home.__module__}.{home.__qualname__}, which a sampler's file cannot hold")
    state = value.__getstate__() or {}
    return {
        "object": f"{home.__module__}:{home.__qualname__}",
        "state": [[key, _write(item, arrays, f"{name}.{key}")] for key, item in state.items()],
    }


def _write_array(value: Tensor | np.ndarray, arrays: Arrays, name: str) -> dict[str, str]:
    if isinstance(value, np.ndarray) and value.dtype.kind not in "biuf":
        raise ParameterError(f"{name} is an array of {value.dtype}, which a sampler's file cannot hold")
    kind = "array" if isinstance(value, np.ndarray) else "parameter" if isinstance(value, nn.Parameter) else "tensor"
    key = str(len(arrays))
    held = torch.as_tensor(np.array(value)) if kind == "array" else value
    arrays[key] = held.detach().cpu().clone(memory_format=torch.contiguous_format)
    return {kind: key}


def _parts(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, str, list[str]]:
    index = pd.DatetimeIndex(table.index)
    return table.to_numpy(dtype=np.float64), index.asi8, index.unit, list(map(str, table.columns))


def _read(told: Any, arrays: Arrays) -> Any:
    if isinstance(told, PLAIN):
        return told
    if "object" in told:
        return _made(told["object"], {key: _read(item, arrays) for key, item in told["state"]})
    (kind, held), *_ = told.items()
    if kind in ("tensor", "array", "parameter"):
        array = arrays[held]
        return {"tensor": lambda: array, "array": array.numpy, "parameter": lambda: nn.Parameter(array, False)}[kind]()
    if kind == "table":
        values, stamps, unit, columns = (_read(part, arrays) for part in held)
        return pd.DataFrame(values, pd.DatetimeIndex(stamps.view(f"M8[{unit}]")), columns)
    if kind in ("dict", "ordered"):
        pairs = [(_read(key, arrays), _read(item, arrays)) for key, item in held]
        return OrderedDict(pairs) if kind == "ordered" else dict(pairs)
    return CONTAINERS[kind](_read(item, arrays) for item in held)


def _made(name: str, state: dict[str, Any]) -> Any:
    """An object of the class ``name`` with these attributes; its ``__init__`` does not run."""
    old, _, qualified = name.partition(":")
    module = current(old)
    found = getattr(importlib.import_module(module), qualified, None) if f"{module}.".startswith(HOMES) else None
    if not isinstance(found, type):
        raise ParameterError(f"a sampler's file names {name!r}, which is no class of this package or of torch.nn")
    made = found.__new__(found)
    if isinstance(made, nn.Module):
        made.__setstate__(state)
    else:
        vars(made).update(state)
    return made
