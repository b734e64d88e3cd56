"""Parcels: what carriers said of them, where that puts them, and when to ask next."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from carriers.types import FROM_CODE, Status, SubStatus
from tenants.isolation import ShopForeignKey
from tenants.models import ShopModel
from tracking.models.orders import Order, OrderLine

SOURCES = ("carrier", "shop", "agent", "driver", "shopper", "system")


class Shipment(ShopModel):
    """One parcel with one carrier. An order has any number; status and flags are the fold of its events."""

    order = ShopForeignKey(Order, models.CASCADE, related_name="shipments")
    carrier = models.CharField(max_length=32)  # a code in carriers.registry
    number = models.CharField(max_length=64)
    number_key = models.CharField(max_length=64, db_collation="C")  # upper case, letters and digits only
    account_id = models.BigIntegerField(null=True, blank=True)  # carriers.Account; null: nobody to ask
    # Whose it may be, the likeliest first, while `carrier` is tracking.parcels.UNDECIDED: asked in turn.
    candidates = ArrayField(models.CharField(max_length=32), default=list, db_default=[], blank=True)
    direction = models.CharField(
        max_length=8, default="outbound", choices=[("outbound", "outbound"), ("return", "return")]
    )
    service = models.CharField(max_length=80, blank=True)
    whole_order = models.BooleanField(default=True)  # carries all lines; False: see ShipmentLine
    created_at = models.DateTimeField(db_default=Now())  # when it came to be known here
    handed_over_at = models.DateTimeField(null=True, blank=True)  # the shop says: given to the carrier

    # The fold: tracking.position.Position.
    status = models.CharField(max_length=24, default=Status.PENDING)
    sub_status = models.CharField(max_length=48, default=SubStatus.PENDING_REGISTERED)
    reason = models.CharField(max_length=32, blank=True)
    status_since = models.DateTimeField(null=True, blank=True)  # carrier's clock; null: no scan
    episode = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    delayed = models.BooleanField(default=False)
    moved_at = models.DateTimeField(null=True, blank=True)  # first physical scan
    delivered_at = models.DateTimeField(null=True, blank=True)
    last_event_at = models.DateTimeField(null=True, blank=True)
    flags = ArrayField(models.CharField(max_length=32), default=list, blank=True)

    # What the carrier says beside its scans.
    eta_first = models.DateField(null=True, blank=True)
    eta_last = models.DateField(null=True, blank=True)
    slot_from = models.DateTimeField(null=True, blank=True)
    slot_to = models.DateTimeField(null=True, blank=True)
    pickup = models.JSONField(null=True, blank=True)  # carriers.types.PickupPoint
    pieces = models.PositiveSmallIntegerField(default=1)
    options_url = models.URLField(max_length=500, blank=True)  # the carrier's own page to change a delivery
    signed_by = models.CharField(
        max_length=120, blank=True, db_default=""
    )  # who took it: personal, only behind proof

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "order", "carrier", "number_key"], name="shipment_once"),
            models.CheckConstraint(condition=Q(status__in=sorted(Status)), name="shipment_status_known"),
            models.CheckConstraint(
                condition=Q(sub_status__in=sorted(SubStatus)), name="shipment_sub_status_known"
            ),
            models.CheckConstraint(
                condition=Q(direction__in=["outbound", "return"]), name="shipment_direction_known"
            ),
        ]
        indexes = [models.Index(fields=["shop", "number_key"], name="shipment_find_number")]

    def __str__(self) -> str:
        return f"{self.carrier}:{self.number}"


class ShipmentLine(ShopModel):
    """Units of an order's line that travel in one shipment."""

    shipment = ShopForeignKey(Shipment, models.CASCADE, related_name="lines")
    line = ShopForeignKey(OrderLine, models.CASCADE, related_name="shipped")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "shipment", "line"], name="shipment_line_once")
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of line {self.line_id}"


