"""A shop's accounts with carriers: how they fare, connecting one, trying it, changing and removing it."""

from __future__ import annotations

from dataclasses import dataclass

from babel import Locale
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from carriers import services
from carriers.models import Account, UnknownCode
from carriers.registry import CARRIERS
from carriers.types import Carrier, Outcome
from console.actor import actor_of
from console.carrier_forms import AccountForm, TrialForm
from console.clock import ago, clock_of, moment_in_full
from tenants.access import MemberRequest, members
from tenants.isolation import shop_context
from tenants.models import Role
from tracking.actions import carrier_name
from tracking.hooks import push_url
from tracking.models import Poll
from tracking.services.polling import take_up
from tracking.when import Clock, locale_for

METHODS = ["GET", "HEAD", "POST"]
MOST_CODES = 100
FAULTS = {
    Outcome.AUTH_ERROR: gettext_lazy("The carrier refuses the credentials: change them below."),
    Outcome.RATE_LIMITED: gettext_lazy(
        "The carrier let it ask no more for a while: too many questions in too short a time."
    ),
    Outcome.TRANSIENT: gettext_lazy("The carrier did not answer. It is asked again by itself."),
    Outcome.BAD_RESPONSE: gettext_lazy("The carrier gave an answer that could not be read."),
    Outcome.INVALID_NUMBER: gettext_lazy("The carrier takes one of the numbers for no number of its own."),
}


@dataclass(frozen=True, slots=True)
class Health:
    """How an account fares. `detail`: the carrier's own words."""

    tone: str
    label: str
    last_ok: str
    fault: str = ""
    fault_at: str = ""
    detail: str = ""
    paused: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    account: Account
    carrier: str
    health: Health


@dataclass(frozen=True, slots=True)
class Offer:
    """A carrier that can be connected."""

    carrier: Carrier
    countries: str
    pace: str
    pushes: bool  # it can send news by itself, signed


def health_of(account: Account, clock: Clock) -> Health:
    last_ok = ago(clock, account.last_ok_at)
    if not account.enabled:
        return Health("", _("Switched off"), last_ok)
    paused = ""
    if account.paused_until and account.paused_until > clock.now:
        paused = _("Paused until %(moment)s") % {"moment": moment_in_full(clock, account.paused_until)}
    if account.last_error:
        outcome, _sep, detail = account.last_error.partition(": ")
        known = Outcome(outcome) if outcome in set(map(str, Outcome)) else Outcome.BAD_RESPONSE
        refused = known is Outcome.AUTH_ERROR
        return Health(
            "bad" if refused else "warn",
            _("Refused") if refused else _("In trouble"),
            last_ok,
            str(FAULTS.get(known, FAULTS[Outcome.BAD_RESPONSE])),
            ago(clock, account.last_error_at),
            detail,
            paused,
        )
    if paused:
        return Health("warn", _("Paused"), last_ok, paused=paused)
    return Health("ok", _("Works"), last_ok) if account.last_ok_at else Health("", _("Not asked yet"), "")


def offer_of(carrier: Carrier) -> Offer:
    return Offer(carrier, _countries(carrier), _pace(carrier), carrier.verify is not None)


def _countries(carrier: Carrier) -> str:
    if not carrier.countries:
        return _("Everywhere")
    names = Locale.parse(locale_for(get_language() or "en", "").language).territories
    return ", ".join(names.get(code, code) for code in carrier.countries)


def _pace(carrier: Carrier) -> str:
    per_second = carrier.limits.per_second
    said = ngettext("%(n)s question a second", "%(n)s questions a second", round(per_second)) % {
        "n": f"{per_second:g}"
    }
    if carrier.limits.per_day:
        said += ", " + _("%(n)s a day") % {"n": carrier.limits.per_day}
    return said


@members(Role.ADMIN)
@never_cache
@require_safe
def carriers(request: MemberRequest) -> HttpResponse:
    clock = clock_of(request.shop)
    accounts = Account.objects.for_shop(request.shop).order_by("carrier", "name")
    codes = UnknownCode.objects.for_shop(request.shop).order_by("-seen", "-last_at")[: MOST_CODES + 1]
    context = {
        "accounts": [Shown(a, carrier_name(a.carrier), health_of(a, clock)) for a in accounts],
        "offers": [offer_of(carrier) for carrier in CARRIERS.values()],
        "codes": [(carrier_name(c.carrier), c, ago(clock, c.last_at)) for c in codes[:MOST_CODES]],
    }
    return render(request, "console/carriers.html", context)


@members(Role.ADMIN)
@never_cache
@require_http_methods(METHODS)
def connect(request: MemberRequest, carrier: str) -> HttpResponse:
    known = CARRIERS.get(carrier)
    if known is None:
        raise Http404
    form = AccountForm(request.POST if request.method == "POST" else None, carrier=known)
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
                request, _("%(carrier)s is connected. Try it now, to be sure.") % {"carrier": known.name}
            )
            return redirect("console:carrier", request.shop.slug, account.pk)
    context = {"offer": offer_of(known), "form": form}
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
        form = AccountForm(data, carrier=known, name=account.name, connected=True)
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
    context = {
        "account": account,
        "name": carrier_name(account.carrier),
        "health": health_of(account, clock_of(request.shop)),
        "offer": offer_of(known) if known else None,
        "form": form,
        "trial": TrialForm(),
        "push_url": push_url(request.shop, account) if known and known.verify else "",
        "parcels": _parcels(account),
    }
    return render(request, "console/carrier.html", context, status=422 if form and form.errors else 200)


def _parcels(account: Account) -> int:
    """How many parcels it is asked about."""
    return Poll.objects.for_shop(account.shop_id).filter(account_id=account.pk).count()


@members(Role.ADMIN, bound=False)
@never_cache
@require_POST
def trial(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask the carrier once. It may take ten seconds, in which no transaction is open."""
    with shop_context(request.shop.pk):
        account = _find(request, pk)
    form = TrialForm(request.POST)
    number = form.cleaned_data["number"] if form.is_valid() else ""
    try:
        came = services.try_account(shop=request.shop, account=account, now=timezone.now(), number=number)
    except ValidationError:  # a carrier there is no adapter for any more
        raise Http404 from None
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
