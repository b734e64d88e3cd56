"""How often a stranger may try to name an order, or write about one: counted in Redis, and by each process while it
is away."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network

import redis
from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from carriers import shared
from tenants.vault import digest

LIMITS: Mapping[str, tuple[RateLimitItem, ...]] = {
    "address": (parse("10/minute"), parse("50/hour")),
    "number": (parse("5/hour"),),  # of one order number
    "contact": (parse("10/hour"),),  # of one e-mail or phone, whatever the number
    "shop": (parse("500/hour"),),
}

WRITING: Mapping[str, tuple[RateLimitItem, ...]] = {
    "address": (parse("10/minute"), parse("40/hour")),
    "order": (parse("5/minute"), parse("20/hour")),
    "shop": (parse("2000/hour"),),
}


def counter_of_our_own() -> SlidingWindowCounterRateLimiter:
    """Each process counts for itself: a visitor whose tries spread over several gets a few more."""
    return SlidingWindowCounterRateLimiter(MemoryStorage())


_alone = counter_of_our_own()
_together: tuple[redis.Redis, SlidingWindowCounterRateLimiter] | None = None


def client_address(request: HttpRequest) -> str:
    """The visitor's, by as many entries of X-Forwarded-For as there are proxies of ours; others are hearsay."""
    proxies: int = settings.TRUSTED_PROXIES
    said = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if proxies and len(said) >= proxies:
        return said[-proxies]
    return str(request.META.get("REMOTE_ADDR", ""))


def neighbourhood(address: str) -> str:
    """What counts as one visitor: an IPv4 address, or the /64 an IPv6 subscriber has to himself."""
    try:
        known = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(known, IPv6Address):
        if known.ipv4_mapped:
            return str(known.ipv4_mapped)
        return str(ip_network((known, 64), strict=False).network_address)
    return str(known)


def may_guess(request: HttpRequest, *, shop_id: int, number_key: str, contact_key: str) -> bool:
    """Count one try; False when there were too many, by whoever it is and whatever it names.

    Counts right and wrong tries alike, and numbers that do not exist: being refused tells nothing.
    """
    told = {
        "address": neighbourhood(client_address(request)),
        "number": f"{shop_id}:{number_key}",
        "contact": f"{shop_id}:{contact_key}",
        "shop": str(shop_id),
    }
    return _within("guess", LIMITS, told)


def may_write(request: HttpRequest, *, shop_id: int, token_hash: str) -> bool:
    """Count one message about an order; False when there were too many, of this visitor or of this order."""
    told = {
        "address": neighbourhood(client_address(request)),
        "order": f"{shop_id}:{token_hash}",
        "shop": str(shop_id),
    }
    return _within("write", WRITING, told)


Limits = Mapping[str, tuple[RateLimitItem, ...]]


def _within(purpose: str, limits: Limits, told: Mapping[str, str]) -> bool:
    link = shared.client()
    if link is not None:
        try:
            return _count(_limiter(link), purpose, limits, told)
        except (redis.RedisError, OSError) as error:
            shared.leave_alone(error)
    return _count(_alone, purpose, limits, told)


def _count(
    limiter: SlidingWindowCounterRateLimiter, purpose: str, limits: Limits, told: Mapping[str, str]
) -> bool:
    """Stops at the first limit: who is refused as a visitor uses up nobody's tries at an order."""
    return all(
        limiter.hit(limit, purpose, kind, digest(told[kind])[:32])
        for kind, each in limits.items()
        for limit in each
    )


def _limiter(link: redis.Redis) -> SlidingWindowCounterRateLimiter:
    global _together
    if _together is None or _together[0] is not link:
        storage = RedisStorage("redis://", connection_pool=link.connection_pool, key_prefix="guess")
        _together = link, SlidingWindowCounterRateLimiter(storage)
    return _together[1]
