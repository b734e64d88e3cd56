"""The API's description, and pages to read it."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import patched_settings

from tracking.api.problems import KINDS
from tracking.api.words import ENUMS

_schema: bytes = b""


def described() -> dict[str, Any]:
    with translation.override("en"), patched_settings({"ENUM_NAME_OVERRIDES": ENUMS}):
        found: dict[str, Any] = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    return found


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1, as JSON. It is the same for everybody, and made once."""
    global _schema
    if not _schema:
        _schema = json.dumps(described(), separators=(",", ":")).encode()
    response = HttpResponse(_schema, content_type="application/vnd.oai.openapi+json;version=3.1")
    response["Cache-Control"] = "public, max-age=300"
    return response


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html")


@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    """What each `type` of problem leads to."""
    return render(request, "api/problems.html", {"kinds": list(KINDS.values())})
