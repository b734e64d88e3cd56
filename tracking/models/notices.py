"""What a person must be told that is no step of an order: a code, an answer, what became of a request."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tenants.isolation import ShopForeignKey
from tenants.models import ShopModel
from tracking.models.orders import Order

NOTICE_CHANNELS = ("email", "sms")


class Notice(ShopModel):
    """Something to be told once, to one address. The package above reads the ones not yet taken up."""

    order = ShopForeignKey(Order, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=24)  # tracking.notices.KINDS
    key = models.CharField(max_length=80)  # what makes it the same notice: told once
    channel = models.CharField(max_length=8, default="email")
    recipient = models.CharField(max_length=254)
    language = models.CharField(max_length=8)
    about = models.JSONField(default=dict)  # what its words are filled in with; nothing secret
    sealed = models.TextField(
        blank=True
    )  # what is secret (a code), by tenants.vault; emptied once handed over
    reply_key = models.CharField(max_length=40, blank=True)  # of the thread an answer by e-mail belongs to
    created_at = models.DateTimeField(db_default=Now())
    taken_at = models.DateTimeField(null=True, blank=True)  # null: nobody above has looked yet

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "key"], name="notice_once"),
            models.CheckConstraint(condition=Q(channel__in=NOTICE_CHANNELS), name="notice_channel_known"),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(taken_at=None), name="notice_untaken"),
            models.Index(fields=["shop", "order", "created_at"], name="notice_of_order"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of order {self.order_id}"


class ProofCode(ShopModel):
    """A code sent to the address on file: who can say it may change the order for a quarter of an hour."""

    order = ShopForeignKey(Order, models.CASCADE, related_name="proof_codes")
    code_hash = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)  # wrong ones
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["shop", "order", "-sent_at"], name="proof_code_latest")]

    def __str__(self) -> str:
        return f"code for order {self.order_id}"
