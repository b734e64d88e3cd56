"""Draws the demo shops' logos, so that none has to be shipped."""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFont

SCALE = 4  # drawn large and shrunk: smooth edges
HEIGHT = 64 * SCALE


def _bowl(draw: ImageDraw.ImageDraw, colour: str) -> None:
    s = HEIGHT
    draw.pieslice((0.06 * s, -0.02 * s, 0.94 * s, 0.86 * s), 0, 180, fill=colour)
    draw.rounded_rectangle((0.32 * s, 0.8 * s, 0.68 * s, 0.92 * s), 0.03 * s, fill=colour)
    for n in range(3):
        x = (0.3 + 0.2 * n) * s
        draw.ellipse((x - 0.035 * s, 0.2 * s, x + 0.035 * s, 0.27 * s), fill=colour)


def _book(draw: ImageDraw.ImageDraw, colour: str) -> None:
    s = HEIGHT
    draw.polygon(
        [(0.05 * s, 0.2 * s), (0.47 * s, 0.3 * s), (0.47 * s, 0.88 * s), (0.05 * s, 0.76 * s)], fill=colour
    )
    draw.polygon(
        [(0.95 * s, 0.2 * s), (0.53 * s, 0.3 * s), (0.53 * s, 0.88 * s), (0.95 * s, 0.76 * s)], fill=colour
    )


def _sun(draw: ImageDraw.ImageDraw, colour: str) -> None:
    s = HEIGHT
    draw.ellipse((0.08 * s, 0.08 * s, 0.92 * s, 0.92 * s), fill=colour)
    draw.ellipse((0.3 * s, 0.2 * s, 0.7 * s, 0.8 * s), fill="#4a2a12")
    draw.arc((0.34 * s, 0.18 * s, 0.62 * s, 0.82 * s), 300, 70, fill=colour, width=int(0.05 * s))


EMBLEMS: dict[str, Callable[[ImageDraw.ImageDraw, str], None]] = {"bowl": _bowl, "book": _book, "sun": _sun}
INK = {"bowl": "#3b2418", "book": "#1d3557", "sun": "#4a2a12"}


def logo(emblem: str, name: str, colour: str) -> bytes:
    """A PNG: the emblem, and the shop's name beside it."""
    font = ImageFont.load_default(HEIGHT * 0.46)
    width = int(HEIGHT * 1.25 + font.getlength(name))
    picture = Image.new("RGBA", (width, HEIGHT), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    EMBLEMS[emblem](draw, colour)
    draw.text((HEIGHT * 1.2, HEIGHT * 0.52), name, font=font, fill=INK[emblem], anchor="lm")
    out = io.BytesIO()
    picture.resize((width // 2, HEIGHT // 2), Image.Resampling.LANCZOS).save(out, "PNG")
    return out.getvalue()
