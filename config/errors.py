"""Pages for what went wrong, plain and without a query."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "base/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "base/500.html", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "base/csrf.html", status=403)
