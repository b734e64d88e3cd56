"""How far apart a carrier's scans usually are, as this shop's own parcels have shown."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tenants.models import ShopModel


class Rhythm(ShopModel):
    """Within how many hours the next scan comes for four parcels in five. Measured anew each night."""

    carrier = models.CharField(max_length=32)
    status = models.CharField(max_length=24)  # of the parcel, from one scan to the next
    country = models.CharField(max_length=2, blank=True)  # it goes to; empty: wherever it goes
    usual_h = models.PositiveSmallIntegerField()
    gaps = models.PositiveIntegerField()  # between scans, that were measured
    measured_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "carrier", "status", "country"], name="rhythm_once"),
            models.CheckConstraint(condition=Q(usual_h__gte=1), name="rhythm_is_an_hour_or_more"),
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.status} {self.country or '*'}: {self.usual_h} h"
