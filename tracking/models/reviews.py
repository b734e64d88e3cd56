"""What shoppers thought of it: of the shop and of the carrier."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tenants.isolation import ShopForeignKey
from tenants.models import ShopModel
from tracking.models.orders import Order

REVIEW_STATUSES = ("pending", "published", "rejected")


class Review(ShopModel):
    """One order's stars and word. Moderated before anybody else sees the words."""

    order = ShopForeignKey(Order, models.CASCADE, related_name="reviews")
    carrier = models.CharField(max_length=32, blank=True)  # whose delivery the stars are of
    shop_stars = models.PositiveSmallIntegerField(null=True, blank=True)  # 1 to 5
    carrier_stars = models.PositiveSmallIntegerField(null=True, blank=True)
    text = models.TextField(blank=True)
    text_key = models.CharField(max_length=16, blank=True, db_default="")  # the same words, the same key
    name = models.CharField(max_length=60, blank=True)  # as the shopper signs; empty: anonymous
    language = models.CharField(max_length=8)
    status = models.CharField(max_length=9, default="pending")
    rejected_because = models.CharField(
        max_length=16, blank=True
    )  # abusive, duplicate, impersonating, promotional, personal
    answer = models.TextField(blank=True)  # the shop's, public
    written_at = models.DateTimeField()
    moderated_at = models.DateTimeField(null=True, blank=True)
    moderated_by = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "order"], name="review_once"),
            models.CheckConstraint(condition=Q(status__in=REVIEW_STATUSES), name="review_status_known"),
            models.CheckConstraint(
                condition=Q(shop_stars=None) | Q(shop_stars__range=(1, 5)), name="review_shop_stars_bounded"
            ),
            models.CheckConstraint(
                condition=Q(carrier_stars=None) | Q(carrier_stars__range=(1, 5)),
                name="review_carrier_stars_bounded",
            ),
        ]
        indexes = [
            models.Index(fields=["shop", "status", "-written_at"], name="review_by_status"),
            models.Index(fields=["shop", "text_key"], condition=~Q(text_key=""), name="review_same_words"),
            models.Index(fields=["shop", "carrier"], name="review_by_carrier"),
        ]

    def __str__(self) -> str:
        return f"review of order {self.order_id}"
