"""Reads what an open page wants to know of a courier: one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from babel import Locale
from django.db.models import Q

from tenants.isolation import shop_context
from tenants.models import Shop
from tracking.courier import FOLLOWED_FOR, Goal, Seen, goal_of
from tracking.frame import choose_language
from tracking.models import CourierPosition
from tracking.places import Point, place
from tracking.position import SETTLED
from tracking.proof import Trust
from tracking.when import locale_for

_FIELDS = (
    "latitude", "longitude", "at", "stops_before", "shipment_id", "shipment__order_id",
    "shipment__order__token_hash", "shipment__order__language", "shipment__order__city",
    "shipment__order__country", "shipment__order__region", "shipment__order__latitude",
    "shipment__order__longitude",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Followed:
    """A courier on his way to one order, for one reader."""

    order_id: int
    goal: Goal
    seen: Seen
    language: str
    locale: Locale
    country: str


def followed(shop: Shop, token_hash: str, *, trust: Trust, language: str, now: datetime) -> Followed | None:
    """The one heard of last; None where no courier of this page's order is followed any more."""
    whose = Q(shipment__order__token_hash=token_hash) | Q(shipment__order__gift_hash=token_hash)
    with shop_context(shop.pk):
        row = (
            CourierPosition.objects.for_shop(shop)
            .filter(whose, at__gt=now - FOLLOWED_FOR)
            .exclude(shipment__status__in=sorted(SETTLED))
            .order_by("-at")
            .values_list(*_FIELDS)
            .first()
        )
    if row is None:
        return None
    (
        latitude,
        longitude,
        at,
        stops,
        _shipment,
        order_id,
        own_hash,
        own_language,
        city,
        country,
        region,
        *door,
    ) = row
    trust = trust if own_hash == token_hash else Trust.GIFT
    town = place(city, country, region)
    spoken = choose_language(shop, language, own_language)
    return Followed(
        order_id=order_id,
        goal=goal_of(
            town=city,
            town_point=town.point if town else None,
            door=Point(*door) if None not in door else None,
            trust=trust,
        ),
        seen=Seen(Point(latitude, longitude), at, stops),
        language=spoken,
        locale=locale_for(spoken, shop.country),
        country=country,
    )
