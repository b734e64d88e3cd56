"""What one line of the list of orders says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel.numbers import format_currency
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from console import masking, tones
from console.clock import ago, days_late, days_said
from console.queues import MOVING, SILENT
from tenants.models import Shop
from tracking.actions import carrier_name
from tracking.labels import own_label, state_label, status_label
from tracking.models import Order, Shipment, ShopState
from tracking.position import Flag
from tracking.states import OVER, OrderState
from tracking.when import Clock

# Columns of an order that the list needs.
COLUMNS = (
    "id", "shop_id", "number", "channel", "placed_at", "currency", "total", "customer_name", "city",
    "postal_code", "country", "state", "state_since", "health", "attention", "eta_first", "eta_last",
    "slot_from", "slot_to", "promised_date", "last_event_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    pk: int
    number: str
    total: str
    customer: str
    place: str
    carrier: str
    tracking: str
    more_parcels: int  # besides the one shown
    status: str
    tone: str
    since: str
    eta: str
    eta_more: str  # hours, or until when it is kept
    late: str


class StateNames:
    """The shop's own words for states, in the language of this request. One statement.

    Where one of its states stands for several, those that are not the namesake keep their plain names: to
    whoever works on an order, "out for delivery" and "shipped" are not the same.
    """

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.states: list[ShopState] = list(ShopState.objects.for_shop(shop))

    def __call__(self, canonical: str) -> str:
        own = next((state for state in self.states if canonical in state.canonicals), None)
        if own is None or (len(own.canonicals) > 1 and own.code != canonical):
            return state_label(canonical)
        return own_label(own.labels, get_language() or "en", self.shop.language) or state_label(canonical)


def money(amount: Decimal | None, currency: str, clock: Clock) -> str:
    return "" if amount is None else format_currency(amount, currency, locale=clock.locale)


def parcels_of(shop: Shop, orders: Sequence[Order]) -> Mapping[int, list[Shipment]]:
    """The outbound parcels of these orders, by order. One statement."""
    found: dict[int, list[Shipment]] = defaultdict(list)
    shipments = Shipment.objects.for_shop(shop).filter(
        order_id__in=[order.pk for order in orders], direction="outbound"
    )
    columns = ("order_id", "carrier", "number", "status", "sub_status", "flags", "pickup", "eta_last")
    for shipment in shipments.exclude(status="cancelled").order_by("id").only("id", *columns):
        found[shipment.order_id].append(shipment)
    return found


def rows_of(shop: Shop, orders: Sequence[Order], clock: Clock, *, masked: bool) -> list[Row]:
    """Two statements, however many orders. `masked`: for a member who may only look."""
    names = StateNames(shop)
    parcels = parcels_of(shop, orders)
    return [_row(order, parcels.get(order.pk, []), names, clock, masked=masked) for order in orders]


def _row(order: Order, parcels: list[Shipment], names: StateNames, clock: Clock, *, masked: bool) -> Row:
    parcel = _foremost(order, parcels)
    status, tone, since = _status(order, parcel, names, clock)
    eta, more, late = _eta(order, parcel, clock)
    return Row(
        pk=order.pk,
        number=order.number,
        total=money(order.total, order.currency, clock),
        customer=masking.name(order.customer_name) if masked else order.customer_name,
        place=", ".join(
            part for part in (f"{order.postal_code} {order.city}".strip(), order.country) if part
        ),
        carrier=carrier_name(parcel.carrier) if parcel else "",
        tracking=parcel.number if parcel else "",
        more_parcels=max(0, len(parcels) - 1),
        status=status,
        tone=tone,
        since=since,
        eta=eta,
        eta_more=more,
        late=late,
    )


def _foremost(order: Order, parcels: list[Shipment]) -> Shipment | None:
    """The parcel that needs somebody, else the first that has not arrived, else the first."""
    for parcel in parcels:
        if order.attention and parcel.sub_status == order.attention:
            return parcel
    return next(
        (parcel for parcel in parcels if parcel.status != "delivered"), parcels[0] if parcels else None
    )


def _status(order: Order, parcel: Shipment | None, names: StateNames, clock: Clock) -> tuple[str, str, str]:
    since = ago(clock, order.state_since)
    if parcel and order.health == "attention" and Flag.FALSE_DELIVERY in parcel.flags:
        return _("False delivery?"), tones.BAD, ago(clock, order.last_event_at)
    if order.health == "attention" and order.attention:
        return (
            status_label(order.attention),
            tones.of_sub_status(order.attention),
            ago(clock, order.last_event_at) or since,
        )
    if order.health == "attention":
        return names(order.state), tones.BAD, since
    if is_silent(order, clock):
        return _("No scan in 48 h"), tones.WARN, ago(clock, order.last_event_at or order.state_since)
    return names(order.state), tones.of_state(order.state), since


def is_silent(order: Order, clock: Clock) -> bool:
    """Under way, and nobody has scanned any of its parcels for 48 h."""
    heard_at = order.last_event_at or order.state_since
    return order.state in MOVING and clock.now - heard_at > SILENT


def _eta(order: Order, parcel: Shipment | None, clock: Clock) -> tuple[str, str, str]:
    if order.state == OrderState.READY_FOR_PICKUP:
        kept = (parcel.pickup or {}).get("until") if parcel else None
        until = clock.short_day(date.fromisoformat(kept)) if kept else ""
        return _("Ready"), _("until %(day)s") % {"day": until} if until else "", ""
    if order.state in OVER or order.state == OrderState.COMPLETED:
        return "", "", ""
    due = order.promised_date or (parcel.eta_last if parcel else None)
    days = days_late(clock.today, order.eta_last, due)
    late = days_said(days) if days else ""
    expected = order.eta_last or due
    if expected is None:
        return "", "", late
    slot = ""
    if order.slot_from and order.slot_to and clock.date_of(order.slot_from) == order.eta_last:
        slot = f"{clock.hour(order.slot_from)}–{clock.hour(order.slot_to)}"
    return clock.short_day(expected), slot, late
