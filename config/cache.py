"""Redis as a cache that may be away: reads miss, writes are dropped, pages still render."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)


class ForgivingRedisCache(RedisCache):
    """What `cache.get` cannot fetch is a miss. Only for what can be worked out again from PostgreSQL."""

    def _try(self, name: str, fallback: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return getattr(super(), name)(*args, **kwargs)
        except (RedisError, OSError) as error:
            log.warning("cache_away", operation=name, error=type(error).__name__)
            return fallback

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        return self._try("get", default, key, default, version)

    def set(self, key: Any, value: Any, timeout: Any = 300, version: Any = None) -> None:
        self._try("set", None, key, value, timeout, version)

    def add(self, key: Any, value: Any, timeout: Any = 300, version: Any = None) -> bool:
        return bool(self._try("add", False, key, value, timeout, version))

    def delete(self, key: Any, version: Any = None) -> bool:
        return bool(self._try("delete", False, key, version))

    def get_many(self, keys: Any, version: Any = None) -> Any:
        return self._try("get_many", {}, keys, version)

    def set_many(self, data: Any, timeout: Any = 300, version: Any = None) -> Any:
        return self._try("set_many", list(data), data, timeout, version)

    def delete_many(self, keys: Any, version: Any = None) -> None:
        self._try("delete_many", None, keys, version)
