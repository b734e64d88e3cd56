"""Whom to tell of what: order states by channels, and the senders of each channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from console import faults
from console.actor import actor_of
from console.channel_forms import ChannelForm
from console.rows import StateNames
from notifications.models import ChannelAccount, Template
from notifications.registry import CHANNELS
from notifications.rules import INTERNAL, TELLABLE
from notifications.services.channels import usable_channels
from notifications.services.listeners import alert_setup
from notifications.services.rules import set_alert_setup, set_channel_account, set_rule
from notifications.services.ruling import switches_of
from notifications.types import Channel
from tenants.access import MemberRequest, members
from tenants.models import Role, Shop

CHOOSABLE = tuple(state for state in TELLABLE if state not in INTERNAL)


@dataclass(frozen=True, slots=True)
class Cell:
    """One switch. `own`: languages in which the shop has words of its own."""

    channel: Channel
    usable: bool
    value: str
    on: bool
    own: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    state: str
    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Sender:
    """A channel with what stands in its way, empty where nothing does."""

    channel: Channel
    usable: bool
    obstacle: str
    detail: str
    form: ChannelForm


@dataclass(frozen=True, slots=True)
class Choice:
    """A state, and whether customers may choose to hear of it."""

    state: str
    label: str
    offered: bool


@members(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: MemberRequest) -> HttpResponse:
    if request.method == "POST":
        changed = _save(request, set(request.POST.getlist("on"))) + _save_choices(request)
        messages.success(request, _("Saved.") if changed else _("Nothing was different."))
        return redirect("console:rules", request.shop.slug)
    return _show(request)


def _save(request: MemberRequest, wanted: set[str]) -> int:
    """Only what can be switched here is: a channel without a sender keeps its switches."""
    now, by, changed = timezone.now(), actor_of(request), 0
    usable = set(usable_channels(request.shop.pk))
    for (state, channel), held in switches_of(request.shop.pk).items():
        enabled = f"{state}:{channel}" in wanted
        if channel in usable and enabled != held:
            set_rule(shop=request.shop, state=state, channel=channel, enabled=enabled, by=by, now=now)
            changed += 1
    return changed


def _save_choices(request: MemberRequest) -> int:
    if "choices" not in request.POST:
        return 0
    offered = set(request.POST.getlist("offered"))
    changed = set_alert_setup(
        shop=request.shop,
        withheld=[state for state in CHOOSABLE if state not in offered],
        others=request.POST.get("others") == "on",
        by=actor_of(request),
    )
    return int(changed)


@members(Role.ADMIN)
@never_cache
@require_POST
def channel(request: MemberRequest, channel: str) -> HttpResponse:
    """The shop's own sender on a channel."""
    if channel not in CHANNELS:
        raise Http404
    held = ChannelAccount.objects.for_shop(request.shop).filter(channel=channel).first()
    form = ChannelForm(request.POST, channel=CHANNELS[channel], account=held)
    if form.is_valid():
        try:
            set_channel_account(
                shop=request.shop,
                channel=channel,
                sender=form.cleaned_data.get("sender", ""),
                secrets=form.secrets(),
                enabled=form.cleaned_data["enabled"],
                by=actor_of(request),
            )
        except ValidationError as error:
            faults.put(form, error)
        else:
            messages.success(request, _("%(channel)s saved.") % {"channel": CHANNELS[channel].name})
            return redirect("console:rules", request.shop.slug)
    return _show(request, {channel: form}, status=422)


def _show(
    request: MemberRequest, filled: Mapping[str, ChannelForm] | None = None, status: int = 200
) -> HttpResponse:
    usable = set(usable_channels(request.shop.pk))
    names = StateNames(request.shop)
    withheld, others = alert_setup(request.shop.pk)
    context = {
        "rows": _rows(request.shop, usable, names),
        "choices": [Choice(s, names(s), s not in withheld) for s in CHOOSABLE],
        "others": others,
        "senders": _senders(request.shop, usable, filled or {}),
        "written_in": request.shop.language,
    }
    return render(request, "console/rules.html", context, status=status)


def _rows(shop: Shop, usable: set[str], names: StateNames) -> list[Row]:
    switches = switches_of(shop.pk)
    own: dict[tuple[str, str], list[str]] = {}
    published = Template.objects.for_shop(shop).exclude(published=None)
    for state, code in published.values_list("key", "channel"):
        own[state, code] = list(shop.languages)
    return [
        Row(
            state,
            names(state),
            tuple(
                Cell(c, c.code in usable, f"{state}:{c.code}", switches[state, c.code], tuple(own.get((state, c.code), ())))
                for c in CHANNELS.values()
            ),
        )
        for state in TELLABLE
    ]  # fmt: skip


def _senders(shop: Shop, usable: set[str], filled: Mapping[str, ChannelForm]) -> list[Sender]:
    held: dict[str, Any] = {a.channel: a for a in ChannelAccount.objects.for_shop(shop)}
    return [
        Sender(
            known,
            known.code in usable,
            "" if known.code in usable else _obstacle(known, held.get(known.code)),
            _detail(known, held.get(known.code)),
            filled.get(known.code) or ChannelForm(channel=known, account=held.get(known.code)),
        )
        for known in CHANNELS.values()
    ]


def _obstacle(channel: Channel, account: ChannelAccount | None) -> str:
    if account and not account.enabled:
        return _("Switched off: nothing goes out by %(channel)s.") % {"channel": channel.name}
    return _("Needs an account with Twilio, which sends it and charges for each message.")


def _detail(channel: Channel, account: ChannelAccount | None) -> str:
    """Who it comes from as things stand."""
    if channel.address == "browser":
        return _("Goes to the browsers whose owners asked for it on their order’s page. It costs nothing.")
    if account and account.sender:
        return _("Sent from %(sender)s.") % {"sender": account.sender}
    if channel.code == "email":
        return _(
            "Sent in your shop’s name from the installation’s address. Replies go to your contact e-mail."
        )
    if settings.TWILIO_SENDER:
        return _("Sent from the installation’s number, %(sender)s.") % {"sender": settings.TWILIO_SENDER}
    return ""
