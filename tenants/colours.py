"""Colours that can be read: contrast by WCAG 2.2, and the nearest colour that has enough. Pure."""

from __future__ import annotations

from functools import lru_cache

WHITE, INK = "#ffffff", "#1b1d1c"
ENOUGH = 4.5  # WCAG 2.2 AA for text, https://www.w3.org/TR/WCAG22/#contrast-minimum

Rgb = tuple[float, float, float]


def _rgb(colour: str) -> Rgb:
    return (int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255)


def _hex(rgb: Rgb) -> str:
    return "#" + "".join(f"{round(max(0.0, min(1.0, part)) * 255):02x}" for part in rgb)


def luminance(colour: str) -> float:
    """Relative luminance, 0 (black) to 1 (white), of `#rrggbb`."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """1 (the same) to 21 (black on white)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mix(one: str, other: str, share: float) -> str:
    """`share` (0 to 1) of `one`, the rest of `other`."""
    a, b = _rgb(one), _rgb(other)
    return _hex(tuple(x * share + y * (1 - share) for x, y in zip(a, b, strict=True)))  # type: ignore[arg-type]


def on(colour: str) -> str:
    """White or ink, whichever reads better upon `colour`."""
    return WHITE if contrast(WHITE, colour) >= contrast(INK, colour) else INK


@lru_cache(maxsize=4096)
def readable(colour: str, background: str, enough: float = ENOUGH) -> str:
    """`colour`, darkened or lightened just so far that it can be read upon `background`."""
    if contrast(colour, background) >= enough:
        return colour
    towards = "#000000" if luminance(background) > 0.18 else "#ffffff"
    low, high = 0.0, 1.0
    for _step in range(12):  # halving: finer than a colour step
        middle = (low + high) / 2
        low, high = (
            (low, middle) if contrast(mix(towards, colour, middle), background) >= enough else (middle, high)
        )
    return mix(towards, colour, high)


def palette(brand: str, page: str) -> dict[str, str]:
    """Every colour a branded page uses, light and dark, each with enough contrast where text stands on it."""
    card, dark_page, dark_card = WHITE, "#131514", "#1c1f1d"
    button = brand if contrast(on(brand), brand) >= ENOUGH else readable(brand, on(brand))
    soft, dark_soft = mix(brand, card, 0.09), mix(brand, dark_card, 0.22)
    lifted = readable(brand, dark_card, ENOUGH)
    return {
        "brand": button,
        "on_brand": on(button),
        "brand_text": readable(brand, soft),
        "brand_soft": soft,
        "brand_line": mix(brand, card, 0.28),
        "page": page,
        "ink": readable(INK, page, 7.0),
        "muted": readable("#626863", page),
        "dark_page": dark_page,
        "dark_card": dark_card,
        "dark_brand": lifted,
        "dark_on_brand": on(lifted),
        "dark_brand_text": readable(brand, dark_soft),
        "dark_brand_soft": dark_soft,
        "dark_brand_line": mix(brand, dark_card, 0.4),
    }
