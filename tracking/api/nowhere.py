"""Addresses of the API at which there is nothing, or which are written with a slash too many."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import NotFound

from tracking.api.door import ShopView


@csrf_exempt
def without_slash(request: HttpRequest, rest: str) -> HttpResponse:
    """No redirect: the body of a POST would not survive it."""
    request.path = request.path.rstrip("/")
    request.path_info = request.path_info.rstrip("/")
    try:
        found = resolve(request.path_info)
    except Resolver404:
        return Nowhere.as_view()(request)
    request.resolver_match = found
    response: HttpResponse = found.func(request, *found.args, **found.kwargs)
    return response


class Nowhere(ShopView):
    """Says so in the API's own way, to whoever asks."""

    schema = None
    authentication_classes = ()
    permission_classes = ()

    def check_permissions(self, request: Any) -> None:
        address = f"{settings.SITE_URL}/api/docs/"
        raise NotFound(
            _("There is nothing at this address. %(address)s names those there are.") % {"address": address}
        )
