"""A shop's accounts with carriers: how they fare, connecting one, trying it, changing and removing it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from carriers import offers, services
from carriers.models import Account
from carriers.registry import CARRIERS
from carriers.types import Trust
from console import tones
from console.actor import actor_of
from console.carrier_codes import newest_codes, unread_codes_of
from console.carrier_days import Asked, fortnight_of, today_of
from console.carrier_forms import AccountForm, TrialForm
from console.carrier_health import (
    Health,
    Load,
    Quota,
    health_of,
    last_push_of,
    load_of,
    quota_of,
    with_load,
)
from console.carrier_offers import LABELS, MEANINGS, TONES, Kind, followers_of, offer_of
from console.carrier_search import Wanted, countries, find
from console.clock import clock_of
from tenants.access import MemberRequest, members
from tenants.isolation import shop_context
from tenants.models import Role
from tracking.actions import carrier_name
from tracking.links import push_url
from tracking.services.polling import take_up

METHODS = ["GET", "HEAD", "POST"]
WORST_FIRST = (tones.BAD, tones.WARN, tones.OK, tones.PLAIN)


@dataclass(frozen=True, slots=True)
class Shown:
    """An account as the list shows it."""

    account: Account
    carrier: str
    health: Health
    today: Asked
    load: Load
    quota: Quota | None


@members(Role.ADMIN)
@never_cache
@require_safe
def carriers(request: MemberRequest) -> HttpResponse:
    """The shop's accounts, and all there is to connect. To htmx: only what was found."""
    shop = request.shop
    wanted = Wanted.of(request.GET, shop.country)
    if request.headers.get("HX-Request"):
        have = set(Account.objects.for_shop(shop).values_list("carrier", flat=True))
        context = {"wanted": wanted, "found": find(wanted, have), "is_swapped": True}
        return render(request, "console/_carrier_offers.html", context)
    clock = clock_of(shop)
    accounts = list(with_load(Account.objects.for_shop(shop), clock.now).order_by("carrier", "name"))
    today = today_of(shop, clock)
    rows = [
        Shown(
            account, carrier_name(account.carrier), health_of(account, clock),
            today.get(account.pk, Asked()), load_of(account, clock), quota_of(account),
        )
        for account in accounts
    ]  # fmt: skip
    context = {
        "accounts": sorted(rows, key=lambda row: WORST_FIRST.index(row.health.tone)),
        "codes": newest_codes(shop, clock),
        "wanted": wanted,
        "found": find(wanted, {account.carrier for account in accounts}),
        "countries": countries(),
        "kinds": [(str(kind), LABELS[kind], MEANINGS[kind], TONES[kind]) for kind in Kind],
    }
    return render(request, "console/carriers.html", context)


@members(Role.ADMIN)
@never_cache
@require_http_methods(METHODS)
def connect(request: MemberRequest, carrier: str) -> HttpResponse:
    """One that can be connected; of another, what there is to know and to do."""
    offer = offer_of(carrier)
    if offer is None:
        raise Http404
    if offer.carrier is None or not offer.can_connect:
        if request.method == "POST":
            raise Http404
        context = {"offer": offer, "followers": followers_of(carrier)}
        return render(request, "console/carrier_unasked.html", context)
    form = AccountForm(request.POST if request.method == "POST" else None, carrier=offer.carrier)
    if form.is_valid():
        try:
            account = services.connect(
                shop=request.shop, carrier=carrier, secrets=form.secrets(), name=form.cleaned_data["name"],
                by=actor_of(request), now=timezone.now(),
            )  # fmt: skip
        except ValidationError as error:
            form.refuse(error.message_dict)
        else:
            take_up(shop=request.shop, account=account, now=timezone.now())
            messages.success(
                request, _("%(carrier)s is connected. Try it now, to be sure.") % {"carrier": offer.name}
            )
            return redirect("console:carrier", request.shop.slug, account.pk)
    context = {"offer": offer, "form": form}
    return render(request, "console/carrier_connect.html", context, status=422 if form.errors else 200)


def _find(request: MemberRequest, pk: int) -> Account:
    found: Account | None = Account.objects.for_shop(request.shop).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@members(Role.ADMIN)
@never_cache
@require_http_methods(METHODS)
def carrier(request: MemberRequest, pk: int) -> HttpResponse:
    """One account. POST changes its name and credentials."""
    account = _find(request, pk)
    known = CARRIERS.get(account.carrier)
    form = None
    if known is not None:
        data = request.POST if request.method == "POST" else None
        form = AccountForm(data, carrier=known, name=account.name)
        if form.is_valid():
            try:
                account = services.change(
                    shop=request.shop, account=account, secrets=form.secrets(), name=form.cleaned_data["name"],
                    by=actor_of(request), now=timezone.now(),
                )  # fmt: skip
            except ValidationError as error:
                form.refuse(error.message_dict)
            else:
                take_up(shop=request.shop, account=account, now=timezone.now())
                messages.success(request, _("Saved."))
                return redirect("console:carrier", request.shop.slug, pk)
    clock = clock_of(request.shop)
    loaded = with_load(Account.objects.for_shop(request.shop).filter(pk=pk), clock.now).get()
    context = {
        "account": account,
        "name": carrier_name(account.carrier),
        "health": health_of(account, clock),
        "load": load_of(loaded, clock),
        "fortnight": fortnight_of(account, clock),
        "quota": quota_of(account),
        "offer": offer_of(account.carrier) if known else None,
        "form": form,
        "trial": TrialForm(),
        "push_url": push_url(request.shop, account) if known and known.push is not Trust.NONE else "",
        "last_push": last_push_of(account, clock),
        "codes": unread_codes_of(request.shop, account.carrier, clock),
    }
    return render(request, "console/carrier.html", context, status=422 if form and form.errors else 200)


@members(Role.ADMIN, bound=False)
@never_cache
@require_POST
def trial(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask the carrier once. It may take ten seconds, in which no transaction is open."""
    with shop_context(request.shop.pk):
        account = _find(request, pk)
    known = CARRIERS.get(account.carrier)
    if known is None or offers.closed(known):
        raise Http404
    form = TrialForm(request.POST)
    number = form.cleaned_data["number"] if form.is_valid() else ""
    came = services.try_account(shop=request.shop, account=account, now=timezone.now(), number=number)
    (messages.success if came.works else messages.error)(request, came.words)
    return redirect("console:carrier", request.shop.slug, pk)


@members(Role.ADMIN)
@never_cache
@require_POST
def enabled(request: MemberRequest, pk: int) -> HttpResponse:
    """Switch an account on or off."""
    on = request.POST.get("enabled") == "on"
    account = services.change(
        shop=request.shop, account=_find(request, pk), enabled=on, by=actor_of(request), now=timezone.now()
    )
    take_up(shop=request.shop, account=account, now=timezone.now())
    messages.success(request, _("Switched on.") if on else _("Switched off: this account is asked no more."))
    return redirect("console:carrier", request.shop.slug, pk)


@members(Role.ADMIN)
@never_cache
@require_POST
def remove(request: MemberRequest, pk: int) -> HttpResponse:
    account = Account.objects.for_shop(request.shop).filter(pk=pk).first()
    if account is None:
        raise Http404
    services.remove(shop=request.shop, account=account, by=actor_of(request), now=timezone.now())
    messages.success(request, _("Removed, with its credentials. Parcels keep what is known of them."))
    return redirect("console:carriers", request.shop.slug)
