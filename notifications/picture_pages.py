"""The pictures of mails: those a shop put in, the way of a parcel, the code it is collected with. No cookie, no visit."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime

import segno
from django.core.cache import cache
from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.utils import timezone
from django.views.decorators.http import require_safe

from notifications.map_picture import picture_of
from notifications.models import Picture
from notifications.pictures import ENDINGS, read_code, read_map
from tenants.isolation import shop_context
from tenants.middleware import ShopRequest
from tenants.models import Brand
from tracking import snapshot
from tracking.look import colours_of
from tracking.map import Route
from tracking.models import Order, Shipment
from tracking.proof import Field, Trust, has_faded, shows
from tracking.qr import LONGEST
from tracking.route import destination_of, towns_around, way_of, window_of
from tracking.snapshot import Snapshot

A_YEAR_S, AN_HOUR_S, SOON_S = 31_536_000, 3600, 300
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # no carrier is to be asked for the sake of a picture
QR_PX = 7  # pixels to a module: sharp on a phone, some 2 KB


@require_safe
def picture(request: ShopRequest, digest: str, ending: str) -> HttpResponse:
    """What a shop put in. Its address changes with it, so it may be kept for ever."""
    if request.headers.get("If-None-Match") == f'"{digest}"':
        return HttpResponseNotModified()
    with shop_context(request.shop.pk):
        rows = Picture.objects.for_shop(request.shop).filter(digest=digest)
        row = rows.values_list("content", "kind").first()
    if row is None or ENDINGS.get(row[1]) != ending:
        raise Http404
    return _shown(bytes(row[0]), f"image/{row[1]}", f"public, max-age={A_YEAR_S}, immutable", digest)


@require_safe
def map_png(request: ShopRequest, key: str) -> HttpResponse:
    """The way of an order's parcel as it is now. Without a way, where it goes."""
    read = read_map(request.shop, key)
    if read is None:
        raise Http404
    order_id, for_others = read
    with shop_context(request.shop.pk):
        orders = Order.objects.for_shop(request.shop).filter(pk=order_id, erased_at=None)
        found = orders.values_list("token_hash", flat=True).first()
        brand = Brand.objects.for_shop(request.shop).only("colour", "background").get()
    now = timezone.now()
    told = snapshot.read(request.shop.pk, found, now=now, stale_before=NEVER) if found else None
    if told is None or told.snapshot is None or not _may_see(told.snapshot, for_others, now):
        raise Http404
    line = colours_of(brand)["line"][0]
    made_from = (found, told.versions.order, line, request.shop.country)
    etag = hashlib.sha256(repr(made_from).encode()).hexdigest()[:20]
    if request.headers.get("If-None-Match") == f'"{etag}"':
        return HttpResponseNotModified(headers={"ETag": f'"{etag}"'})
    kept = f"mail-map:{etag}"
    content = cache.get(kept)
    if content is None:
        content = _drawn(told.snapshot, request.shop.country, line)
        cache.set(kept, content, AN_HOUR_S)
    return _shown(content, "image/png", f"private, max-age={SOON_S}", etag)


def _may_see(told: Snapshot, for_others: bool, now: datetime) -> bool:
    """A mail went to the address on file: whoever has it is as good as proved."""
    delivered = [parcel.delivered_at for parcel in told.parcels if parcel.delivered_at]
    trust = Trust.GIFT if for_others else Trust.PROVED
    return shows(Field.MAP, trust, faded=has_faded(max(delivered, default=None), now))


def _drawn(told: Snapshot, shop_country: str, line: str) -> bytes:
    way = way_of(told, shop_country)
    goal = destination_of(told.order)
    if way and way.route.passed:
        route = way.route
    elif goal:
        route = Route((), goal)
    else:
        raise Http404
    window = window_of(route)
    return picture_of(route, window, towns=towns_around(window, told.order.country), line=line)


@require_safe
def code_png(request: ShopRequest, key: str) -> HttpResponse:
    """The code a parcel is collected with, for the scanner there. 404 once there is none."""
    read = read_code(request.shop, key)
    if read is None:
        raise Http404
    order_id, shipment_id = read
    with shop_context(request.shop.pk):
        held = Shipment.objects.for_shop(request.shop).filter(
            pk=shipment_id, order_id=order_id, order__erased_at=None
        )
        point = held.values_list("pickup", flat=True).first()
    code = str((point or {}).get("code") or "")
    if not code or len(code) > LONGEST:
        raise Http404
    out = io.BytesIO()
    segno.make(code, error="m", micro=False).save(out, kind="png", scale=QR_PX, border=3)
    etag = hashlib.sha256(out.getvalue()).hexdigest()[:20]
    return _shown(out.getvalue(), "image/png", f"private, max-age={AN_HOUR_S}", etag)


def _shown(content: bytes, kind: str, keeps: str, etag: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Cache-Control"] = keeps
    response["ETag"] = f'"{etag}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
