"""What a logo's colours are, and how well a colour reads, said in words."""

from __future__ import annotations

import colorsys
import io
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from PIL import Image

from tenants.colours import ENOUGH, contrast, on, palette, readable

MOST = 5
FAR_APART = 40.0  # in red, green and blue together: nearer than that is the same colour to an eye


@dataclass(frozen=True, slots=True)
class Reading:
    """One pair of colours. `used`: what the page takes in its place where it does not read well enough."""

    what: str
    colour: str
    background: str
    ratio: str  # 4.6
    is_enough: bool
    words: str
    used: str = ""


def colours_in(logo: bytes) -> list[str]:
    """The logo's most used colours, the most telling first; no white, black or grey unless there is nothing else."""
    with Image.open(io.BytesIO(logo)) as opened:
        small = opened.convert("RGBA")
    small.thumbnail((96, 96))
    pixels: Any = small.get_flattened_data()
    solid = [pixel[:3] for pixel in pixels if pixel[3] > 200]
    if not solid:
        return []
    line = Image.new("RGB", (len(solid), 1))
    line.putdata(solid)
    counted: Any = line.quantize(12).convert("RGB").getcolors() or []
    ordered: list[tuple[int, int, int]] = [
        rgb for _count, rgb in sorted(counted, key=lambda found: -found[0] * _strength(found[1]))
    ]
    telling = [rgb for rgb in ordered if _strength(rgb) > 0.15] or ordered
    kept: list[tuple[int, int, int]] = []
    for rgb in telling:
        if all(sum(abs(a - b) for a, b in zip(rgb, other, strict=True)) > FAR_APART for other in kept):
            kept.append(rgb)
    return [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in kept[:MOST]]


def _strength(rgb: tuple[int, int, int]) -> float:
    """0 for white, black and grey; towards 1 for a full colour."""
    _hue, lightness, saturation = colorsys.rgb_to_hls(*(part / 255 for part in rgb))
    return saturation * (1 - abs(2 * lightness - 1))


def readings(colour: str, background: str) -> list[Reading]:
    made = palette(colour, background)
    ink = on(colour)
    return [
        _reading(
            _("Text on buttons"), ink, colour, _("Buttons take a shade of it that does: %(used)s."), made["brand"]
        ),
        _reading(
            _("Your colour as text"), colour, "#ffffff", _("Links take a shade of it that does: %(used)s."),
            readable(colour, "#ffffff"),
        ),
        _reading(
            _("Small print on the background"), "#626863", background, _("It takes a shade that does: %(used)s."),
            made["muted"],
        ),
    ]  # fmt: skip


def _reading(what: str, colour: str, background: str, otherwise: str, used: str) -> Reading:
    ratio = contrast(colour, background)
    is_enough = ratio >= ENOUGH
    words = (
        _("Reads well.")
        if is_enough
        else _("Does not read well: at least %(least)s is needed.") % {"least": ENOUGH}
        + " "
        + otherwise % {"used": used}
    )
    return Reading(
        what, colour, background, f"{int(ratio * 10) / 10:.1f}", is_enough, words, "" if is_enough else used
    )
