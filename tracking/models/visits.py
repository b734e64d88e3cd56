"""How often a page was looked at: counted, never followed. Kept 30 days."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tenants.isolation import ShopForeignKey
from tenants.models import ShopModel
from tracking.models.orders import Order


class PageVisit(ShopModel):
    """One order's views of one day on one kind of device from one country. No person, no address, no cookie."""

    order = ShopForeignKey(Order, models.CASCADE, related_name="visits")
    day = models.DateField()  # UTC
    device = models.CharField(max_length=8)  # phone, tablet, desktop, other
    country = models.CharField(max_length=2, blank=True)
    reader = models.CharField(max_length=8, default="person")  # person, bot, prefetch
    views = models.PositiveIntegerField(default=0)
    visits = models.PositiveIntegerField(default=0)  # views with half an hour's rest before them
    dwell_s = models.PositiveIntegerField(default=0)  # seconds the page was in front, summed

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "order", "day", "device", "country", "reader"], name="visit_once"
            ),
            models.CheckConstraint(
                condition=Q(reader__in=["person", "bot", "prefetch"]), name="visit_reader_known"
            ),
        ]
        indexes = [models.Index(fields=["shop", "day"], name="visit_by_day")]

    def __str__(self) -> str:
        return f"{self.views} views of order {self.order_id}"
