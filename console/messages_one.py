"""One message: why it was sent, what it said then, what became of it; and sending it again."""

from __future__ import annotations

from uuid import UUID

from babel.numbers import format_currency
from django.contrib import messages as toasts
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console import masking
from console.actor import actor_of
from console.clock import clock_of, moment_in_full
from console.message_words import (
    CAUTION,
    HELD,
    MEANINGS,
    RESENDABLE,
    detail_words,
    error_words,
    receipt_words,
    status_words,
    why_words,
)
from console.messages import about
from console.previews import framed
from console.rows import StateNames
from console.tones import of_message
from notifications import kept
from notifications.models import Message, Receipt
from notifications.registry import CHANNELS
from notifications.segments import length_of
from notifications.sentences import Names, sentence
from notifications.services.delivery import resend as send_again
from notifications.services.ruling import rules_of
from notifications.services.templates import preview
from tenants import audit
from tenants.access import MemberRequest, members
from tenants.models import Role
from tracking.when import Clock

Step = tuple[str, str, str, str]


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
    clock, names = clock_of(request.shop), StateNames(request.shop)
    whole = Role(request.member.role).includes(Role.AGENT)
    meaning = HELD.get(found.held_because) if found.status == "held" else None
    context = {
        "message": found,
        "about": about(found, names),
        "channel": CHANNELS[found.channel].name,
        "status": status_words(found.status),
        "tone": of_message(found.status),
        "meaning": meaning or MEANINGS.get(found.status) or "",
        "error": error_words(found.error),
        "waits": found.status == "unknown" and found.next_at is not None,
        "why": why_words(found.why),
        "rule": _rule(request, found, names),
        "rule_url": _url(request, "rule", found.rule_key) if found.rule_key else "",
        "design_url": _url(
            request, "template", found.template_key or found.state, found.channel, found.language
        )
        if found.version and not found.notice_id
        else "",
        "recipient": found.recipient if whole else masking.recipient(found.recipient),
        "can_act": whole,
        "can_admin": Role(request.member.role).includes(Role.ADMIN),
        "can_resend": whole and found.status in RESENDABLE and found.recipient,
        "caution": CAUTION.get(found.channel if found.channel in CAUTION else "other", "")
        if found.status == "unknown"
        else "",
        "fault": fault,
        "steps": _steps(found, clock),
        "length": length_of(found.text) if found.channel in ("sms", "whatsapp") and found.text else None,
        "price": format_currency(found.price, found.currency or "EUR", locale=clock.locale)
        if found.price is not None
        else "",
    }
    return render(request, "console/message.html", context, status=status)


def _rule(request: MemberRequest, found: Message, names: StateNames) -> str:
    """The rule as it stands today, as a sentence; empty where it is gone, or there was none."""
    if not found.rule_key:
        return ""
    rule = next((one for one in rules_of(request.shop.pk) if one.key == found.rule_key), None)
    return sentence(rule, Names(state=names)) if rule else ""


def _url(request: MemberRequest, name: str, *parts: str) -> str:
    if not Role(request.member.role).includes(Role.ADMIN):
        return ""
    try:
        return reverse(f"console:{name}", args=[request.shop.slug, *parts])
    except NoReverseMatch:
        return ""


def _steps(found: Message, clock: Clock) -> list[Step]:
    """What happened to it, oldest first: tone, words, detail, when."""
    steps = [("", _("Made"), "", found.created_at)]
    if found.sent_at:
        steps.append(("ok", _("Handed over to the provider"), "", found.sent_at))
    for receipt in Receipt.objects.for_shop(found.shop_id).filter(message=found).order_by("at", "id"):
        bad = receipt.kind in ("bounced", "failed", "complained")
        tone = "bad" if bad else "" if receipt.reader == "machine" else "ok"
        steps.append(
            (tone, receipt_words(receipt.kind, receipt.reader), detail_words(receipt.detail), receipt.at)
        )
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
    if found.recipient and send_again(shop_id=request.shop.pk, message_id=found.pk, now=timezone.now()):
        by = actor_of(request)
        audit.record(
            shop=request.shop, actor=by.name, role=by.role, address=by.address, action="message.resent",
            subject=f"message:{found.pk}", before={"status": found.status},
        )  # fmt: skip
        toasts.success(request, _("It goes out again now."))
    else:
        toasts.warning(request, _("There is nothing to send again: it is on its way, or has arrived."))
    return redirect("console:message", request.shop.slug, found.pk)
