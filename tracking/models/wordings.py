"""A shop's own words for what happens to a parcel."""

from __future__ import annotations

from django.db import models

from tenants.models import ShopModel


class Wording(ShopModel):
    """What a shop says instead of us about one sub-status, or order state, in one language. Empty: ours."""

    about = models.CharField(max_length=48)  # a sub-status, or "state:" and an order state
    language = models.CharField(max_length=8)
    headline = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    next = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "about", "language"], name="wording_once")]

    def __str__(self) -> str:
        return f"{self.about} in {self.language}"
