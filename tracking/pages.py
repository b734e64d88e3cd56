"""Pages put together once for each kind of reader and kept: served, or found unchanged, in one read.

Redis keeps, and nothing is lost when it does not:
- `pv:<token hash>`: the order's version, so that an unchanged page costs no query
- `bv:<shop>`: the version of its look
- `page:<release>:<token hash>:<prefix>:<language>:<trust>`: a page, and the stamp of what it was made from
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable
from datetime import datetime
from functools import cache as once
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import translation

from tenants.models import Shop
from tracking import snapshot as snapshots
from tracking.frame import choose_language, frame_of
from tracking.journey import Tongue
from tracking.proof import Trust
from tracking.sheet import good_until, sheet
from tracking.snapshot import Snapshot, Versions
from tracking.when import Clock, locale_for, zone_for

VERSION_S = 45  # what a page may be behind when word of a change was lost: under a minute
FORGOTTEN_S = 10  # longer than any reader takes: it must not put back what it read before the change
PAGE_S = 3600
FORGOTTEN = 0


class Stamp(NamedTuple):
    """What a page was made from. While it holds, so does the page."""

    order: int  # versions
    brand: int
    until: int  # when it would say something else by itself: seconds since 1970
    language: str

    def holds(self, versions: Versions, now: datetime) -> bool:
        return self.order == versions.order and self.brand == versions.brand and now.timestamp() < self.until


class Page(NamedTuple):
    """`body` is gzip; `csp` the hash of its style block."""

    stamp: Stamp
    body: bytes
    csp: str


class Reader(NamedTuple):
    """Who asks. `language`: asked for, or empty. `prefix`: before every path of the shop, on this host."""

    trust: Trust
    language: str
    prefix: str
    etag: str  # of the page they have, or empty


class Answer(NamedTuple):
    """`page` is None when the reader has it already. `stale`: shipments nobody asked about lately."""

    etag: str
    page: Page | None
    stale: tuple[int, ...] = ()


def answer(
    shop: Shop, token_hash: str, reader: Reader, *, now: datetime, stale_before: datetime
) -> Answer | None:
    """The page with this key for this reader; None where there is none. A carrier that was last asked about
    a parcel before `stale_before` should be asked again: such parcels are named when the database is read."""
    if reader.language not in shop.languages:
        reader = reader._replace(language="")
    names = [f"pv:{token_hash}", f"bv:{shop.pk}"]
    has = _stamp_in(reader)
    page_name = _name(token_hash, reader)
    found = cache.get_many(names if has else [*names, page_name])
    kept = _page(found.get(page_name))
    versions = Versions(found.get(names[0]) or FORGOTTEN, found.get(names[1]) or FORGOTTEN)
    if versions.order and versions.brand:
        if has and has.holds(versions, now):
            return Answer(reader.etag, None)
        kept = kept or (_page(cache.get(page_name)) if has else None)
        if kept and kept.stamp.holds(versions, now):
            return Answer(etag_of(kept.stamp, reader.trust), kept)
    known = has or (kept.stamp if kept else None)
    if known and now.timestamp() >= known.until:
        known = None
    told = snapshots.read(
        shop.pk,
        token_hash,
        now=now,
        stale_before=stale_before,
        known=Versions(known.order, known.brand) if known else None,
    )
    if told is None:
        return None
    cache.add(names[0], told.versions.order, VERSION_S)
    cache.add(names[1], told.versions.brand, VERSION_S)
    if told.snapshot is None:
        if has:
            return Answer(reader.etag, None, told.stale)
        if kept:
            return Answer(etag_of(kept.stamp, reader.trust), kept, told.stale)
        raise RuntimeError("a page was said to be known, and is not")
    page = compose(shop, told.versions, told.snapshot, reader, now)
    cache.set(page_name, tuple(page), PAGE_S)
    return Answer(etag_of(page.stamp, reader.trust), page, told.stale)


def refusal(shop: Shop, token_hash: str, reader: Reader, now: datetime, said: str) -> Page | None:
    """The page with why a proof was not accepted. Kept nowhere; None where there is no such page."""
    told = snapshots.read(shop.pk, token_hash, now=now, stale_before=now)
    if told is None or told.snapshot is None:
        return None
    return compose(shop, told.versions, told.snapshot, reader, now, refused=said)


def compose(
    shop: Shop, versions: Versions, snapshot: Snapshot, reader: Reader, now: datetime, *, refused: str = ""
) -> Page:
    """Put a page together. `refused`: why a proof was not accepted, said beside its form."""
    order = snapshot.order
    language = reader.language or choose_language(shop, order.language)
    zone = zone_for(
        country=order.country,
        postal_code=order.postal_code,
        shop_country=shop.country,
        shop_zone=shop.time_zone,
    )
    clock = Clock(now, zone, locale_for(language, shop.country))
    with translation.override(language):
        stamp = Stamp(versions.order, versions.brand, int(good_until(snapshot, clock).timestamp()), language)
        frame = frame_of(shop, snapshot.look, prefix=reader.prefix, language=language)
        shown = sheet(snapshot, shop, clock, Tongue(language, shop.language), reader.trust)
        told = {"frame": frame, "sheet": shown, "refused": refused, "etag": etag_of(stamp, reader.trust)}
        body = render_to_string("tracking/page.html", told | assets())
    return Page(
        stamp=stamp,
        body=gzip.compress(body.encode(), compresslevel=6, mtime=0),
        csp=frame.style.csp,
    )


def forget(token_hashes: Iterable[str]) -> None:
    """These orders changed: call after the commit. An open page then finds out at its next question."""
    cache.set_many({f"pv:{token_hash}": FORGOTTEN for token_hash in token_hashes}, FORGOTTEN_S)


def forget_look(shop_id: int) -> None:
    """The shop's brand, states or details changed: call after the commit. Without it, pages follow in 45 s."""
    cache.set(f"bv:{shop_id}", FORGOTTEN, FORGOTTEN_S)


# --- Names ---


def etag_of(stamp: Stamp, trust: Trust) -> str:
    return f'W/"{stamp.order}.{stamp.brand}.{stamp.until}.{stamp.language}.{int(trust)}.{release()}"'


def _stamp_in(reader: Reader) -> Stamp | None:
    """What the page the reader has was made from; None when it is not one we would give them now."""
    parts = reader.etag.removeprefix("W/").strip('"').split(".")
    if len(parts) != 6 or not all(part.isdecimal() for part in parts[:3]):
        return None
    order, brand, until, language, trust, made_by = parts
    if trust != str(int(reader.trust)) or made_by != release() or (reader.language or language) != language:
        return None
    return Stamp(int(order), int(brand), int(until), language)


def _name(token_hash: str, reader: Reader) -> str:
    return f"page:{release()}:{token_hash}:{reader.prefix}:{reader.language}:{int(reader.trust)}"


def _page(kept: tuple[tuple[int, int, int, str], bytes, str] | None) -> Page | None:
    return Page(Stamp(*kept[0]), *kept[1:]) if kept else None


@once
def assets() -> dict[str, str]:
    return {"css": static("css/page.css"), "js": static("js/page.js")}


@once
def release() -> str:
    """Changes with the templates and what they link to, so that no page outlives the release it was made by."""
    told = hashlib.sha256("".join(assets().values()).encode())
    for path in sorted(Path(settings.BASE_DIR, "templates", "tracking").glob("*.html")):
        told.update(path.read_bytes())
    return told.hexdigest()[:8]
