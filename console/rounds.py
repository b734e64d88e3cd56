"""Rounds: deliveries the shop brings itself. Made, filled, put in order, watched, ended."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Max, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from console.actor import actor_of
from console.clock import ago, clock_of
from tenants.access import MemberRequest, members
from tenants.models import Role
from tracking.links import shop_url
from tracking.models import CourierPosition, Order, Round
from tracking.rounds import done, stops_of, without_round
from tracking.services import rounds as services

METHODS = ["GET", "HEAD", "POST"]
SHOWN, MOST_NUMBERS, MOST_TOWNS = 60, 100, 40
FURTHEST = timedelta(days=60)


class RoundForm(forms.Form):
    use_required_attribute = False
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("Like “Van 2” or “Saturday morning”."),
    )
    driver = forms.CharField(label=gettext_lazy("Driver"), max_length=80, required=False)
    day = forms.DateField(
        label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if not self.today <= day <= self.today + FURTHEST:
            raise ValidationError(_("Choose today, or a day of the next two months."))
        return day


@dataclass(frozen=True, slots=True)
class Line:
    """A round as the list shows it."""

    pk: int
    name: str
    driver: str
    day: str
    stops: int
    settled: int
    is_over: bool
    is_under_way: bool


@members(Role.AGENT)
@never_cache
@require_http_methods(METHODS)
def rounds(request: MemberRequest) -> HttpResponse:
    """The newest first. POST makes one."""
    clock = clock_of(request.shop)
    form = RoundForm(
        request.POST if request.method == "POST" else None, today=clock.today, initial={"day": clock.today}
    )
    if form.is_valid():
        said = form.cleaned_data
        made, key = services.make_round(
            shop=request.shop, name=said["name"], driver=said["driver"], day=said["day"], by=actor_of(request),
            now=clock.now,
        )  # fmt: skip
        return _round(request, made, key=key)
    found = (
        Round.objects.for_shop(request.shop)
        .annotate(
            all=Count("stops"), settled=Count("stops", filter=Q(stops__status__in=["delivered", "failed"]))
        )
        .order_by("-date", "-pk")[:SHOWN]
    )
    lines = [
        Line(
            one.pk, one.name, one.driver, clock.short_day(one.date), one.all, one.settled,
            one.ended_at is not None or services.ends_at(one, clock.zone) <= clock.now, one.started_at is not None,
        )
        for one in found
    ]  # fmt: skip
    context = {"lines": lines, "form": form}
    return render(request, "console/rounds.html", context, status=422 if form.errors else 200)


@members(Role.AGENT)
@never_cache
@require_http_methods(METHODS)
def one_round(request: MemberRequest, pk: int) -> HttpResponse:
    """One round with its stops. POST adds parcels."""
    one = _find(request, pk)
    if request.method == "POST":
        _add(request, one)
        return redirect("console:round", request.shop.slug, pk)
    return _round(request, one)


def _find(request: MemberRequest, pk: int) -> Round:
    found: Round | None = Round.objects.for_shop(request.shop).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _add(request: MemberRequest, one: Round) -> None:
    """By numbers, or all that wait in a town."""
    wanted = list(dict.fromkeys(re.findall(r"[^\s,;]+", request.POST.get("numbers", "")[:4000])))[
        :MOST_NUMBERS
    ]
    town = request.POST.get("town", "")[:120]
    if town:
        orders = list(
            without_round(request.shop).filter(city=town).order_by("postal_code", "pk")[: services.MOST_STOPS]
        )
        missing: list[str] = []
    else:
        names = {number.lstrip("#"): number for number in wanted}
        keys = [*names, *(f"#{name}" for name in names)]
        found = Order.objects.for_shop(request.shop).filter(number__in=keys)
        by_number = {order.number.lstrip("#"): order for order in found}
        orders = [by_number[name] for name in names if name in by_number]
        missing = [name for name in names if name not in by_number]
    refused = services.add_orders(
        shop=request.shop, round_id=one.pk, orders=orders, by=actor_of(request), now=timezone.now()
    )
    added = len(orders) - len(refused)
    if added:
        messages.success(request, _("Added: %(count)d.") % {"count": added})
    for order, why in refused[:5]:
        messages.warning(request, _("Order %(number)s: %(why)s") % {"number": order.number, "why": why})
    if missing:
        messages.warning(
            request, _("There is no order %(numbers)s here.") % {"numbers": ", ".join(missing[:8])}
        )
    if not added and not refused and not missing:
        messages.warning(request, _("Write an order's number, or choose a town."))


def _round(request: MemberRequest, one: Round, *, key: str = "") -> HttpResponse:
    clock, stops = clock_of(request.shop), stops_of(one)
    link = shop_url(request.shop) + reverse("driver", args=[key], urlconf="tracking.shop_urls") if key else ""
    towns = Counter(without_round(request.shop).exclude(city="").values_list("city", flat=True)[:2000])
    ends_at = services.ends_at(one, clock.zone)
    seen_at = CourierPosition.objects.for_shop(request.shop).filter(
        shipment__stops__round=one
    ).aggregate(last=Max("at"))["last"]  # fmt: skip
    context = {
        "round": one,
        "day": clock.day(one.date),
        "stops": stops,
        "done": done(stops),
        "link": link,
        "towns": towns.most_common(MOST_TOWNS),
        "is_over": one.ended_at is not None or ends_at <= clock.now,
        "seen": ago(clock, seen_at),
    }
    return render(request, "console/round.html", context)


@members(Role.AGENT)
@never_cache
@require_POST
def arrange(request: MemberRequest, pk: int) -> HttpResponse:
    """Moves a stop up or down, takes it off, or puts all in the order they were dragged into."""
    one = _find(request, pk)
    said, _colon, stop = request.POST.get("move", "").partition(":")
    order = [int(word) for word in request.POST.getlist("stop")[: services.MOST_STOPS] if word.isdecimal()]
    if said in ("up", "down", "off") and stop.isdecimal() and len(stop) < 18:
        if said == "off":
            services.remove_stop(shop=request.shop, round_id=one.pk, stop_id=int(stop))
        else:
            services.move_stop(shop=request.shop, round_id=one.pk, stop_id=int(stop), up=said == "up")
    elif order:
        services.order_stops(shop=request.shop, round_id=one.pk, stop_ids=order)
    return redirect(reverse("console:round", args=[request.shop.slug, pk]) + "#stops-title")


@members(Role.AGENT)
@never_cache
@require_POST
def key(request: MemberRequest, pk: int) -> HttpResponse:
    """A new link for the driver, shown in the answer: it is kept nowhere."""
    one = _find(request, pk)
    if one.ended_at is not None:
        raise Http404
    made = services.new_key(shop=request.shop, round_id=one.pk, by=actor_of(request))
    return _round(request, one, key=made)


@members(Role.AGENT)
@never_cache
@require_POST
def end(request: MemberRequest, pk: int) -> HttpResponse:
    one = _find(request, pk)
    services.end_round(shop=request.shop, round_id=one.pk, by=actor_of(request), now=timezone.now())
    messages.success(request, _("Ended: the driver's link opens nothing any more."))
    return redirect("console:round", request.shop.slug, pk)
