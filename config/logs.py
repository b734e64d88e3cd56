"""What a request leaves in the log: its id, its route, its shop. Never an address, a name, or a key."""

from __future__ import annotations

import logging
import re

import structlog
from django.dispatch import receiver
from django.http import HttpRequest
from django_structlog import signals
from django_structlog.middlewares import RequestMiddleware

# A page's key, a hook's, a reset link's: whatever is long enough to open something.
_KEY = re.compile(r"(?<=/)[^/]{16,}")


def without_keys(path: str) -> str:
    """The path with every segment that may be a key left out. The query is dropped whole by the caller."""
    return _KEY.sub("…", path)


class WithoutKeys(logging.Filter):
    """For what Django says of requests itself: it writes the whole path."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django."):  # not django_structlog, whose messages are no text yet
            record.msg, record.args = without_keys(record.getMessage()), ()
        return True


class LogMiddleware(RequestMiddleware):
    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {without_keys(request.path_info)}"


@receiver(signals.bind_extra_request_metadata)
def name_the_shop(
    request: HttpRequest, logger: object, log_kwargs: dict[str, object], **kwargs: object
) -> None:
    log_kwargs.pop("user_agent", None)
    shop = getattr(request, "shop", None)
    if shop is not None:
        structlog.contextvars.bind_contextvars(shop_id=shop.pk)
