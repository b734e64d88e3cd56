"""A shop's look as the one style block its pages carry: validated colours, a listed font, a radius."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from tenants.colours import palette
from tenants.models import COLOUR, FONTS


class HasLook(Protocol):
    """`tenants.models.Brand`, or its image in a snapshot."""

    @property
    def colour(self) -> str: ...
    @property
    def background(self) -> str: ...
    @property
    def font(self) -> str: ...
    @property
    def radius(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Style:
    css: str
    page: str  # the background, for the browser's own bar
    csp: str  # what lets a content security policy admit this block and no other


def style_of(look: HasLook) -> Style:
    return _style(look.colour, look.background, look.font, look.radius)


# Light value, dark value, by custom property.
PAIRS = {
    "brand": ("brand", "dark_brand"),
    "on-brand": ("on_brand", "dark_on_brand"),
    "brand-text": ("brand_text", "dark_brand_text"),
    "brand-soft": ("brand_soft", "dark_brand_soft"),
    "brand-line": ("brand_line", "dark_brand_line"),
    "page": ("page", "dark_page"),
    "page-ink": ("ink", "dark_ink"),
    "page-muted": ("muted", "dark_muted"),
}


@lru_cache(maxsize=1024)
def _style(colour: str, background: str, font: str, radius: int) -> Style:
    """A colour lands where HTML escaping does not protect: the database checked it, and so do we."""
    for value in (colour, background):
        if not re.fullmatch(COLOUR, value):
            raise ValueError(f"not a colour: {value!r}")
    colours: dict[str, Any] = {"dark_ink": "#eceee9", "dark_muted": "#a3aaa4", **palette(colour, background)}
    light = "".join(f"--{name}:{colours[pair[0]]};" for name, pair in PAIRS.items())
    both = "".join(f"--{name}:light-dark({colours[a]},{colours[b]});" for name, (a, b) in PAIRS.items())
    css = (
        f":root{{--font:{FONTS[font]};--radius:{int(radius)}px;{light}}}"
        f"@supports(color:light-dark(red,red)){{:root{{{both}}}}}"
    )
    return Style(css=css, page=background, csp=sealed(css))


def sealed(css: str) -> str:
    """What lets a content security policy admit this style block and no other."""
    return f"'sha256-{b64encode(hashlib.sha256(css.encode()).digest()).decode()}'"


def colours_of(look: Any) -> dict[str, tuple[str, str]]:
    """What a map is drawn in (tracking.map.Colours): light and dark of each. `look`: colour and background."""
    colours = palette(look.colour, look.background)
    return {
        "line": (colours["brand_text"], colours["dark_brand_text"]),
        "halo": ("#ffffff", colours["dark_card"]),
    }


def dot(colour: str) -> str:
    """The icon of a shop without a logo: a drop in its colour, as a data address."""
    fill = colour.replace("#", "%23")
    return (
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
        f"%3Cpath fill='{fill}' d='M16 2a14 14 0 0 1 0 28H5a3 3 0 0 1-3-3V16A14 14 0 0 1 16 2z'/%3E%3C/svg%3E"
    )
