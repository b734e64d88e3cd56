"""Every message there was: whom it went to, what became of it; and sending one again."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages as toasts
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console import keyset, masking
from console.actor import actor_of
from console.clock import ago, clock_of, moment_in_full
from console.message_words import (
    HELD,
    MEANINGS,
    NOTICES,
    RESENDABLE,
    STATUSES,
    receipt_words,
    status_words,
    why_words,
)
from console.previews import framed
from console.rows import StateNames
from console.segments import length_of
from console.tones import of_message
from notifications import kept
from notifications.models import Message, Receipt
from notifications.registry import CHANNELS
from notifications.services.delivery import resend as send_again
from notifications.services.templates import preview
from tenants import audit
from tenants.access import MemberRequest, members
from tenants.models import Role
from tracking import search
from tracking.when import Clock

SIZE = 50  # messages a page
NEWEST = keyset.Sort("created_at", descending=True, key=lambda said: UUID(str(said)))
HEAVY = ("text", "body")


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
    chosen = {name: request.GET.get(name, "") for name in ("status", "channel", "q")}
    chosen["q"] = chosen["q"].replace("\x00", "")[:200]
    found = _chosen(request, chosen)
    asked = request.GET
    page = keyset.page(found, NEWEST, size=SIZE, after=asked.get("after", ""), before=asked.get("before", ""))
    names, clock = StateNames(request.shop), clock_of(request.shop)
    whole = Role(request.member.role).includes(Role.AGENT)
    kept = {name: said for name, said in chosen.items() if said}
    context = {
        "rows": [
            Row(
                m.pk, status_words(m.status), of_message(m.status), _about(m, names), CHANNELS[m.channel].name,
                m.recipient if whole else masking.recipient(m.recipient), m.order_id,
                m.order.number if m.order else "", ago(clock, m.created_at), why_words(m.why),
            )
            for m in page.rows
        ],
        "chosen": chosen,
        "is_narrowed": bool(kept),
        "statuses": STATUSES.items(),
        "channels": CHANNELS.values(),
        "newer": urlencode({**kept, "before": page.newer}) if page.newer else "",
        "older": urlencode({**kept, "after": page.older}) if page.older else "",
    }  # fmt: skip
    return render(request, "console/messages.html", context)


def _about(found: Message, names: StateNames) -> str:
    return str(NOTICES[found.state]) if found.state in NOTICES else names(found.state)


def _chosen(request: MemberRequest, chosen: dict[str, str]) -> QuerySet[Message]:
    found: QuerySet[Message] = Message.objects.for_shop(request.shop).select_related("order").defer(*HEAVY)
    if chosen["status"] in STATUSES:
        found = found.filter(status=chosen["status"])
    if chosen["channel"] in CHANNELS:
        found = found.filter(channel=chosen["channel"])
    if chosen["q"].strip():
        orders = [order.pk for order in search.find(request.shop, chosen["q"])]
        found = found.filter(order_id__in=orders)
    return found


def _find(request: MemberRequest, message_id: UUID) -> Message:
    found = Message.objects.for_shop(request.shop).select_related("order").filter(pk=message_id).first()
    if found is None:
        raise Http404
    return found  # type: ignore[no-any-return]


@members(Role.VIEWER)
@never_cache
@require_safe
def message(request: MemberRequest, message_id: UUID) -> HttpResponse:
    return _show(request, _find(request, message_id))


def _show(request: MemberRequest, found: Message, fault: str = "", status: int = 200) -> HttpResponse:
    clock = clock_of(request.shop)
    whole = Role(request.member.role).includes(Role.AGENT)
    context = {
        "message": found,
        "about": _about(found, StateNames(request.shop)),
        "channel": CHANNELS[found.channel].name,
        "status": status_words(found.status),
        "tone": of_message(found.status),
        "meaning": HELD.get(found.held_because) or MEANINGS.get(found.status) or "",
        "why": why_words(found.why),
        "recipient": found.recipient if whole else masking.recipient(found.recipient),
        "can_act": whole,
        "can_resend": whole and found.status in RESENDABLE,
        "fault": fault,
        "steps": _steps(found, clock),
        "length": length_of(found.text) if found.channel != "email" and found.text else None,
    }
    return render(request, "console/message.html", context, status=status)


def _steps(found: Message, clock: Clock) -> list[tuple[str, str, str, str]]:
    """What happened to it, oldest first: tone, words, detail, when."""
    steps = [("", _("Made"), "", found.created_at)]
    if found.sent_at:
        steps.append(("ok", _("Handed over to the provider"), "", found.sent_at))
    for receipt in Receipt.objects.for_shop(found.shop_id).filter(message=found).order_by("at", "id"):
        bad = receipt.kind in ("bounced", "failed", "complained")
        steps.append(("bad" if bad else "ok", receipt_words(receipt.kind), receipt.detail, receipt.at))
    steps.sort(key=lambda step: step[3])
    return [(tone, words, detail, moment_in_full(clock, at)) for tone, words, detail, at in steps]


@members(Role.AGENT)
@never_cache
@require_safe
def shown(request: MemberRequest, message_id: UUID) -> HttpResponse:
    """The mail as it looks: as it was kept, else as it would look of the order today."""
    found = _find(request, message_id)
    if found.channel != "email" or found.notice_id or (found.order is None and not found.body):
        raise Http404
    html = kept.html_of(found)
    if not html:
        try:
            html = preview(
                shop=request.shop, key=found.template_key or found.state, channel="email", language=found.language,
                order=found.order, now=timezone.now(),
            ).html  # fmt: skip
        except ValidationError:
            raise Http404 from None
    return framed(html, styles=["'unsafe-inline'"])  # mails carry their styles in themselves


@members(Role.AGENT)
@never_cache
@require_POST
def resend(request: MemberRequest, message_id: UUID) -> HttpResponse:
    """Send one again that did not arrive. One that may have arrived wants a word that this is understood."""
    found = _find(request, message_id)
    if found.status == "unknown" and request.POST.get("understood") != "on":
        return _show(request, found, _("Say that you know it may arrive twice."), status=422)
    if send_again(shop_id=request.shop.pk, message_id=found.pk, now=timezone.now()):
        by = actor_of(request)
        audit.record(
            shop=request.shop, actor=by.name, role=by.role, address=by.address, action="message.resent",
            subject=f"message:{found.pk}", before={"status": found.status},
        )  # fmt: skip
        toasts.success(request, _("It goes out again now."))
    else:
        toasts.warning(request, _("There is nothing to send again: it is on its way, or has arrived."))
    return redirect("console:message", request.shop.slug, found.pk)
