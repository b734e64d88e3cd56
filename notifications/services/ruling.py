"""A shop's rules as plain values: those of the house, with its own rows over them."""

from __future__ import annotations

from datetime import datetime

from notifications import rules
from notifications.conditions import Condition
from notifications.models import MessageSetup, Rule
from notifications.registry import CHANNELS
from tenants.remembering import remembered


def rules_of(shop_id: int) -> list[rules.Rule]:
    """Every rule of the shop, on or off. One query."""
    made = {rule.key: rule for rule in rules.of_the_house(CHANNELS)}
    for row in Rule.objects.for_shop(shop_id).order_by("position", "key"):
        made[row.key] = as_value(row, of_the_house=row.key in made)
    return list(made.values())


def as_value(row: Rule, *, of_the_house: bool = False) -> rules.Rule:
    hours = (row.hour_from, row.hour_to) if row.hour_from is not None and row.hour_to is not None else None
    return rules.Rule(
        key=row.key,
        occasion=row.occasion,
        channel=row.channel,
        enabled=row.enabled,
        settings={name: int(value) for name, value in row.settings.items()},
        conditions=tuple(Condition.read(said) for said in row.conditions),
        sends=row.sends,
        template=row.template,
        delay_minutes=row.delay_minutes,
        delay_days=row.delay_days,
        hours=hours,
        essential=row.essential,
        position=row.position if not of_the_house else 1_000_000 + row.position,
        of_the_house=of_the_house,
        enabled_at=row.enabled_at,
        name=row.name,
    )


def switches_of(shop_id: int) -> dict[rules.Switch, bool]:
    """Which states the shop tells of on which channels."""
    return rules.switches(rules_of(shop_id))


@remembered
def setup_of(shop_id: int) -> MessageSetup:
    """The shop's bounds, or the defaults: not saved."""
    return MessageSetup.objects.for_shop(shop_id).first() or MessageSetup(shop_id=shop_id)


def bounds_of(setup: MessageSetup) -> rules.Bounds:
    return rules.Bounds(most_a_day=setup.most_a_day, quiet=(setup.quiet_from, setup.quiet_to))


def row_of(shop_id: int, rule: rules.Rule, now: datetime) -> Rule:
    """The row that stands for this rule; not saved."""
    held = Rule.objects.for_shop(shop_id).filter(key=rule.key).first() or Rule(shop_id=shop_id, key=rule.key)
    held.name, held.occasion, held.channel, held.settings = (
        rule.name,
        rule.occasion,
        rule.channel,
        dict(rule.settings),
    )
    held.conditions = [condition.as_json() for condition in rule.conditions]
    held.sends, held.template, held.essential = rule.sends, rule.template, rule.essential
    held.delay_minutes, held.delay_days = rule.delay_minutes, rule.delay_days
    held.hour_from, held.hour_to = rule.hours or (None, None)
    held.position = 0 if rule.of_the_house else rule.position
    if rule.enabled and not held.enabled:
        held.enabled_at = now
    held.enabled = rule.enabled
    return held
