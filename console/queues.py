"""Which orders are in which tab of the list, and how many there are, counted no further than is useful."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, Func, IntegerField, OuterRef, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, TruncDate
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from console.keyset import Sort
from tenants.models import Shop
from tracking.models import Order, Shipment
from tracking.states import ASSERTABLE, ON_THEIR_WAY, OrderState
from tracking.when import Clock

Orders = QuerySet[Order]

SILENT = timedelta(hours=48)
OLD_TROUBLE = timedelta(hours=24)
LEAVES_SOON = timedelta(days=2)
# An order placed longer ago than this is history: nobody works it off in a queue of late ones.
CURRENT = timedelta(days=180)
MOST_IN_TAB = 1_000  # beyond that a tab says 1,000+
MOST_IN_FIGURE = 10_000

MOVING = (*sorted(ON_THEIR_WAY), OrderState.OUT_FOR_DELIVERY, OrderState.PARTIALLY_DELIVERED)
IN_TRANSIT = (*sorted(ON_THEIR_WAY), OrderState.PARTIALLY_DELIVERED)
TO_ARRIVE = sorted({*ASSERTABLE, *MOVING})


@dataclass(frozen=True, slots=True)
class Tab:
    """`expires`: sorted by an expression no index has, so that the few rows of the state are read and
    sorted, and not all there ever were along an index until some of the few turn up."""

    code: str
    label: str | Promise
    rows: Callable[[Shop, Clock], Orders]
    sort: Sort
    is_trouble: bool = False
    when_empty: str | Promise = ""


def _orders(shop: Shop) -> Orders:
    orders: Orders = Order.objects.for_shop(shop)
    return orders


def attention(shop: Shop, clock: Clock) -> Orders:
    """Those with the latest news on top: a state may be days older than the trouble in it."""
    orders = _orders(shop).filter(health="attention")
    return orders.annotate(heard_at=Coalesce("last_event_at", "state_since"))


def late(shop: Shop, clock: Clock) -> Orders:
    """Due before today, or slowed down as the carrier says; the longest overdue first."""
    orders = _orders(shop).filter(state__in=TO_ARRIVE, placed_at__gte=clock.now - CURRENT)
    behind = Q(health="delayed") | Q(eta_last__lt=clock.today) | Q(promised_date__lt=clock.today)
    return orders.filter(behind).annotate(due=Coalesce("promised_date", "eta_last", TruncDate("placed_at")))


def at_pickup(shop: Shop, clock: Clock) -> Orders:
    return _orders(shop).filter(state=OrderState.READY_FOR_PICKUP)


def silent(shop: Shop, clock: Clock) -> Orders:
    """Under way, and no scan for 48 h; the longest silent first."""
    orders = _orders(shop).filter(state__in=MOVING, placed_at__gte=clock.now - CURRENT)
    heard = orders.annotate(heard_at=Coalesce("last_event_at", "state_since"))
    return heard.filter(heard_at__lt=clock.now - SILENT)


def on_van(shop: Shop, clock: Clock) -> Orders:
    return _orders(shop).filter(state=OrderState.OUT_FOR_DELIVERY)


def everything(shop: Shop, clock: Clock) -> Orders:
    return _orders(shop)


LATEST = Sort("placed_at", descending=True)
TABS = (
    Tab(
        "attention",
        _("Needs attention"),
        attention,
        Sort("heard_at", descending=True),
        is_trouble=True,
        when_empty=_("Nothing needs you. When a parcel runs into trouble, it is here first."),
    ),
    Tab(
        "late",
        _("Late"),
        late,
        Sort("due", descending=False, read=date.fromisoformat),
        when_empty=_("Nothing is late."),
    ),
    Tab(
        "pickup",
        _("At pickup point"),
        at_pickup,
        Sort("state_since", descending=False),
        when_empty=_("Nothing waits to be collected."),
    ),
    Tab(
        "silent",
        _("No scan in 48 h"),
        silent,
        Sort("heard_at", descending=False),
        when_empty=_("Every parcel under way was scanned in the last 48 hours."),
    ),
    Tab(
        "van",
        _("Out for delivery"),
        on_van,
        LATEST,
        when_empty=_("No parcel is out with a driver now."),
    ),
    Tab("all", pgettext_lazy("all orders", "All"), everything, LATEST),
)
BY_CODE = {tab.code: tab for tab in TABS}


@dataclass(frozen=True, slots=True)
class Figures:
    """What the shop's orders add up to now. Each counted up to its most, plus one."""

    tabs: dict[str, int]
    in_transit: int
    late_in_transit: int
    old_trouble: int  # of those that need attention: for more than 24 h
    leaving_soon: int  # of those at a pickup point: kept for two days more at most
    delivered_today: int
    delivered: int  # in 7 days
    promised: int  # of those delivered: a day had been promised
    on_time: int  # of those promised: by that day


