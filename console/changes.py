"""Changes of deliveries that were asked for: what waits for the team, what is under way, what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console import masking
from console.actor import actor_of
from console.clock import ago, clock_of, moment_in_full
from console.keyset import Sort, page
from tenants.access import MemberRequest, members
from tenants.models import Role, Shop
from tracking import change_words
from tracking.actions import carrier_name
from tracking.delivery_shown import wish_of
from tracking.models import DeliveryRequest, Order
from tracking.parcels import UNNAMED
from tracking.services import settling
from tracking.services.change_news import clock_for
from tracking.when import Clock

SIZE = 40
MOST_OF_ORDER = 20
TONES = {
    "accepted": "ok",
    "done": "ok",
    "refused": "bad",
    "too_late": "bad",
    "asked": "warn",
    "approved": "warn",
}
TABS: tuple[tuple[str, str | Promise, Q], ...] = (
    ("approve", gettext_lazy("To agree to"), Q(status="asked")),
    ("todo", gettext_lazy("To do"), Q(status="approved", way="task")),
    (
        "going",
        gettext_lazy("Under way"),
        Q(status="approved") & ~Q(way="task") | Q(status__in=["sent", "accepted"]),
    ),
    ("settled", gettext_lazy("Settled"), Q(status__in=["refused", "too_late", "done", "withdrawn"])),
)
OUTCOMES = {
    "accepted": gettext_lazy("The carrier does it"),
    "done": gettext_lazy("It is done"),
    "refused": gettext_lazy("It cannot be done"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One request. `acts`: what can be done with it: approve, refuse, take, settle."""

    request: DeliveryRequest
    title: str
    detail: str
    number: str
    customer: str
    parcel: str
    story: str
    status: str
    tone: str
    asked: str
    until: str
    price: str
    acts: tuple[str, ...]


@members(Role.VIEWER)
@never_cache
@require_safe
def changes(request: MemberRequest) -> HttpResponse:
    wanted = {code: q for code, _label, q in TABS}
    counts = _counts(request.shop)
    tab = request.GET.get("tab", "")
    if tab not in wanted:
        tab = next((code for code, _label, _q in TABS[:2] if counts[code]), "going")
    rows = _requests(request.shop).filter(wanted[tab])
    found = page(
        rows, Sort("asked_at", descending=True), size=SIZE,
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    can_act = Role(request.member.role).includes(Role.AGENT)
    context = {
        "lines": [line_of(one, request.shop, can_act=can_act) for one in found.rows],
        "tabs": [(code, label, counts[code], code == tab) for code, label, _q in TABS],
        "tab": tab,
        "newer": found.newer,
        "older": found.older,
        "outcomes": OUTCOMES.items(),
    }
    return render(request, "console/changes.html", context)


def _requests(shop: Shop) -> QuerySet[DeliveryRequest]:
    found: QuerySet[DeliveryRequest] = DeliveryRequest.objects.for_shop(shop)
    return found.select_related("order", "shipment", "slot")


def _counts(shop: Shop) -> dict[str, int]:
    counted = {code: Count("pk", filter=q) for code, _label, q in TABS[:3]}
    found: dict[str, int] = (
        DeliveryRequest.objects.for_shop(shop)
        .exclude(status__in=["refused", "too_late", "done", "withdrawn"])
        .aggregate(**counted)
    )
    return found | {"settled": 0}


def line_of(request: DeliveryRequest, shop: Shop, *, can_act: bool) -> Line:
    """`can_act`: for a member who may; to others names and places stay masked."""
    clock = clock_of(shop)
    order = request.order
    there = Clock(clock.now, clock_for(shop, order, "en", clock.now).zone, clock.locale)
    personal = request.kind in ("address", "neighbour", "note", "safe_place")
    carrier = (
        carrier_name(request.shipment.carrier)
        if request.shipment and request.shipment.carrier not in UNNAMED
        else ""
    )
    return Line(
        request=request,
        title=str(change_words.KINDS[request.kind]),
        detail="" if personal and not can_act else change_words.detail(request.kind, request.details, there),
        number=order.number,
        customer=order.customer_name if can_act else masking.name(order.customer_name),
        parcel=f"{carrier} {request.shipment.number}" if request.shipment else _("no parcel yet"),
        story=change_words.story(wish_of(request), clock),
        status=change_words.status(request.status, request.way),
        tone=TONES.get(request.status, ""),
        asked=ago(clock, request.asked_at),
        until=moment_in_full(clock, request.cutoff_at) if request.cutoff_at else "",
        price=change_words.price(request.price, request.currency, clock) if request.price else "",
        acts=_acts(request) if can_act else (),
    )


def _acts(request: DeliveryRequest) -> tuple[str, ...]:
    if request.status == "asked":
        return ("approve", "refuse")
    if request.status == "approved" and request.way == "task":
        return ("take", "settle")
    if request.status in ("sent", "accepted"):
        return ("settle",)
    return ()


def of_order(order: Order, shop: Shop, *, can_act: bool) -> list[Line]:
    """Its requests, the newest first."""
    rows = _requests(shop).filter(order=order).order_by("-asked_at", "-id")[:MOST_OF_ORDER]
    return [line_of(one, shop, can_act=can_act) for one in rows]


def find(request: MemberRequest, pk: int) -> DeliveryRequest:
    found = _requests(request.shop).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@members(Role.AGENT)
@never_cache
@require_POST
def change_act(request: MemberRequest, pk: int, act: str) -> HttpResponse:
    """approve, take, refuse or settle; each says honestly when somebody, or time, was quicker."""
    held, by, now = find(request, pk), actor_of(request), timezone.now()
    shop = request.shop
    if act == "approve":
        is_done = settling.approve(shop=shop, request_id=held.pk, by=by, now=now)
    elif act == "take":
        is_done = settling.take(shop=shop, request_id=held.pk, by=by, now=now)
    elif act in ("refuse", "settle"):
        status = "refused" if act == "refuse" else request.POST.get("status", "")
        answer = " ".join(request.POST.get("answer", "").replace("\x00", "").split())[:240]
        if status not in OUTCOMES or (status == "refused" and not answer):
            messages.error(
                request, _("Say what came of it; where it cannot be done, say why: the customer reads it.")
            )
            return _back(request, held)
        is_done = settling.settle(shop=shop, request_id=held.pk, status=status, answer=answer, by=by, now=now)
    else:
        raise Http404
    if is_done:
        messages.success(request, _("Noted. The customer sees it on the order’s page."))
    else:
        messages.error(request, _("Somebody was quicker, or it was too late by then: see how it stands now."))
    return _back(request, held)


def _back(request: MemberRequest, held: DeliveryRequest) -> HttpResponse:
    if request.POST.get("from") == "order":
        return redirect("console:order", request.shop.slug, held.order_id)
    return redirect("console:changes", request.shop.slug)
