"""Pages shown inside a console page: framed by it alone, and able to do nothing."""

from __future__ import annotations

from typing import Any

from csp.constants import NONE, SELF
from django.http import HttpResponse


def framed(html: str, *, styles: list[str], status: int = 200) -> HttpResponse:
    """`html` without scripts, forms or ways out; `styles` are the style sources it may use."""
    # Links would lead the frame to pages that refuse to be framed: they lead to a window it may not open.
    shown = html.replace("<head>", '<head><base target="_blank">', 1)
    response: Any = HttpResponse(shown, status=status)
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Cache-Control"] = "private, no-store"
    response._csp_config = {
        "default-src": [NONE],
        "img-src": [SELF, "https:", "data:"],
        "style-src": styles,
        "base-uri": [NONE],
        "form-action": [NONE],
        "frame-ancestors": [SELF],
        "sandbox": True,
    }
    return response  # type: ignore[no-any-return]
