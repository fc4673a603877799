"""Plots drawn on the server: small SVG without script or inline style.

Across they are measured in per cent and upwards in pixels, so that text keeps its size on a phone.
Colours come from classes (``console/insights.css``). Each names itself for those who cannot see it;
the numbers stand in a table beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, log10

from markupsafe import Markup, escape

LARGEST = 12_000
"""Bytes of one plot at most; a test holds the fullest one to it."""
LEVELS = 5
"""Shades of a heat map."""
_HIGH = 200
_BOTTOM = 172
_LINE = 34
_SPARK = 48


@dataclass(frozen=True, slots=True)
class Column:
    """One bar of a plot over time: ``below`` with ``above`` on top of it."""

    label: str
    below: int
    above: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a list of bars. ``low`` and ``high`` are the ends of what is likely."""

    label: str
    value: float
    said: str
    low: float | None = None
    high: float | None = None


def columns(name: str, title: str, says: str, bars: Sequence[Column]) -> Markup:
    """Bars over time, two counts on top of each other."""
    top = _round_up(max((bar.below + bar.above for bar in bars), default=1))
    slot = 100 / max(len(bars), 1)
    wide = slot * (0.72 if slot < 8 else 0.5)
    first, second = [], []
    for number, bar in enumerate(bars):
        x = number * slot + (slot - wide) / 2
        low = _BOTTOM - _up(bar.below, top)
        high = low - _up(bar.above, top)
        if bar.below:
            first.append(_rect(x, low, wide, _BOTTOM - low))
        if bar.above:
            second.append(_rect(x, high, wide, low - high))
    body = [f'<g class="p1">{"".join(first)}</g><g class="p2">{"".join(second)}</g>']
    every = max(1, ceil(len(bars) / 6))
    for number in range(0, len(bars), every):
        x = (number + 0.5) * slot
        body.append(f'<text x="{x:.1f}%" y="{_HIGH - 8}" text-anchor="middle">')
        body.append(f"{escape(bars[number].label)}</text>")
    drawn = f"{_grid(top)}{''.join(body)}"
    return _svg(name, title, says, _HIGH, drawn, "plot scaled")


def spark(name: str, title: str, says: str, counts: Sequence[int]) -> Markup:
    """A small line through some counts, without an axis; the last of them has a dot."""
    top, slot = max(counts, default=0) or 1, 100 / max(len(counts), 1)
    points = [
        ((number + 0.5) * slot, _SPARK - 6 - (_SPARK - 12) * count / top)
        for number, count in enumerate(counts)
    ]
    body = [
        f'<line class="ps" x1="{x1:.1f}%" y1="{y1:.4g}" x2="{x2:.1f}%" y2="{y2:.4g}"/>'
        for (x1, y1), (x2, y2) in pairwise(points)
    ]
    body += [f'<circle class="p1" cx="{x:.1f}%" cy="{y:.4g}" r="4"/>' for x, y in points[-1:]]
    return _svg(name, title, says, _SPARK, "".join(body))


def lines(name: str, title: str, says: str, bars: Sequence[Bar], top: float) -> Markup:
    """Bars from left to right, each under its label; the longest possible is ``top``."""
    body, whole = [], max(top, 1e-9)
    for number, bar in enumerate(bars):
        y = number * (_LINE + 10)
        share = 100 * bar.value / whole
        body.append(f'<text class="pl" x="0" y="{y + 14}">{escape(_short(bar.label))}</text>')
        body.append(f'<text x="100%" y="{y + 14}" text-anchor="end">{escape(bar.said)}</text>')
        body.append(f'<rect class="p0" y="{y + 20}" width="100%" height="12"/>')
        if share > 0:
            body.append(f'<rect class="p1" y="{y + 20}" width="{share:.2f}%" height="12"/>')
        if bar.low is not None and bar.high is not None:
            low, high = 100 * bar.low / whole, 100 * bar.high / whole
            body.append(
                f'<line class="pi" x1="{low:.2f}%" x2="{high:.2f}%" y1="{y + 26}" y2="{y + 26}"/>'
            )
            for end in (low, high):
                body.append(
                    f'<line class="pi" x1="{end:.2f}%" x2="{end:.2f}%" '
                    f'y1="{y + 21}" y2="{y + 31}"/>'
                )
    return _svg(name, title, says, len(bars) * (_LINE + 10), "".join(body))


def heat(
    name: str,
    title: str,
    says: str,
    down: Sequence[str],
    across: Sequence[str],
    counts: Sequence[Sequence[int]],
) -> Markup:
    """A field of squares, the darker the more; ``counts[row][column]``."""
    most = max((count for row in counts for count in row), default=0) or 1
    left, tall = 12.0, 26
    wide = (100 - left) / max(len(across), 1)
    body = [f'<rect class="p0" x="{left}%" y="20" width="{100 - left}%" height="{tall * 7}"/>']
    shades: list[list[str]] = [[] for _ in range(LEVELS)]
    for row, label in enumerate(down):
        y = 20 + row * tall
        body.append(f'<text x="0" y="{y + 18}">{escape(label)}</text>')
        for column, count in enumerate(counts[row]):
            if count:
                x = left + column * wide
                shades[shade_of(count, most) - 1].append(_rect(x, y, wide, tall))
    every = max(1, ceil(len(across) / 8))
    for column in range(0, len(across), every):
        x = left + column * wide
        body.append(f'<text x="{x:.1f}%" y="13">{escape(across[column])}</text>')
    for number, rects in enumerate(shades, start=1):
        if rects:
            body.append(f'<g class="h{number}">{"".join(rects)}</g>')
    return _svg(name, title, says, 20 + tall * len(down), "".join(body))


def shade_of(count: int, most: int) -> int:
    """The shade of a count, 1 to ``LEVELS``; ``most`` has the darkest."""
    return max(1, min(LEVELS, ceil(LEVELS * count / most)))


def _steps(top: int) -> list[tuple[int, float]]:
    """Numbers of the axis and how high they stand."""
    values = [0, top // 2, top] if top % 2 == 0 else [0, top]
    return [(value, _BOTTOM - _up(value, top)) for value in values]


def _grid(top: int) -> str:
    """Lines across, and their numbers to the left of everything (the class leaves room)."""
    return "".join(
        f'<line class="pg" x2="100%" y1="{y:g}" y2="{y:g}"/>'
        f'<text x="-8" y="{y + 4:g}" text-anchor="end">{value}</text>'
        for value, y in _steps(top)
    )


def _up(value: float, top: int) -> float:
    return round((_BOTTOM - 12) * value / top, 1)


def _rect(x: float, y: float, wide: float, tall: float) -> str:
    return f'<rect x="{x:.1f}%" y="{y:g}" width="{wide:.1f}%" height="{tall:.4g}"/>'


def _round_up(most: int) -> int:
    """The next of 1, 2, 4, 6, 8, 10, 20, 40, ...: an end of the axis whose half is a number too."""
    if most <= 2:
        return max(most, 1)
    size: int = 10 ** int(log10(most))
    return next(step * size for step in (1, 2, 4, 6, 8, 10) if step * size >= most)


def _short(text: str) -> str:
    return text if len(text) <= 32 else f"{text[:31]}…"


def _svg(name: str, title: str, says: str, high: int, body: str, look: str = "plot") -> Markup:
    return Markup(  # noqa: S704 - every text in it was escaped
        f'<svg class="{look}" width="100%" height="{high}" role="img" '
        f'aria-labelledby="{name}-t {name}-d"><title id="{name}-t">{escape(title)}</title>'
        f'<desc id="{name}-d">{escape(says)}</desc>{body}</svg>'
    )
