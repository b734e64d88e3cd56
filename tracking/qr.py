"""A code as a picture that a scanner reads."""

from __future__ import annotations

import io
from functools import lru_cache

import segno
from django.utils.safestring import SafeString, mark_safe

LONGEST = 60  # characters; a longer code would be a picture too fine for a phone's screen


@lru_cache(maxsize=1024)
def qr_of(code: str) -> SafeString:
    """An inline SVG, black on white in dark mode too; empty for what is too long.

    Nothing of `code` is text in it: the picture's modules are all there is. Never a Micro QR: shops'
    scanners do not read those.
    """
    if not code or len(code) > LONGEST:
        return mark_safe("")
    out = io.BytesIO()
    segno.make(code, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=False, omitsize=True, nl=False, border=3, dark="#000",
        light="#fff", svgclass="qr", lineclass=None,
    )  # fmt: skip
    return mark_safe(out.getvalue().decode())
