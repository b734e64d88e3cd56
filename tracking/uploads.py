"""Forms that bring files: read to their end before anything else, and no larger than they may be."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

MOST_BYTES = 64 * 1024 * 1024  # of one form: what is too large within it can still be said beside the field
View = Callable[..., HttpResponse]


def uploads_first(view: View) -> View:
    """Take in what a form brings before the view, and its transaction, begin: a slow line holds no rows."""

    @wraps(view)
    def ready(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST":
            if _length(request) > MOST_BYTES:
                said = _("That is more than we can take at once. Go back, and send fewer or smaller photos.")
                return HttpResponse(said, status=413, content_type="text/plain; charset=utf-8")
            request.FILES  # noqa: B018  reads it all
        return view(request, *args, **kwargs)

    return ready


def _length(request: HttpRequest) -> int:
    said = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(said) if said.isdecimal() else 0
