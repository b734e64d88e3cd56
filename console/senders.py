"""Whom a shop's messages come from: its mail provider and address, its numbers; whether the world believes it; a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from babel.lists import format_list
from babel.numbers import format_currency
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console import faults
from console.actor import actor_of
from console.clock import ago, clock_of
from console.messages_filter import TooManyError, bounded
from console.sender_forms import MailForm, PhoneForm, PriceForm, TestForm
from console.sender_words import Point, phone_state, points_of
from notifications import sender_dns
from notifications.models import ChannelAccount, Message, SenderDomain
from notifications.providers import PROVIDERS, Provider
from notifications.registry import CHANNELS
from notifications.services import sender_domains
from notifications.services.channels import usable_channels
from notifications.services.prices import set_sms_prices
from notifications.services.rules import set_channel_account
from notifications.services.ruling import setup_of
from notifications.services.templates import send_test
from notifications.types import Channel
from tenants.access import MemberRequest, members
from tenants.isolation import shop_context
from tenants.models import Role, Shop
from tenants.vault import SealBrokenError, unseal

PHONES = ("sms", "whatsapp")
TRIED = "shipped"  # the message a test sends


@dataclass(frozen=True, slots=True)
class Line:
    """A channel as the overview shows it. `tone` of its state: ok, warn or plain."""

    channel: Channel
    tone: str
    state: str
    detail: str
    can_set: bool


@dataclass(frozen=True, slots=True)
class Domain:
    """The DNS of the From's domain, as last seen."""

    name: str
    fit: bool
    points: Sequence[Point]
    records: Sequence[sender_dns.Record]
    provider: str
    checked: str
    unanswered: bool


@members(Role.ADMIN)
@never_cache
@require_safe
def senders(request: MemberRequest) -> HttpResponse:
    held = {a.channel: a for a in ChannelAccount.objects.for_shop(request.shop)}
    usable = set(usable_channels(request.shop.pk))
    lines = [_line(request.shop, one, held.get(one.code), one.code in usable) for one in CHANNELS.values()]
    return render(request, "console/senders.html", {"lines": lines})


def _line(shop: Shop, channel: Channel, account: ChannelAccount | None, is_usable: bool) -> Line:
    if channel.address == "browser":
        detail = _("Goes to the browsers whose owners asked for it on their order’s page. It costs nothing.")
        return Line(channel, "ok", _("Ready"), detail, can_set=False)
    if channel.code == "email":
        return _mail_line(channel, account)
    if account and not account.enabled:
        off = _("Switched off: nothing goes out by %(channel)s.") % {"channel": channel.name}
        return Line(channel, "", _("Off"), off, can_set=True)
    if not is_usable:
        needs = _("Needs an account with Twilio, which sends it and charges for each message.")
        return Line(channel, "", _("Not set up"), needs, can_set=True)
    own = bool(account and account.sealed)
    sender = account.sender if account and account.sender else settings.TWILIO_SENDER
    return Line(channel, "ok", _("Ready"), phone_state(own=own, sender=sender), can_set=True)


def _mail_line(channel: Channel, account: ChannelAccount | None) -> Line:
    house = _("Sent in your shop’s name from the installation’s address. Replies go to your contact e-mail.")
    if account is None or not account.sender:
        return Line(channel, "ok", _("Ready"), house, can_set=True)
    if not account.settings.get("fit"):
        waits = _(
            "%(sender)s is not used yet: its domain’s DNS must say first that these mails are yours. Until then they come "
            "from the installation’s address in your shop’s name, and answers go to yours."
        ) % {"sender": account.sender}
        return Line(channel, "warn", _("Waiting for its DNS"), waits, can_set=True)
    provider = PROVIDERS.get(str(account.settings.get("provider", "")))
    by = provider.name if provider else _("this installation")
    said = _("Sent from %(sender)s, by %(provider)s.") % {"sender": account.sender, "provider": by}
    return Line(channel, "ok", _("Ready"), said, can_set=True)


