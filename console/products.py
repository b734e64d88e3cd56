"""The shop's catalogue, as its messages may show it: looked through, changed by hand, brought in a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console import faults
from console.clock import clock_of
from console.rows import money
from notifications.models import Product
from notifications.services.products import KNOWN, MOST_IN_A_FILE, put_products, remove_products
from tenants.access import MemberRequest, members
from tenants.models import Role
from tracking.services.incoming import Refused

MOST_BYTES = 10_000_000
PAGE = 50
NO = frozenset({"no", "n", "0", "false", "falso", "não", "non", "nein"})


class ListField(forms.CharField):
    """Several, with commas."""

    def to_python(self, value: Any) -> Any:
        return [word.strip() for word in str(value or "").replace("|", ",").split(",") if word.strip()]

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value


class ProductForm(forms.Form):
    use_required_attribute = False
    sku = forms.CharField(
        label=gettext_lazy("SKU"), max_length=64,
        help_text=gettext_lazy("As on your orders: so messages know what was bought already."),
    )  # fmt: skip
    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)
    url = forms.CharField(
        label=gettext_lazy("Its page"),
        max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    image_url = forms.CharField(
        label=gettext_lazy("A picture of it"), max_length=500, required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )  # fmt: skip
    price = forms.CharField(
        label=gettext_lazy("Price"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, required=False)
    categories = ListField(label=gettext_lazy("Categories, with commas"), max_length=1_200, required=False)
    goes_with = ListField(
        label=gettext_lazy("Goes with"), max_length=1_300, required=False,
        help_text=gettext_lazy("SKUs to offer to who bought this, with commas."),
    )  # fmt: skip
    position = forms.IntegerField(
        label=gettext_lazy("Place in the catalogue"), required=False, initial=0, min_value=-1_000_000, max_value=1_000_000,
        help_text=gettext_lazy("Lower ones come first."),
    )  # fmt: skip
    available = forms.BooleanField(label=gettext_lazy("To be had"), required=False, initial=True)

    def said(self) -> dict[str, Any]:
        """As the service takes them."""
        said = dict(self.cleaned_data)
        said["price"] = said["price"].replace(",", ".").strip() or None
        said["position"] = said["position"] or 0
        return said


@members(Role.ADMIN)
@never_cache
@require_safe
def products(request: MemberRequest) -> HttpResponse:
    """By SKU, from where one asks on."""
    start = request.GET.get("from", "")[:64].replace("\x00", "").strip()
    found = Product.objects.for_shop(request.shop).order_by("sku")
    rows = list((found.filter(sku__gte=start) if start else found)[: PAGE + 1])
    clock = clock_of(request.shop)
    context = {
        "tab": "products",
        "lines": [(product, money(product.price, product.currency, clock)) for product in rows[:PAGE]],
        "next": rows[PAGE].sku if len(rows) > PAGE else "",
        "start": start,
        "any": bool(rows) or found.exists(),
        "columns": ", ".join(KNOWN),
        "most": MOST_IN_A_FILE,
    }
    return render(request, "console/products.html", context)


@members(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def product_add(request: MemberRequest) -> HttpResponse:
    return _edit(request, None)


@members(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def product(request: MemberRequest, pk: int) -> HttpResponse:
    return _edit(request, _find(request, pk))


def _find(request: MemberRequest, pk: int) -> Product:
    found: Product | None = Product.objects.for_shop(request.shop).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _edit(request: MemberRequest, held: Product | None) -> HttpResponse:
    initial: dict[str, Any] = {"currency": request.shop.currency}
    if held:
        initial = {name: getattr(held, name) for name in ProductForm.base_fields}
        if held.price is not None:
            initial["price"] = f"{held.price.normalize():f}"
    form = ProductForm(request.POST if request.method == "POST" else None, initial=initial)
    if held:
        form.fields["sku"].disabled = True
    if request.method == "POST" and form.is_valid():
        try:
            put_products(shop=request.shop, products=[form.said()], now=timezone.now())
        except Refused as refused:
            faults.put(form, Refused({_field(name): said for name, said in refused.fields.items()}))
        else:
            messages.success(request, _("Saved."))
            return redirect("console:products", request.shop.slug)
    context = {"tab": "products", "form": form, "product": held}
    return render(request, "console/product.html", context, status=422 if request.method == "POST" else 200)


def _field(name: str) -> str:
    return name.rpartition(".")[2]


@members(Role.ADMIN)
@never_cache
@require_POST
def product_remove(request: MemberRequest, pk: int) -> HttpResponse:
    remove_products(shop=request.shop, skus=[_find(request, pk).sku])
    messages.success(request, _("Taken out of the catalogue."))
    return redirect("console:products", request.shop.slug)


# --- A file ---


@members(Role.ADMIN)
@never_cache
@require_POST
def upload(request: MemberRequest) -> HttpResponse:
    """A CSV with our names of the columns in its first line; all of it is taken, or nothing."""
    try:
        rows = _rows(request.FILES.get("file"))
        taken = put_products(shop=request.shop, products=rows, now=timezone.now())
    except Refused as refused:
        messages.error(request, _first(refused))
    else:
        said = {"created": taken.created, "updated": taken.updated, "unchanged": taken.unchanged}
        messages.success(
            request,
            _("%(created)d products added, %(updated)d changed, %(unchanged)d the same as before.") % said,
        )
    return redirect("console:products", request.shop.slug)


def _rows(upload: UploadedFile[Any] | None) -> list[dict[str, Any]]:
    if upload is None or (upload.size or 0) > MOST_BYTES:
        raise Refused.because("file", _("Choose a CSV file of up to 10 MB."))
    try:
        text = upload.read().decode("utf-8-sig")
        head = text.partition("\n")[0]
        found = list(
            csv.DictReader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",")
        )
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused.because("file", _("This is no CSV file in UTF-8.")) from error
    if not found:
        raise Refused.because("file", _("The file has no lines below its header."))
    if len(found) > MOST_IN_A_FILE:
        raise Refused.because("file", _("No more than %(most)d, please.") % {"most": MOST_IN_A_FILE})
    return [_as_said(row) for row in found]


def _as_said(row: Mapping[str | None, Any]) -> dict[str, Any]:
    """A line of a file, as the service takes it. An empty cell says nothing."""
    said: dict[str, Any] = {}
    for name, cell in row.items():
        key, value = str(name or "").strip().lower(), str(cell or "").strip().removeprefix("'")
        if not key or not value:
            continue
        if key in ("categories", "goes_with"):
            said[key] = [part.strip() for part in value.split("|") if part.strip()]
        elif key == "available":
            said[key] = value.casefold() not in NO
        elif key == "position":
            said[key] = int(value) if value.removeprefix("-").isdecimal() and len(value) < 9 else value
        elif key == "price":
            said[key] = value.replace(",", ".")
        else:
            said[key] = value
    return {"sku": "", **said}


def _first(refused: Refused) -> str:
    name, sentences = next(iter(refused.fields.items()))
    _products, _dot, rest = name.partition(".")
    number, _dot, field = rest.partition(".")
    if not number.isdecimal():
        return sentences[0]
    said = {"line": int(number) + 2, "field": field, "what": sentences[0]}
    return _("Nothing was taken. Line %(line)d, %(field)s: %(what)s") % said
