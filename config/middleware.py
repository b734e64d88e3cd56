"""Sessions, sign-in and language belong to the installation's host; shoppers' pages go without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware

GetResponse = Callable[[HttpRequest], HttpResponse]


def _only_on_site(middleware: Callable[[GetResponse], Any]) -> type:
    """The same middleware, passed by where a shop answers: no cookies there, and a shorter way."""

    class Passed:
        def __init__(self, get_response: GetResponse) -> None:
            self.get_response = get_response
            self.inner = middleware(get_response)

        def __call__(self, request: HttpRequest) -> HttpResponse:
            if hasattr(request, "shop"):
                return self.get_response(request)
            response: HttpResponse = self.inner(request)
            return response

        def process_view(self, request: HttpRequest, *args: Any) -> Any:
            hook = getattr(self.inner, "process_view", None)
            return hook(request, *args) if hook and not hasattr(request, "shop") else None

        def process_exception(self, request: HttpRequest, error: Exception) -> Any:
            hook = getattr(self.inner, "process_exception", None)
            return hook(request, error) if hook and not hasattr(request, "shop") else None

    return Passed


SiteSessionMiddleware = _only_on_site(SessionMiddleware)
SiteLocaleMiddleware = _only_on_site(LocaleMiddleware)
SiteAuthenticationMiddleware = _only_on_site(AuthenticationMiddleware)
SiteMessageMiddleware = _only_on_site(MessageMiddleware)
