"""Every brand colour ends up readable."""

from hypothesis import given
from hypothesis import strategies as st

from tenants import colours

hexes = st.from_regex(r"\A#[0-9a-f]{6}\Z")


def test_contrast_is_what_wcag_says():
    assert round(colours.contrast("#000000", "#ffffff"), 1) == 21.0
    assert round(colours.contrast("#777777", "#ffffff"), 2) == 4.48
    assert colours.contrast("#abcdef", "#abcdef") == 1


def test_a_colour_that_reads_well_is_left_alone():
    assert colours.readable("#1f5f4a", "#ffffff") == "#1f5f4a"


@given(hexes, hexes)
def test_any_brand_on_any_page_reads(brand, page):
    made = colours.palette(brand, page)
    for text, ground in (
        ("on_brand", "brand"),
        ("brand_text", "brand_soft"),
        ("ink", "page"),
        ("muted", "page"),
        ("dark_on_brand", "dark_brand"),
        ("dark_brand_text", "dark_brand_soft"),
    ):
        assert colours.contrast(made[text], made[ground]) >= 4.49, (text, ground, made)
