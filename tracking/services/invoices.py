"""Invoices: asked for, issued with the next number of their series, taken back by credit notes. Never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_precision
from django.db.models import F
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _

from tenants import audit
from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.services import SYSTEM, Actor
from tracking import invoicing
from tracking.invoicing import Bought, CannotInvoiceError, Sums
from tracking.links import agents_url
from tracking.models import Invoice, InvoiceSeries, InvoiceSetup, Milestone, Order, OrderLine
from tracking.services.announcing import after_commit
from tracking.services.incoming import Refused
from tracking.services.invoice_rows import sums_of, told
from tracking.services.notices import tell
from tracking.services.orders import record_milestone
from tracking.services.proving import address_of
from tracking.services.wake import wake
from tracking.states import OrderState

CODES = {"invoice": "F", "credit": "R"}  # factura, rectificativa: F-2026-000123
DIGITS = 6
NOT_YET = frozenset({OrderState.AWAITING_PAYMENT, OrderState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Buyer:
    """Whom an invoice is made out to, checked."""

    name: str
    tax_id: str
    address: str
    country: str


def setup_of(shop: Shop) -> InvoiceSetup | None:
    """How the shop invoices; None where it does not through us."""
    found: InvoiceSetup | None = InvoiceSetup.objects.for_shop(shop).filter(enabled=True).first()
    return found


def may_be_invoiced(order: Order) -> bool:
    """What is paid for and not called off."""
    return order.state not in NOT_YET and order.cancelled_at is None and order.erased_at is None


def is_invoiced_elsewhere(shop: Shop, order: Order) -> bool:
    """Whether the shop told of an invoice that is none of ours: one purchase has one."""
    ours = Invoice.objects.for_shop(shop).filter(order=order).values("number")
    told = Milestone.objects.for_shop(shop).filter(order=order, code=OrderState.INVOICE_ISSUED)
    return bool(told.exclude(reference__in=ours).exists())


def ask(*, shop: Shop, order: Order, buyer: Buyer, language: str, now: datetime) -> Invoice:
    """The customer wants an invoice: issued at once where the shop issues by itself, else the shop is told.

    Raises Refused where the shop does not invoice, or the order is not paid. One transaction. Safe to repeat: an
    order has one invoice, until that is taken back as a whole.
    """
    with shop_context(shop.pk):
        held = _locked(shop, order)
        setup = setup_of(shop)
        if setup is None or not may_be_invoiced(held) or is_invoiced_elsewhere(shop, held):
            raise Refused.because("", _("There is no invoice to be had of this order."))
        if standing := current(shop, held):
            return standing
        asked: Invoice = Invoice.objects.create(
            shop=shop, order=held, number="", buyer=_as_buyer(buyer), currency=held.currency,
            language=language, status="asked", asked_at=now,
        )  # fmt: skip
        if setup.automatic:
            try:
                return _issue(shop, held, asked, setup, by=SYSTEM, now=now)
            except CannotInvoiceError:
                pass  # a person of the shop looks into it
        _show(shop, held)
        tell(
            order=held, kind="invoice_asked", key=f"invoice_asked:{asked.pk}", recipient=shop.contact_email,
            language=shop.language, about={"url": agents_url(shop, f"invoices/{asked.pk}/")},
        )  # fmt: skip
        return asked


def issue(*, shop: Shop, invoice: Invoice, by: Actor, now: datetime) -> Invoice:
    """Issue one that was asked for. Raises Refused. One transaction; safe to repeat: issued once."""
    with shop_context(shop.pk):
        held = _locked(shop, invoice.order)
        asked: Invoice = Invoice.objects.for_shop(shop).select_for_update().get(pk=invoice.pk)
        if asked.status != "asked":
            return asked
        setup = setup_of(shop)
        if setup is None:
            raise Refused.because("", _("First say how your shop invoices."))
        try:
            made = _issue(shop, held, asked, setup, by=by, now=now)
        except CannotInvoiceError as error:
            raise Refused.because("", said_of(error)) from None
        to = address_of(held)
        if to:
            tell(
                order=held, kind="invoice_ready", key=f"invoice_ready:{made.pk}", channel=to.channel,
                recipient=to.recipient, about={"number": made.number},
            )  # fmt: skip
        return made


def refuse(*, shop: Shop, invoice: Invoice, reason: str, by: Actor, now: datetime) -> None:
    """Say no to one that was asked for; the customer sees why, and may ask again. Safe to repeat."""
    with shop_context(shop.pk):
        held = _locked(shop, invoice.order)
        asked = Invoice.objects.for_shop(shop).filter(pk=invoice.pk, status="asked")
        if asked.update(status="refused", reason=reason.strip()[:160]):
            _witness(shop, by, "invoice.refused", held, {})
            _show(shop, held)


def take_back(
    *,
    shop: Shop,
    invoice: Invoice,
    units: Mapping[int, int] | None,
    reason: str,
    by: Actor,
    now: datetime,
    once: int,
) -> Invoice:
    """A credit note over `units` (by place of the line) of an invoice, or over all that is left of it.

    Raises Refused where nothing is left. One transaction. Safe to repeat: `once` is how many credit notes the
    invoice had when it was asked for; the same one asked for twice is made once.
    """
    with shop_context(shop.pk):
        held = _locked(shop, invoice.order)
        whole: Invoice = Invoice.objects.for_shop(shop).select_for_update().get(pk=invoice.pk)
        if (whole.kind, whole.status) != ("invoice", "issued"):
            raise Refused.because("", _("Only an issued invoice can be taken back."))
        before: list[Invoice] = list(whole.credits.order_by("pk"))
        if len(before) > once:
            return before[once]
        left = invoicing.left_of(sums_of(whole), [sums_of(note) for note in before])
        try:
            sums = invoicing.credit(
                left, units, includes_tax=bool(whole.seller["includes_tax"]), places=_places(whole.currency)
            )
        except CannotInvoiceError as error:
            raise Refused.because("", said_of(error)) from None
        number, at = _next_number(shop, "credit", now)
        note: Invoice = Invoice.objects.create(
            shop=shop, order=held, kind="credit", number=number, corrects=whole, reason=reason.strip()[:160],
            buyer=whole.buyer, seller=whole.seller, currency=whole.currency, language=whole.language,
            status="issued", asked_at=now, issued_at=at, next_at=now, **told(sums),
        )  # fmt: skip
        _witness(shop, by, "invoice.credited", held, {"number": number, "invoice": whole.number})
        _show(shop, held)
        wake("tracking.tasks.make_invoices")
        return note


def current(shop: Shop, order: Order) -> Invoice | None:
    """The invoice that stands, or was asked for; not one taken back as a whole."""
    kept = Invoice.objects.for_shop(shop).filter(order=order).exclude(status="refused").defer("pdf")
    found = list(kept.order_by("pk"))
    for invoice in (one for one in found if one.kind == "invoice"):
        taken = sum(one.total for one in found if one.corrects_id == invoice.pk and one.total is not None)
        if invoice.status == "asked" or (invoice.total or 0) + taken > 0:
            return invoice  # type: ignore[no-any-return]
    return None


def said_of(error: CannotInvoiceError) -> str:
    """Why it could not be issued, and what to do."""
    return {
        "prices": _("Not every article of this order has a price: give them prices, and issue it again."),
        "rate": _("There is no tax rate for the country this order goes to: add it to how you invoice."),
        "nothing": _("There is nothing left to put on it."),
    }[error.why]


def _issue(
    shop: Shop, order: Order, asked: Invoice, setup: InvoiceSetup, *, by: Actor, now: datetime
) -> Invoice:
    """Under the order's lock. Raises CannotInvoiceError before anything is written."""
    lines = OrderLine.objects.for_shop(shop).filter(order=order).order_by("position")
    sums = invoicing.add_up(
        [Bought(x.title, x.quantity - x.cancelled, x.unit_price, x.variant, x.sku) for x in lines],
        total=order.total,
        rates=setup.rates,
        country=order.country or shop.country,
        includes_tax=setup.prices_include_tax,
        places=_places(order.currency),
    )
    number, at = _next_number(shop, "invoice", now)
    fields: dict[str, Any] = {
        "number": number,
        "status": "issued",
        "issued_at": at,
        "next_at": now,
        "currency": order.currency,
        "seller": _as_seller(shop, setup),
        **told(_named(sums, asked.language)),
    }
    Invoice.objects.for_shop(shop).filter(pk=asked.pk).update(**fields)
    record_milestone(
        shop=shop,
        order=order,
        code=OrderState.INVOICE_ISSUED,
        at=at,
        reference=number,
        by=by,
        now=max(now, at),
    )
    _witness(shop, by, "invoice.issued", order, {"number": number})
    _show(shop, order)
    wake("tracking.tasks.make_invoices")
    asked.refresh_from_db()
    return asked