class TrackingEvent(ShopModel):
    """What was said of a parcel, verbatim, beside our reading of it. Never changed."""

    shipment = ShopForeignKey(Shipment, models.CASCADE, related_name="events")
    key = models.CharField(max_length=16)  # tracking.position.event_key: what makes two scans the same
    detail = models.CharField(max_length=16)  # tells readings of the same scan apart; the fold picks one
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    sub_status = models.CharField(max_length=48, blank=True)  # empty: no meaning known
    code = models.CharField(max_length=80, blank=True)
    text = models.CharField(max_length=500, blank=True)
    place = models.CharField(max_length=160, blank=True)
    country = models.CharField(max_length=2, blank=True)
    leg = models.PositiveSmallIntegerField(default=1)
    reason = models.CharField(max_length=32, blank=True)
    source = models.CharField(max_length=8, default="carrier")
    scan_id = models.CharField(max_length=80, blank=True)
    zone_source = models.CharField(max_length=8, default="offset")
    said_at = models.CharField(max_length=40, blank=True)  # the time as the carrier wrote it
    raw = models.JSONField(null=True, blank=True)  # white-listed fields only
    authority = models.FloatField(
        default=FROM_CODE, db_default=FROM_CODE
    )  # what gave it its meaning: carriers.types

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "shipment", "key", "detail"], name="event_once"),
            models.CheckConstraint(condition=Q(source__in=SOURCES), name="event_source_known"),
        ]
        indexes = [
            # What a person's word for a code would change (tracking.services.rereading).
            models.Index(
                fields=["shop", "code", "shipment"],
                condition=Q(sub_status="") | ~Q(authority=FROM_CODE),
                name="event_doubtful",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.occurred_at:%Y-%m-%d %H:%M} {self.sub_status or self.code}"


class Transition(ShopModel):
    """A step a shipment or an order took. The packages above read the ones not yet announced."""

    order = ShopForeignKey(Order, models.CASCADE, related_name="transitions")
    shipment = ShopForeignKey(Shipment, models.CASCADE, null=True, blank=True, related_name="transitions")
    kind = models.CharField(max_length=9)  # shipment, order, milestone; moment: tracking.moments
    before = models.CharField(max_length=48, blank=True)
    after = models.CharField(max_length=48)
    episode = models.PositiveSmallIntegerField(default=0)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    cause = models.CharField(max_length=80, blank=True)  # event:<key>, shop, agent:<user>, import, time
    quiet = models.CharField(max_length=16, blank=True)  # why nobody is told: late, old, imported, history
    announced_at = models.DateTimeField(null=True, blank=True)  # null: nobody above has looked yet

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["shipment", "order", "milestone", "moment"]),
                name="transition_kind_known",
            ),
            models.UniqueConstraint(
                fields=["shop", "order", "kind", "after", "episode"],
                condition=~Q(kind="shipment"),
                name="transition_once_an_order",
            ),
            models.UniqueConstraint(
                fields=["shop", "shipment", "after", "episode"],
                condition=Q(kind="shipment"),
                name="transition_once_a_shipment",
            ),
        ]
        indexes = [
            # Walked from shop to shop: another's thousands are not read.
            models.Index(
                fields=["shop", "recorded_at"],
                condition=Q(announced_at=None),
                name="transition_untold_by_shop",
            ),
            models.Index(fields=["shop", "order", "occurred_at"], name="transition_timeline"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.before} → {self.after}"


class Poll(ShopModel):
    """When to ask a carrier about a shipment next. Narrow and a table of its own: it is written often."""

    shipment = ShopForeignKey(Shipment, models.CASCADE, related_name="polls")
    carrier = models.CharField(max_length=32)
    account_id = models.BigIntegerField()
    next_at = models.DateTimeField(null=True, blank=True)  # null: asked no more
    urgency = models.PositiveSmallIntegerField(default=1, db_default=1)  # tracking.urgency
    lease = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    claims = models.PositiveSmallIntegerField(default=0)  # raised before the work, reset after it
    failures = models.PositiveSmallIntegerField(default=0)  # in a row
    pulls = models.PositiveSmallIntegerField(default=0)  # brought forward by page views since the last answer
    registered_at = models.DateTimeField(null=True, blank=True)  # told to an aggregator
    subscribe_at = models.DateTimeField(
        null=True, blank=True
    )  # when to ask for pushes (again); null: not yet
    asked_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=16, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "shipment"], name="poll_once")]
        indexes = [
            # The poller's only question: what is due, account by account (tracking.services.claiming).
            models.Index(
                fields=["account_id", "urgency", "next_at"],
                condition=~Q(next_at=None),
                name="poll_due_by_urgency",
            ),
        ]

    def __str__(self) -> str:
        return f"poll of shipment {self.shipment_id}"
