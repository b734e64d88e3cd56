"""A shop's own rules: made, put in order, thrown away; the house's put back as they were; and what bounds them all."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from notifications import rules
from notifications.models import MessageSetup, Rule
from notifications.registry import CHANNELS
from notifications.services.rules import keep_rule
from notifications.services.ruling import rules_of
from tenants import audit
from tenants.models import Shop
from tenants.services import Actor

OWN = "own-"
MOST = 100  # rules of a shop's own


def new_key() -> str:
    return f"{OWN}{secrets.token_hex(4)}"


def own_rules(shop_id: int) -> list[rules.Rule]:
    """In their order: of several that match, the first wins."""
    made = [rule for rule in rules_of(shop_id) if not rule.of_the_house]
    return sorted(made, key=lambda rule: (rule.position, rule.key))


@transaction.atomic
def add_rule(*, shop: Shop, rule: rules.Rule, by: Actor, now: datetime) -> Rule:
    """Last of the shop's own, so that it takes nothing from another. Raises ValidationError."""
    held = own_rules(shop.pk)
    if len(held) >= MOST:
        raise ValidationError(_("A shop has %(most)d rules of its own at most.") % {"most": MOST})
    last = max((one.position for one in held), default=0)
    return keep_rule(shop=shop, rule=replace(rule, position=last + 1, of_the_house=False), by=by, now=now)


@transaction.atomic
def switch_rule(*, shop: Shop, key: str, enabled: bool, by: Actor, now: datetime) -> bool:
    """False where there is no such rule. Safe to repeat."""
    held = {rule.key: rule for rule in rules_of(shop.pk)}.get(key)
    if held is None:
        return False
    if held.enabled != enabled:
        keep_rule(shop=shop, rule=replace(held, enabled=enabled), by=by, now=now)
    return True


@transaction.atomic
def remove_rule(*, shop: Shop, key: str, by: Actor) -> bool:
    """An own rule goes; one of the house is as it was at first. Messages it made stay. False where there was nothing to
    remove. Safe to repeat."""
    gone, _rows = Rule.objects.for_shop(shop).filter(key=key).delete()
    if not gone:
        return False
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action="rule.removed", subject=key
    )
    return True


@transaction.atomic
def arrange_rules(*, shop: Shop, keys: Sequence[str], by: Actor) -> bool:
    """Put the shop's own rules in this order; those not named come after, as they were. False where nothing was
    different. Safe to repeat."""
    before = [rule.key for rule in own_rules(shop.pk)]
    named = [key for key in dict.fromkeys(keys) if key in before]
    after = [*named, *(key for key in before if key not in named)]
    if after == before:
        return False
    for position, key in enumerate(after, 1):
        Rule.objects.for_shop(shop).filter(key=key).update(position=position)
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action="rules.arranged",
        before={"order": before}, after={"order": after},
    )  # fmt: skip
    return True


@transaction.atomic
def set_bounds(*, shop: Shop, most_a_day: int, quiet_from: int, quiet_to: int, by: Actor) -> bool:
    """False where nothing was different. Safe to repeat."""
    after = {"most_a_day": most_a_day, "quiet_from": quiet_from, "quiet_to": quiet_to}
    setup, _made = MessageSetup.objects.select_for_update().get_or_create(shop=shop)
    before = {name: getattr(setup, name) for name in after}
    if before == after:
        return False
    MessageSetup.objects.for_shop(shop).filter(pk=setup.pk).update(**after)
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action="bounds.changed", before=before, after=after
    )  # fmt: skip
    return True


def house_rule(key: str) -> rules.Rule | None:
    """As it is at first."""
    return next((rule for rule in rules.of_the_house(CHANNELS) if rule.key == key), None)
