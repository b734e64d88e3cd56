"""What customers may change of a delivery: the shop's options, and its pickup places."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, Max
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from carriers.models import Account
from console import faults
from console.actor import actor_of
from console.clock import clock_of
from console.option_form import WAYS, OptionForm, doubts
from tenants.access import MemberRequest, members
from tenants.models import Role, Shop
from tracking.actions import carrier_name
from tracking.change_words import KINDS, price
from tracking.models import DeliveryOption, PickupPlace
from tracking.services.incoming import Refused
from tracking.services.offering import MOST_PLACES, put_places, remove_option, remove_places, save_option

MOST_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Line:
    option: DeliveryOption
    title: str
    way: str
    price: str
    cutoff: str
    where: str
    doubts: list[str]


@members(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD"])
def options(request: MemberRequest) -> HttpResponse:
    found = DeliveryOption.objects.for_shop(request.shop)
    places = (
        PickupPlace.objects.for_shop(request.shop)
        .values("carrier")
        .annotate(count=Count("id"), city=Max("city"))
    )
    context = {
        "lines": [_line(option, request.shop) for option in found],
        "places": [
            (one["carrier"], carrier_name(one["carrier"]), one["count"]) for one in places.order_by("carrier")
        ],
    }
    return render(request, "console/options.html", context)


def _line(option: DeliveryOption, shop: Shop) -> Line:
    where = [
        *(carrier_name(code) for code in option.carriers),
        *option.services,
        *option.countries,
        *option.postal_codes,
    ]
    return Line(
        option,
        str(KINDS[option.kind]),
        str(WAYS[option.way]),
        price(option.price, shop.currency, clock_of(shop)),
        _cutoff(option),
        ", ".join(where) or _("all parcels"),
        doubts(option),
    )


def _cutoff(option: DeliveryOption) -> str:
    if option.cutoff_time is None and not option.cutoff_days:
        return _("no hour set")
    days = option.cutoff_days
    said = {"days": days, "hour": f"{option.cutoff_time:%H:%M}" if option.cutoff_time else "24:00"}
    if not days:
        return _("until %(hour)s of the day itself") % said
    return (
        ngettext("until %(hour)s, %(days)d day before", "until %(hour)s, %(days)d days before", days) % said
    )


@members(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def option_add(request: MemberRequest) -> HttpResponse:
    return _edit(request, None)


@members(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def option(request: MemberRequest, pk: int) -> HttpResponse:
    return _edit(request, _find(request, pk))


def _edit(request: MemberRequest, held: DeliveryOption | None) -> HttpResponse:
    accounts = Account.objects.for_shop(request.shop).order_by("carrier").values_list("carrier", flat=True)
    form = OptionForm(
        request.POST or None, shop=request.shop, carriers=list(dict.fromkeys(accounts)), option=held
    )
    if request.method == "POST" and form.is_valid():
        try:
            save_option(
                shop=request.shop, option_id=held.pk if held else None, fields=form.fields_said(),
                by=actor_of(request),
            )  # fmt: skip
        except Refused as refused:
            faults.put(form, refused)
        else:
            messages.success(request, _("Saved. Your customers see it from now on."))
            return redirect("console:options", request.shop.slug)
    context = {"form": form, "option": held, "doubts": doubts(held) if held else []}
    return render(request, "console/option.html", context, status=422 if request.method == "POST" else 200)


@members(Role.ADMIN)
@never_cache
@require_POST
def option_remove(request: MemberRequest, pk: int) -> HttpResponse:
    remove_option(shop=request.shop, option_id=_find(request, pk).pk, by=actor_of(request))
    messages.success(request, _("No longer offered. What was asked for goes on."))
    return redirect("console:options", request.shop.slug)


def _find(request: MemberRequest, pk: int) -> DeliveryOption:
    found: DeliveryOption | None = DeliveryOption.objects.for_shop(request.shop).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


# --- Pickup places ---


@members(Role.ADMIN)
@never_cache
@require_POST
def places(request: MemberRequest) -> HttpResponse:
    """Take a CSV of places: a header with our names of the fields, a line each."""
    try:
        taken = put_places(shop=request.shop, places=_rows(request))
    except Refused as refused:
        messages.error(request, _first(refused))
    else:
        said = {"created": taken.created, "updated": taken.updated}
        messages.success(request, _("%(created)d places added, %(updated)d brought up to date.") % said)
    return redirect("console:options", request.shop.slug)


def _rows(request: MemberRequest) -> list[dict[str, Any]]:
    upload = request.FILES.get("file")
    if upload is None or (upload.size or 0) > MOST_BYTES:
        raise Refused({"file": [_("Choose a CSV file of up to 2 MB.")]})
    try:
        text = upload.read().decode("utf-8-sig")
        head = text.partition("\n")[0]
        found = list(
            csv.DictReader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",")
        )
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused({"file": [_("This is no CSV file in UTF-8.")]}) from error
    if len(found) > MOST_PLACES:
        raise Refused({"file": [_("No more than %(most)d places at once.") % {"most": MOST_PLACES}]})
    if not found:
        raise Refused({"file": [_("The file has no lines below its header.")]})
    return [{str(name).strip().lower(): value for name, value in row.items() if name} for row in found]


def _first(refused: Refused) -> str:
    """What is wrong with the file, with the line it is about."""
    name, sentences = next(iter(refused.fields.items()))
    _places, _dot, rest = name.partition(".")
    number, _dot, field = rest.partition(".")
    if not number.isdecimal():
        return sentences[0]
    said = {"line": int(number) + 2, "field": field, "what": sentences[0]}
    return _("Nothing was taken. Line %(line)d, %(field)s: %(what)s") % said


@members(Role.ADMIN)
@never_cache
@require_POST
def places_remove(request: MemberRequest) -> HttpResponse:
    count = remove_places(shop=request.shop, carrier=request.POST.get("carrier", "")[:32])
    messages.success(request, _("%(count)d places forgotten.") % {"count": count})
    return redirect("console:options", request.shop.slug)
