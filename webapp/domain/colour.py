"""An organization's look from two colours: every pair of them stays readable, light and dark.

Contrast is WCAG 2.2 relative luminance. Text on the primary colour is black or white, whichever
stands out more; text *in* the primary colour is mixed towards black or white until it can be read.
No colour is ever refused.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

Rgb = tuple[int, int, int]

BLACK: Rgb = (0, 0, 0)
WHITE: Rgb = (255, 255, 255)
LIGHT_GROUNDS: tuple[Rgb, ...] = ((255, 255, 255), (246, 247, 249))
"""Page and card in light mode; the style sheet uses the same two."""
DARK_GROUNDS: tuple[Rgb, ...] = ((17, 20, 25), (24, 28, 35))
"""Page and card in dark mode."""
TEXT_RATIO = 4.5
"""What WCAG AA asks of body text."""
SHAPE_RATIO = 3.0
"""What WCAG AA asks of shapes that carry meaning."""

_HEX = re.compile(r"#([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Brand:
    """What the style sheet needs to know of an organization; colours are ``#RRGGBB``.

    ``light_mixed`` and ``dark_mixed`` say by how many percent the primary colour was mixed
    towards black or white to be readable as text; the brand editor tells people so.
    """

    primary: str
    secondary: str
    on_primary: str
    on_primary_ratio: float
    light_text: str
    light_ratio: float
    light_mixed: int
    dark_text: str
    dark_ratio: float
    dark_mixed: int
    light_accent_outlined: bool
    dark_accent_outlined: bool


def parse(text: str) -> Rgb:
    """The three channels of ``#RRGGBB``; ValueError for anything else."""
    found = _HEX.fullmatch(text)
    if found is None:
        raise ValueError(f"not a colour like #2456C4: {text!r}")
    red, green, blue = (int(part, 16) for part in found.groups())
    return red, green, blue


def to_hex(colour: Rgb) -> str:
    """``#RRGGBB`` in capitals."""
    return "#{:02X}{:02X}{:02X}".format(*colour)


def luminance(colour: Rgb) -> float:
    """Relative luminance from 0 (black) to 1 (white), WCAG 2.2."""
    red, green, blue = (_linear(channel / 255) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    """The contrast ratio of two colours, 1 to 21, WCAG 2.2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def derive(primary: str, secondary: str) -> Brand:
    """The whole brand of two colours; ValueError when one is not ``#RRGGBB``."""
    first, second = parse(primary), parse(secondary)
    on_primary = max((BLACK, WHITE), key=lambda ink: contrast(ink, first))
    light_text, light_mixed = _readable(first, BLACK, LIGHT_GROUNDS)
    dark_text, dark_mixed = _readable(first, WHITE, DARK_GROUNDS)
    return Brand(
        primary=to_hex(first),
        secondary=to_hex(second),
        on_primary=to_hex(on_primary),
        on_primary_ratio=contrast(on_primary, first),
        light_text=to_hex(light_text),
        light_ratio=_least(light_text, LIGHT_GROUNDS),
        light_mixed=light_mixed,
        dark_text=to_hex(dark_text),
        dark_ratio=_least(dark_text, DARK_GROUNDS),
        dark_mixed=dark_mixed,
        light_accent_outlined=_least(second, LIGHT_GROUNDS) < SHAPE_RATIO,
        dark_accent_outlined=_least(second, DARK_GROUNDS) < SHAPE_RATIO,
    )


def brand_css(brand: Brand) -> str:
    """The style sheet of one organization: custom properties only, over the base's own."""
    soft = "color-mix(in srgb,{} 9%,{})".format
    light_soft = soft(brand.light_text, to_hex(LIGHT_GROUNDS[0]))
    dark_soft = soft(brand.dark_text, to_hex(DARK_GROUNDS[1]))
    line = f"light-dark({brand.light_text},{brand.dark_text})"
    accent_line = "light-dark({},{})".format(
        "var(--control)" if brand.light_accent_outlined else brand.secondary,
        "var(--control)" if brand.dark_accent_outlined else brand.secondary,
    )
    return (
        f":root{{--brand:{brand.primary};--on-brand:{brand.on_primary};--brand-text:{line};"
        f"--brand-soft:light-dark({light_soft},{dark_soft});"
        f"--accent:{brand.secondary};--accent-line:{accent_line}}}\n"
    )


def brand_hash(primary: str, secondary: str) -> str:
    """Twelve characters that change with the style sheet; they stand in its address."""
    text = brand_css(derive(primary, secondary))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _least(colour: Rgb, grounds: tuple[Rgb, ...]) -> float:
    return min(contrast(colour, ground) for ground in grounds)


def _readable(colour: Rgb, towards: Rgb, grounds: tuple[Rgb, ...]) -> tuple[Rgb, int]:
    """``colour`` mixed towards ``towards`` in the fewest percent that reach ``TEXT_RATIO``."""
    for percent in range(100):
        mixed = _mix(colour, towards, percent)
        if _least(mixed, grounds) >= TEXT_RATIO:
            return mixed, percent
    return towards, 100


def _mix(colour: Rgb, towards: Rgb, percent: int) -> Rgb:
    red, green, blue = (
        round((a * (100 - percent) + b * percent) / 100)
        for a, b in zip(colour, towards, strict=True)
    )
    return red, green, blue
