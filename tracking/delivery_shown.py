"""What the pages that change a delivery show: options by parcel, and requests that stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from tracking import change_words, changing
from tracking.actions import carrier_name, web
from tracking.changing import Offer, Verdict
from tracking.models import DeliveryOption, DeliveryRequest, Shipment
from tracking.parcels import UNNAMED
from tracking.subpages import Visit
from tracking.when import Clock


@dataclass(frozen=True, slots=True)
class OptionShown:
    """`href` is empty where it cannot be had; then `why_not` says so."""

    kind: str
    title: str
    lead: str
    icon: str
    href: str
    outside: bool
    price: str
    until: str
    why_not: str


@dataclass(frozen=True, slots=True)
class ParcelShown:
    """`number`: of the parcel on the order's page, from 1; 0: there is none yet."""

    number: int
    title: str
    carrier: str
    expected: str
    options: tuple[OptionShown, ...]


@dataclass(frozen=True, slots=True)
class RequestShown:
    id: int
    title: str
    detail: str
    status: str
    tone: str
    story: str
    answer: str
    price: str
    withdraw: str  # its address; empty where it is too late for that


@dataclass(frozen=True, slots=True)
class Known:
    """All rows of one order that a change is about."""

    shipments: Sequence[Shipment]
    options: Sequence[DeliveryOption]
    requests: Sequence[DeliveryRequest]


def known_of(visit: Visit) -> Known:
    shop, order = visit.shop, visit.order
    requests = DeliveryRequest.objects.for_shop(shop).filter(order=order)
    return Known(
        list(Shipment.objects.for_shop(shop).filter(order=order).order_by("id")),
        list(DeliveryOption.objects.for_shop(shop).filter(enabled=True)),
        list(requests.select_related("shipment", "slot").order_by("-asked_at", "-id")),
    )


def offers_for(visit: Visit, known: Known, parcel: Shipment | None) -> list[Offer]:
    return changing.offers(
        visit.order,
        parcel,
        known.options,
        known.requests,
        now=visit.clock.now,
        zone=ZoneInfo(visit.shop.time_zone),
    )


def expected(visit: Visit, parcel: Shipment | None) -> Any:
    today = visit.clock.now.astimezone(ZoneInfo(visit.shop.time_zone)).date()
    return changing.expected_day(visit.order, parcel, today)


def named(shipment: Shipment | None) -> str:
    """The carrier, to be named in a sentence; empty where it is nobody's to name."""
    return carrier_name(shipment.carrier) if shipment and shipment.carrier not in UNNAMED else ""


def parcels_shown(visit: Visit, known: Known) -> list[ParcelShown]:
    """Those that can still be turned, with what can be done with each."""
    outbound = [one for one in known.shipments if one.direction == "outbound"]
    shown = []
    for parcel in changing.turnable(visit.order, known.shipments):
        held: Any = parcel
        number = known.shipments.index(held) + 1 if held else 0
        day = expected(visit, held)
        offers = offers_for(visit, known, held)
        shown.append(
            ParcelShown(
                number=number,
                title=_("Parcel %(number)d of %(total)d") % {"number": number, "total": len(outbound)}
                if len(outbound) > 1
                else "",
                carrier=named(held),
                expected=_("Expected %(day)s") % {"day": visit.clock.day(day)} if day else "",
                options=tuple(_option(visit, offer, held, number) for offer in offers),
            )
        )
    return shown


def _option(visit: Visit, offer: Offer, parcel: Shipment | None, number: int) -> OptionShown:
    kind, clock, by_link = offer.option.kind, visit.clock, offer.option.way == "link"
    is_open = offer.verdict is Verdict.OPEN
    href = ""
    if is_open:
        own = visit.path("delivery_change", number, slug_of(kind))
        href = web(parcel.options_url) if by_link and parcel else own
    return OptionShown(
        kind=kind,
        title=str(change_words.KINDS[kind]),
        lead=_("On %(carrier)s’s own page.") % {"carrier": named(parcel)}
        if by_link
        else str(change_words.LEADS[kind]),
        icon=change_words.ICONS[kind],
        href=href,
        outside=by_link,
        price="" if by_link else change_words.price(offer.option.price, visit.shop.currency, clock),
        until=until(offer.cutoff_at, clock) if is_open else "",
        why_not="" if is_open else why_not(offer, parcel, clock),
    )


def slug_of(kind: str) -> str:
    return kind.replace("_", "-")


def until(cutoff_at: datetime | None, clock: Clock) -> str:
    if cutoff_at is None:
        return _("Until the driver sets out with it")
    return _("Until %(when)s") % {"when": change_words.moment(cutoff_at, clock)}


def why_not(offer: Offer | None, parcel: Shipment | None, clock: Clock) -> str:
    """Why it cannot be had now, as it is."""
    if offer is None:
        return _("This cannot be changed for this parcel.")
    if offer.verdict is Verdict.ASKED:
        return _("You have asked for this already.")
    if offer.verdict is Verdict.BLOCKED:
        return _("First wait for the answer to what you asked before, or withdraw it.")
    if offer.verdict is Verdict.LIMIT:
        return _("This has been changed as often as the shop allows.")
    if offer.cutoff_at is not None and clock.now >= offer.cutoff_at:
        return _("This could be changed until %(when)s.") % {
            "when": change_words.moment(offer.cutoff_at, clock)
        }
    if changing.stage_of(parcel) is changing.Stage.ON_VAN:
        return _("Too late for this: the driver has the parcel.")
    return _("Too late for this: the parcel is too far on its way.")


def requests_shown(visit: Visit, known: Known) -> list[RequestShown]:
    return [request_shown(visit, one) for one in known.requests]


def request_shown(visit: Visit, request: DeliveryRequest) -> RequestShown:
    wish = wish_of(request)
    by_shop = request.asked_by != "shopper"
    withdrawable = changing.may_withdraw(request.status) and not by_shop
    return RequestShown(
        id=request.pk,
        title=str(change_words.KINDS[request.kind]),
        detail=change_words.detail(request.kind, request.details, visit.clock),
        status=change_words.status(request.status, request.way),
        tone=change_words.TONES.get(request.status, ""),
        story=change_words.story(wish, visit.clock),
        answer=request.answer,
        price=change_words.price(request.price, request.currency, visit.clock) if request.price else "",
        withdraw=visit.path("delivery_withdraw", request.pk) if withdrawable else "",
    )


def wish_of(request: DeliveryRequest) -> change_words.Wish:
    return change_words.Wish(
        kind=request.kind,
        way=request.way,
        status=request.status,
        details=request.details,
        carrier=named(request.shipment),
        asked_at=request.asked_at,
        sent_at=request.sent_at,
        settled_at=request.settled_at,
        answer=request.answer,
    )
