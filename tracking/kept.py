"""Pages as Redis keeps them, and the versions by which they are known to hold. Nothing is lost when it is away.

- `pv:<token hash>`: the order's version; `bv:<shop>`: the version of its look. Empty: forgotten, ask the database
- `page:<token hash>:<kind of reader>`: a page, and the stamp of what it was made from
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from carriers import shared
from tracking.snapshot import Versions

PREFIX = "rastro:"
VERSION_S = 45  # what a page may be behind when word of a change was lost: under a minute
FORGOTTEN_S = 10  # longer than any reader takes: it must not put back what it read before the change
PAGE_S = 3600
STAMP_MOST = 80  # characters; strangers send us any number of digits


class Stamp(NamedTuple):
    """What a page was made from. While it holds, so does the page."""

    order: int  # versions
    brand: int
    until: int  # when it would say something else by itself: seconds since 1970
    language: str

    def holds(self, versions: Versions, now: datetime) -> bool:
        return self.order == versions.order and self.brand == versions.brand and now.timestamp() < self.until

    @classmethod
    def read(cls, said: str) -> Stamp | None:
        if len(said) > STAMP_MOST:
            return None
        order, brand, until, language = (*said.split("."), "", "", "", "")[:4]
        if not (order.isdecimal() and brand.isdecimal() and until.isdecimal()):
            return None
        return cls(int(order), int(brand), int(until), language)

    def __str__(self) -> str:
        return f"{self.order}.{self.brand}.{self.until}.{self.language}"


class Page(NamedTuple):
    """`body` is gzip; `csp` the hash of its style block."""

    stamp: Stamp
    body: bytes
    csp: str


class Names(NamedTuple):
    """Under which names one order's page is kept for one kind of reader."""

    order: str
    brand: str
    page: str


def order_name(token_hash: str) -> str:
    return f"{PREFIX}pv:{token_hash}"


def brand_name(shop_id: int) -> str:
    return f"{PREFIX}bv:{shop_id}"


def page_name(token_hash: str, reader: str) -> str:
    """`reader`: all that tells one kind of reader from another."""
    return f"{PREFIX}page:{token_hash}:{reader}"


def fetch(which: Iterable[str]) -> list[bytes | None]:
    """In one read, in their order; None for what is not kept."""
    wanted = list(which)
    found: Any = shared.ask(lambda link: link.mget(wanted))
    return found or [None] * len(wanted)


def versions(order: bytes | None, brand: bytes | None) -> Versions | None:
    """None where either is not known, or is no version."""
    if not (order and brand and order.isdigit() and brand.isdigit()):
        return None
    return Versions(int(order), int(brand))


def page(kept: bytes | None) -> Page | None:
    """None for what is none: who shares our Redis, or broke off writing, brings no page down."""
    if not kept or kept.count(b"\n") < 2:
        return None
    said, csp, body = kept.split(b"\n", 2)
    stamp = Stamp.read(said.decode(errors="replace"))
    return Page(stamp, body, csp.decode()) if stamp else None


def keep(where: Names, known: Versions, made: Page | None = None) -> None:
    """The versions, where nobody has said otherwise meanwhile; and the page, if there is a new one."""

    def write(link: Any) -> None:
        pipe = link.pipeline(transaction=False)
        pipe.set(where.order, known.order, ex=VERSION_S, nx=True)
        pipe.set(where.brand, known.brand, ex=VERSION_S, nx=True)
        if made:
            pipe.set(
                where.page, b"\n".join((str(made.stamp).encode(), made.csp.encode(), made.body)), ex=PAGE_S
            )
        pipe.execute()

    shared.ask(write)


def drop(which: Iterable[str]) -> None:
    """Keep these no longer."""
    names = list(which)
    shared.ask(lambda link: link.unlink(*names) if names else 0)


def forget(which: Iterable[str]) -> None:
    """These versions are not known any more, nor may a slow reader put back the old ones."""

    def write(link: Any) -> None:
        pipe = link.pipeline(transaction=False)
        for name in which:
            pipe.set(name, b"", ex=FORGOTTEN_S)
        pipe.execute()

    shared.ask(write)
