"""An order's invoice: asked for, seen, printed, fetched. For whoever proves the order is theirs."""

from __future__ import annotations

from typing import Any

from babel.numbers import format_currency
from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.models import Brand
from tracking.doors import see_other
from tracking.models import Invoice
from tracking.printed import document_of
from tracking.proof import Trust
from tracking.services import invoices
from tracking.services.incoming import Refused
from tracking.services.invoices import Buyer
from tracking.services.values import cleaned, countries
from tracking.subpages import Visit, below_the_page, show
from tracking.tax_ids import MOST, NAMES, checked
from tracking.when import Clock


class BuyerForm(forms.Form):
    """Whom the invoice is made out to."""

    name = forms.CharField(label=gettext_lazy("Name or company"), max_length=160)
    tax_id = forms.CharField(label=gettext_lazy("Tax number"), max_length=MOST + 8, required=False)
    address = forms.CharField(
        label=gettext_lazy("Address"), max_length=400, widget=forms.Textarea(attrs={"rows": 3})
    )
    country = forms.ChoiceField(label=gettext_lazy("Country"))

    def __init__(self, data: Any = None, *, clock: Clock, initial: dict[str, str] | None = None) -> None:
        super().__init__(data, initial=initial, auto_id="%s")
        names = ((code, clock.locale.territories.get(code, code)) for code in countries())
        self.fields["country"].choices = sorted(names, key=lambda one: one[1].casefold())  # type: ignore[attr-defined]
        if self.is_bound:
            for name in self.errors:
                self.fields[name].widget.attrs |= {
                    "aria-invalid": "true",
                    "aria-describedby": f"{name}-error",
                }

    def clean_name(self) -> str:
        return cleaned(self.cleaned_data["name"])

    def clean_address(self) -> str:
        lines = (cleaned(line) for line in self.cleaned_data["address"].splitlines()[:8])
        return "\n".join(filter(None, lines))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        country = said.get("country", "")
        number = checked(said.get("tax_id", ""), country)
        if number is None:
            kind = NAMES.get(country) or _("tax number")
            sentence = _("This is not a valid %(kind)s: check its digits, or the country.")
            self.add_error("tax_id", ValidationError(sentence % {"kind": kind}))
        return {**said, "tax_id": number or ""}


@below_the_page("GET", "HEAD", "POST", needs=Trust.PROVED)
def invoice(request: HttpRequest, visit: Visit) -> HttpResponse:
    """GET shows what there is, or the form; POST asks for one."""
    found = list(Invoice.objects.for_shop(visit.shop).filter(order=visit.order).defer("pdf").order_by("pk"))
    may_ask = (
        bool(invoices.setup_of(visit.shop))
        and invoices.may_be_invoiced(visit.order)
        and not invoices.is_invoiced_elsewhere(visit.shop, visit.order)
    )
    if not found and not may_ask:
        raise Http404
    if request.method != "POST":
        return _page(visit, found, BuyerForm(clock=visit.clock, initial=_known(visit)), may_ask=may_ask)
    form = BuyerForm(request.POST, clock=visit.clock)
    if not may_ask or not form.is_valid():
        return _page(visit, found, form, may_ask=may_ask, status=422)
    try:
        invoices.ask(
            shop=visit.shop, order=visit.order, buyer=Buyer(**form.cleaned_data), language=visit.language,
            now=visit.clock.now,
        )  # fmt: skip
    except Refused as refused:
        form.add_error(None, [one for said in refused.fields.values() for one in said])
        return _page(visit, found, form, may_ask=may_ask, status=422)
    return see_other(visit.path("page_invoice"))


def _known(visit: Visit) -> dict[str, str]:
    order = visit.order
    town = " ".join(part for part in (order.postal_code, order.city) if part)
    lines = (order.address_line, order.address_extra, town, order.region)
    return {
        "name": order.customer_name,
        "address": "\n".join(filter(None, lines)),
        "country": order.country or visit.shop.country,
    }


def _page(
    visit: Visit, found: list[Invoice], form: BuyerForm, *, may_ask: bool, status: int = 200
) -> HttpResponse:
    standing = invoices.current(visit.shop, visit.order)
    issued = [one for one in found if one.status == "issued"]
    told = {
        "issued": [
            {
                "row": one,
                "total": format_currency(one.total, one.currency, locale=visit.clock.locale),
                "day": visit.clock.day(visit.clock.date_of(one.issued_at)),
            }
            for one in issued
            if one.issued_at and one.total is not None
        ],
        "is_asked": bool(standing and standing.status == "asked"),
        "is_made": all(one.made_at for one in issued),
        "refused": next((one.reason for one in reversed(found) if one.status == "refused"), None),
        "form": form if may_ask and standing is None else None,
    }
    return show(
        visit, "tracking/invoice.html", told, title=_("Invoice"), status=status, css=["page-after.css"]
    )


@below_the_page("GET", "HEAD", needs=Trust.PROVED)
def pdf(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The document, as it was made. Where it is not made yet, its page for printing."""
    found = _issued(visit, pk)
    if not found.pdf:
        return see_other(visit.path("page_invoice_print", pk))
    response = HttpResponse(bytes(found.pdf), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{found.number}.pdf"'
    return response


@below_the_page("GET", "HEAD", needs=Trust.PROVED)
def printable(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """The same as a page for printing."""
    found = _issued(visit, pk)
    document = document_of(found, visit.shop, Brand.objects.for_shop(visit.shop).get())
    response = HttpResponse(document.html)
    response._csp_replace = {"style-src": [document.csp]}  # type: ignore[attr-defined]
    return response


def _issued(visit: Visit, pk: int) -> Invoice:
    rows = Invoice.objects.for_shop(visit.shop).filter(order=visit.order, status="issued")
    found: Invoice | None = rows.select_related("order", "corrects").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
