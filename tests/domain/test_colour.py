"""Two brand colours: whatever an organization picks, its pages stay readable."""

from __future__ import annotations

import random

import pytest

from webapp.domain import colour


def _pairs(count: int) -> list[tuple[str, str]]:
    chance = random.Random(54)
    return [
        (f"#{chance.randrange(1 << 24):06X}", f"#{chance.randrange(1 << 24):06X}")
        for _ in range(count)
    ]


def test_text_on_and_in_any_brand_colour_reaches_four_and_a_half_to_one() -> None:
    for primary, secondary in [*_pairs(1000), ("#4B7D87", "#000000"), ("#808080", "#FFFFFF")]:
        brand = colour.derive(primary, secondary)
        assert colour.contrast(colour.parse(brand.on_primary), colour.parse(primary)) >= 4.5
        for ground in colour.LIGHT_GROUNDS:
            assert colour.contrast(colour.parse(brand.light_text), ground) >= 4.5
        for ground in colour.DARK_GROUNDS:
            assert colour.contrast(colour.parse(brand.dark_text), ground) >= 4.5


def test_a_brand_colour_is_changed_no_more_than_reading_it_needs() -> None:
    for primary, secondary in _pairs(200):
        brand = colour.derive(primary, secondary)
        if brand.light_mixed == 0:
            assert brand.light_text == primary
        assert brand.light_mixed == 0 or brand.light_ratio < 4.9


@pytest.mark.parametrize(
    ("primary", "light", "percent"),
    [("#30A9EE", "#2278A9", 29), ("#FFEB3B", "#7D731D", 51), ("#303030", "#303030", 0)],
)
def test_known_colours_are_mixed_by_the_same_percent_for_ever(
    primary: str, light: str, percent: int
) -> None:
    brand = colour.derive(primary, "#30A9EE")
    assert (brand.light_text, brand.light_mixed) == (light, percent)


def test_black_is_written_on_light_blue_and_white_on_dark_grey() -> None:
    assert colour.derive("#30A9EE", "#303030").on_primary == "#000000"
    assert colour.derive("#303030", "#30A9EE").on_primary == "#FFFFFF"


def test_an_accent_too_faint_to_be_seen_gets_an_outline() -> None:
    assert colour.derive("#303030", "#FFF6CC").light_accent_outlined
    assert not colour.derive("#303030", "#FFF6CC").dark_accent_outlined
    assert colour.derive("#303030", "#15181D").dark_accent_outlined


@pytest.mark.parametrize(
    "text", ["", "#FFF", "red", "#12345G", "#123456;}", " #123456", "#1234567"]
)
def test_only_six_digits_of_hexadecimal_are_a_colour(text: str) -> None:
    with pytest.raises(ValueError, match="not a colour"):
        colour.parse(text)


def test_the_style_sheet_names_every_property_and_its_address_follows_the_colours() -> None:
    sheet = colour.brand_css(colour.derive("#30A9EE", "#303030"))
    for name in ("brand", "on-brand", "brand-text", "brand-soft", "accent", "accent-line"):
        assert f"--{name}:" in sheet
    assert colour.brand_hash("#30A9EE", "#303030") != colour.brand_hash("#30A9EF", "#303030")
    assert colour.brand_hash("#30a9ee", "#303030") == colour.brand_hash("#30A9EE", "#303030")
