"""What a shop chose: whom to tell on which channel, in which words, from which sender."""

from __future__ import annotations

import secrets as random
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from notifications.models import AlertSetup, ChannelAccount, Rule
from notifications.registry import CHANNELS
from notifications.rules import TELLABLE
from tenants import audit
from tenants.models import Shop
from tenants.services import Actor
from tenants.vault import seal


@transaction.atomic
def set_rule(*, shop: Shop, state: str, channel: str, enabled: bool, by: Actor, now: datetime) -> Rule:
    """Tell, or stop telling, of a state on a channel. Safe to repeat. Raises ValidationError."""
    if state not in TELLABLE or channel not in CHANNELS:
        raise ValidationError(
            _("There is no message about “%(state)s” by %(channel)s.") % {"state": state, "channel": channel}
        )
    rule, _made = Rule.objects.update_or_create(
        shop=shop, state=state, channel=channel, defaults={"enabled": enabled}
    )
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action="rule.changed",
        subject=f"{state}:{channel}", after={"enabled": enabled},
    )  # fmt: skip
    return rule


@transaction.atomic
def set_alert_setup(*, shop: Shop, withheld: Collection[str], others: bool, by: Actor) -> bool:
    """What shoppers may choose: states withheld from them, and whether they may add somebody. False where nothing
    was different. Safe to repeat."""
    after = {"withheld": [str(s) for s in TELLABLE if s in withheld], "others": others}
    held = AlertSetup.objects.for_shop(shop).first()
    before = {"withheld": held.withheld, "others": held.others} if held else {"withheld": [], "others": True}
    if after == before:
        return False
    AlertSetup.objects.update_or_create(shop=shop, defaults=after)
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action="alerts.changed", before=before, after=after
    )  # fmt: skip
    return True


@transaction.atomic
def set_channel_account(
    *,
    shop: Shop,
    channel: str,
    by: Actor,
    sender: str = "",
    secrets: Mapping[str, str] | None = None,
    enabled: bool = True,
    settings: Mapping[str, Any] | None = None,
) -> ChannelAccount:
    """The shop's own sender on a channel. `secrets=None` keeps those it has; they are never shown again."""
    if channel not in CHANNELS:
        raise ValidationError(_("There is no channel “%(channel)s”.") % {"channel": channel})
    if "\n" in sender or "\r" in sender:
        raise ValidationError(_("A sender is one line."))
    account, _made = ChannelAccount.objects.get_or_create(
        shop=shop, channel=channel, defaults={"receipt_key": random.token_urlsafe(18)}
    )
    account.sender, account.enabled = sender.strip(), enabled
    if secrets is not None:
        account.sealed = seal(secrets)
    if settings is not None:
        account.settings = dict(settings)
    account.save()
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action="channel.changed", subject=channel,
        after={"enabled": enabled, "credentials": secrets is not None},
    )  # fmt: skip
    return account
