"""How a shopper may change a delivery: what the shop offers, and what was asked."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from tenants.isolation import ShopForeignKey
from tenants.models import ShopModel
from tracking.models.delivery import Shipment
from tracking.models.orders import Order

CHANGE_KINDS = ("address", "pickup_point", "day", "slot", "neighbour", "safe_place", "note", "hold")
CHANGE_WAYS = (
    "carrier",
    "mail",
    "task",
    "link",
)  # by the carrier's API, a mail to the depot, an agent, the carrier's page
REQUEST_STATUSES = (
    "asked",  # the shop has to approve it
    "approved",  # to be sent
    "sent",  # the carrier, the depot or an agent has it
    "accepted",
    "refused",
    "too_late",
    "done",
    "withdrawn",
)
REQUEST_OPEN = ("asked", "approved", "sent", "accepted")


class DeliveryOption(ShopModel):
    """One way to change a delivery that a shop offers. Empty lists mean: any."""

    kind = models.CharField(max_length=12)
    enabled = models.BooleanField(default=True)
    way = models.CharField(max_length=8, default="task")
    carriers = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    services = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    countries = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    # What the address's postal code begins with: 28, 460.
    postal_codes = ArrayField(models.CharField(max_length=8), default=list, db_default=[], blank=True)
    stages = ArrayField(models.CharField(max_length=24), default=list, blank=True)  # tracking.changing.Stage
    needs_approval = models.BooleanField(default=False)
    # Asked until this hour (the shop's clock), so many days before the parcel's expected day.
    cutoff_time = models.TimeField(null=True, blank=True)  # null: at any hour
    cutoff_days = models.PositiveSmallIntegerField(default=0)
    price = models.DecimalField(max_digits=9, decimal_places=3, default=0)  # in the shop's currency
    most_an_order = models.PositiveSmallIntegerField(default=3)  # requests of this option an order
    depot_email = models.EmailField(blank=True)  # for way "mail"
    settings = models.JSONField(
        default=dict, blank=True
    )  # days ahead, Sundays, slots, places: tracking.changing
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=CHANGE_KINDS), name="option_kind_known"),
            models.CheckConstraint(condition=Q(way__in=CHANGE_WAYS), name="option_way_known"),
            models.CheckConstraint(condition=Q(price__gte=0), name="option_price_not_negative"),
        ]
        indexes = [models.Index(fields=["shop", "position"], name="option_in_order")]

    def __str__(self) -> str:
        return f"{self.kind} by {self.way}"


class PickupPlace(ShopModel):
    """A point or locker a shop's parcels may be sent to."""

    carrier = models.CharField(max_length=32)
    code = models.CharField(max_length=40)  # the carrier's
    kind = models.CharField(max_length=8, default="point")  # point, locker
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=200)
    postal_code = models.CharField(max_length=16)
    city = models.CharField(max_length=120)
    country = models.CharField(max_length=2)
    hours = models.CharField(max_length=200, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "carrier", "code"], name="pickup_place_once"),
            models.CheckConstraint(condition=Q(kind__in=["point", "locker"]), name="pickup_place_kind_known"),
        ]
        indexes = [models.Index(fields=["shop", "country", "postal_code"], name="pickup_place_near")]

    def __str__(self) -> str:
        return f"{self.name}, {self.city}"


class DeliverySlot(ShopModel):
    """A window of one option on one day, of which there are only so many."""

    option = ShopForeignKey(DeliveryOption, models.CASCADE, related_name="slots")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    capacity = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "option", "starts_at"], name="slot_once"),
            # The database itself never sells one twice.
            models.CheckConstraint(condition=Q(taken__lte=F("capacity")), name="slot_not_oversold"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="slot_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M}"


class DeliveryRequest(ShopModel):
    """One change that was asked for, and what became of it. Shop, agent and shopper read the same row."""

    order = ShopForeignKey(Order, models.CASCADE, related_name="delivery_requests")
    shipment = ShopForeignKey(
        Shipment, models.CASCADE, null=True, blank=True, related_name="delivery_requests"
    )  # null: of a parcel that does not exist yet
    option = ShopForeignKey(DeliveryOption, models.SET_NULL, null=True, blank=True, related_name="requests")
    kind = models.CharField(max_length=12)
    way = models.CharField(max_length=8)
    status = models.CharField(max_length=9, default="asked")
    details = models.JSONField(default=dict)  # what was chosen: tracking.changing
    slot = ShopForeignKey(DeliverySlot, models.SET_NULL, null=True, blank=True, related_name="requests")
    price = models.DecimalField(max_digits=9, decimal_places=3, default=0)
    currency = models.CharField(max_length=3, blank=True)
    asked_by = models.CharField(max_length=120)  # shopper, or agent:<user>
    asked_at = models.DateTimeField()
    cutoff_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=240, blank=True)  # what the carrier or the shop said, for people
    reference = models.CharField(max_length=80, blank=True)  # the carrier's
    # Handing it to the carrier or the depot: claimed like any queue's row.
    next_at = models.DateTimeField(null=True, blank=True)  # null: nothing to do
    lease = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=CHANGE_KINDS), name="request_kind_known"),
            models.CheckConstraint(condition=Q(status__in=REQUEST_STATUSES), name="request_status_known"),
            # One change of a kind at a time: a second tap finds the first.
            models.UniqueConstraint(
                fields=["shop", "order", "shipment", "kind"],
                condition=Q(status__in=REQUEST_OPEN),
                nulls_distinct=False,
                name="request_open_once",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=~Q(next_at=None), name="request_due"),
            models.Index(fields=["shop", "status", "-asked_at"], name="request_by_status"),
            models.Index(fields=["shop", "order", "-asked_at"], name="request_of_order"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of order {self.order_id}: {self.status}"
