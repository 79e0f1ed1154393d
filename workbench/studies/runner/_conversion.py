"""One value to one declared type: text, YAML or Python objects become what the notebook declares.

``convert`` widens only where nothing is lost (int to float, text to what it spells, a date to its ISO text) and raises
ValueError for everything else: 20.5 never becomes 20, "yes" never becomes a number, and NaN is never a parameter.
"""

from __future__ import annotations

import datetime
import difflib
import pathlib
import types
import typing
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from workbench.bounded import parse_yaml
from workbench.errors import ParameterError

_NONE = ("", "none", "null", "~")
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def convert(value: Any, kind: Any) -> Any:
    """``value`` as the type ``kind``; ValueError when it is not one, with a reason where there is more to say.

    >>> convert("0.95, 0.99", tuple[float, ...])
    (0.95, 0.99)
    """
    value = _bare(value)
    read = _READERS.get(typing.get_origin(kind) or kind)
    if read is None:
        raise ValueError(f"the type {describe(kind)} is not supported")
    return read(value, typing.get_args(kind))


def _bare(value: Any) -> Any:
    """A NumPy scalar as the Python number it holds."""
    return value.item() if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0 else value


def describe(kind: Any) -> str:
    """A type in words: ``int``, ``list of float``, ``str or None``, ``one of 'a', 'b'``."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(describe(member) for member in inner)
    if origin is typing.Literal:
        return f"one of {', '.join(map(repr, inner))}"
    if origin in (list, tuple, dict):
        return f"{origin.__name__} of {', '.join('...' if part is ... else describe(part) for part in inner)}"
    return "None" if kind in (None, type(None)) else getattr(kind, "__name__", str(kind))


def _any_of(value: Any, kinds: tuple) -> Any:
    """The first member that takes the value: None first, text last, an exact type before a conversion."""
    for kind in sorted(kinds, key=lambda kind: (kind is not type(None), type(value) is not kind, kind is str)):
        try:
            return convert(value, kind)
        except ValueError:
            continue
    raise ValueError


def _one_of(value: Any, choices: tuple) -> Any:
    for choice in choices:
        if (value == choice and type(value) is type(choice)) or (isinstance(value, str) and value == str(choice)):
            return choice
    near = difflib.get_close_matches(str(value), map(str, choices), n=1)
    raise ValueError(f"did you mean {near[0]!r}?" if near else "")


def _none(value: Any, _: tuple) -> None:
    if value is not None and not (isinstance(value, str) and value.strip().lower() in _NONE):
        raise ValueError


def _number(kind: Callable, held: tuple[type, ...], value: Any, _: tuple) -> Any:
    """``value``, one of the types ``held``, as a number of this kind."""
    if isinstance(value, bool) or not isinstance(value, held):
        raise ValueError
    try:
        found = kind(value)
    except (ValueError, OverflowError):
        raise ValueError from None
    if found != found:
        raise ValueError("a number is needed, NaN is none")
    return found


def _bool(value: Any, _: tuple) -> bool:
    word = value.strip().lower() if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else None
    if word not in _TRUE + _FALSE:
        raise ValueError("write true or false")
    return word in _TRUE


def _str(value: Any, _: tuple) -> str:
    if not isinstance(value, str | datetime.date | pathlib.PurePath):
        raise ValueError
    return str(value)


def _date(value: Any, _: tuple) -> datetime.date:
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date()
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    return _iso(value, datetime.date, "2006-12-29")


def _datetime(value: Any, _: tuple) -> datetime.datetime:
    return value if isinstance(value, datetime.datetime) else _iso(value, datetime.datetime, "2006-12-29T16:00")


def _iso(value: Any, kind: Any, example: str) -> Any:
    try:
        return kind.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"write it like {example}") from None


def _path(value: Any, _: tuple) -> pathlib.Path:
    if not isinstance(value, str | pathlib.PurePath) or not str(value):
        raise ValueError
    return pathlib.Path(value)


def _list(value: Any, inner: tuple) -> list:
    return [convert(item, inner[0]) if inner else _plain(item) for item in _items(value)]


def _tuple(value: Any, inner: tuple) -> tuple:
    items = _items(value)
    if not inner or inner[1:] == (...,):
        return tuple(_list(items, inner[:1]))
    if len(items) != len(inner):
        raise ValueError(f"{len(inner)} values are needed")
    return tuple(convert(item, kind) for item, kind in zip(items, inner))


def _items(value: Any) -> list:
    """``a, b`` and ``[a, b]`` are lists of two; a lone word is a list of one."""
    if isinstance(value, str):
        text = value.strip()
        if text.startswith(("[", "(")) and text.endswith(("]", ")")):
            text = text[1:-1]
        return [part.strip().strip("'\"") for part in text.split(",")] if text.strip() else []
    if isinstance(value, list | tuple):
        return list(value)
    raise ValueError("write it like [a, b]")


def _dict(value: Any, inner: tuple) -> dict:
    value = _yaml(value) if isinstance(value, str) else value
    if not isinstance(value, Mapping):
        raise ValueError("write it like {name: value}")
    if not inner:
        return {name: _plain(item) for name, item in value.items()}
    return {convert(name, inner[0]): convert(item, inner[1]) for name, item in value.items()}


def _yaml(text: str) -> Any:
    try:
        return parse_yaml(text, "it", ParameterError)
    except ParameterError as wrong:
        raise ValueError(str(wrong).partition(":")[0]) from None


def _plain(value: Any) -> Any:
    """An item of a container without declared types: numbers, text, dates and containers of them."""
    if isinstance(value, Mapping):
        return _dict(value, ())
    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value))
    value = _bare(value)
    return convert(value, type(value))


_READERS: dict[Any, Callable[[Any, tuple], Any]] = {
    int: partial(_number, int, (int, str)), float: partial(_number, float, (int, float, str)), bool: _bool, str: _str,
    datetime.date: _date, datetime.datetime: _datetime, pathlib.Path: _path, list: _list, tuple: _tuple, dict: _dict,
    typing.Union: _any_of, types.UnionType: _any_of, typing.Literal: _one_of, None: _none, type(None): _none,
}  # fmt: skip
