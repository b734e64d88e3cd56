"""Pages for what went wrong, plain and without a query, in the language of whoever meets them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _page(request, "base/404.html", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return _page(request, "base/500.html", 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(request, "base/csrf.html", 403)


def _page(request: HttpRequest, template: str, status: int) -> HttpResponse:
    """The fault may have come before anybody asked for a language."""
    with translation.override(translation.get_language_from_request(request)):
        return render(request, template, status=status)
