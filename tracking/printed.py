"""An invoice as a document: the same HTML is printed by a browser and made a PDF by a worker."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache as once
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from tenants.colours import mix, on, readable
from tenants.models import FONTS, Brand, Shop
from tracking.models import Invoice
from tracking.services.invoice_rows import sums_of
from tracking.weasy import weasyprint
from tracking.when import locale_for


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    more: str
    quantity: str
    unit: str
    rate: str
    amount: str


@dataclass(frozen=True, slots=True)
class TaxRow:
    label: str
    net: str
    tax: str


@dataclass(frozen=True, slots=True)
class Document:
    """`csp` lets a content security policy admit its style block and no other."""

    html: str
    csp: str
    title: str


def title_of(invoice: Invoice) -> str:
    """In the active language."""
    name = _("Credit note %(number)s") if invoice.kind == "credit" else _("Invoice %(number)s")
    return name % {"number": invoice.number}


def document_of(invoice: Invoice, shop: Shop, brand: Brand) -> Document:
    """In the invoice's own language. `invoice`: issued; with `order` and `corrects` at hand, no query."""
    locale = locale_for(invoice.language, shop.country)

    def money(amount: Decimal) -> str:
        return format_currency(amount, invoice.currency, locale=locale)

    def percent(rate: Decimal) -> str:
        return format_percent(rate / 100, locale=locale, decimal_quantization=False)

    def day(moment: Any) -> str:
        return format_date(moment.astimezone(ZoneInfo(shop.time_zone)).date(), "long", locale=locale)

    sums, seller = sums_of(invoice), invoice.seller
    with translation.override(invoice.language):
        style = _style(brand)
        title = title_of(invoice)
        rows = [
            Row(
                x.title, " · ".join(part for part in (x.variant, x.sku) if part),
                format_decimal(x.quantity, locale=locale), money(x.unit), percent(x.rate), money(x.amount),
            )
            for x in sums.lines
        ]  # fmt: skip
        taxes = [
            TaxRow(f"{seller['tax_name']} {percent(x.rate)}", money(x.net), money(x.tax)) for x in sums.taxes
        ]
        html = render_to_string(
            "print/invoice.html",
            {
                "invoice": invoice, "title": title, "language": invoice.language, "style": style, "shop": shop.name,
                "logo": _logo(brand), "seller": seller, "buyer": invoice.buyer, "rows": rows, "taxes": taxes,
                "net": money(sums.net), "total": money(sums.total), "issued": day(invoice.issued_at),
                "ordered": day(invoice.order.placed_at), "order_number": invoice.order.number.lstrip("#"),
                "countries": {
                    "seller": locale.territories.get(seller.get("country", ""), ""),
                    "buyer": locale.territories.get(invoice.buyer.get("country", ""), ""),
                },
                "corrects": title_of(invoice.corrects) if invoice.corrects else "",
            },
        )  # fmt: skip
    sealed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return Document(html, f"'sha256-{sealed}'", title)


def pdf_of(document: Document) -> bytes:
    """Takes some 0.3 s: never in a request. Raises PdfUnavailableError. Fetches nothing from anywhere."""
    draws = weasyprint()
    fetcher = draws.urls.URLFetcher(allowed_protocols=["data"])
    made: bytes = draws.HTML(string=document.html, url_fetcher=fetcher).write_pdf(pdf_variant="pdf/ua-1")
    return made


def _style(brand: Brand) -> str:
    """Colours are validated by the database; they are read on white."""
    look = (
        f":root{{--brand:{brand.colour};--on-brand:{on(brand.colour)};--brand-text:{readable(brand.colour, '#ffffff')};"
        f"--brand-soft:{mix(brand.colour, '#ffffff', 0.08)};--font:{FONTS[brand.font]};"
        f"--radius:{min(int(brand.radius), 12)}px}}"
    )
    return look + _sheet()


@once
def _sheet() -> str:
    return Path(settings.BASE_DIR, "static", "css", "print.css").read_text()


def _logo(brand: Brand) -> str:
    """As a data address, so that nothing is fetched."""
    if not brand.logo:
        return ""
    return f"data:{brand.logo_type or 'image/png'};base64,{base64.b64encode(bytes(brand.logo)).decode()}"
