"""What can be chosen within one option: the days, the hours with room, the places near by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from tracking import changing
from tracking.change_form import Choices
from tracking.changing import Terms
from tracking.delivery_shown import expected
from tracking.models import DeliveryOption, DeliverySlot, PickupPlace, Shipment
from tracking.near import Spot, bare, nearest
from tracking.subpages import Visit
from tracking.when import Clock

MOST_PLACES, MOST_LOOKED_AT = 12, 400


@dataclass(frozen=True, slots=True)
class PlaceShown:
    value: str
    name: str
    address: str
    hours: str
    away: str
    is_locker: bool


def choices_of(visit: Visit, option: DeliveryOption, parcel: Shipment | None, near: str) -> Choices:
    """What can be chosen of it now. Two statements at most."""
    order, terms, clock = visit.order, Terms.of(option.settings), visit.clock
    day = expected(visit, parcel)
    where = {"country": order.country, "region": order.region}
    if option.kind == "day":
        return Choices(days=changing.days(terms, today=clock.today, expected=day, **where))
    if option.kind == "slot":
        return Choices(windows=_windows(visit, option, terms, day))
    if option.kind == "pickup_point":
        return Choices(
            places={str(place.pk): place_details(place) for place, _km in places(visit, parcel, near)}
        )
    if option.kind == "hold":
        return Choices(hold=changing.hold_days(terms, today=clock.today))
    return Choices(country=order.country)


def _windows(visit: Visit, option: DeliveryOption, terms: Terms, day: Any) -> list[changing.Window]:
    slots = DeliverySlot.objects.for_shop(visit.shop).filter(option=option, starts_at__gte=visit.clock.now)
    return changing.windows(
        terms,
        now=visit.clock.now,
        expected=day,
        zone=visit.clock.zone,
        taken={slot.starts_at: slot.capacity - slot.taken for slot in slots},
        country=visit.order.country,
        region=visit.order.region,
    )


def places(visit: Visit, parcel: Shipment | None, near: str) -> list[tuple[PickupPlace, float | None]]:
    """The nearest of the shop's: of the parcel's carrier, or, before there is a parcel, of any."""
    order, code = visit.order, bare(near or visit.order.postal_code)
    spot = (
        Spot(code)
        if near and code != bare(order.postal_code)
        else Spot(code, order.latitude, order.longitude)
    )
    found = PickupPlace.objects.for_shop(visit.shop).filter(country=order.country)
    if parcel:
        found = found.filter(carrier=parcel.carrier)
    for length in (3, 2):  # the district, else the province
        here = list(
            found.filter(postal_code__startswith=code[:length]).order_by("postal_code")[:MOST_LOOKED_AT]
        )
        if len(here) >= 3 or not code:
            break
    return nearest(here, spot, MOST_PLACES)


def place_details(place: PickupPlace) -> Mapping[str, Any]:
    return {
        name: getattr(place, name)
        for name in ("carrier", "code", "kind", "name", "address", "postal_code", "city", "country", "hours")
    }


def places_shown(visit: Visit, parcel: Shipment | None, near: str) -> list[PlaceShown]:
    return [
        PlaceShown(
            value=str(place.pk),
            name=place.name,
            address=f"{place.address}, {place.postal_code} {place.city}",
            hours=place.hours,
            away=_away(km),
            is_locker=place.kind == "locker",
        )
        for place, km in places(visit, parcel, near)
    ]


def _away(km: float | None) -> str:
    if km is None:
        return ""
    if km < 1:
        return _("%(metres)d m") % {"metres": max(50, round(km * 20) * 50)}
    return _("%(km)s km") % {"km": f"{km:.1f}"}


def days_shown(choices: Choices, clock: Clock) -> list[tuple[str, str]]:
    """The value and the words of each day."""
    return [(day.isoformat(), clock.day(day)) for day in choices.days]


def windows_shown(choices: Choices, clock: Clock) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """By day: the value of each window, its hours, and whether there is room."""
    by_day: dict[str, list[tuple[str, str, bool]]] = {}
    for window in choices.windows:
        hours = _("%(start)s–%(end)s") % {
            "start": clock.hour(window.starts_at),
            "end": clock.hour(window.ends_at),
        }
        heading = clock.heading(clock.date_of(window.starts_at))
        by_day.setdefault(heading, []).append((window.starts_at.isoformat(), hours, window.free > 0))
    return list(by_day.items())
