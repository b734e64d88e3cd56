"""The shop's invoices: asked for, issued, taken back; and how it invoices."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console import keyset
from console.actor import actor_of
from console.clock import clock_of, moment_in_full
from console.previews import framed
from console.rows import money
from tenants.access import MemberRequest, members
from tenants.models import Brand, Role
from tracking import invoicing
from tracking.models import Invoice, InvoiceSetup
from tracking.printed import document_of
from tracking.services import invoice_setup
from tracking.services import invoices as services
from tracking.services.incoming import Refused
from tracking.services.invoice_rows import sums_of

SIZE = 50
NEWEST = keyset.Sort("asked_at", descending=True)
STATUSES: dict[str, tuple[Promise, str]] = {
    "asked": (gettext_lazy("To issue"), "warn"),
    "issued": (pgettext_lazy("an invoice", "Issued"), "ok"),
    "refused": (gettext_lazy("Not issued"), ""),
}


@dataclass(frozen=True, slots=True)
class Row:
    invoice: Invoice
    what: str
    status: Promise
    tone: str
    total: str
    when: str


class SetupForm(forms.Form):
    use_required_attribute = False
    enabled = forms.BooleanField(label=gettext_lazy("Customers may ask for an invoice"), required=False)
    automatic = forms.BooleanField(
        label=gettext_lazy("Issue it at once"),
        required=False,
        help_text=gettext_lazy("Otherwise somebody of the shop issues each one here."),
    )
    legal_name = forms.CharField(label=gettext_lazy("Legal name"), max_length=160, required=False)
    tax_id = forms.CharField(label=gettext_lazy("Tax number"), max_length=32, required=False)
    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    tax_name = forms.CharField(
        label=gettext_lazy("What the tax is called"), max_length=16, help_text=gettext_lazy("IVA, TVA, MwSt…")
    )
    prices_include_tax = forms.BooleanField(label=gettext_lazy("Prices include the tax"), required=False)
    rates = forms.CharField(
        label=gettext_lazy("Rates"),
        required=False,
        max_length=6000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One a line: “ES 21” for Spain, “ES 10 SAL-3, SAL-4” for some articles, “* 0” for all other countries."
        ),
    )
    footer = forms.CharField(
        label=gettext_lazy("At the foot"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Where the company is registered, how it is paid…"),
    )


@members(Role.AGENT)
@never_cache
@require_safe
def invoices(request: MemberRequest) -> HttpResponse:
    status = request.GET.get("status", "")
    found = Invoice.objects.for_shop(request.shop).defer("pdf").select_related("order")
    if status in STATUSES:
        found = found.filter(status=status)
    asked = request.GET
    page = keyset.page(found, NEWEST, size=SIZE, after=asked.get("after", ""), before=asked.get("before", ""))
    kept = {"status": status} if status in STATUSES else {}
    context = {
        "rows": [_row(request, one) for one in page.rows],
        "statuses": [(code, words, code == status) for code, (words, _tone) in STATUSES.items()],
        "status": status,
        "setup": services.setup_of(request.shop),
        "can_set_up": Role(request.member.role).includes(Role.ADMIN),
        "newer": urlencode({**kept, "before": page.newer}) if page.newer else "",
        "older": urlencode({**kept, "after": page.older}) if page.older else "",
    }
    return render(request, "console/invoices.html", context)


def _row(request: MemberRequest, one: Invoice) -> Row:
    clock = clock_of(request.shop)
    words, tone = STATUSES[one.status]
    what = _("Credit note") if one.kind == "credit" else _("Invoice")
    at = one.issued_at or one.asked_at
    return Row(one, what, words, tone, money(one.total, one.currency, clock), moment_in_full(clock, at))


@members(Role.AGENT)
@never_cache
@require_safe
def invoice(request: MemberRequest, pk: int) -> HttpResponse:
    return _show(request, _find(request, pk))


def _find(request: MemberRequest, pk: int) -> Invoice:
    rows = Invoice.objects.for_shop(request.shop).select_related("order", "corrects").defer("pdf")
    found: Invoice | None = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _show(request: MemberRequest, found: Invoice, fault: str = "", status: int = 200) -> HttpResponse:
    clock = clock_of(request.shop)
    notes = list(found.credits.order_by("pk").defer("pdf"))

    def said(amount: Decimal) -> str:
        return money(amount, found.currency, clock)

    lines, sums = [], None
    if found.status == "issued":
        sums = sums_of(found)
        left = invoicing.left_of(sums, [sums_of(note) for note in notes]) if found.kind == "invoice" else sums
        lines = [
            {"line": x, "amount": said(x.amount), "rate": f"{x.rate.normalize():f} %", "left": left.lines[n].quantity, "place": n}
            for n, x in enumerate(sums.lines)
        ]  # fmt: skip
    context = {
        "row": _row(request, found),
        "invoice": found,
        "lines": lines,
        "net": said(sums.net) if sums else "",
        "tax": said(sums.tax) if sums else "",
        "notes": [_row(request, note) for note in notes],
        "can_take_back": found.kind == "invoice" and any(line["left"] for line in lines),
        "fault": fault,
    }
    return render(request, "console/invoice.html", context, status=status)


@members(Role.AGENT)
@never_cache
@require_POST
def issue(request: MemberRequest, pk: int) -> HttpResponse:
    found = _find(request, pk)
    try:
        made = services.issue(shop=request.shop, invoice=found, by=actor_of(request), now=timezone.now())
    except Refused as refused:
        return _show(request, found, _said(refused), status=422)
    messages.success(request, _("Issued as %(number)s. The customer is told.") % {"number": made.number})
    return redirect("console:invoice", request.shop.slug, pk)


@members(Role.AGENT)
@never_cache
@require_POST
def refuse(request: MemberRequest, pk: int) -> HttpResponse:
    found, reason = _find(request, pk), request.POST.get("reason", "").strip()
    if not reason:
        return _show(request, found, _("Say why: the customer reads it, and can put it right."), status=422)
    services.refuse(shop=request.shop, invoice=found, reason=reason, by=actor_of(request), now=timezone.now())
    messages.success(request, _("Not issued. The customer sees why, and may ask again."))
    return redirect("console:invoice", request.shop.slug, pk)


@members(Role.ADMIN)
@never_cache
@require_POST
def take_back(request: MemberRequest, pk: int) -> HttpResponse:
    """A credit note over the units said, line by line. The form says how many there were: sent twice, it makes one."""
    found = _find(request, pk)
    said = request.POST
    units = {
        n: int(said[f"units_{n}"]) for n in range(len(found.lines)) if said.get(f"units_{n}", "").isdecimal()
    }
    reason = said.get("reason", "").strip()
    if not reason:
        return _show(request, found, _("A credit note says why it is issued."), status=422)
    try:
        note = services.take_back(
            shop=request.shop, invoice=found, units=units, reason=reason, by=actor_of(request),
            now=timezone.now(), once=int(said["once"]) if said.get("once", "").isdecimal() else 0,
        )  # fmt: skip
    except Refused as refused:
        return _show(request, found, _said(refused), status=422)
    messages.success(request, _("Credit note %(number)s is issued.") % {"number": note.number})
    return redirect("console:invoice", request.shop.slug, pk)


@members(Role.AGENT)
@never_cache
@require_safe
def shown(request: MemberRequest, pk: int) -> HttpResponse:
    """The document, as it is printed."""
    found = _find(request, pk)
    if found.status != "issued":
        raise Http404
    document = document_of(found, request.shop, Brand.objects.for_shop(request.shop).get())
    return framed(document.html, styles=[document.csp])


@members(Role.AGENT)
@never_cache
@require_safe
def pdf(request: MemberRequest, pk: int) -> HttpResponse:
    found = _find(request, pk)
    if not found.pdf:
        raise Http404
    response = HttpResponse(bytes(found.pdf), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{found.number}.pdf"'
    return response


@members(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: MemberRequest) -> HttpResponse:
    """How the shop invoices from now on."""
    held = InvoiceSetup.objects.for_shop(request.shop).first() or InvoiceSetup(shop=request.shop)
    initial = {name: getattr(held, name) for name in invoice_setup.FIELDS if name != "rates"}
    form = SetupForm(
        request.POST or None, initial={**initial, "rates": invoice_setup.write_rates(held.rates)}
    )
    if request.method != "POST" or not form.is_valid():
        return render(
            request, "console/invoice_setup.html", {"form": form}, status=422 if form.errors else 200
        )
    said: dict[str, Any] = form.cleaned_data
    try:
        fields = {**said, "rates": invoice_setup.read_rates(said["rates"])}
        invoice_setup.change_setup(shop=request.shop, by=actor_of(request), fields=fields)
    except Refused as refused:
        for name, sentences in refused.fields.items():
            form.add_error(name if name in form.fields else None, sentences)
        return render(request, "console/invoice_setup.html", {"form": form}, status=422)
    messages.success(request, _("Saved."))
    return redirect("console:invoices", request.shop.slug)


def _said(refused: Refused) -> str:
    return " ".join(sentence for said in refused.fields.values() for sentence in said)
