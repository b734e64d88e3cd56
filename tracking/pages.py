"""Pages put together once for each kind of reader: served, or found unchanged, in one read."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable
from datetime import datetime
from functools import cache as once
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise

from tenants.models import Shop
from tenants.vault import digest, gift_token
from tracking import kept
from tracking import snapshot as snapshots
from tracking.frame import assets, choose_language, frame_of, framed
from tracking.journey import Tongue
from tracking.kept import Page, Stamp
from tracking.proof import Trust
from tracking.sheet import good_until, sheet
from tracking.snapshot import Snapshot, Versions
from tracking.when import Clock, locale_for, zone_for


class Reader(NamedTuple):
    """Who asks. `language`: asked for, or empty. `prefix`: before every path of the shop, on this host."""

    trust: Trust
    language: str
    prefix: str
    etag: str  # of the page they have, or empty


class Question(NamedTuple):
    """For the page with this key. A carrier that was last asked before `stale_before` should be asked again."""

    shop: Shop
    token_hash: str
    reader: Reader
    now: datetime
    stale_before: datetime


class Answer(NamedTuple):
    """`page` is None when the reader has it already. `stale`: shipments to ask the carrier about again;
    known only when the database was read."""

    etag: str
    page: Page | None
    stale: tuple[int, ...] = ()


def answer(question: Question) -> Answer | None:
    """None where there is no such page."""
    reader = question.reader
    where = _names(question)
    has, page = _stamp_in(reader), None
    if has:
        order, brand = kept.fetch(where[:2])
    else:
        order, brand, found = kept.fetch(where)
        page = kept.page(found)
    known = kept.versions(order, brand)
    if known and has:
        if has.holds(known, question.now):
            return Answer(reader.etag, None)
        has, page = None, kept.page(kept.fetch(where[2:])[0])
    if known and page and page.stamp.holds(known, question.now):
        return Answer(etag_of(page.stamp, reader.trust), page)
    return _from_database(question, where, has, page)


def _from_database(
    question: Question, where: kept.Names, has: Stamp | None, page: Page | None
) -> Answer | None:
    """Read what there is to say; or only that what the reader `has`, or else the kept `page`, still holds."""
    shop, token_hash, reader, now, stale_before = question
    candidate = has or (page.stamp if page else None)
    current = candidate if candidate and now.timestamp() < candidate.until else None
    still = Versions(current.order, current.brand) if current else None
    told = snapshots.read(shop.pk, token_hash, now=now, stale_before=stale_before, known=still)
    if told is None:
        return None
    if told.snapshot is None:
        kept.keep(where, told.versions)
        return Answer(etag_of(current, reader.trust) if current else "", None if has else page, told.stale)
    made = compose(shop, told.versions, told.snapshot, reader, now)
    kept.keep(where, told.versions, made)
    return Answer(etag_of(made.stamp, reader.trust), made, told.stale)


def refusal(question: Question, said: str | Promise) -> Page | None:
    """The page with why a proof was not accepted. Kept nowhere; None where there is no such page."""
    shop, token_hash, reader, now, stale_before = question
    told = snapshots.read(shop.pk, token_hash, now=now, stale_before=stale_before)
    if told is None or told.snapshot is None:
        return None
    return compose(shop, told.versions, told.snapshot, reader, now, refused=said)


def compose(
    shop: Shop,
    versions: Versions,
    snapshot: Snapshot,
    reader: Reader,
    now: datetime,
    *,
    refused: str | Promise = "",
) -> Page:
    """Put a page together. `refused`: why a proof was not accepted, said beside its form."""
    order = snapshot.order
    language = choose_language(shop, reader.language, order.language)
    zone = zone_for(
        country=order.country,
        postal_code=order.postal_code,
        shop_country=shop.country,
        shop_zone=shop.time_zone,
    )
    clock = Clock(now, zone, locale_for(language, shop.country))
    with translation.override(language):
        stamp = Stamp(
            versions.order,
            versions.brand,
            int(good_until(snapshot, clock, shop).timestamp()),
            language,
        )
        frame = frame_of(shop, snapshot.look, prefix=reader.prefix, language=language)
        trust = Trust.GIFT if order.gift else reader.trust
        shown = sheet(snapshot, shop, clock, Tongue(language, shop.language), trust)
        told = {"frame": frame, "sheet": shown, "refused": refused, "etag": etag_of(stamp, reader.trust)}
        content = render_to_string("tracking/page.html", told)
    html = framed(frame, title=shown.headline, content=content, live=True)
    return Page(stamp, gzip.compress(html.encode(), compresslevel=6, mtime=0), frame.style.csp)


def forget(token_hashes: Iterable[str]) -> None:
    """These orders changed: call after the commit. An open page then finds out at its next question."""
    hashes = list(token_hashes)
    gifts = (digest(gift_token(token_hash)) for token_hash in hashes)
    kept.forget(kept.order_name(token_hash) for token_hash in (*hashes, *gifts))


def drop(shop: Shop, token_hashes: Iterable[str]) -> None:
    """Keep nothing made of these orders: what their pages said is not to be had any more."""
    kinds = [
        f"{release()}:{prefix}:{language}:{int(trust)}"
        for prefix in ("", f"/s/{shop.slug}")
        for language in ("", *shop.languages)
        for trust in Trust
    ]
    kept.drop(kept.page_name(token_hash, kind) for token_hash in token_hashes for kind in kinds)


def forget_look(shop_id: int) -> None:
    """The shop's brand, states or details changed: call after the commit. Without it, pages follow in 45 s."""
    kept.forget([kept.brand_name(shop_id)])


# --- Which page ---


def etag_of(stamp: Stamp, trust: Trust) -> str:
    return f'W/"{stamp}.{int(trust)}.{release()}"'


def _stamp_in(reader: Reader) -> Stamp | None:
    """What the page the reader has was made from; None when it is not one we would give them now."""
    said, trust, made_by = (*reader.etag.removeprefix("W/").strip('"').rsplit(".", 2), "", "")[:3]
    stamp = Stamp.read(said)
    if stamp is None or trust != str(int(reader.trust)) or made_by != release():
        return None
    return stamp if reader.language in ("", stamp.language) else None


def _names(question: Question) -> kept.Names:
    """A language the shop does not offer is none asked for."""
    shop, reader = question.shop, question.reader
    language = reader.language if reader.language in shop.languages else ""
    return kept.Names(
        kept.order_name(question.token_hash),
        kept.brand_name(shop.pk),
        kept.page_name(question.token_hash, f"{release()}:{reader.prefix}:{language}:{int(reader.trust)}"),
    )


@once
def release() -> str:
    """Changes with the templates and what they link to, so that no page outlives the release it was made by."""
    told = hashlib.sha256("".join(assets().values()).encode())
    for path in sorted(Path(settings.BASE_DIR, "templates", "tracking").glob("*.html")):
        told.update(path.read_bytes())
    return told.hexdigest()[:8]
