"""What opening an order's page leaves behind: one count. And what programs get that draw a card of its link."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from tenants.isolation import shop_context
from tenants.middleware import ShopRequest
from tenants.models import Brand
from tenants.vault import digest
from tracking import visits
from tracking.counting import Reader, country_of, device_of, is_view, makes_cards, reader_of
from tracking.doors import from_our_own_pages, private
from tracking.frame import frame_of

LONGEST_SAID = 8  # bytes of a number of seconds
PAST_THE_CARD = "open"  # a person whose browser was taken for such a program goes on with it


def count(request: ShopRequest, token_hash: str, now: datetime) -> None:
    """Once the page was served. Nothing is asked, nothing waits."""
    if request.method == "GET" and is_view(request.headers):
        visits.saw(_key(request, token_hash, now))


def wants_a_card(request: ShopRequest) -> bool:
    return (
        request.method != "POST"
        and makes_cards(request.headers.get("User-Agent", ""))
        and PAST_THE_CARD not in request.GET
    )


def card(request: ShopRequest) -> HttpResponse:
    """The shop's name and mark, whatever the order is and whether there is one: nothing is read of it."""
    shop = request.shop
    with shop_context(shop.pk):
        brand = Brand.objects.for_shop(shop).defer("logo").get()
    frame = frame_of(shop, brand, prefix=request.shop_prefix, language=shop.language)
    where = settings.SITE_URL if request.on_site else f"{request.scheme}://{request.get_host()}"
    image = where + frame.logo.url if frame.logo else ""
    told = {"frame": frame, "image": image, "past": f"?{PAST_THE_CARD}"}
    return HttpResponse(render_to_string("tracking/card.html", told))


@from_our_own_pages
@require_POST
@private
def seen(request: ShopRequest, token: str) -> HttpResponse:
    """How many seconds the page was in front. Said by the page itself when it goes; believed up to half an hour."""
    said = request.body[: LONGEST_SAID + 1]
    now = datetime.now(UTC)
    if said.isdigit() and len(said) <= LONGEST_SAID and int(said):
        key = _key(request, digest(token), now)
        if key.reader == Reader.PERSON:
            visits.stayed(key, int(said))
    return HttpResponse(status=204)


def _key(request: ShopRequest, token_hash: str, now: datetime) -> visits.Key:
    headers = request.headers
    return visits.Key(
        request.shop.pk,
        token_hash,
        now.date(),
        str(device_of(headers)),
        country_of(headers, settings.COUNTRY_HEADER),
        str(reader_of(headers)),
    )
