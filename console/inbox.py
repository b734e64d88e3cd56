"""What customers wrote: the queue, whoever waits longest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from console import keyset, tones
from console.clock import ago, clock_of
from console.inbox_people import agents_of
from tenants.access import MemberRequest, members
from tenants.models import Role
from tracking import search
from tracking.models import Ticket, TicketMessage
from tracking.ticket_words import NAMES, name_of_reason, system_words

SIZE = 40  # tickets a page
PREVIEW = 160  # characters
TABS = ("open", "answered", "closed", "all")
WAITING = keyset.Sort("last_at", descending=False)
LATEST = keyset.Sort("last_at", descending=True)


@dataclass(frozen=True, slots=True)
class TicketRow:
    pk: int
    about: str
    order_number: str
    customer: str
    preview: str
    status: str
    tone: str
    when: str
    agent: str


@members(Role.AGENT)
@never_cache
@require_safe
def inbox(request: MemberRequest) -> HttpResponse:
    asked = {
        name: request.GET.get(name, "")[:200].replace("\x00", "") for name in ("tab", "reason", "of", "q")
    }
    tab = asked["tab"] if asked["tab"] in TABS else "open"
    found = _chosen(request, tab, asked)
    sort = WAITING if tab == "open" else LATEST
    page = keyset.page(
        found, sort, size=SIZE, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    clock, agents = clock_of(request.shop), agents_of(request.shop)
    kept = {name: said for name, said in {**asked, "tab": tab}.items() if said}
    narrowed = {name: said for name, said in asked.items() if said and name != "tab"}
    context = {
        "rows": [
            TicketRow(
                t.pk, name_of_reason(t.reason), t.order.number.lstrip("#"), t.order.customer_name,
                _preview(t.last_by_then, t.last_said, clock), *status_of(t.status), ago(clock, t.last_at),
                agents.get(t.assigned_to, ""),
            )
            for t in page.rows
        ],
        "tabs": [(code, words, urlencode({**narrowed, "tab": code}), code == tab) for code, words in tabs()],
        "tab": tab,
        "chosen": asked,
        "is_narrowed": bool(narrowed),
        "reasons": NAMES.items(),
        "newer": urlencode({**kept, "before": page.newer}) if page.newer else "",
        "older": urlencode({**kept, "after": page.older}) if page.older else "",
    }  # fmt: skip
    return render(request, "console/inbox.html", context)


def tabs() -> list[tuple[str, str]]:
    return [
        ("open", _("To answer")),
        ("answered", _("Answered")),
        ("closed", _("Closed")),
        ("all", _("All")),
    ]


def status_of(status: str) -> tuple[str, str]:
    """In words, and which colour."""
    return {
        "open": (_("To answer"), tones.WARN),
        "answered": (_("Answered"), tones.INFO),
        "closed": (_("Closed"), tones.PLAIN),
    }[status]


def _chosen(request: MemberRequest, tab: str, asked: dict[str, str]) -> QuerySet[Any]:
    last = TicketMessage.objects.for_shop(request.shop).filter(ticket=OuterRef("pk")).order_by("-at", "-id")
    found: QuerySet[Ticket] = Ticket.objects.for_shop(request.shop).select_related("order")
    if tab != "all":
        found = found.filter(status=tab)
    if asked["reason"] in NAMES:
        found = found.filter(reason=asked["reason"])
    if asked["of"] == "me":
        found = found.filter(assigned_to=request.user.pk)
    elif asked["of"] == "nobody":
        found = found.filter(assigned_to=None)
    if asked["q"].strip():
        found = found.filter(order_id__in=[order.pk for order in search.find(request.shop, asked["q"])])
    return found.annotate(
        last_said=Subquery(last.values("text")[:1]), last_by_then=Subquery(last.values("by")[:1])
    )


def _preview(by: str | None, text: str | None, clock: object) -> str:
    if not text:
        return _("Photos")
    said = system_words(text, clock) if by == "system" else text  # type: ignore[arg-type]
    one_line = " ".join(said.split())
    return one_line if len(one_line) <= PREVIEW else f"{one_line[:PREVIEW].rstrip()}…"
