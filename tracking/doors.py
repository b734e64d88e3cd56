"""Who may come in, and what they may take away: rules for every page a shopper opens."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

View = Callable[..., HttpResponse]
_BELOW = re.compile(r"[a-z]+(/[a-z0-9-]+){0,3}")


def private(view: View) -> View:
    """Nobody keeps the answer, finds it, or learns from a link in it where the reader came from."""

    @wraps(view)
    def kept_private(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return kept_private


def from_our_own_pages(view: View) -> View:
    """Take no form another site sent. There is no session here for a token to be tied to; the browser says.

    (Origin would not: with `no-referrer` a form's is "null".)
    """

    @csrf_exempt
    @wraps(view)
    def judged(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and request.headers.get("Sec-Fetch-Site") == "cross-site":
            return render(request, "base/csrf.html", status=403)
        return view(request, *args, **kwargs)

    return judged


def see_other(url: str) -> HttpResponse:
    """Go there with a GET: after a form was taken."""
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response


def below(said: str) -> str:
    """`said` where it names a page below an order's, to go on to; else empty: it leads nowhere else."""
    return said if _BELOW.fullmatch(said) else ""