def _named(sums: Sums, language: str) -> Sums:
    """With words, in the invoice's language, for lines that are no article."""
    with translation.override(language):
        names = {"charge": _("Postage and other charges"), "discount": _("Discount")}
        lines = [replace(x, title=x.title or names.get(x.kind, "")) for x in sums.lines]
    return Sums(tuple(lines), sums.taxes)


def _next_number(shop: Shop, kind: str, now: datetime) -> tuple[str, datetime]:
    """The next of the shop's series of this year, and when it counts as issued.

    The row is locked until the transaction ends: who fails gives the number back, and nobody takes one twice.
    """
    year = now.astimezone(ZoneInfo(shop.time_zone)).year
    series = InvoiceSeries.objects.for_shop(shop)
    InvoiceSeries.objects.bulk_create(
        [InvoiceSeries(shop=shop, kind=kind, year=year, code=f"{CODES[kind]}-{year}-")], ignore_conflicts=True
    )
    held = series.select_for_update().get(kind=kind, year=year)
    series.filter(pk=held.pk).update(next_number=F("next_number") + 1)
    # Two clocks may differ by a moment: what has the later number is not the earlier.
    last = Invoice.objects.for_shop(shop).filter(kind=kind).exclude(issued_at=None).order_by("-issued_at")
    latest = last.values_list("issued_at", flat=True).first()
    return f"{held.code}{held.next_number:0{DIGITS}d}", max(now, latest) if latest else now


