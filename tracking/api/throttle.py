"""How fast a key may ask: 50 requests a second, 200 at once. Counted in Redis; alone while that is away."""

from __future__ import annotations

import math
import time

import redis
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from carriers import shared
from tenants.models import ApiKey

RATE = RateLimitItemPerSecond(200, 4)

_alone = MovingWindowRateLimiter(MemoryStorage())
_together: tuple[redis.Redis, MovingWindowRateLimiter] | None = None


class KeyThrottle(BaseThrottle):
    """A key's own pace. Without Redis each process counts for itself, and lets through what it can see."""

    wait_s = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.auth, ApiKey):
            return True
        name = f"key:{request.auth.pk}"
        limiter = _limiter()
        try:
            return self._hit(limiter, name)
        except (redis.RedisError, OSError) as error:
            shared.leave_alone(error)
            return self._hit(_alone, name)

    def wait(self) -> float:
        return self.wait_s

    def _hit(self, limiter: MovingWindowRateLimiter, name: str) -> bool:
        if limiter.hit(RATE, "api", name):
            return True
        free_at = float(limiter.get_window_stats(RATE, "api", name).reset_time)
        self.wait_s = max(1, math.ceil(free_at - time.time()))
        return False


def _limiter() -> MovingWindowRateLimiter:
    global _together
    link = shared.client()
    if link is None:
        return _alone
    if _together is None or _together[0] is not link:
        storage = RedisStorage("redis://", connection_pool=link.connection_pool, key_prefix="api")
        _together = link, MovingWindowRateLimiter(storage)
    return _together[1]
