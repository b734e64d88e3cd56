"""The API's door: whose key it is, what the key may do, and the shop's rows and no others behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tenants.isolation import shop_context
from tenants.models import ApiKey, Shop
from tenants.services import Actor
from tracking.api import once
from tracking.api.problems import CONTENT_TYPE, as_problem
from tracking.api.reading import JsonParser
from tracking.api.throttle import KeyThrottle

READ, WRITE, EVENTS = "orders:read", "orders:write", "events:write"


class InAscii(JSONRenderer):
    ensure_ascii = True


class JsonRenderer(JSONRenderer):
    """Half characters a caller sent, and finds again in a complaint, do not break the answer."""

    def render(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().render(*args, **kwargs)
        except UnicodeEncodeError:
            return InAscii().render(*args, **kwargs)


class AlwaysJson(BaseContentNegotiation):
    """There is one way to answer, whatever the caller would rather have."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        said = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == said), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class ShopView(APIView):
    """An address of the API. The handler runs in one transaction bound to the key's shop.

    An answer of 500 or more, and any error, leaves nothing written.
    """

    scopes: ClassVar[Mapping[str, str]] = {}
    parser_classes = (JsonParser,)
    renderer_classes = (JsonRenderer,)
    content_negotiation_class = AlwaysJson
    throttle_classes = (KeyThrottle,)

    @property
    def allowed_methods(self) -> list[str]:
        return sorted(self.scopes)

    def shop_of(self, request: Request) -> Shop:
        key = request.auth
        assert isinstance(key, ApiKey)  # noqa: S101  HasScope let it in
        return key.shop

    def actor_of(self, request: Request) -> Actor:
        key = request.auth
        assert isinstance(key, ApiKey)  # noqa: S101
        return Actor(f"key:{key.prefix}")

    def check_permissions(self, request: Request) -> None:
        if request.method not in self.scopes:
            said = {"methods": ", ".join(self.allowed_methods)}
            raise MethodNotAllowed(request.method or "", _("This address answers %(methods)s.") % said)
        super().check_permissions(request)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.args, self.kwargs = args, kwargs
        asking = self.initialize_request(request, *args, **kwargs)
        self.request, self.headers = asking, self.default_response_headers
        try:
            self.initial(asking, *args, **kwargs)
            handler = getattr(self, (asking.method or "").lower())
            response = self._answered(asking, lambda: handler(asking, *args, **kwargs))
        except Exception as error:
            response = self.handle_exception(as_problem(error))
            response.content_type = CONTENT_TYPE
        self.response = self.finalize_response(asking, response, *args, **kwargs)
        patch_cache_control(self.response, private=True, no_store=True)
        return self.response

    def _answered(self, request: Request, answer: Callable[[], Response]) -> Response:
        shop = self.shop_of(request)
        now = timezone.now()
        request._request.body  # noqa: B018  read whole, so that one too large is refused as such
        wanted = once.asked(request)
        with shop_context(shop.pk):
            if wanted and (before := once.answer_of(shop, wanted, now)):
                return before
            response = answer()
            if response.status_code >= 500:
                transaction.set_rollback(True)
            elif wanted:
                once.keep(shop, wanted, response, now)
            return response
