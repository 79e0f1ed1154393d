"""Pretrained weights, each with the record of its training: what it saw, until when, and whether a use overlaps.

Beside ``NAME.safetensors`` stands ``NAME.json``: last day, panels with their licences, every asset with its first and
last day, seeds, loss, and the weights' SHA-256. An asset is known again by the signs of its returns on every eighth
weekday since 1960, whatever it is called: two different assets agree on more than 95 % of them by chance or likeness
only if they are nearly the same thing.
"""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.torch import load as load_tensors
from torch import Tensor

from workbench.errors import DataError, ParameterError

FOLDER = Path(__file__).parent
LATTICE = pd.bdate_range("1960-01-01", "2040-01-01")[::8]
LEAST, ALIKE = 24, 0.95  # common lattice days on which signs are compared; share of them that says "the same asset"


class Overlap(UserWarning):
    """Pretrained weights are used on assets or days that they were trained on."""


@dataclass(frozen=True)
class Record:
    """What weights were trained on. ``last`` is the last day that any number in them depends on."""

    name: str
    last: pd.Timestamp
    facts: dict

    def seen(self, returns: pd.DataFrame) -> list[str]:
        """Columns of log returns (date, asset) that the weights were trained on, by their signs."""
        known = self._signs
        own = lattice_signs(returns)
        common = (own != 0).T.astype(int) @ (known != 0).astype(int)  # (asset, trained asset)
        agreement = np.abs(own.T.astype(int) @ known.astype(int))
        same = (common >= LEAST) & (agreement >= (2 * ALIKE - 1) * common)
        return [str(name) for name, hit in zip(returns.columns, same.any(axis=1)) if hit]

    @functools.cached_property
    def _signs(self) -> np.ndarray:
        columns = [unpack(asset["signs"]) for panel in self.facts["panels"] for asset in panel["assets"]]
        return np.stack(columns, axis=1)  # (lattice day, trained asset)


def names() -> list[str]:
    """Weights that come with the package, by their last day."""
    return sorted((path.stem for path in FOLDER.glob("*.json")), key=lambda name: (record(name).last, name))


@functools.lru_cache
def record(name: str) -> Record:
    """The record of the weights ``name``; ParameterError for a name without one."""
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in FOLDER.glob("*.json")))
        raise ParameterError(f"no pretrained weights {name!r}; known: {known}")
    facts = json.loads(path.read_text())
    return Record(name, pd.Timestamp(facts["last"]), facts)


def load(name: str) -> dict[str, Tensor]:
    """The tensors of ``name``, checked against the hash in the record."""
    content = (FOLDER / f"{name}.safetensors").read_bytes()
    found, expected = hashlib.sha256(content).hexdigest(), record(name).facts["sha256"]
    if found != expected:
        raise DataError(f"the weights {name!r} have sha256 {found[:12]}, their record says {expected[:12]}")
    return load_tensors(content)


def newest_before(day: pd.Timestamp) -> str:
    """Weights trained until ``day`` at the latest, the newest of those that hold nothing out; else the oldest."""
    whole = [name for name in names() if not record(name).facts["held_out"]]
    before = [name for name in whole if record(name).last <= day]
    return before[-1] if before else whole[0]


def lattice_signs(returns: pd.DataFrame) -> np.ndarray:
    """Signs (lattice day, asset) of returns on every eighth weekday; 0 where there is none."""
    return np.sign(returns.reindex(LATTICE).fillna(0.0).to_numpy()).astype(np.int8)


def pack(signs: np.ndarray) -> str:
    """Signs (lattice day,) as text: a row of two bits a day, in hexadecimal, after the position of the first."""
    used = np.flatnonzero(signs)
    first, last = (used[0], used[-1] + 1) if used.size else (0, 0)
    bits = np.stack([signs[first:last] > 0, signs[first:last] < 0]).astype(np.uint8)
    return f"{first}:{last - first}:{np.packbits(bits).tobytes().hex()}"


def unpack(text: str) -> np.ndarray:
    """The signs (lattice day,) that ``pack`` wrote."""
    start, count, coded = text.split(":")
    first, length = int(start), int(count)
    bits = np.unpackbits(np.frombuffer(bytes.fromhex(coded), np.uint8))[: 2 * length].reshape(2, length)
    signs = np.zeros(len(LATTICE), np.int8)
    signs[first : first + length] = bits[0].astype(np.int8) - bits[1].astype(np.int8)
    return signs
