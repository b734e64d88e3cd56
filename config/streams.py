"""Tells open pages where a courier is, as server-sent events: a bare ASGI application, beside the web process.

`/live/<key of a page>`, and the same below `/s/<slug>/`. What happens comes from Redis; where he is when a page
begins to listen, from PostgreSQL, read in a few threads. A page that cannot listen asks instead.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import redis.asyncio
import structlog
from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone, translation
from redis.exceptions import RedisError

from tenants.middleware import shop_by_page_token
from tenants.vault import digest
from tracking.courier import Seen, opened, state_of
from tracking.following import Followed, followed
from tracking.places import Point
from tracking.services.courier import channel

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BEAT_S = 15.0
LONGEST_S = 600.0
MOST, MOST_A_PAGE = 3000, 8  # streams open at once
RETRY_S = 3
_PATH = re.compile(r"(?:/s/[a-z0-9-]{1,40})?/live/([A-Za-z0-9_-]{16,64})")
HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"referrer-policy", b"no-referrer"),
    (b"access-control-allow-origin", b"*"),  # the address is the key; no cookie is looked at
]
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page asks to listen, and what it may know more than its address tells."""

    token: str
    key: str


class Streams:
    """All that are open in this process."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="stream")
        self.pages: Counter[str] = Counter()
        self.ears: defaultdict[str, set[asyncio.Queue[str]]] = defaultdict(set)
        self._link: Any = None
        self._reader: asyncio.Task[None] | None = None

    @property
    def count(self) -> int:
        return self.pages.total()

    async def look(self, asked: Asked) -> Followed | None:
        return await asyncio.get_running_loop().run_in_executor(self.threads, _look, asked)

    # --- Redis: one connection for all ---

    async def listen(self, name: str) -> asyncio.Queue[str]:
        """Raises RedisError where it is away: the page then asks."""
        ear: asyncio.Queue[str] = asyncio.Queue(maxsize=8)
        if self._link is None:
            self._link = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2).pubsub()
        if name not in self.ears:
            await self._link.subscribe(name)
        self.ears[name].add(ear)
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read())
        return ear

    async def forget(self, name: str, ear: asyncio.Queue[str]) -> None:
        self.ears[name].discard(ear)
        if not self.ears[name]:
            del self.ears[name]
            if self._link is not None:
                with suppress(RedisError, OSError):
                    await self._link.unsubscribe(name)

    async def _read(self) -> None:
        """Hand each message to the streams it is for. Redis lost: all are ended, and come back by themselves."""
        try:
            while True:
                said = await self._link.get_message(ignore_subscribe_messages=True, timeout=30.0)
                if said is None:
                    continue
                for ear in tuple(self.ears.get(said["channel"].decode(), ())):
                    if ear.full():
                        ear.get_nowait()  # only the newest matters
                    ear.put_nowait(said["data"].decode())
        except (RedisError, OSError) as error:
            log.warning("streams_without_redis", error=type(error).__name__)
            self._link = None
            for ears in tuple(self.ears.values()):
                for ear in ears:
                    while not ear.empty():
                        ear.get_nowait()
                    ear.put_nowait("")


_streams: Streams | None = None


def _look(asked: Asked) -> Followed | None:
    close_old_connections()
    try:
        shop = shop_by_page_token(asked.token)
        if shop is None:
            return None
        hashed = digest(asked.token)
        trust, language = opened(asked.key, hashed)
        return followed(shop, hashed, trust=trust, language=language, now=timezone.now())
    finally:
        close_old_connections()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    global _streams
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    if scope["type"] != "http":
        return
    if scope["path"] == "/livez":
        await _answer(send, 200)
        return
    match = _PATH.fullmatch(scope["path"])
    if match is None or scope["method"] != "GET":
        await _answer(send, 404)
        return
    if _streams is None:
        _streams = Streams()
    keys = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("key", [""])
    asked = Asked(match[1], keys[0][:400])
    if _streams.count >= MOST or _streams.pages[asked.token] >= MOST_A_PAGE:
        await _answer(send, 503)
        return
    _streams.pages[asked.token] += 1
    try:
        await _serve(_streams, asked, receive, send)
    finally:
        _streams.pages[asked.token] -= 1
        if not _streams.pages[asked.token]:
            del _streams.pages[asked.token]


async def _live(receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


async def _answer(send: Send, status: int) -> None:
    headers = [
        (b"content-length", b"0"),
        (b"access-control-allow-origin", b"*"),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _serve(streams: Streams, asked: Asked, receive: Receive, send: Send) -> None:
    driver = await streams.look(asked)
    if driver is None:
        await _answer(send, 404)
        return
    name = channel(driver.order_id)
    try:
        ear = await streams.listen(name)
    except (RedisError, OSError):
        await _answer(send, 503)
        return
    gone = asyncio.create_task(_gone(receive))
    try:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await _say(send, f"retry: {RETRY_S * 1000}\n{_position(driver)}")
        await _tell(driver, ear, gone, send)
    finally:
        gone.cancel()
        await streams.forget(name, ear)
    with suppress(Exception):  # whoever listened may be gone
        await send({"type": "http.response.body", "body": b""})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _tell(driver: Followed, ear: asyncio.Queue[str], gone: asyncio.Task[None], send: Send) -> None:
    """Until the page is closed, the courier has arrived, or it has been long enough."""
    ends_at = time.monotonic() + LONGEST_S
    while time.monotonic() < ends_at and not gone.done():
        said = asyncio.ensure_future(ear.get())
        await asyncio.wait({said, gone}, timeout=BEAT_S, return_when=asyncio.FIRST_COMPLETED)
        if not said.done():
            said.cancel()
            if not gone.done():
                await _say(send, ": still here\n\n")
            continue
        message = json.loads(said.result() or "null")
        if not message:
            return
        if message.get("changed"):
            await _say(send, "event: changed\ndata: {}\n\n")
            return
        point = Point(message["latitude"], message["longitude"])
        seen = Seen(point, datetime.fromisoformat(message["at"]), message["stops_before"])
        await _say(send, _position(replace(driver, seen=seen)))


def _position(driver: Followed) -> str:
    with translation.override(driver.language):
        state = state_of(driver.goal, driver.seen, driver.locale)
    return f"event: position\ndata: {json.dumps(state, ensure_ascii=False)}\n\n"


async def _say(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