@members(Role.ADMIN, bound=False)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sender(request: MemberRequest, channel: str) -> HttpResponse:
    """One channel's. After saving a mail address its DNS is asked, which takes a moment and no transaction."""
    if channel not in ("email", *PHONES):
        raise Http404
    with shop_context(request.shop.pk):
        if channel == "email":
            answer, is_saved = _mail(request)
        else:
            answer, is_saved = _phone(request, channel)
    if is_saved and channel == "email":
        _look(request)
    return answer


def _mail(request: MemberRequest) -> tuple[HttpResponse, bool]:
    account, sealed = _held(request.shop, "email")
    form = MailForm(
        request.POST if request.method == "POST" else None,
        provider=_provider(request, account), account=account, sealed=sealed,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        said = form.settings()
        kept = account.settings if account and account.sender == form.cleaned_data["sender"] else {}
        try:
            set_channel_account(
                shop=request.shop, channel="email", by=actor_of(request), sender=form.cleaned_data["sender"],
                secrets=form.secrets(), settings=said | {"fit": form.is_same and bool(kept.get("fit"))},
            )  # fmt: skip
        except ValidationError as error:
            faults.put(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("console:sender", request.shop.slug, "email"), True
    context = _mail_context(request, account, form)
    return render(request, "console/sender_email.html", context, status=422 if form.is_bound else 200), False


def _provider(request: MemberRequest, account: ChannelAccount | None) -> Provider | None:
    """The one being looked at: chosen above the form, else the shop's own."""
    asked = request.POST if request.method == "POST" else request.GET
    code = asked.get("provider", str(account.settings.get("provider", "")) if account else "")
    return PROVIDERS.get(code)


def _held(shop: Shop, channel: str) -> tuple[ChannelAccount | None, dict[str, str]]:
    """Secrets nobody can open any more are as good as none."""
    account = ChannelAccount.objects.for_shop(shop).filter(channel=channel).first()
    try:
        return account, unseal(account.sealed) if account else {}
    except SealBrokenError:
        return account, {}


def _mail_context(request: MemberRequest, account: ChannelAccount | None, form: MailForm) -> dict[str, Any]:
    chosen = form.provider
    key = account.receipt_key if account else ""
    is_saved = bool(account and chosen and account.settings.get("provider") == chosen.code)
    report = f"{settings.SITE_URL}/receipts/mail/{request.shop.slug}/{key}/{chosen.code}" if chosen else ""
    return {
        "form": form,
        "providers": PROVIDERS.values(),
        "chosen": chosen,
        "report_url": report if is_saved and chosen and chosen.reports else "",
        "domain": _domain(request, account),
        "account": account,
        "test": TestForm(channel="email", to=request.user.email),
    }


def _domain(request: MemberRequest, account: ChannelAccount | None) -> Domain | None:
    if account is None or not account.sender:
        return None
    name = sender_dns.domain_of(account.sender)
    held = SenderDomain.objects.for_shop(request.shop).filter(name=name).first()
    if held is None:
        return Domain(name, False, (), (), "", "", unanswered=False)
    code, selector = str(account.settings.get("provider", "")), str(account.settings.get("selector", ""))
    needs = sender_dns.needs_of(code, settings.EMAIL_SPF)
    known = "dkim" in held.findings
    wanted = sender_dns.records(held.findings, needs, provider=code, selector=selector) if known else []
    return Domain(
        name, held.is_fit, points_of(held.findings), wanted, PROVIDERS[code].name if code in PROVIDERS else "",
        ago(clock_of(request.shop), held.checked_at), bool(held.findings.get("unanswered")),
    )  # fmt: skip


def _look(request: MemberRequest) -> None:
    held = sender_domains.check(shop_id=request.shop.pk, now=timezone.now())
    if held is None:
        return
    if held.findings.get("unanswered"):
        messages.warning(request, _("No name server answered. We try again by ourselves."))
    elif held.is_fit:
        messages.success(
            request, _("%(domain)s is right: mails come from your own address.") % {"domain": held.name}
        )
    else:
        messages.warning(
            request, _("%(domain)s does not say yet that these mails are yours. See below what to add.") % {"domain": held.name}
        )  # fmt: skip


@members(Role.ADMIN, bound=False)
@never_cache
@require_POST
def check(request: MemberRequest) -> HttpResponse:
    """Ask the DNS once more."""
    _look(request)
    return redirect("console:sender", request.shop.slug, "email")


def _phone(request: MemberRequest, channel: str) -> tuple[HttpResponse, bool]:
    account, _sealed = _held(request.shop, channel)
    setup = setup_of(request.shop.pk)
    is_price = request.method == "POST" and "prices" in request.POST and channel == "sms"
    form = PhoneForm(
        request.POST if request.method == "POST" and not is_price else None, channel=channel, account=account
    )
    prices = PriceForm(request.POST if is_price else None, setup=setup)
    if is_price and prices.is_valid():
        said = prices.cleaned_data
        set_sms_prices(
            shop=request.shop, prices=said["prices"], currency=said["currency"], by=actor_of(request)
        )
        messages.success(request, _("Saved."))
        return redirect("console:sender", request.shop.slug, channel), True
    if form.is_bound and form.is_valid():
        kept = account.settings if account else {}
        try:
            set_channel_account(
                shop=request.shop, channel=channel, by=actor_of(request), sender=form.cleaned_data["sender"],
                secrets=form.secrets(), enabled=form.cleaned_data["enabled"],
                settings={**kept, "senders": form.cleaned_data["senders"]},
            )  # fmt: skip
        except ValidationError as error:
            faults.put(form, error)
        else:
            messages.success(request, _("%(channel)s saved.") % {"channel": CHANNELS[channel].name})
            return redirect("console:sender", request.shop.slug, channel), True
    key = account.receipt_key if account and account.sealed else "house"
    context = {
        "channel": CHANNELS[channel],
        "form": form,
        "prices": prices if channel == "sms" else None,
        "reply_url": f"{settings.SITE_URL}/receipts/twilio/{request.shop.slug}/{key}/in" if account else "",
        "usable": channel in usable_channels(request.shop.pk),
        "spent": _spent(request) if channel == "sms" else "",
        "test": TestForm(channel=channel),
    }
    is_wrong = form.is_bound or prices.is_bound
    return render(request, "console/sender_phone.html", context, status=422 if is_wrong else 200), False


def _spent(request: MemberRequest) -> str:
    """What a month's text messages cost, as far as prices are known; empty where that takes too long to add up."""
    since = timezone.now() - timedelta(days=30)
    sent = Message.objects.for_shop(request.shop).filter(
        channel="sms", created_at__gte=since, price__isnull=False
    )
    try:
        with bounded():
            rows = (
                sent.exclude(sent_at=None)
                .order_by()
                .values_list("currency")
                .annotate(Sum("price"), Count("pk"))
            )
            found = list(rows)
    except TooManyError:
        return ""
    locale = clock_of(request.shop).locale
    return format_list(
        [
            ngettext("%(count)d message for %(price)s", "%(count)d messages for %(price)s", count)
            % {"count": count, "price": format_currency(price, currency or "EUR", locale=locale)}
            for currency, price, count in found
        ],
        locale=locale,
    )


@members(Role.ADMIN)
@never_cache
@require_POST
def test(request: MemberRequest, channel: str) -> HttpResponse:
    """Send one message to whoever sets it up."""
    if channel not in ("email", *PHONES):
        raise Http404
    form = TestForm(request.POST, channel=channel)
    if channel not in usable_channels(request.shop.pk):
        messages.warning(
            request, _("Nothing goes out by %(channel)s yet.") % {"channel": CHANNELS[channel].name}
        )
    elif form.is_valid():
        to = form.cleaned_data["to"].strip()
        to = to if channel == "email" else to.replace(" ", "")
        try:
            sent = send_test(
                shop=request.shop, key=TRIED, channel=channel, language=request.shop.language, to=to,
                by=actor_of(request), now=timezone.now(),
            )  # fmt: skip
        except ValidationError as error:
            messages.warning(request, faults.sentence(error))
        else:
            messages.success(
                request, _("It is on its way to %(to)s. Here you see what becomes of it.") % {"to": to}
            )
            return redirect("console:message", request.shop.slug, sent.pk)
    else:
        messages.warning(request, _("Say where it goes to."))
    return redirect("console:sender", request.shop.slug, channel)
