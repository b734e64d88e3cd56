"""Files of orders a shop brought, and the rows that could not be taken."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tenants.isolation import ShopForeignKey
from tenants.models import ShopModel

STAGES = ("mapping", "waiting", "checking", "checked", "importing", "done", "failed")


class ImportJob(ShopModel):
    """One file on its way in."""

    file_name = models.CharField(max_length=200)
    content = models.BinaryField(null=True)  # gzip; dropped when done
    encoding = models.CharField(max_length=16, default="utf-8")
    delimiter = models.CharField(max_length=1, default=",")
    mapping = models.JSONField(default=dict)  # {our field: their column}
    options = models.JSONField(default=dict)  # time zone, day-first dates, decimal comma…
    stage = models.CharField(max_length=9, default="mapping")
    rows = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=240, blank=True)
    created_by = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    lease = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    claims = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(stage__in=STAGES), name="import_stage_known")]
        indexes = [
            models.Index(
                fields=["created_at"], condition=Q(stage__in=["waiting", "importing"]), name="import_open"
            )
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportRefusal(ShopModel):
    """A row that was not taken, and why."""

    job = ShopForeignKey(ImportJob, models.CASCADE, related_name="refusals")
    row = models.PositiveIntegerField()  # as a spreadsheet counts: the first row after the header is 2
    reason = models.CharField(max_length=240)
    values = models.JSONField(default=dict)

    class Meta:
        ordering = ["row"]
        constraints = [models.UniqueConstraint(fields=["shop", "job", "row"], name="refusal_once")]

    def __str__(self) -> str:
        return f"row {self.row}: {self.reason}"
