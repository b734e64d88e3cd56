"""An order to show a look with: the shop's latest, else one nobody placed."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from carriers.types import SubStatus
from tenants.models import Brand, Shop
from tracking.models import Order as StoredOrder
from tracking.models import ShopState
from tracking.places import Point, around
from tracking.route import way_of
from tracking.snapshot import Event, Line, Look, Move, Order, Parcel, Snapshot, State, read


def sample(shop: Shop, now: datetime, *, with_map: bool = False) -> Snapshot:
    """In the shop's context; three statements. `with_map`: the shop's latest only if its page shows a way."""
    latest = StoredOrder.objects.for_shop(shop).filter(placed_at__lte=Now()).order_by("-placed_at", "-id")
    token_hash = latest.values_list("token_hash", flat=True).first()
    told = read(shop.pk, token_hash, now=now, stale_before=now) if token_hash else None
    latest_one = told.snapshot if told else None
    if latest_one is None or (with_map and not _has_way(latest_one, shop)):
        return _example(shop, now)
    return latest_one


def _has_way(snapshot: Snapshot, shop: Shop) -> bool:
    way = way_of(snapshot, shop.country)
    return way is not None and not way.followed


def look_of(brand: Brand) -> Look:
    """The look as the pages take it."""
    fields = {name: getattr(brand, name) for name in Look.__dataclass_fields__}
    several = ("links", "social", "products", "blocks")
    return Look(**fields | {name: tuple(getattr(brand, name)) for name in several})


@cache
def _towns(country: str) -> tuple[str, str]:
    """The two largest; empty where there are none."""
    found = [town.name for town in around(country, Point(-90, -180), Point(90, 180), 2)]
    return (found[0], found[1]) if len(found) == 2 else ("", "")


def _example(shop: Shop, now: datetime) -> Snapshot:
    placed = now - timedelta(days=2)
    states = tuple(
        State(s.code, s.labels, tuple(s.canonicals), s.kind, s.position, s.step, s.visible)
        for s in ShopState.objects.for_shop(shop)
    )
    arrives = (now + timedelta(days=1)).date()
    to, via = _towns(shop.country)
    return Snapshot(
        order=Order(
            id=0, number="1001", placed_at=placed, currency=shop.currency, total=Decimal("49.90"), customer_name="",
            language=shop.language, address_line="", address_extra="", city=to, region="", postal_code="",
            country=shop.country, cancel_reason="", expected_parcels=None, restock_date=None, promised_date=None,
            state="shipped", state_since=now - timedelta(days=1), health="on_track", attention="", eta_first=arrives,
            eta_last=arrives, slot_from=None, slot_to=None, last_event_at=now - timedelta(hours=3),
        ),
        look=look_of(Brand.objects.for_shop(shop).defer("logo").get()),
        lines=(Line(1, _("Example item"), "", 1, 0, Decimal("49.90"), ""),),
        states=states,
        moves=(Move("shipped", now - timedelta(days=1)), Move("preparing", now - timedelta(days=2))),
        milestones=(),
        parcels=(_parcel(now, via),),
    )  # fmt: skip


def _parcel(now: datetime, via: str) -> Parcel:
    arrives = (now + timedelta(days=1)).date()
    left, seen = now - timedelta(days=1), now - timedelta(hours=3)
    return Parcel(
        id=1, carrier="dhl", number="00340434161094021501", direction="outbound", whole_order=True, handed_over_at=left,
        status="in_transit", sub_status=SubStatus.ARRIVED_FACILITY, reason="", status_since=left, delayed=False,
        moved_at=left, delivered_at=None, last_event_at=seen, eta_first=arrives, eta_last=arrives, slot_from=None,
        slot_to=None, pickup=None, options_url="", units=None,
        events=(
            Event("b", seen, SubStatus.ARRIVED_FACILITY, "", via, "carrier"),
            Event("a", left, SubStatus.PICKED_UP, "", "", "carrier"),
        ),
    )  # fmt: skip
