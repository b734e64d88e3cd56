"""Whom to tell of what, when: a shop's rules, the bounds on all of them, and what waits for the clock."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from notifications.models.messages import CHANNELS
from tenants.isolation import ShopForeignKey
from tenants.models import ShopModel
from tracking.models import Order


class Rule(ShopModel):
    """When, if, then. A row whose key is that of a rule of the house (notifications.rules.of_the_house) stands in its
    place; any other is the shop's own."""

    key = models.CharField(max_length=64)
    name = models.CharField(max_length=80, blank=True)  # empty: its sentence says enough
    occasion = models.CharField(max_length=56)  # notifications.occasions
    settings = models.JSONField(default=dict, blank=True)  # of the occasion: {"days": 2}
    conditions = models.JSONField(
        default=list, blank=True
    )  # [{"of": "country", "is": "in", "values": ["ES"]}]
    channel = models.CharField(max_length=8)
    sends = models.BooleanField(default=True)  # False: where it wins, nothing goes out
    template = models.CharField(max_length=64, blank=True)  # key of a design; empty: the occasion's
    delay_minutes = models.PositiveIntegerField(default=0)
    delay_days = models.PositiveSmallIntegerField(default=0)  # working days where the recipient lives
    hour_from = models.PositiveSmallIntegerField(null=True, blank=True)  # of the recipient's day; null: any
    hour_to = models.PositiveSmallIntegerField(null=True, blank=True)
    essential = models.BooleanField(default=True)  # told to the orders of the holdout as well
    enabled = models.BooleanField(default=False)
    enabled_at = models.DateTimeField(null=True, blank=True)  # of what happened before, nobody is told
    position = models.IntegerField(default=0)  # of several that match, the lowest wins
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "key"], name="rule_key_once"),
            models.CheckConstraint(condition=Q(channel__in=CHANNELS), name="rule_channel_known"),
            models.CheckConstraint(
                condition=Q(hour_from=None, hour_to=None) | Q(hour_from__lt=24, hour_to__lte=24),
                name="rule_hours_of_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.occasion} by {self.channel}"


class MessageSetup(ShopModel):
    """What bounds all of a shop's messages. No row: the defaults."""

    most_a_day = models.PositiveSmallIntegerField(
        default=6
    )  # to one shopper on one channel, essential ones apart
    quiet_from = models.PositiveSmallIntegerField(
        default=21
    )  # recipient's hour; SMS and WhatsApp wait for the morning
    quiet_to = models.PositiveSmallIntegerField(default=9)
    holdout_percent = models.PositiveSmallIntegerField(default=0)  # of shoppers get only what is essential
    holdout_since = models.DateTimeField(null=True, blank=True)
    contact_cost = models.DecimalField(
        max_digits=7, decimal_places=2, default=5, db_default=5
    )  # what answering one customer costs the shop, in its currency
    counts_opens = models.BooleanField(default=True)
    counts_clicks = models.BooleanField(default=True)
    sale_days = models.PositiveSmallIntegerField(default=7)  # an order this soon after a click is owed to it
    sms_prices = models.JSONField(default=dict, blank=True)  # {"ES": "0.075"} a segment; "": elsewhere
    sms_currency = models.CharField(max_length=3, default="EUR")
    marketing = models.JSONField(default=dict, blank=True)  # {"PL": "asked"}: notifications.marketing.policy

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop"], name="message_setup_once"),
            models.CheckConstraint(
                condition=Q(holdout_percent__lte=50), name="message_setup_holdout_bounded"
            ),
            models.CheckConstraint(
                condition=Q(quiet_from__lt=24, quiet_to__lt=24), name="message_setup_hours"
            ),
        ]

    def __str__(self) -> str:
        return f"bounds of {self.shop_id}"


class HoldoutPeriod(ShopModel):
    """A share that was held out once, or is now, and what was known of its worth when it ended."""

    percent = models.PositiveSmallIntegerField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)  # null: still going on
    figures = models.JSONField(default=dict, blank=True)  # notifications.services.effects, as they stood then

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop"], condition=Q(until=None), name="holdout_period_one_at_a_time"
            ),
            models.CheckConstraint(condition=Q(percent__range=(1, 50)), name="holdout_period_bounded"),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % since {self.since:%Y-%m-%d}"


class Alarm(ShopModel):
    """When to look at an order again because of the clock alone: it arrives tomorrow, it waits to be collected, nothing
    was heard of it. Narrow and a table of its own: it is written often."""

    order = ShopForeignKey(Order, models.CASCADE, related_name="alarms")
    next_at = models.DateTimeField(null=True, blank=True)  # null: nothing to wait for
    looked_at = models.DateTimeField()  # what was due up to then has been told
    lease = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    claims = models.PositiveSmallIntegerField(default=0)  # raised before the work, reset after it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "order"], name="alarm_once")]
        indexes = [
            models.Index(fields=["shop", "next_at"], condition=~Q(next_at=None), name="alarm_due_by_shop")
        ]

    def __str__(self) -> str:
        return f"alarm of order {self.order_id}"


class ConfigChange(ShopModel):
    """A shop's states, rules and designs as one file, as they were before they were changed by one."""

    before = models.TextField()
    after = models.TextField()
    by = models.CharField(max_length=120)
    note = models.CharField(max_length=160, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["shop", "-at"], name="config_change_latest")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} by {self.by}"
