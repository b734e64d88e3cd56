"""Every message there was: whom it went to and what became of it; all that failed sent again; all of them as a file."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages as toasts
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from console import keyset, masking
from console.actor import actor_of
from console.clock import ago, clock_of
from console.message_words import NOTICES, STATUSES, status_words, why_words
from console.messages_filter import PERIODS, Chosen, TooManyError, bounded, find, occasions
from console.occasion_names import name_of
from console.rows import StateNames
from console.tones import of_message
from notifications.models import Message
from notifications.registry import CHANNELS
from notifications.services.resending import FAILED_AT_ONCE, resend_failed
from notifications.services.ruling import rules_of
from tenants import audit
from tenants.access import MemberRequest, members
from tenants.isolation import shop_context
from tenants.models import Role, Shop

SIZE = 50  # messages a page
MOST_ROWS = 100_000  # of one file
A_READ = 1_000  # rows of it read at a time
NEWEST = keyset.Sort("created_at", descending=True, key=lambda said: UUID(str(said)))


@dataclass(frozen=True, slots=True)
class Row:
    pk: UUID
    status: str
    tone: str
    about: str
    channel: str
    recipient: str
    order_pk: int | None
    order_number: str
    when: str
    why: str


@members(Role.VIEWER)
@never_cache
@require_safe
def messages(request: MemberRequest) -> HttpResponse:
    chosen = Chosen.read(request.GET)
    page, is_too_much = _page(request, chosen)
    names, clock = StateNames(request.shop), clock_of(request.shop)
    whole = Role(request.member.role).includes(Role.AGENT)
    context = {
        "rows": [
            Row(
                m.pk, status_words(m.status), of_message(m.status), about(m, names), CHANNELS[m.channel].name,
                m.recipient if whole else masking.recipient(m.recipient), m.order_id,
                m.order.number if m.order else "", ago(clock, m.created_at), why_words(m.why),
            )
            for m in page.rows
        ],
        "chosen": chosen,
        "is_too_much": is_too_much,
        "statuses": STATUSES.items(),
        "channels": CHANNELS.values(),
        "periods": PERIODS.items(),
        "abouts": [(code, name_of(request.shop, code, names)) for code in occasions()],
        "rules": _rules(request.shop, names),
        "newer": chosen.query(before=page.newer) if page.newer else "",
        "older": chosen.query(after=page.older) if page.older else "",
        "query": chosen.query(),
        "can_act": whole,
        "can_export": Role(request.member.role).includes(Role.ADMIN),
        "can_resend_all": whole and chosen.status == "failed" and page.rows,
    }  # fmt: skip
    return render(request, "console/messages.html", context)


def _page(request: MemberRequest, chosen: Chosen) -> tuple[keyset.Page[Message], bool]:
    asked = request.GET
    try:
        with bounded():
            found = find(request.shop, chosen, timezone.now())
            after, before = asked.get("after", ""), asked.get("before", "")
            return keyset.page(found, NEWEST, size=SIZE, after=after, before=before), False
    except TooManyError:
        return keyset.Page([], "", ""), True


def _rules(shop: Shop, names: StateNames) -> list[tuple[str, str]]:
    """Those that can have sent something: the shop's own, and those of the house that are on."""
    found = [rule for rule in rules_of(shop.pk) if rule.enabled or not rule.of_the_house]
    return [
        (rule.key, rule.name or f"{name_of(shop, rule.occasion, names)} · {CHANNELS[rule.channel].name}")
        for rule in found
    ]


def about(found: Message, names: StateNames) -> str:
    if found.notice_id and found.state in NOTICES:
        return str(NOTICES[found.state])
    return name_of(names.shop, found.state, names)


