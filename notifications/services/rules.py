"""What a shop chose: whom to tell on which channel, in which words, from which sender."""

from __future__ import annotations

import secrets as random
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from notifications import rules
from notifications.clock import by_clock
from notifications.models import AlertSetup, ChannelAccount, Rule
from notifications.occasions import ANY, OCCASIONS, TELLABLE
from notifications.registry import CHANNELS
from notifications.services.looking import seed
from notifications.services.ruling import row_of, rules_of
from tenants import audit
from tenants.models import Shop
from tenants.services import Actor
from tenants.vault import seal


@transaction.atomic
def set_rule(*, shop: Shop, state: str, channel: str, enabled: bool, by: Actor, now: datetime) -> Rule:
    """Tell, or stop telling, of an occasion on a channel, by the rule of the house. Safe to repeat. Raises
    ValidationError."""
    held = {rule.key: rule for rule in rules_of(shop.pk)}.get(f"{state}:{channel}")
    if held is None:
        raise ValidationError(
            _("There is no message about “%(state)s” by %(channel)s.") % {"state": state, "channel": channel}
        )
    return keep_rule(shop=shop, rule=replace(held, enabled=enabled), by=by, now=now)


@transaction.atomic
def keep_rule(*, shop: Shop, rule: rules.Rule, by: Actor, now: datetime) -> Rule:
    """Write a rule as it is to be from now on. Safe to repeat. Raises ValidationError.

    One switched on only now tells of what happens from now on; where it goes by the clock, of the orders under way too.
    """
    check_rule(rule)
    before = next((_in_short(held) for held in rules_of(shop.pk) if held.key == rule.key), None)
    row = row_of(shop.pk, rule, now)
    row.save()
    if by_clock([rule]):
        seed(shop_id=shop.pk, now=now)
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action="rule.changed",
        subject=rule.key, before=before, after=_in_short(rule),
    )  # fmt: skip
    return row


def _in_short(rule: rules.Rule) -> dict[str, Any]:
    """For the audit."""
    said: dict[str, Any] = {"enabled": rule.enabled, "occasion": rule.occasion, "channel": rule.channel}
    said["settings"], said["conditions"] = dict(rule.settings), [one.as_json() for one in rule.conditions]
    said["sends"], said["template"], said["essential"] = rule.sends, rule.template, rule.essential
    return said | {"delay": list(rule.delay), "hours": list(rule.hours or ())}


def check_rule(rule: rules.Rule) -> None:
    """Raises ValidationError for a rule that could never be right."""
    occasion = OCCASIONS.get(rule.occasion)
    if rule.channel not in CHANNELS or (occasion is None and (rule.occasion != ANY or rule.sends)):
        raise ValidationError(
            _("There is no message about “%(state)s” by %(channel)s.")
            % {"state": rule.occasion, "channel": rule.channel}
        )
    known = occasion.settings if occasion else {}
    for name, value in rule.settings.items():
        if name not in known or not known[name].least <= value <= known[name].most:
            raise ValidationError(_("This number is out of bounds."))
    if occasion and occasion.one_of and len(rule.settings) != 1:
        raise ValidationError(_("Days it has waited, or days that are left: one of the two."))
    if rule.hours and not (0 <= rule.hours[0] < 24 and 0 <= rule.hours[1] <= 24):
        raise ValidationError(_("Hours go from 0 to 24."))
    if rule.delay_days > 60 or rule.delay_minutes > 60 * 24 * 60:
        raise ValidationError(_("A message waits 60 days at most."))


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
