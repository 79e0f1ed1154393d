"""One value to one declared type: what a command line, YAML or Python gives becomes what the notebook declares.

``convert`` widens only where nothing is lost (int to float, text to what it spells, a date to its ISO text) and raises
ValueError for everything else, so that 20.5 never becomes 20 and "yes" never becomes a number.
"""

from __future__ import annotations

import datetime
import difflib
import math
import pathlib
import types
import typing
from collections.abc import Callable

NONE_WORDS = ("", "none", "null", "~")
TRUE_WORDS, FALSE_WORDS = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def convert(value: object, kind: object) -> object:
    """``value`` as the type ``kind``; ValueError when it is not one, with a reason where there is more to say."""
    value = value.item() if type(value).__module__ == "numpy" and hasattr(value, "item") else value
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _any_of(value, inner)
    if origin is typing.Literal:
        return _one_of(value, inner)
    if (origin or kind) in (list, tuple, dict):
        return _CONTAINERS[origin or kind](value, inner)
    if kind in _SCALARS:
        return _SCALARS[kind](value)
    if kind is None or kind is type(None):
        return _none(value)
    raise ValueError(f"the type {describe(kind)} is not known here")


def describe(kind: object) -> str:
    """A type in words: ``int``, ``list of float``, ``str or None``, ``one of 'a', 'b'``."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(describe(member) for member in inner)
    if origin is typing.Literal:
        return f"one of {', '.join(map(repr, inner))}"
    if origin in (list, tuple, dict):
        return f"{origin.__name__} of {', '.join('...' if part is ... else describe(part) for part in inner)}"
    if kind is type(None) or kind is None:
        return "None"
    return getattr(kind, "__name__", str(kind))


def _any_of(value: object, kinds: tuple) -> object:
    """The first member that takes the value: None first, text last, an exact type before a conversion."""
    order = sorted(kinds, key=lambda kind: (kind is not type(None), type(value) is not kind, kind is str))
    for kind in order:
        try:
            return convert(value, kind)
        except ValueError:
            continue
    raise ValueError


def _one_of(value: object, choices: tuple) -> object:
    for choice in choices:
        if value == choice and type(value) is type(choice) or isinstance(value, str) and value == str(choice):
            return choice
    near = difflib.get_close_matches(str(value), map(str, choices), n=1)
    raise ValueError(f"did you mean {near[0]!r}?" if near else "")


def _none(value: object) -> None:
    if value is None or isinstance(value, str) and value.strip().lower() in NONE_WORDS:
        return None
    raise ValueError


def _int(value: object) -> int:
    if isinstance(value, str):
        return int(_spelt(value, int))
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError
    return value


def _float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError
    number = float(_spelt(value, float) if isinstance(value, str) else value)
    if math.isnan(number):
        raise ValueError("a number is needed")
    return number


def _spelt(text: str, kind: Callable) -> int | float:
    try:
        return kind(text)
    except ValueError:
        raise ValueError from None


def _bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else None
    if word not in TRUE_WORDS + FALSE_WORDS:
        raise ValueError("write true or false")
    return word in TRUE_WORDS


def _str(value: object) -> str:
    if isinstance(value, (datetime.date, pathlib.PurePath)):
        return str(value)
    if not isinstance(value, str):
        raise ValueError
    return value


def _date(value: object) -> datetime.date:
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date()
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    return datetime.date.fromisoformat(_iso(value, "2006-12-29"))


def _datetime(value: object) -> datetime.datetime:
    if isinstance(value, datetime.datetime):
        return value
    return datetime.datetime.fromisoformat(_iso(value, "2006-12-29T16:00"))


def _iso(value: object, example: str) -> str:
    try:
        datetime.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"write it like {example}") from None
    return value if len(value) > 10 or "T" not in example else f"{value}T00:00"


def _path(value: object) -> pathlib.Path:
    if not isinstance(value, (str, pathlib.PurePath)) or not str(value):
        raise ValueError
    return pathlib.Path(value)


def _list(value: object, inner: tuple) -> list:
    return [convert(item, inner[0]) if inner else item for item in _items(value)]


def _tuple(value: object, inner: tuple) -> tuple:
    items = _items(value)
    if len(inner) == 2 and inner[1] is ...:
        return tuple(convert(item, inner[0]) for item in items)
    if inner and len(items) != len(inner):
        raise ValueError(f"{len(inner)} values are needed")
    return tuple(convert(item, kind) for item, kind in zip(items, inner)) if inner else tuple(items)


def _dict(value: object, inner: tuple) -> dict:
    value = _yaml(value) if isinstance(value, str) else value
    if not isinstance(value, dict):
        raise ValueError("write it like {name: value}")
    return {convert(k, inner[0]): convert(v, inner[1]) for k, v in value.items()} if inner else value


def _items(value: object) -> list:
    """``a, b`` and ``[a, b]`` are lists of two; a lone word is a list of one."""
    if isinstance(value, str):
        text = value.strip()
        if text.startswith(("[", "(")) and text.endswith(("]", ")")):
            text = text[1:-1]
        return [part.strip().strip("'\"") for part in text.split(",")] if text.strip() else []
    if isinstance(value, (list, tuple)):
        return list(value)
    raise ValueError("write it like [a, b]")


def _yaml(text: str) -> object:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise ValueError("it is not YAML") from None


_SCALARS = {
    int: _int, float: _float, bool: _bool, str: _str, datetime.date: _date, datetime.datetime: _datetime,
    pathlib.Path: _path,
}  # fmt: skip
_CONTAINERS = {list: _list, tuple: _tuple, dict: _dict}