def figures(shop: Shop, clock: Clock) -> Figures:
    """One statement, whose cost does not grow with the orders there ever were."""
    wanted: dict[str, tuple[Orders, int]] = {
        f"tab_{tab.code}": (tab.rows(shop, clock), MOST_IN_TAB) for tab in TABS
    }
    wanted["tab_van"] = (wanted["tab_van"][0], MOST_IN_FIGURE)
    done = _delivered(shop, clock)
    kept = done.exclude(promised_date=None)
    wanted |= {
        "late_in_transit": (late(shop, clock).filter(state__in=IN_TRANSIT), MOST_IN_TAB),
        "in_transit": (
            _orders(shop).filter(state__in=IN_TRANSIT),
            MOST_IN_FIGURE,
        ),
        "old_trouble": (_in_trouble_since(shop, clock.now - OLD_TROUBLE), MOST_IN_TAB),
        "leaving_soon": (_leaving(shop, clock), MOST_IN_TAB),
        "delivered_today": (done.filter(state_since__gte=clock.midnight(clock.today)), MOST_IN_FIGURE),
        "delivered": (done, MOST_IN_FIGURE),
        "promised": (kept, MOST_IN_FIGURE),
        "on_time": (
            kept.filter(promised_date__gte=TruncDate("state_since", tzinfo=clock.zone)),
            MOST_IN_FIGURE,
        ),
    }
    counted = {name: _counted(rows, most) for name, (rows, most) in wanted.items()}
    found: dict[str, Any] = Shop.objects.filter(pk=shop.pk).annotate(**counted).values(*counted).get()
    tabs = {tab.code: found.pop(f"tab_{tab.code}") for tab in TABS}
    return Figures(tabs=tabs, **found)


def _counted(rows: Orders, most: int) -> Func:
    ids = rows.order_by().values("pk")[: most + 1]
    return Func(ArraySubquery(ids), function="cardinality", output_field=IntegerField())


def _in_trouble_since(shop: Shop, moment: datetime) -> Orders:
    troubled = Shipment.objects.for_shop(shop).filter(
        order_id=OuterRef("pk"), sub_status=OuterRef("attention"), status_since__lt=moment
    )
    return _orders(shop).filter(health="attention").filter(Exists(troubled))


def _leaving(shop: Shop, clock: Clock) -> Orders:
    until = (clock.today + LEAVES_SOON).isoformat()
    leaving = (
        Shipment.objects.for_shop(shop)
        .filter(order_id=OuterRef("pk"), status="available_for_pickup", pickup__isnull=False)
        .annotate(kept_until=KeyTextTransform("until", "pickup"))
        .filter(kept_until__lte=until)
    )
    return at_pickup(shop, clock).filter(Exists(leaving))


def _delivered(shop: Shop, clock: Clock) -> Orders:
    """In the last seven days. A delivery is a scan, so the index of latest scans finds them."""
    since = clock.midnight(clock.today - timedelta(days=6))
    orders = _orders(shop).filter(state__in=("delivered", "delivered_incomplete"))
    return orders.filter(last_event_at__gte=since, state_since__gte=since)
