"""How wide figures are printed, so that no page is left with a hole at its foot and the last one holds more than lines.

A figure that does not fit on what is left of a page moves to the next and leaves a hole. Where narrowing it and the
figures before it on that page closes the hole, they are narrowed together; if that does not do, all figures are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from workbench.studies.report._pages import Page

WIDTHS = (167, 158, 150)  # mm of all figures, tried in this order
NARROWEST = 140  # mm of figures that are narrowed to close a hole
HOLE, LAST = 27.0, 225.0  # mm: of a hole; the room on a page of a few lines
CAPTIONS = (12.0, 16.0, 20.0)  # mm of caption and margins under a figure, tried in this order

Printing = tuple[list[int], list[Page]]


def fit(figures: int, pages_of: Callable[[Sequence[int]], list[Page]]) -> list[int]:
    """Widths in mm, one a figure: of those tried the ones with the fewest pages, then the least waste.

    pages_of : prints with these widths and reads the pages.
    """
    printings: list[Printing] = []
    for width in WIDTHS:
        printings += _fill([width] * figures, pages_of)
        best = min(printings, key=lambda printing: (len(printing[1]), waste(printing[1])))
        if not waste(best[1]):
            break
    return best[0]


def waste(pages: Sequence[Page]) -> float:
    """Room in mm that a reader would mind: holes of all pages but the last, and a last page of a few lines."""
    holes = sum(page.room for page in pages[:-1] if page.room > HOLE)
    return holes + sum(page.room for page in pages[1:][-1:] if page.room > LAST)


def _fill(widths: list[int], pages_of: Callable[[Sequence[int]], list[Page]]) -> Iterator[Printing]:
    """Printings that close one hole after the other, from ``widths`` on; what moves no figure is taken back."""
    pages, place = pages_of(widths), 0
    yield widths, pages
    while place < len(pages) - 1:
        for caption in CAPTIONS:
            narrower = _narrowed(widths, pages, place, caption)
            if narrower is None:
                break
            tried = pages_of(narrower)
            if len(tried[place].figures) > len(pages[place].figures):
                widths, pages = narrower, tried
                yield widths, pages
                break
        place += 1


def _narrowed(widths: list[int], pages: Sequence[Page], place: int, caption: float) -> list[int] | None:
    """Widths that would bring the next figure, with ``caption`` mm under it, to a page with a hole; None: there are none."""
    here, following = pages[place], pages[place + 1]
    known = sum(len(page.figures) for page in pages) == len(widths)
    if not known or here.room <= HOLE or not following.opens_with_figure:
        return None
    last = sum(len(page.figures) for page in pages[: place + 1])
    first = last - len(here.figures)
    wanted, *others = [lower - upper for upper, lower in (following.figures[0], *here.figures)]
    share = min(1 - (wanted + caption - here.room) / (wanted + sum(others)), 1.0)
    narrower = [int(width * share) for width in widths[first : last + 1]]
    return [*widths[:first], *narrower, *widths[last + 1 :]] if min(narrower) >= NARROWEST else None
