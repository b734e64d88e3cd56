"""What messages say and look like: designs, their versions, and the pages made of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from notifications.models.messages import CHANNELS
from tenants.isolation import ShopForeignKey
from tenants.models import ShopModel


class Template(ShopModel):
    """A shop's design of a message on a channel. Its key is an occasion's, or the shop's own; what of it is sent is its
    published version, and where it has none, the house's words."""

    key = models.CharField(max_length=64)
    channel = models.CharField(max_length=8)
    name = models.CharField(max_length=80, blank=True)
    draft = models.JSONField(null=True, blank=True)  # notifications.contents; null: as published
    draft_at = models.DateTimeField(null=True, blank=True)
    draft_by = models.CharField(max_length=120, blank=True)
    draft_turn = models.PositiveIntegerField(default=0)  # two editors at once: the second is told
    published = models.PositiveIntegerField(null=True, blank=True)  # number of the version that is sent
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "key", "channel"], name="template_key_once"),
            models.CheckConstraint(condition=Q(channel__in=CHANNELS), name="template_channel_known"),
        ]

    def __str__(self) -> str:
        return f"{self.key} by {self.channel}"


class TemplateVersion(ShopModel):
    """A design as it was published once. Never changed."""

    template = ShopForeignKey(Template, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    by = models.CharField(max_length=120)
    note = models.CharField(max_length=160, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "template", "number"], name="template_version_once")
        ]

    def __str__(self) -> str:
        return f"version {self.number} of template {self.template_id}"


class Layout(ShopModel):
    """A mail's page as it was compiled, Liquid still in it: what a kept message is told apart from."""

    digest = models.CharField(max_length=32)
    source = models.BinaryField()  # zlib

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "digest"], name="layout_once")]

    def __str__(self) -> str:
        return f"layout {self.digest}"


class Picture(ShopModel):
    """An image a shop put into a message, made anew: served to whoever opens the mail."""

    digest = models.CharField(max_length=32)
    kind = models.CharField(max_length=4)  # png, jpeg
    content = models.BinaryField()
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "digest"], name="picture_once")]

    def __str__(self) -> str:
        return f"{self.name or self.digest}"


class DraftStep(ShopModel):
    """A draft as it was after one change: what undoing goes back to. Forgotten once it is published or thrown away."""

    template = ShopForeignKey(Template, models.CASCADE, related_name="steps")
    number = models.PositiveIntegerField()  # 0: before the first change
    content = models.JSONField()
    what = models.CharField(max_length=64)  # words:text-2; two of a kind soon after each other are one step
    by = models.CharField(max_length=120)
    at = models.DateTimeField()
    undone = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "template", "number"], name="draft_step_once")]

    def __str__(self) -> str:
        return f"step {self.number} of template {self.template_id}"
