"""What workers know together for a while: Redis, which may be away. Nothing in it is missed when it is lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

T = TypeVar("T")
log = structlog.get_logger(__name__)

TIMEOUT_S = 0.5
AWAY_S = 5.0  # how long a Redis that failed is left alone

_client: tuple[str, redis.Redis] | None = None
_away_until = 0.0  # monotonic


def client() -> redis.Redis | None:
    """Redis, or None while it is left alone."""
    global _client, _away_until
    if _client is None or _client[0] != settings.REDIS_URL:
        made = redis.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),  # the client's default tries for seconds
        )
        _client, _away_until = (settings.REDIS_URL, made), 0.0
    return None if time.monotonic() < _away_until else _client[1]


def ask(question: Callable[[redis.Redis], T]) -> T | None:
    """What Redis answers; None when it is away."""
    link = client()
    if link is None:
        return None
    try:
        return question(link)
    except (redis.RedisError, OSError) as error:
        leave_alone(error)
        return None


def leave_alone(error: Exception) -> None:
    """It failed: do not keep everybody waiting for it."""
    global _away_until
    if time.monotonic() >= _away_until:
        log.warning("redis_away", error=type(error).__name__)
    _away_until = time.monotonic() + AWAY_S
