"""Invoices: who issues them, in which series, and each one as it was issued."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from tenants.isolation import ShopForeignKey
from tenants.models import ShopModel
from tracking.models.orders import Order


class InvoiceSetup(ShopModel):
    """How a shop invoices. Without a row, it does not through us."""

    enabled = models.BooleanField(default=False)
    automatic = models.BooleanField(default=True)  # False: a person of the shop issues each one asked for
    legal_name = models.CharField(max_length=160, blank=True)
    tax_id = models.CharField(max_length=32, blank=True)
    address = models.TextField(blank=True)
    prices_include_tax = models.BooleanField(default=True)
    tax_name = models.CharField(max_length=16, default="IVA")
    rates = models.JSONField(
        default=dict, blank=True
    )  # {"ES": "21", "": "0"}: percent by country; "" for others
    footer = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop"], name="invoice_setup_once")]

    def __str__(self) -> str:
        return f"invoices of {self.shop_id}"


class InvoiceSeries(ShopModel):
    """Numbers without gaps: taken under the row's lock, in the transaction that issues."""

    code = models.CharField(max_length=16)  # F-2026-
    kind = models.CharField(max_length=8, default="invoice")  # invoice, credit
    year = models.PositiveSmallIntegerField()
    next_number = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "kind", "year"], name="invoice_series_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["invoice", "credit"]), name="invoice_series_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Invoice(ShopModel):
    """One document, as it was issued: never changed, only corrected by a credit note."""

    order = ShopForeignKey(Order, models.PROTECT, related_name="invoices")
    kind = models.CharField(max_length=8, default="invoice")
    number = models.CharField(max_length=40)  # F-2026-000123; empty while only asked for
    corrects = ShopForeignKey("self", models.PROTECT, null=True, blank=True, related_name="credits")
    reason = models.CharField(max_length=160, blank=True)  # of a credit note
    buyer = models.JSONField(default=dict)  # name, tax_id, address
    seller = models.JSONField(default=dict)
    lines = models.JSONField(default=list)
    taxes = models.JSONField(default=list)
    net = models.DecimalField(max_digits=15, decimal_places=2, null=True)
    tax = models.DecimalField(max_digits=15, decimal_places=2, null=True)
    total = models.DecimalField(max_digits=15, decimal_places=2, null=True)
    currency = models.CharField(max_length=3)
    language = models.CharField(max_length=8)
    status = models.CharField(max_length=8, default="issued")  # asked, issued, refused
    asked_at = models.DateTimeField(db_default=Now())
    issued_at = models.DateTimeField(null=True, blank=True)
    pdf = models.BinaryField(null=True, blank=True)  # made by a worker, not in a request
    made_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)  # when the PDF is to be made; null: it is
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "number"], condition=~Q(number=""), name="invoice_number_once"
            ),
            models.UniqueConstraint(
                fields=["shop", "order"], condition=Q(status="asked"), name="invoice_asked_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=["invoice", "credit"]), name="invoice_kind_known"),
            models.CheckConstraint(
                condition=Q(total=None) | Q(total=F("net") + F("tax")), name="invoice_adds_up"
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=~Q(next_at=None), name="invoice_due"),
            models.Index(fields=["shop", "order"], name="invoice_of_order"),
            models.Index(fields=["shop", "-issued_at"], name="invoice_latest"),
        ]

    def __str__(self) -> str:
        return self.number or f"invoice asked for order {self.order_id}"
