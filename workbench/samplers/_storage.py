"""A fitted sampler in one file: every array as safetensors, the rest as JSON beside them; nothing in it can run.

A pickle may execute whatever its author liked. Here an object is the name of its class and its attributes, and only
classes of a closed list are built again: samplers, filters and shock models, the parts that they are made of, and
seven layers of torch. The file of a stranger can therefore be opened safely. The sampler that is read draws the same
bits as the one that was written.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

import workbench.samplers._parts  # noqa: F401  (defines every class that a file may name)
from workbench._cache import whole
from workbench.bounded import parse_json
from workbench.errors import ParameterError
from workbench.samplers._base import Sampler
from workbench.samplers.filters import Filter, MovingCorrelation, QuantileTracking
from workbench.samplers.filters._neural import Networks
from workbench.samplers.filters._pretrained import PooledGarch
from workbench.samplers.filters._transformer import Block, Transformer
from workbench.samplers.paths._path_flow import Velocity
from workbench.samplers.shocks import Calibration, GaussianMargins, Shocks, SplicedMargins
from workbench.samplers.shocks._classical import ScaleMixture
from workbench.samplers.shocks._learned import Field
from workbench.samplers.shocks._spline_flow import Couplings
from workbench.samplers.shocks._vae import Autoencoder
from workbench.samplers.training import Record

PLAIN = (bool, int, float, str, type(None))
CONTAINERS: dict[str, type] = {"list": list, "tuple": tuple, "set": set}
PARTS = (MovingCorrelation, QuantileTracking, GaussianMargins, SplicedMargins, ScaleMixture, Calibration, PooledGarch)
NETWORKS = (Networks, Transformer, Block, Velocity, Field, Couplings, Autoencoder)
LAYERS = (nn.Linear, nn.SiLU, nn.RMSNorm, nn.Sequential, nn.ModuleList, nn.ParameterList, nn.Tanh)
OLD_CLASSES = {"Attention": "TransformerFilter", "PooledMotion": "PooledGarch"}
OLD_ATTRIBUTES = {"law": "inner", "motion_": "garch_", "law_": "scale_mixture_"}  # of our own classes in version 0.1
Arrays = dict[str, Tensor]


def save(sampler: Sampler, path: str | Path) -> Path:
    """Write a fitted sampler to ``path`` (``.safetensors``), beside its place first and then renamed.

    Raises ParameterError naming an attribute that is no number, text, array, table or object of the closed list.
    """
    sampler.require_fitted()
    arrays: Arrays = {}
    described = json.dumps(_write(sampler, arrays, type(sampler).__name__))
    with whole(Path(path)) as beside:
        save_file(arrays, beside, metadata={"sampler": described})
    return Path(path)


def load(path: str | Path) -> Sampler:
    """The sampler that :func:`save` wrote to ``path``; ParameterError for any other file."""
    try:
        with safe_open(path, "pt") as stored:
            arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
            described = parse_json((stored.metadata() or {})["sampler"], str(path), ParameterError)
        found = _read(described, arrays)
    except (OSError, SafetensorError, LookupError, ValueError, TypeError, AttributeError, RecursionError) as wrong:
        raise ParameterError(f"{path} holds no sampler written by samplers.save: {wrong}") from None
    if not isinstance(found, Sampler):
        raise ParameterError(f"{path} holds no sampler written by samplers.save, but a {type(found).__name__}")
    return found


def _classes() -> dict[str, type]:
    """The classes that a file may hold, by the name that stands in it; those of a user once they are defined."""
    families = [kind for base in (Sampler, Filter, Shocks) for kind in _descendants(base)]
    return {_name(kind): kind for kind in (*LAYERS, *PARTS, *NETWORKS, Record, *families)}


def _descendants(base: Any) -> list[type]:
    return [kind for child in base.__subclasses__() for kind in (child, *_descendants(child))]


def _name(kind: type) -> str:
    ours = kind.__module__.startswith(("workbench.samplers.", "torch.nn.modules."))
    return kind.__qualname__ if ours else f"{kind.__module__}:{kind.__qualname__}"


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
    if type(value) in CONTAINERS.values():
        return {type(value).__name__: [_write(item, arrays, f"{name}[{place}]") for place, item in enumerate(value)]}
    if isinstance(value, dict):
        pairs = [[_write(key, arrays, name), _write(item, arrays, f"{name}[{key!r}]")] for key, item in value.items()]
        return {"ordered" if isinstance(value, OrderedDict) else "dict": pairs}
    home = type(value)
    known = _name(home)
    if _classes().get(known) is not home:
        raise ParameterError(f"{name} is a {home.__module__}.{home.__qualname__}, which a sampler's file cannot hold")
    state = {key: item for key, item in (value.__getstate__() or {}).items() if "_hooks" not in key}
    return {"object": known, "state": [[key, _write(item, arrays, f"{name}.{key}")] for key, item in state.items()]}


def _write_array(value: Tensor | np.ndarray, arrays: Arrays, name: str) -> dict[str, str]:
    if isinstance(value, np.ndarray) and value.dtype.kind not in "biuf":
        raise ParameterError(f"{name} is an array of {value.dtype}, which a sampler's file cannot hold")
    kind = "array" if isinstance(value, np.ndarray) else "parameter" if isinstance(value, nn.Parameter) else "tensor"
    key = str(len(arrays))
    held = torch.as_tensor(np.array(value)) if isinstance(value, np.ndarray) else value
    arrays[key] = held.detach().cpu().clone(memory_format=torch.contiguous_format)
    return {kind: key}


def _parts(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, str, list[str]]:
    index = pd.DatetimeIndex(table.index)
    return table.to_numpy(dtype=np.float64), index.asi8, index.unit, list(map(str, table.columns))


def _read(described: Any, arrays: Arrays) -> Any:
    if isinstance(described, PLAIN):
        return described
    if "object" in described:
        return _build(described["object"], {key: _read(item, arrays) for key, item in described["state"]})
    (kind, held), *_ = described.items()
    if kind == "tensor":
        return arrays[held]
    if kind == "array":
        return arrays[held].numpy()
    if kind == "parameter":
        return nn.Parameter(arrays[held], requires_grad=False)
    if kind == "table":
        values, stamps, unit, columns = (_read(part, arrays) for part in held)
        return pd.DataFrame(values, pd.DatetimeIndex(stamps.view(f"M8[{unit}]")), columns)
    if kind in ("dict", "ordered"):
        pairs = [(_read(key, arrays), _read(item, arrays)) for key, item in held]
        return OrderedDict(pairs) if kind == "ordered" else dict(pairs)
    return CONTAINERS[kind](_read(item, arrays) for item in held)


def _build(name: str, state: dict[str, Any]) -> Any:
    """An object of the listed class ``name`` with these attributes; its ``__init__`` does not run."""
    home, _, bare = name.rpartition(":")
    short = bare if home.startswith(("workbench.samplers.", "torch.nn.modules.")) else name  # version 0.1 wrote homes
    known = OLD_CLASSES.get(short, short)
    kind: Any = _classes().get(known)
    if kind is None:
        raise ParameterError(f"a sampler's file names {name!r}, no class of this package that a sampler is made of")
    built = kind.__new__(kind)
    if isinstance(built, nn.Module):
        nn.Module.__init__(built)
    renamed = {} if ":" in known else OLD_ATTRIBUTES
    vars(built).update({renamed.get(key, key): item for key, item in state.items() if "_hooks" not in key})
    return built
