"""The form of one rule: when, if, then. What it says comes back as a value; nothing typed is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.fields import choose
from console.rule_names import RuleNames
from notifications.conditions import Condition
from notifications.occasions import ANY, ESSENTIAL, OCCASIONS
from notifications.registry import CHANNELS
from notifications.rules import Rule

MOST_ROWS = 12
# What can be asked: subject and test; of those without values, the value as well.
ASKS: tuple[tuple[str | Promise, tuple[tuple[str, str | Promise], ...]], ...] = (
    (gettext_lazy("Delivery"), (
        ("country:in", gettext_lazy("Goes to one of these countries")),
        ("country:not_in", gettext_lazy("Goes to none of these countries")),
        ("carrier:in", gettext_lazy("Travels with one of these carriers")),
        ("carrier:not_in", gettext_lazy("Travels with none of these carriers")),
        ("service:in", gettext_lazy("Is one of these services")),
        ("service:not_in", gettext_lazy("Is none of these services")),
    )),
    (gettext_lazy("Order"), (
        ("sales_channel:in", gettext_lazy("Was bought on one of these channels")),
        ("sales_channel:not_in", gettext_lazy("Was bought on none of these channels")),
        ("value:at_least", gettext_lazy("Is worth at least")),
        ("value:below", gettext_lazy("Is worth less than")),
        ("tag:in", gettext_lazy("Has one of these tags")),
        ("tag:not_in", gettext_lazy("Has none of these tags")),
        ("sku:in", gettext_lazy("Holds one of these articles (SKU)")),
        ("sku:not_in", gettext_lazy("Holds none of these articles (SKU)")),
    )),
    (gettext_lazy("Shopper"), (
        ("customer:is:first", gettext_lazy("Buys for the first time")),
        ("customer:is:returning", gettext_lazy("Has bought before")),
        ("language:in", gettext_lazy("Reads one of these languages")),
        ("language:not_in", gettext_lazy("Reads none of these languages")),
        ("marketing:is:yes", gettext_lazy("May be sent offers")),
        ("marketing:is:no", gettext_lazy("May not be sent offers")),
    )),
)  # fmt: skip
_KNOWN = {code for _group, asks in ASKS for code, _label in asks}
_HOURS = [("", "—"), *((str(hour), f"{hour}:00") for hour in range(25))]
# A field for each number of an occasion: its name there and the field's.
NUMBERS: Mapping[str, tuple[str, str]] = {
    "eta_moved": ("days", "moved_days"),
    "attempt_failed": ("attempt", "attempt"),
    "silent": ("hours", "silent_hours"),
    "review_time": ("days", "review_days"),
}


@dataclass(slots=True)
class Row:
    """One condition as it is on the form."""

    number: int
    ask: str = ""
    values: str = ""
    error: str = ""

    @property
    def subject(self) -> str:
        return self.ask.partition(":")[0]

    @property
    def is_plain(self) -> bool:
        """Asks for no values."""
        return self.ask.count(":") == 2


def _number(label: Any, occasion: str, name: str) -> forms.IntegerField:
    known = OCCASIONS[occasion].settings[name]
    return forms.IntegerField(
        label=label, required=False, min_value=known.least, max_value=known.most, initial=known.default
    )


class RuleForm(forms.Form):
    """`held`: the rule it is about. Of one of the house, what it is about and by which channel stays."""

    use_required_attribute = False
    occasion = forms.ChoiceField(label=gettext_lazy("When"))
    moved_days = _number(gettext_lazy("Days it moves by, at least"), "eta_moved", "days")
    attempt = _number(gettext_lazy("From which attempt on"), "attempt_failed", "attempt")
    silent_hours = _number(gettext_lazy("Hours of silence, 0: longer than usual"), "silent", "hours")
    review_days = _number(gettext_lazy("Days after it arrived"), "review_time", "days")
    wait_by = forms.ChoiceField(
        label=gettext_lazy("Counted from"), required=False,
        choices=[
            ("after_days", gettext_lazy("the day it got there")),
            ("days_left", gettext_lazy("the last day to collect it, backwards")),
        ],
    )  # fmt: skip
    wait_days = forms.IntegerField(
        label=gettext_lazy("Days"), required=False, min_value=0, max_value=30, initial=2
    )
    act = forms.ChoiceField(
        label=gettext_lazy("What happens"), initial="sends",
        choices=[("sends", gettext_lazy("A message goes out")), ("nothing", gettext_lazy("Nothing goes out"))],
    )  # fmt: skip
    channel = forms.ChoiceField(label=gettext_lazy("By"))
    template = forms.ChoiceField(label=gettext_lazy("Design"), required=False)
    delay_days = forms.IntegerField(
        label=gettext_lazy("Working days later"), required=False, min_value=0, max_value=60, initial=0
    )
    delay_hours = forms.IntegerField(
        label=gettext_lazy("Hours later"), required=False, min_value=0, max_value=1440, initial=0
    )
    delay_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes later"), required=False, min_value=0, max_value=59, initial=0
    )
    hour_from = forms.ChoiceField(label=gettext_lazy("Not before"), required=False, choices=_HOURS[:-1])
    hour_to = forms.ChoiceField(label=gettext_lazy("Not after"), required=False, choices=_HOURS)
    essential = forms.BooleanField(
        label=gettext_lazy("Essential"), required=False, initial=True,
        help_text=gettext_lazy("Goes to everybody, also to the share of shoppers held out to see what messages are worth."),
    )  # fmt: skip
    enabled = forms.BooleanField(label=gettext_lazy("On"), required=False, initial=True)
    name = forms.CharField(
        label=gettext_lazy("Name"), required=False, max_length=80,
        help_text=gettext_lazy("Left empty, its sentence says enough."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, names: RuleNames, held: Rule) -> None:
        super().__init__(data, initial=_initial(held))
        self.names, self.held = names, held
        choose(self, "occasion", [("", "—"), *names.occasions])
        choose(self, "channel", [(c.code, c.name) for c in CHANNELS.values()])
        choose(self, "template", self._designs())
        if held.of_the_house:
            for name in ("occasion", "channel"):
                self.fields[name].disabled = True
        self.rows = self._rows(data)

    def _designs(self) -> list[tuple[str, str]]:
        own = [
            (f"{channel}|{key}", f"{name} · {CHANNELS[channel].name}")
            for (key, channel), name in self.names.designs.items()
        ]
        held = f"{self.held.channel}|{self.held.template}"
        if self.held.template and held not in dict(own):
            own.append(
                (held, self.names.said.design(self.held.template, self.held.channel) or self.held.template)
            )
        return [("", _("The one of its occasion")), *own]

    def _rows(self, data: Any) -> list[Row]:
        """Those filled in, and one to fill in."""
        if data is None:
            filled = [
                Row(n, _ask(one), "" if _ask(one).count(":") == 2 else self._said(one))
                for n, one in enumerate(self.held.conditions)
            ]
        else:
            sent = [
                (str(data.get(f"ask-{n}", "")), str(data.get(f"values-{n}", ""))) for n in range(MOST_ROWS)
            ]
            filled = [
                Row(n, ask, said[:800]) for n, (ask, said) in enumerate(pair for pair in sent if pair[0])
            ]
        return [*filled, Row(len(filled))][:MOST_ROWS]

    def _said(self, condition: Condition) -> str:
        return ", ".join(self.names.name(condition.of, value) for value in condition.values)

    def without_errors(self) -> RuleForm:
        """As it was sent, before anybody has looked whether it is right."""
        self._errors = ErrorDict()
        return self

    # --- Reading it ---

    def clean_template(self) -> str:
        return str(self.cleaned_data["template"]).partition("|")[2]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        chosen = str(self.data.get("template", ""))
        channel = said.get("channel", self.held.channel)
        if chosen and channel and not chosen.startswith(f"{channel}|"):
            self.add_error("template", _("This design is of another channel."))
        if bool(said.get("hour_from")) != bool(said.get("hour_to")):
            self.add_error("hour_to", _("Both hours, or none."))
        elif said.get("hour_from") and said["hour_from"] == said["hour_to"]:
            self.add_error("hour_to", _("Between these hours there is no time at all."))
        if said.get("occasion") == ANY and said.get("act") == "sends":
            self.add_error("act", _("A rule about whatever happens can only say that nothing goes out."))
        if self._waits_wrongly(said):
            self.add_error("wait_days", _("1 to 30 days after it got there; 0 to 10 days before the last."))
        delay = (said.get("delay_hours") or 0) * 60 + (said.get("delay_minutes") or 0)
        if delay > 60 * 24 * 60:
            self.add_error("delay_hours", _("A message waits 60 days at most."))
        self.conditions = [one for row in self.rows if (one := self._condition(row))]
        if any(row.error for row in self.rows):
            self.add_error(None, _("One of the conditions cannot be read."))
        return said

    def _waits_wrongly(self, said: Mapping[str, Any]) -> bool:
        if said.get("occasion", self.held.occasion) != "pickup_waiting" or "wait_days" not in said:
            return False
        known = OCCASIONS["pickup_waiting"].settings[said.get("wait_by") or "after_days"]
        return not known.least <= (said["wait_days"] if said["wait_days"] is not None else -1) <= known.most

    def _condition(self, row: Row) -> Condition | None:
        if not row.ask:
            return None
        if row.ask not in _KNOWN:
            row.error = _("This cannot be asked.")
            return None
        of, _colon, test = row.ask.partition(":")
        test, _colon, value = test.partition(":")
        values = [value] if value else self._values(row, of)
        return Condition(of, test, tuple(values)) if values else None

    def _values(self, row: Row, of: str) -> Sequence[str]:
        said = [one.strip() for one in row.values.split(",") if one.strip()]
        if of == "value":
            return self._amount(row)
        if not said:
            row.error = _("Write what it is to be: several with commas.")
        if any(len(one) > 80 for one in said) or len(said) > 60:
            row.error = _("That is too long.")
        codes = [self.names.code(of, one) for one in said]
        if None in codes:
            row.error = _("There is no “%(said)s” to choose.") % {"said": said[codes.index(None)]}
        return [] if row.error else list(dict.fromkeys(code for code in codes if code))

    def _amount(self, row: Row) -> list[str]:
        try:
            amount = Decimal(row.values.strip().replace(",", "."))
        except InvalidOperation:
            amount = Decimal(-1)
        if not amount.is_finite() or not 0 <= amount < 10**9:
            row.error = _("An amount, as in 50.")
            return []
        return [f"{amount:f}"]

    def rule(self, key: str) -> Rule:
        """What it says, once it is valid."""
        said = self.cleaned_data
        hours = (int(said["hour_from"]), int(said["hour_to"])) if said["hour_from"] else None
        return replace(
            self.held, key=key, name=said["name"].strip(), occasion=said["occasion"], channel=said["channel"],
            enabled=said["enabled"], settings=self._settings(), conditions=tuple(self.conditions),
            sends=said["act"] == "sends", template=said["template"], essential=said["essential"], hours=hours,
            delay_days=said["delay_days"] or 0,
            delay_minutes=(said["delay_hours"] or 0) * 60 + (said["delay_minutes"] or 0),
        )  # fmt: skip

    def _settings(self) -> dict[str, int]:
        said, occasion = self.cleaned_data, self.cleaned_data["occasion"]
        if occasion == "pickup_waiting":
            return {said["wait_by"] or "after_days": said["wait_days"]}
        if occasion not in NUMBERS:
            return {}
        name, field = NUMBERS[occasion]
        given = said[field]
        return {name: OCCASIONS[occasion].settings[name].default if given is None else given}


def _ask(condition: Condition) -> str:
    if condition.test == "is":
        return f"{condition.of}:is:{condition.values[0]}"
    return f"{condition.of}:{condition.test}"


def _initial(held: Rule) -> dict[str, Any]:
    said: dict[str, Any] = {
        "occasion": held.occasion, "channel": held.channel, "name": held.name, "enabled": held.enabled,
        "act": "sends" if held.sends else "nothing", "essential": held.essential, "delay_days": held.delay_days,
        "template": f"{held.channel}|{held.template}" if held.template else "",
        "hour_from": str(held.hours[0]) if held.hours else "", "hour_to": str(held.hours[1]) if held.hours else "",
    }  # fmt: skip
    said["delay_hours"], said["delay_minutes"] = divmod(held.delay_minutes, 60)
    if held.occasion == "pickup_waiting" and held.settings:
        said["wait_by"], said["wait_days"] = next(iter(held.settings.items()))
    elif held.occasion in NUMBERS and held.settings:
        name, field = NUMBERS[held.occasion]
        said[field] = held.settings.get(name)
    return said


def blank(key: str, occasion: str = "", channel: str = "email") -> Rule:
    """A rule nobody has written yet."""
    known = OCCASIONS.get(occasion)
    usual = {name: one.default for name, one in known.settings.items()} if known else {}
    if known and known.one_of:
        usual = dict(list(usual.items())[:1])
    return Rule(
        key, occasion if known or occasion == ANY else "", channel if channel in CHANNELS else "email", enabled=True,
        settings=usual, essential=occasion in ESSENTIAL or not occasion,
        hours=(9, 21) if known and known.by_clock else None,
    )  # fmt: skip
