"""A shop's contracts with carriers, and what carriers pushed to us, verbatim."""

from __future__ import annotations

import secrets

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tenants.isolation import ShopForeignKey
from tenants.models import ShopModel


def _hook_key() -> str:
    return secrets.token_urlsafe(18)


class Account(ShopModel):
    """A shop's contract with a carrier. Credentials are sealed and never shown again."""

    carrier = models.CharField(max_length=32)  # a code in carriers.registry
    name = models.CharField(max_length=80, blank=True)  # where a shop has two with one carrier
    sealed = models.TextField(blank=True)  # tenants.vault
    enabled = models.BooleanField(default=True)
    hook_key = models.CharField(max_length=32, default=_hook_key)  # the secret part of its push address
    created_at = models.DateTimeField(db_default=Now())
    # How it fares. Written by the poller; a person reads it in the console.
    last_ok_at = models.DateTimeField(null=True, blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=240, blank=True)  # outcome: the carrier's words
    paused_until = models.DateTimeField(null=True, blank=True)  # the carrier said 429, or is down

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "carrier", "name"], name="account_once"),
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.name}".strip()


class Push(ShopModel):
    """What a carrier sent us, stored before it is read, so that it can be read again."""

    account = ShopForeignKey(Account, models.CASCADE, related_name="pushes")
    body = models.BinaryField()
    digest = models.CharField(max_length=64)  # SHA-256 of the body: a repeat is the same row
    received_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=240, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "account", "digest"], name="push_once")]
        indexes = [models.Index(fields=["received_at"], condition=Q(read_at=None), name="push_unread")]

    def __str__(self) -> str:
        return f"push {self.pk} to {self.account_id}"


class AccountDay(ShopModel):
    """What came of asking with an account on one day (UTC): a person reads it in the console."""

    account = ShopForeignKey(Account, models.CASCADE, related_name="days")
    day = models.DateField()
    asked = models.PositiveIntegerField(default=0)  # numbers
    found = models.PositiveIntegerField(default=0)
    not_found = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)  # down, slow, garbled
    refused = models.PositiveIntegerField(default=0)  # the credentials
    limited = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "account", "day"], name="account_day_once")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day}"


class CodeMeaning(ShopModel):
    """What a person of the shop says a carrier's code means. No sub-status: the adapter's word counts again."""

    carrier = models.CharField(max_length=32)
    code = models.CharField(max_length=80)
    sub_status = models.CharField(max_length=48, blank=True)
    given_by = models.CharField(max_length=80)
    given_at = models.DateTimeField()
    # Parcels that had the code are read anew (tracking.services.rereading): up to this shipment; null: not all yet.
    applied_to = models.BigIntegerField(default=0)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "carrier", "code"], name="code_meaning_once")]
        indexes = [
            models.Index(fields=["given_at"], condition=Q(applied_at=None), name="code_meaning_unapplied")
        ]

    def __str__(self) -> str:
        return f"{self.carrier}:{self.code} {self.sub_status}"


class UnknownCode(ShopModel):
    """A code a carrier sent that has no meaning here yet: counted, with its words, for a person to see."""

    carrier = models.CharField(max_length=32)
    code = models.CharField(max_length=80)
    text = models.CharField(max_length=240, blank=True)  # the latest words beside it
    seen = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(db_default=Now())
    last_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "carrier", "code"], name="unknown_code_once")]

    def __str__(self) -> str:
        return f"{self.carrier}:{self.code}"
