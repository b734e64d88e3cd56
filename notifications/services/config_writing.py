"""Writes a configuration into a shop, part by part, by the services that write each singly, and notes what those refuse."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from notifications import contents, marketing
from notifications.config_file import Config, Design, State, by_name, house, speaks
from notifications.config_yaml import Fault
from notifications.models import Coupon, MessageSetup, Rule, Template
from notifications.occasions import OCCASIONS
from notifications.services import templates
from notifications.services.rules import keep_rule, set_alert_setup
from tenants import audit
from tenants.models import Shop
from tenants.services import Actor
from tracking.services.incoming import Refused
from tracking.services.shops import StateIn, change_states
from tracking.services.values import countries, currencies


class Writing:
    """Writes the parts that differ, by the services that write them singly, and notes what those refuse."""

    def __init__(self, shop: Shop, wanted: Config, by: Actor, now: datetime) -> None:
        self.shop, self.wanted, self.by, self.now = shop, wanted, by, now
        self.faults: list[Fault] = []

    def all_of(self, before: Config, sections: Collection[str], note: str) -> None:
        if "states" in sections:
            self._states(self.wanted.states or ())
        if "designs" in sections:  # first: rules name them
            self._designs(before.designs or (), self.wanted.designs or (), note)
        if "rules" in sections:
            self._rules(before)
        if "bounds" in sections:
            self._bounds(self.wanted.bounds or {})
        if "alerts" in sections:
            alerts = self.wanted.alerts or {}
            set_alert_setup(shop=self.shop, withheld=alerts["withheld"], others=alerts["others"], by=self.by)

    @contextmanager
    def _noting(self, *where: str) -> Iterator[None]:
        try:
            yield
        except ValidationError as error:
            self._note(" ".join(error.messages), *where)
        except contents.ContentError as error:
            block, name = error.where
            self._note(error.said, f"{where[0]}/{block}.{name}", f"{where[0]}/{block}", *where)

    def _note(self, said: str, *where: str) -> None:
        """At the first of these places that stands in the file."""
        line = next((self.wanted.lines[one] for one in where if one in self.wanted.lines), 0)
        name = where[-1].partition("/")[2]
        self.faults.append(Fault(line, f"{name}: {said}" if name else said))

    def _states(self, states: Sequence[State]) -> None:
        wanted = [
            StateIn(s.labels, s.stands_for, s.code, s.step, s.visible, s.icon, s.colour) for s in states
        ]
        try:
            change_states(shop=self.shop, states=wanted, by=self.by, now=self.now)
        except Refused as refused:
            for name, sentences in refused.fields.items():
                number = name.split(".")[1] if name.startswith("states.") else ""
                code = states[int(number)].code if number.isdecimal() and int(number) < len(states) else ""
                for said in sentences:
                    self._note(said, *([f"states/{code}"] if code else []), "states")

    def _designs(self, before: Sequence[Design], wanted: Sequence[Design], note: str) -> None:
        held_now = {(d.key, d.channel): d for d in before}
        numbers = {name: str(pk) for pk, name in Coupon.objects.for_shop(self.shop).values_list("pk", "name")}
        for design in wanted:
            was = held_now.pop((design.key, design.channel), None)
            if was == design:
                continue
            with self._noting(f"designs/{design.key}:{design.channel}"):
                self._publish(design, numbers, note)
        for key, channel in held_now:
            templates.unpublish(shop=self.shop, key=key, channel=channel, by=self.by)

    def _publish(self, design: Design, numbers: Mapping[str, str], note: str) -> None:
        content = by_name(deepcopy(design.content), numbers)
        if not speaks(content) and not content.get("blocks"):
            raise ValidationError(_("This design says nothing."))
        templates.publish(
            shop=self.shop, key=design.key, channel=design.channel, content=content, by=self.by,
            note=note or _("From a file"), name=design.name,
        )  # fmt: skip
        named = Template.objects.for_shop(self.shop).filter(key=design.key, channel=design.channel)
        named.exclude(name=design.name).update(name=design.name)

    def _rules(self, before: Config) -> None:
        usual, was = house(), {rule.key: rule for rule in before.rules or ()}
        known = set(OCCASIONS) | set(
            Template.objects.for_shop(self.shop).exclude(published=None).values_list("key", flat=True)
        )
        for rule in self.wanted.rules or ():
            if was.pop(rule.key, None) == rule:
                continue
            with self._noting(f"rules/{rule.key}"):
                if rule.template and rule.template not in known:
                    raise ValidationError(_("There is no design “%(key)s”.") % {"key": rule.template})
                keep_rule(shop=self.shop, rule=rule, by=self.by, now=self.now)
        for key in was:
            if key in usual:
                keep_rule(shop=self.shop, rule=usual[key], by=self.by, now=self.now)
                continue
            Rule.objects.for_shop(self.shop).filter(key=key).delete()
            audit.record(
                shop=self.shop, actor=self.by.name, role=self.by.role, address=self.by.address,
                action="rule.removed", subject=key,
            )  # fmt: skip

    def _bounds(self, bounds: Mapping[str, Any]) -> None:
        for place in bounds["sms_prices"]:
            if place and place not in countries():
                self._note(
                    _("There is no country “%(code)s”.") % {"code": place}, "bounds/sms_prices", "bounds"
                )
        for place, policy in bounds["marketing"].items():
            if (place != "*" and place not in countries()) or policy not in (marketing.ASKED, marketing.TOLD):
                self._note(f"{place}: {policy}?", "bounds/marketing", "bounds")
        for price in bounds["sms_prices"].values():
            if not _is_price(price):
                self._note(_("An amount of money, like 0.075."), "bounds/sms_prices", "bounds")
        if bounds["sms_currency"] not in currencies():
            said = _("Write the currency as its three letters, like EUR or BRL.")
            self._note(said, "bounds/sms_currency", "bounds")
        if not self.faults:
            setup, _made = MessageSetup.objects.get_or_create(shop=self.shop)
            MessageSetup.objects.filter(pk=setup.pk).update(**bounds)
            audit.record(
                shop=self.shop, actor=self.by.name, role=self.by.role, address=self.by.address,
                action="bounds.changed", after=dict(bounds),
            )  # fmt: skip


def _is_price(said: str) -> bool:
    whole, _dot, part = said.partition(".")
    return whole.isdecimal() and len(whole) <= 4 and len(part) <= 6 and (part.isdecimal() or not _dot)
