"""The map of a parcel's way, where its courier is now, and the picture of its delivery: what a page fetches besides."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from tenants.middleware import ShopRequest
from tenants.models import Brand
from tenants.vault import digest
from tracking import courier, proof, snapshot
from tracking.doors import private
from tracking.following import Followed, followed
from tracking.look import colours_of, sealed
from tracking.map import Colours, Route, draw, style
from tracking.models import Stop
from tracking.pages import release
from tracking.proof import Field, Trust, has_faded, shows
from tracking.route import Way, in_words, towns_around, way_of, window_of
from tracking.sheet import OVER
from tracking.snapshot import Snapshot
from tracking.subpages import Visit, below_the_page
from tracking.window import REACHES_KM, Window, tiles

NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # no carrier is to be asked for the sake of a map
View = Callable[..., HttpResponse]


def asked_again(view: View) -> View:
    """A browser keeps the answer, and asks each time whether it still holds."""

    @wraps(view)
    def kept(*args: Any, **kwargs: Any) -> HttpResponse:
        response = view(*args, **kwargs)
        if response.has_header("ETag"):
            response["Cache-Control"] = "private, no-cache"
        return response

    return kept


# --- The map ---


@asked_again
@below_the_page("GET", "HEAD", needs=Trust.GIFT, for_gifts=True)
def map_svg(request: HttpRequest, visit: Visit) -> HttpResponse:
    """With `reach`: without its courier, and so many km around where he goes. The page then moves him itself.

    With `over=tiles`: without land and water, to lie over the pictures of a real map; not where the page expects
    a way and a courier is followed by now.
    """
    told = snapshot.read(visit.shop.pk, visit.token_hash, now=visit.clock.now, stale_before=NEVER)
    if told is None or told.snapshot is None:
        raise Http404
    way = way_of(told.snapshot, visit.shop.country)
    if way is None or not shows(Field.MAP, visit.trust, faded=_has_faded(told.snapshot, visit)):
        raise Http404
    driver = _driver(visit) if way.followed else None
    reach = _reach(request.GET.get("reach", "")) if driver else 0
    at = driver.seen.at if driver and not reach else None
    over = request.GET.get("over", "") == "tiles" and (reach > 0 or driver is None)
    made_from = (
        visit.token_hash, told.versions.order, told.versions.brand, visit.frame.style.csp, at, int(visit.trust),
        visit.language, reach, over, release(),
    )  # fmt: skip
    etag = f'"{hashlib.sha256(repr(made_from).encode()).hexdigest()[:20]}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    return _drawn(visit, way, told.snapshot.order.country, driver, reach, over, etag)


def _has_faded(told: Snapshot, visit: Visit) -> bool:
    if told.order.state not in OVER:
        return False
    delivered = [parcel.delivered_at for parcel in told.parcels if parcel.delivered_at]
    return has_faded(max(delivered, default=told.order.state_since), visit.clock.now)


def _driver(visit: Visit) -> Followed | None:
    return followed(
        visit.shop, visit.token_hash, trust=visit.trust, language=visit.language, now=visit.clock.now
    )


def _reach(said: str) -> int:
    return int(said) if said.isdecimal() and int(said) in REACHES_KM else 0


def _drawn(
    visit: Visit, way: Way, country: str, driver: Followed | None, reach: int, over: bool, etag: str
) -> HttpResponse:
    route, window = _of_route(way) if driver is None else _of_driver(way, driver, reach)
    colours = Colours(**colours_of(Brand.objects.for_shop(visit.shop).only("colour", "background").get()))
    svg = draw(
        route,
        window,
        towns=() if over else towns_around(window, country),
        colours=colours,
        said=in_words(way),
        with_courier=not reach,
        with_land=not over,
    )
    response = HttpResponse(svg, content_type="image/svg+xml", headers={"ETag": etag})
    response._csp_update = {"style-src": [sealed(style(colours))]}  # type: ignore[attr-defined]
    return response


def _of_route(way: Way) -> tuple[Route, Window]:
    return way.route, window_of(way.route)


def _of_driver(way: Way, driver: Followed, reach: int) -> tuple[Route, Window]:
    """Only the last of it: where he is, and where he goes."""
    goal, seen = driver.goal, driver.seen
    middle = courier.middle_of(goal, seen)
    window = Window.centred(middle, reach) if reach else courier.window_of(goal, seen)
    mark = way.route.destination if goal.point else None
    if mark and goal.is_door and goal.point:
        mark = type(mark)("", goal.point)
    return Route((), mark, courier=seen.point), window


# --- What lies under it ---


@below_the_page("GET", "HEAD", needs=Trust.GIFT, for_gifts=True)
def tiles_under(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Of the map of a courier that reaches `reach` km: a page lays them itself when that changes.

    404 where none is followed, or the shop has no real map.
    """
    driver, reach = _driver(visit), _reach(request.GET.get("reach", ""))
    template = Brand.objects.for_shop(visit.shop).values_list("tile_url", flat=True).get()
    if driver is None or not reach or not template:
        raise Http404
    window = Window.centred(courier.middle_of(driver.goal, driver.seen), reach)
    return JsonResponse({"tiles": [asdict(tile) for tile in tiles(window, template)]})


# --- The courier ---


@private
@require_safe
def position(request: ShopRequest, token: str) -> HttpResponse:
    """Where the courier is, for a page that asks, or before it listens. 404 where none is followed (any more)."""
    now, token_hash = timezone.now(), digest(token)
    trust = proof.trust_of(request, token_hash, now)
    driver = followed(
        request.shop, token_hash, trust=trust, language=request.GET.get("lang", "").lower(), now=now
    )
    if driver is None:
        raise Http404
    etag = f'"{driver.seen.at.timestamp():.0f}.{int(trust)}.{driver.language}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    with translation.override(driver.language):
        state = courier.state_of(driver.goal, driver.seen, driver.locale)
    if settings.STREAM_URL:
        key = courier.ticket(token_hash, trust, driver.language)
        state["stream"] = f"{settings.STREAM_URL.rstrip('/')}/live/{token}?key={key}"
    return JsonResponse(state, headers={"ETag": etag})


# --- The picture of a delivery ---


@below_the_page("GET", "HEAD", needs=Trust.PROVED)
def picture(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """Of a parcel of this order: where it lies, or who signed."""
    stops = Stop.objects.for_shop(visit.shop).filter(shipment=pk, shipment__order=visit.order)
    content = stops.exclude(picture_kind="").order_by("-pk").values_list("picture", flat=True).first()
    if not content:
        raise Http404
    return HttpResponse(bytes(content), content_type="image/jpeg")
