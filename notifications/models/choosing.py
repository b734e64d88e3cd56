"""What shoppers chose to hear, by which channel, who else hears it, and the evidence that they chose."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from notifications.models.messages import CHANNELS
from tenants.isolation import ShopForeignKey
from tenants.models import ShopModel
from tracking.models import Order

MEANS = ("chosen", "stopped", "confirmed", "refused")


class AlertSetup(ShopModel):
    """What a shop leaves its shoppers to choose. No row: everything."""

    withheld = ArrayField(
        models.CharField(max_length=24), default=list, db_default=[], blank=True
    )  # order states
    others = models.BooleanField(default=True, db_default=True)  # may a shopper add somebody else?

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop"], name="alert_setup_once")]

    def __str__(self) -> str:
        return f"alerts of {self.shop_id}"


class Preference(ShopModel):
    """A shopper's own switch, over the shop's: whether one order's state is told on one channel."""

    order = ShopForeignKey(Order, models.CASCADE, related_name="preferences")
    channel = models.CharField(max_length=8)
    state = models.CharField(max_length=24)
    wanted = models.BooleanField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "order", "channel", "state"], name="preference_once"),
            models.CheckConstraint(condition=Q(channel__in=CHANNELS), name="preference_channel_known"),
        ]

    def __str__(self) -> str:
        return f"{self.state} by {self.channel} of order {self.order_id}"


class Consent(ShopModel):
    """Evidence of a choice: what was shown, what was chosen, how we knew who it was. Never changed; goes with its order.

    No network address and no browser: they would prove little, and are personal. The address is kept masked, and as a
    hash that a person can be held against.
    """

    order = ShopForeignKey(
        Order, models.DO_NOTHING, related_name="+"
    )  # the database deletes it with the order
    at = models.DateTimeField()
    channel = models.CharField(max_length=8)
    means = models.CharField(max_length=9)
    proof = models.CharField(max_length=12)  # proved, fresh, link (of a mail), code, browser
    address = models.CharField(max_length=80)  # masked
    address_hash = models.CharField(max_length=64)
    language = models.CharField(max_length=8)
    shown = models.TextField()  # the words beside the button, as they stood
    shown_hash = models.CharField(max_length=16)  # tells versions of the words apart
    choices = models.JSONField(default=dict)  # {state: wanted}, all that was on the form

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(channel__in=CHANNELS), name="consent_channel_known"),
            models.CheckConstraint(condition=Q(means__in=MEANS), name="consent_means_known"),
        ]
        indexes = [models.Index(fields=["shop", "order", "at"], name="consent_of_order")]

    def __str__(self) -> str:
        return f"{self.means} {self.channel} of order {self.order_id}"


class Follower(ShopModel):
    """Somebody the shopper added. Hears nothing but the question until they say yes."""

    order = ShopForeignKey(Order, models.CASCADE, related_name="followers")
    email = models.EmailField()  # lower case
    language = models.CharField(max_length=8)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()  # of the question
    confirmed_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)  # they said no, or enough: not asked again

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "order", "email"], name="follower_once")]

    def __str__(self) -> str:
        return f"follower of order {self.order_id}"


class Phone(ShopModel):
    """A number a shopper gave for messages about one order. Used once a code sent there was said."""

    order = ShopForeignKey(Order, models.CASCADE, related_name="phones")
    number = models.CharField(max_length=20)  # E.164
    code_hash = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()  # of the code
    sent = models.PositiveSmallIntegerField(default=1)  # codes, in all
    tries = models.PositiveSmallIntegerField(default=0)  # wrong ones, of this code
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "order"], name="phone_once")]

    def __str__(self) -> str:
        return f"phone for order {self.order_id}"


class PushSubscription(ShopModel):
    """A browser that wants to be told of one order. Gone when its push service says so."""

    order = ShopForeignKey(Order, models.CASCADE, related_name="push_subscriptions")
    endpoint_hash = models.CharField(max_length=64)
    sealed = models.TextField()  # endpoint, p256dh, auth: whoever has them may write to this browser
    language = models.CharField(max_length=8)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "order", "endpoint_hash"], name="push_subscription_once")
        ]

    def __str__(self) -> str:
        return f"browser of order {self.order_id}"