@members(Role.AGENT)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def resend_all(request: MemberRequest) -> HttpResponse:
    """GET says how many failed, and what sending them again costs; POST does it, the oldest first."""
    said = Chosen.read(request.POST if request.method == "POST" else request.GET)
    now = timezone.now()
    try:
        with bounded():
            failed = find(request.shop, said, now).filter(status="failed")
            ids = dict(failed.order_by("created_at", "id").values_list("pk", "channel")[:FAILED_AT_ONCE])
    except TooManyError:
        toasts.warning(request, _("That is too much to look through at once. Choose a shorter period."))
        return redirect("console:messages", request.shop.slug)
    if request.method == "POST":
        return _resent(request, said, list(ids), now)
    counts = Counter(ids.values())
    context = {
        "counts": [(CHANNELS[code], number) for code, number in counts.most_common()],
        "total": len(ids),
        "most": FAILED_AT_ONCE if len(ids) == FAILED_AT_ONCE else 0,
        "chosen": said,
        "query": said.query(),
        "has_paid": any(CHANNELS[code].paid for code in counts),
    }
    return render(request, "console/messages_resend.html", context)


def _resent(request: MemberRequest, said: Chosen, ids: list[UUID], now: datetime) -> HttpResponse:
    again, by = resend_failed(shop_id=request.shop.pk, ids=ids, now=now), actor_of(request)
    if again:
        audit.record(
            shop=request.shop, actor=by.name, role=by.role, address=by.address, action="messages.resent",
            subject="messages", after={"count": again},
        )  # fmt: skip
        toasts.success(
            request,
            ngettext("%(count)d message goes out again.", "%(count)d messages go out again.", again)
            % {"count": again},
        )
    else:
        toasts.warning(request, _("There was nothing to send again."))
    return redirect("console:messages", request.shop.slug)


@members(Role.ADMIN, bound=False)
@never_cache
@require_safe
def export(request: MemberRequest) -> HttpResponse:
    """A line a message, the newest first, as many as a file may have. Written while it is read."""
    chosen, shop, by = Chosen.read(request.GET), request.shop, actor_of(request)
    with shop_context(shop.pk):
        audit.record(
            shop=shop, actor=by.name, role=by.role, address=by.address, action="messages.exported", subject="messages",
            after={"narrowed": chosen.query()[:400]},
        )  # fmt: skip
        zone = clock_of(shop).zone
    response = StreamingHttpResponse(
        _lines(shop, chosen, zone, timezone.now()), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="messages.csv"'
    return response  # type: ignore[return-value]


class _Line:
    """What the writer writes to: hands each line back."""

    def write(self, line: str) -> str:
        return line


COLUMNS = (
    "created_at", "sent_at", "status", "held_because", "channel", "about", "rule", "order", "recipient", "language",
    "subject", "segments", "price", "currency", "provider_id", "error",
)  # fmt: skip


def _lines(shop: Shop, chosen: Chosen, zone: Any, now: datetime) -> Iterator[str]:
    """Each read is a transaction of its own: a stream has no shop of its own."""
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(COLUMNS)
    after, left = "", MOST_ROWS
    while left > 0:
        with shop_context(shop.pk):
            found = find(shop, chosen, now).filter(created_at__lte=now)
            page = keyset.page(found, NEWEST, size=min(A_READ, left), after=after)
        for one in page.rows:
            yield writer.writerow([_harmless(cell) for cell in _cells(one, zone)])
        left -= len(page.rows)
        after = page.older
        if not after:
            return


def _cells(one: Message, zone: Any) -> list[Any]:
    def at(moment: datetime | None) -> str:
        return moment.astimezone(zone).isoformat(timespec="seconds") if moment else ""

    return [
        at(one.created_at), at(one.sent_at), one.status, one.held_because, one.channel, one.state, one.rule_key,
        one.order.number if one.order else "", one.recipient, one.language, one.subject, one.segments or "",
        one.price if one.price is not None else "", one.currency, one.provider_id, one.error,
    ]  # fmt: skip


def _harmless(cell: Any) -> str:
    """A cell that begins like a formula is text: spreadsheets would run it."""
    said = "" if cell is None else str(cell)
    return f"'{said}" if said[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else said
