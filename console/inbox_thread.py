"""One ticket: the thread, the order beside it, and what an agent can do."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from console import tones
from console.actor import actor_of
from console.clock import ago, clock_of, moment_in_full
from console.inbox import status_of
from console.inbox_people import agents_of
from console.rows import StateNames, money
from tenants.access import MemberRequest, members
from tenants.models import Role
from tracking.actions import carrier_name
from tracking.labels import status_label
from tracking.links import page_url
from tracking.models import OrderLine, Shipment, Ticket
from tracking.services import tickets
from tracking.services.ticket_rows import MOST_TEXT, Said
from tracking.thread import lines_of, photo_of
from tracking.thread_page import as_picture
from tracking.ticket_words import name_of_reason

_KEY = re.compile(r"[0-9a-f]{32}")
MOST_LINES = 12  # of the order, beside the thread


@members(Role.AGENT)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def thread(request: MemberRequest, pk: int) -> HttpResponse:
    """GET shows it; POST answers, notes, hands it to somebody, closes it or takes it up again."""
    ticket = _find(request, pk)
    if request.method != "POST":
        return _page(request, ticket)
    do = DEEDS.get(request.POST.get("do", ""))
    if do is None:
        raise Http404
    if fault := do(request, ticket, timezone.now()):
        return _page(request, ticket, fault, status=422)
    return redirect("console:inbox_thread", request.shop.slug, pk)


@members(Role.AGENT)
@never_cache
@require_safe
def photo(request: MemberRequest, pk: int, key: str) -> HttpResponse:
    content = photo_of(request.shop, key, ticket_id=_find(request, pk).pk)
    if content is None:
        raise Http404
    return as_picture(content)


def _find(request: MemberRequest, pk: int) -> Ticket:
    found: Ticket | None = (
        Ticket.objects.for_shop(request.shop).select_related("order", "shipment").filter(pk=pk).first()
    )
    if found is None:
        raise Http404
    return found


def _said(request: MemberRequest) -> Said:
    text = request.POST.get("text", "").replace("\x00", "").replace("\r\n", "\n").strip()
    key = request.POST.get("key", "")
    return Said(text, f"console:{key if _KEY.fullmatch(key) else secrets.token_hex(16)}", via="console")


def _fault(said: Said) -> str:
    if not said.text:
        return _("Write a few words first.")
    return _("That is more than 4,000 characters.") if len(said.text) > MOST_TEXT else ""


def _answer(request: MemberRequest, ticket: Ticket, now: datetime) -> str:
    said = _said(request)
    if fault := _fault(said):
        return fault
    tickets.answer(
        shop=request.shop, ticket=ticket, said=said, by=actor_of(request), author=request.user.get_short_name(),
        now=now, close="close" in request.POST,
    )  # fmt: skip
    if ticket.assigned_to is None:
        tickets.assign(shop=request.shop, ticket=ticket, user_id=request.user.pk)
    if ticket.order.customer_email:
        messages.success(request, _("The answer goes out by e-mail now."))
    else:
        messages.success(request, _("The customer finds the answer on the page of the order."))
    return ""


def _note(request: MemberRequest, ticket: Ticket, now: datetime) -> str:
    said = _said(request)
    if fault := _fault(said):
        return fault
    tickets.note(shop=request.shop, ticket=ticket, said=said, author=request.user.get_full_name(), now=now)
    return ""


def _assign(request: MemberRequest, ticket: Ticket, now: datetime) -> str:
    chosen = request.POST.get("agent", "")
    user_id = int(chosen) if chosen.isdecimal() and len(chosen) < 18 else None
    if user_id is not None and user_id not in agents_of(request.shop):
        return _("This person no longer works here.")
    tickets.assign(shop=request.shop, ticket=ticket, user_id=user_id)
    messages.success(request, _("Saved."))
    return ""


def _close(request: MemberRequest, ticket: Ticket, now: datetime) -> str:
    tickets.close(shop=request.shop, ticket=ticket, by=actor_of(request), now=now)
    return ""


def _reopen(request: MemberRequest, ticket: Ticket, now: datetime) -> str:
    tickets.reopen(shop=request.shop, ticket=ticket, by=actor_of(request), now=now)
    return ""


Deed = Callable[[MemberRequest, Ticket, datetime], str]
DEEDS: Mapping[str, Deed] = {
    "answer": _answer,
    "note": _note,
    "assign": _assign,
    "close": _close,
    "reopen": _reopen,
}


def _page(request: MemberRequest, ticket: Ticket, fault: str = "", status: int = 200) -> HttpResponse:
    clock, order = clock_of(request.shop), ticket.order
    names = StateNames(request.shop)
    parcels = Shipment.objects.for_shop(request.shop).filter(order=order, direction="outbound").order_by("id")
    others = (
        Ticket.objects.for_shop(request.shop).filter(order=order).exclude(pk=ticket.pk).order_by("-last_at")
    )
    words, tone = status_of(ticket.status)
    context = {
        "ticket": ticket,
        "order": order,
        "about": name_of_reason(ticket.reason),
        "status": words,
        "tone": tone,
        "opened": moment_in_full(clock, ticket.opened_at),
        "waiting": ago(clock, ticket.last_at) if ticket.status == "open" else "",
        "lines": lines_of(request.shop, [ticket], clock, agents=True)[ticket.pk],
        "agents": agents_of(request.shop).items(),
        "fault": fault,
        "typed": request.POST.get("text", "") if fault else "",
        "did": request.POST.get("do", "") if fault else "",
        "key": secrets.token_hex(16),
        "most": MOST_TEXT,
        "state": names(order.state),
        "state_tone": tones.of_state(order.state),
        "total": money(order.total, order.currency, clock),
        "placed": moment_in_full(clock, order.placed_at),
        "parcels": [
            (carrier_name(p.carrier), p.number, status_label(p.sub_status), tones.of_sub_status(p.sub_status),
             ago(clock, p.last_event_at), p.pk == ticket.shipment_id)
            for p in parcels[:6]
        ],
        "articles": OrderLine.objects.for_shop(request.shop).filter(order=order)[:MOST_LINES],
        "others": [(o.pk, name_of_reason(o.reason), *status_of(o.status)) for o in others[:6]],
        "page_url": page_url(request.shop, order),
    }  # fmt: skip
    return render(request, "console/inbox_thread.html", context, status=status)
