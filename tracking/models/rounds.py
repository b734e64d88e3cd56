"""Deliveries a shop drives itself, or follows: where the courier is, and the stops of a round."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tenants.isolation import ShopForeignKey
from tenants.models import ShopModel
from tracking.models.delivery import Shipment


class Round(ShopModel):
    """One driver's day. Whoever holds the signed link drives it."""

    name = models.CharField(max_length=80)  # as the shop calls it: van 2, Saturday morning
    driver = models.CharField(max_length=80, blank=True)
    date = models.DateField()
    key_hash = models.CharField(max_length=64)  # of the link
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "key_hash"], name="round_key_once")]
        indexes = [models.Index(fields=["shop", "-date", "-id"], name="round_latest")]

    def __str__(self) -> str:
        return f"{self.name}, {self.date}"


class Stop(ShopModel):
    """One parcel of a round."""

    round = ShopForeignKey(Round, models.CASCADE, related_name="stops")
    shipment = ShopForeignKey(Shipment, models.CASCADE, related_name="stops")
    position = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=9, default="to_come")  # to_come, next, delivered, failed
    settled_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.CharField(max_length=120, blank=True)  # who took it
    note = models.CharField(max_length=240, blank=True)
    picture = models.BinaryField(null=True, blank=True)  # JPEG: of the parcel where it lies, or a signature
    picture_kind = models.CharField(max_length=9, blank=True)  # photo, signature

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "round", "shipment"], name="stop_once"),
            models.CheckConstraint(
                condition=Q(status__in=["to_come", "next", "delivered", "failed"]), name="stop_status_known"
            ),
        ]
        indexes = [models.Index(fields=["shop", "shipment"], name="stop_of_shipment")]

    def __str__(self) -> str:
        return f"stop {self.position} of round {self.round_id}"


class CourierPosition(ShopModel):
    """Where the courier of a parcel was last: to some 100 m, and for a day at most."""

    shipment = ShopForeignKey(Shipment, models.CASCADE, related_name="positions")
    latitude = models.FloatField()  # degrees, rounded to three decimals
    longitude = models.FloatField()
    at = models.DateTimeField()
    stops_before = models.PositiveSmallIntegerField(null=True, blank=True)
    eta_from = models.DateTimeField(null=True, blank=True)
    eta_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "shipment"], name="courier_position_once"),
            models.CheckConstraint(
                condition=Q(latitude__range=(-90, 90)) & Q(longitude__range=(-180, 180)),
                name="courier_position_on_earth",
            ),
        ]
        indexes = [models.Index(fields=["at"], name="courier_position_age")]

    def __str__(self) -> str:
        return f"courier of shipment {self.shipment_id}"
