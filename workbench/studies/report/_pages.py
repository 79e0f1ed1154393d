"""What the pages of a printed report hold: figures, and the room left at the foot, read from Chromium's own PDF.

Chromium writes a page as one compressed stream in 300ths of an inch from its upper edge. Text is placed by ``Tm`` within
the offset of the last ``cm``; a figure is an image of the height and lower edge that its ``cm`` gives.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

_MM = 25.4 / 300
_START = re.compile(rb"stream\r?\n")
_PAGE = re.compile(rb"\.23999999 0 0 -\.23999999 0 [\d.]+ cm")
_MARKS = re.compile(
    rb"(?P<scale>\S+) 0 0 (?P<height>\S+) \S+ (?P<offset>\S+) cm\s|1 0 0 -1 \S+ (?P<text>\S+) Tm\s|(?P<image>/X\d+ Do)\s"
)
TOP, BOTTOM = 13.0, 282.0  # mm: the text area of report.css


@dataclass(frozen=True)
class Page:
    """One printed page, in mm. foot : where its last line or figure ends; figures : upper and lower edge of each."""

    foot: float
    figures: tuple[tuple[float, float], ...]

    @property
    def room(self) -> float:
        """What is empty at the foot."""
        return BOTTOM - self.foot

    @property
    def opens_with_figure(self) -> bool:
        """Whether a figure is the first thing on the page."""
        return bool(self.figures) and self.figures[0][0] < TOP + 8


def read(printed: Path) -> list[Page]:
    """The pages of a PDF that Chromium printed; none where it wrote them in another way."""
    written = printed.read_bytes()
    streams = (_inflated(written[found.end() :]) for found in _START.finditer(written))
    return [_page(stream[head.end() :]) for stream in streams if (head := _PAGE.match(stream))]


def _inflated(compressed: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(compressed)
    except zlib.error:
        return b""


def _page(stream: bytes) -> Page:
    """What stands in the stream of a page, behind its first ``cm``."""
    scale, height, offset = 1.0, 0.0, 0.0
    feet, figures = [TOP], []
    for mark in _MARKS.finditer(stream):
        if mark["offset"]:
            scale, height, offset = float(mark["scale"]), float(mark["height"]), float(mark["offset"])
        elif mark["text"]:
            foot = _MM * (offset + scale * float(mark["text"]))
            feet += [foot] if foot < BOTTOM else []  # below it stands the title
        else:
            figures.append((_MM * (offset + height), _MM * offset))
    return Page(max(feet + [lower for _, lower in figures]), tuple(figures))