def _places(currency: str) -> int:
    return int(get_currency_precision(currency))


def _as_buyer(buyer: Buyer) -> dict[str, str]:
    return {
        "name": buyer.name,
        "tax_id": buyer.tax_id,
        "address": buyer.address,
        "country": buyer.country,
    }


def _as_seller(shop: Shop, setup: InvoiceSetup) -> dict[str, Any]:
    """As it was then: what the shop says of itself later changes no invoice."""
    return {
        "name": setup.legal_name,
        "tax_id": setup.tax_id,
        "address": setup.address,
        "country": shop.country,
        "tax_name": setup.tax_name,
        "includes_tax": setup.prices_include_tax,
        "footer": setup.footer,
    }


def _locked(shop: Shop, order: Order) -> Order:
    held: Order = Order.objects.for_shop(shop).select_for_update(no_key=True).get(pk=order.pk)
    return held


def _show(shop: Shop, order: Order) -> None:
    """Have the order's page rendered anew."""
    Order.objects.for_shop(shop).filter(pk=order.pk).update(version=F("version") + 1, updated_at=Now())
    after_commit(changed=[order.token_hash])


def _witness(shop: Shop, by: Actor, action: str, order: Order, after: dict[str, str]) -> None:
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action=action,
        subject=f"order:{order.pk}", after=after,
    )  # fmt: skip
