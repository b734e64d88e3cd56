"""Whom not to write to any more, and whether the world takes our mail for the shop's."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from notifications.models.messages import CHANNELS
from tenants.models import ShopModel

WHY_SUPPRESSED = ("bounced", "complained", "stopped", "dead", "agent")


class Suppression(ShopModel):
    """An address a shop sends nothing to on a channel, until it is lifted. As a hash: it outlives the order it came from."""

    channel = models.CharField(max_length=8)
    address_hash = models.CharField(max_length=64)
    masked = models.CharField(max_length=80, blank=True)  # so that a person can tell it from another
    why = models.CharField(max_length=10)
    detail = models.CharField(max_length=240, blank=True)
    at = models.DateTimeField(db_default=Now())
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "channel", "address_hash"], name="suppression_once"),
            models.CheckConstraint(condition=Q(channel__in=CHANNELS), name="suppression_channel_known"),
            models.CheckConstraint(condition=Q(why__in=WHY_SUPPRESSED), name="suppression_why_known"),
        ]

    def __str__(self) -> str:
        return f"{self.masked} on {self.channel}"


class Pause(ShopModel):
    """A shop's provider on a channel, which took nothing when it was last asked. Until then its messages wait together,
    then one asks again."""

    channel = models.CharField(max_length=8)
    failures = models.PositiveSmallIntegerField(default=0)  # in a row; 0: all is well
    since = models.DateTimeField()  # of the first of them
    until = models.DateTimeField()
    error = models.CharField(max_length=240, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "channel"], name="pause_once"),
            models.CheckConstraint(condition=Q(channel__in=CHANNELS), name="pause_channel_known"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} of {self.shop_id} until {self.until:%H:%M:%S}"


class SenderDomain(ShopModel):
    """What the DNS said of the domain a shop's mails come from: SPF, DKIM, DMARC."""

    name = models.CharField(max_length=253)
    findings = models.JSONField(default=dict)  # notifications.sender_dns
    is_fit = models.BooleanField(default=False)
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "name"], name="sender_domain_once")]

    def __str__(self) -> str:
        return self.name
