"""Every message there ever was, what became of it, and who sends."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tenants.isolation import ShopForeignKey
from tenants.models import ShopModel
from tracking.models import Notice, Order

CHANNELS = ("email", "sms", "whatsapp", "push")
STATES = (
    "queued",
    "held",
    "sending",
    "sent",
    "delivered",
    "opened",
    "clicked",
    "bounced",
    "failed",
    "unknown",
)


class ChannelAccount(ShopModel):
    """A shop's own sender on a channel: its Twilio account, its From address."""

    channel = models.CharField(max_length=8)
    sender = models.CharField(max_length=160, blank=True)  # From address, number or sender name
    sealed = models.TextField(blank=True)
    enabled = models.BooleanField(default=True)
    settings = models.JSONField(default=dict, blank=True)  # WhatsApp template names by state
    receipt_key = models.CharField(max_length=32, blank=True)  # the unguessable part of the receipt address

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "channel"], name="channel_account_once"),
            models.CheckConstraint(condition=Q(channel__in=CHANNELS), name="channel_account_channel_known"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} of {self.shop_id}"


class Message(ShopModel):
    """One message to one person: planned, handed over at most once, and what came of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = ShopForeignKey(Order, models.CASCADE, null=True, blank=True, related_name="messages")
    notice = ShopForeignKey(Notice, models.CASCADE, null=True, blank=True, related_name="messages")
    # What it tells of: an occasion (notifications.occasions), or the kind of its notice.
    state = models.CharField(max_length=56)
    channel = models.CharField(max_length=8)
    dedupe_key = models.CharField(max_length=160)
    recipient = models.CharField(max_length=254)
    # Empty: the customer. "follower:7", "push:7": whom the shopper added, and a browser (notifications.rules.Recipient).
    whom = models.CharField(max_length=24, blank=True, db_default="")
    language = models.CharField(max_length=8)
    subject = models.CharField(max_length=240, blank=True)
    text = models.TextField(blank=True)  # what it said then
    # Its page, told apart from the one it was filled into (notifications.kept); with it, some 20 KB become 700 bytes.
    body = models.BinaryField(default=b"", db_default=b"")
    layout_id = models.BigIntegerField(null=True, blank=True)
    rule_key = models.CharField(max_length=64, blank=True, db_default="")  # which rule called for it
    template_key = models.CharField(max_length=64, blank=True, db_default="")
    version = models.PositiveIntegerField(null=True, blank=True)  # of the design; null: the house's words
    segments = models.PositiveSmallIntegerField(default=0, db_default=0)  # of an SMS
    price = models.DecimalField(
        max_digits=9, decimal_places=4, null=True, blank=True
    )  # as the provider says, or our estimate
    currency = models.CharField(max_length=3, blank=True, db_default="")
    why = models.CharField(max_length=120, blank=True)  # rule:delivered, test by user:3
    status = models.CharField(max_length=9, default="queued")
    held_because = models.CharField(max_length=32, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)  # null: nothing left to do
    expires_at = models.DateTimeField(null=True, blank=True)  # after this it is no news any more
    urgency = models.PositiveSmallIntegerField(default=1, db_default=1)  # 0: somebody is waiting for it
    lease = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    provider_id = models.CharField(max_length=120, blank=True)
    error = models.CharField(max_length=240, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "dedupe_key"], name="message_once"),
            models.CheckConstraint(condition=Q(channel__in=CHANNELS), name="message_channel_known"),
            models.CheckConstraint(condition=Q(status__in=STATES), name="message_status_known"),
        ]
        indexes = [
            # Walked from shop to shop: another's backlog is not read (notifications.services.outbox).
            models.Index(
                fields=["shop", "channel", "urgency", "next_at"],
                condition=~Q(next_at=None),
                name="message_due_by_shop",
            ),
            models.Index(fields=["lease_until"], condition=Q(status="sending"), name="message_in_hand"),
            models.Index(
                fields=["shop", "layout_id"], condition=~Q(layout_id=None), name="message_by_layout"
            ),
            models.Index(
                fields=["next_at"], condition=Q(status="unknown") & ~Q(next_at=None), name="message_to_settle"
            ),
            models.Index(fields=["shop", "-created_at"], name="message_latest"),
            models.Index(fields=["shop", "order", "created_at"], name="message_of_order"),
            models.Index(fields=["shop", "recipient", "created_at"], name="message_to"),
            models.Index(
                fields=["shop", "channel", "provider_id"],
                condition=~Q(provider_id=""),
                name="message_by_provider_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} by {self.channel} to order {self.order_id}"


class Receipt(ShopModel):
    """What a provider said about a message afterwards."""

    message = ShopForeignKey(Message, models.CASCADE, related_name="receipts")
    kind = models.CharField(max_length=16)  # sent, delivered, read, bounced, failed, complained…
    reader = models.CharField(
        max_length=8, blank=True, db_default=""
    )  # of an opened one: human, machine, unknown
    at = models.DateTimeField()
    detail = models.CharField(max_length=240, blank=True)
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "message", "kind", "reader"], name="receipt_once_a_reader"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.message_id}"
