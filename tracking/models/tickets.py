"""What shoppers write to the shop about an order, and what the shop answers: one thread both see."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tenants.isolation import ShopForeignKey
from tenants.models import ShopModel
from tracking.models.delivery import Shipment
from tracking.models.orders import Order

TICKET_REASONS = (
    "where",
    "not_received",
    "damaged",
    "missing",
    "wrong",
    "change",
    "return",
    "invoice",
    "other",
)
TICKET_STATUSES = ("open", "answered", "closed")  # open: the shop's turn; answered: the shopper's
AUTHORS = ("shopper", "shop", "system")


class Ticket(ShopModel):
    """One matter of one order."""

    order = ShopForeignKey(Order, models.CASCADE, related_name="tickets")
    shipment = ShopForeignKey(Shipment, models.CASCADE, null=True, blank=True, related_name="tickets")
    reason = models.CharField(max_length=16)
    status = models.CharField(max_length=8, default="open")
    opened_at = models.DateTimeField()
    last_at = models.DateTimeField()  # of the last message
    last_by = models.CharField(max_length=8, default="shopper")
    first_answer_at = models.DateTimeField(null=True, blank=True)  # by a person of the shop
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=16, blank=True)  # shopper, shop, event
    reopened = models.PositiveSmallIntegerField(default=0)
    settles_on = ArrayField(
        models.CharField(max_length=24), default=list, blank=True
    )  # statuses that close it
    assigned_to = models.BigIntegerField(null=True, blank=True)  # tenants.User
    reply_key = models.CharField(max_length=40)  # of the address answers by e-mail go to

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(reason__in=TICKET_REASONS), name="ticket_reason_known"),
            models.CheckConstraint(condition=Q(status__in=TICKET_STATUSES), name="ticket_status_known"),
            models.CheckConstraint(condition=Q(last_by__in=AUTHORS), name="ticket_last_by_known"),
            models.UniqueConstraint(fields=["shop", "reply_key"], name="ticket_reply_key_once"),
            # One open matter of a kind an order: a second message joins the first.
            models.UniqueConstraint(
                fields=["shop", "order", "reason"], condition=~Q(status="closed"), name="ticket_open_once"
            ),
        ]
        indexes = [
            models.Index(fields=["shop", "status", "last_at"], name="ticket_queue"),
            models.Index(fields=["shop", "order", "-opened_at"], name="ticket_of_order"),
            # The sweep's only question: which shops have tickets an event may close?
            models.Index(
                fields=["shop", "id"],
                condition=~Q(status="closed") & ~Q(settles_on=[]),
                name="ticket_awaits_event",
            ),
            models.Index(fields=["shop", "opened_at"], name="ticket_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} of order {self.order_id}"


class TicketMessage(ShopModel):
    """One thing said in a ticket."""

    ticket = ShopForeignKey(Ticket, models.CASCADE, related_name="messages")
    by = models.CharField(max_length=8)
    author = models.CharField(max_length=120, blank=True)  # the member's name, where the shop writes
    text = models.TextField(blank=True)
    at = models.DateTimeField()
    via = models.CharField(max_length=8, default="page")  # page, email, console, system
    key = models.CharField(max_length=80)  # what makes it the same message: stored once
    internal = models.BooleanField(default=False)  # a note among agents

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "ticket", "key"], name="ticket_message_once"),
            models.CheckConstraint(condition=Q(by__in=AUTHORS), name="ticket_message_by_known"),
        ]
        indexes = [models.Index(fields=["shop", "ticket", "at"], name="ticket_message_in_order")]

    def __str__(self) -> str:
        return f"{self.by} in ticket {self.ticket_id}"


class TicketPhoto(ShopModel):
    """A picture sent with a message: re-encoded, without what the camera wrote into it."""

    message = ShopForeignKey(TicketMessage, models.CASCADE, related_name="photos")
    content = models.BinaryField()  # JPEG, at most 1600 px
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=32)  # unguessable part of its address
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "key"], name="ticket_photo_key_once")]

    def __str__(self) -> str:
        return f"photo of message {self.message_id}"


class Spared(ShopModel):
    """How many questions of a day the page itself answered. A count, of nobody in particular."""

    day = models.DateField()  # UTC
    reason = models.CharField(max_length=16)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "day", "reason"], name="spared_once"),
            models.CheckConstraint(condition=Q(reason__in=TICKET_REASONS), name="spared_reason_known"),
        ]

    def __str__(self) -> str:
        return f"{self.count} × {self.reason}"
