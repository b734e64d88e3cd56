"""A rule as one sentence in plain words: when, if, then. Pure, but for the language it is said in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from babel import Locale
from babel.lists import format_list
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from notifications.conditions import Condition
from notifications.occasions import ANY, OCCASIONS, PARCEL
from notifications.rules import QUIET_AT_NIGHT, Rule
from tracking.actions import carrier_name
from tracking.labels import state_label, status_label
from tracking.when import locale_for


def _locale() -> Locale:
    return locale_for(get_language() or "en", "")


def _country(code: str) -> str:
    return str(_locale().territories.get(code.upper(), code))


def _language(code: str) -> str:
    return str(_locale().languages.get(code.partition("-")[0], code))


def _no_design(_key: str, _channel: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Names:
    """What a shop calls the things a rule speaks of. `design`: of a key and a channel; empty: not to be named."""

    state: Callable[[str], str] = state_label
    carrier: Callable[[str], str] = carrier_name
    country: Callable[[str], str] = _country
    language: Callable[[str], str] = _language
    design: Callable[[str, str], str] = _no_design


PLAIN = Names()
_WHENS: dict[str, Promise] = {
    ANY: gettext_lazy("Whatever happens"),
    "eta_set": gettext_lazy("When the day of arrival becomes known"),
    "eta_missed": gettext_lazy("When the day of arrival has passed and it has not come"),
    "arrives_tomorrow": gettext_lazy("The day before it arrives"),
    "arrives_today": gettext_lazy("On the day it arrives"),
    "number_changed": gettext_lazy("When the tracking number becomes another"),
    "ticket_answered": gettext_lazy("When the shopper’s question is answered"),
    "change_accepted": gettext_lazy("When a change of the delivery is confirmed"),
    "change_refused": gettext_lazy("When a change of the delivery is refused"),
}
_GOES: dict[str, Promise] = {
    "email": gettext_lazy("an e-mail goes out"),
    "sms": gettext_lazy("a text message goes out"),
    "whatsapp": gettext_lazy("a WhatsApp message goes out"),
    "push": gettext_lazy("a push message goes out"),
}
_NOTHING: dict[str, Promise] = {
    "email": gettext_lazy("no e-mail goes out"),
    "sms": gettext_lazy("no text message goes out"),
    "whatsapp": gettext_lazy("no WhatsApp message goes out"),
    "push": gettext_lazy("no push message goes out"),
}
# By what is asked and how. Each goes on from “When …”.
_IFS: dict[tuple[str, str], Promise] = {
    ("carrier", "in"): gettext_lazy("it travels with %(values)s"),
    ("carrier", "not_in"): gettext_lazy("it does not travel with %(values)s"),
    ("service", "in"): gettext_lazy("the service is %(values)s"),
    ("service", "not_in"): gettext_lazy("the service is not %(values)s"),
    ("country", "in"): gettext_lazy("it goes to %(values)s"),
    ("country", "not_in"): gettext_lazy("it does not go to %(values)s"),
    ("sales_channel", "in"): gettext_lazy("it was bought on %(values)s"),
    ("sales_channel", "not_in"): gettext_lazy("it was not bought on %(values)s"),
    ("value", "at_least"): gettext_lazy("it is worth %(values)s or more"),
    ("value", "below"): gettext_lazy("it is worth less than %(values)s"),
    ("tag", "in"): gettext_lazy("it is tagged %(values)s"),
    ("tag", "not_in"): gettext_lazy("it is not tagged %(values)s"),
    ("language", "in"): gettext_lazy("the shopper reads %(values)s"),
    ("language", "not_in"): gettext_lazy("the shopper does not read %(values)s"),
    ("sku", "in"): gettext_lazy("the article %(values)s is in it"),
    ("sku", "not_in"): gettext_lazy("the article %(values)s is not in it"),
}
_CHOICES: dict[tuple[str, str], Promise] = {
    ("customer", "first"): gettext_lazy("it is the shopper’s first order"),
    ("customer", "returning"): gettext_lazy("the shopper has bought before"),
    ("marketing", "yes"): gettext_lazy("the shopper may be sent offers"),
    ("marketing", "no"): gettext_lazy("the shopper may not be sent offers"),
}


def sentence(rule: Rule, names: Names = PLAIN) -> str:
    """When the order is “Shipped” and it goes to France, an e-mail goes out at once."""
    when = when_said(rule, names)
    if rule.conditions:
        ifs = format_list([if_said(one, names) for one in rule.conditions], locale=_locale())
        when = _("%(when)s and %(ifs)s") % {"when": when, "ifs": ifs}
    return _("%(when)s, %(then)s.") % {"when": when, "then": then_said(rule, names)}


def when_said(rule: Rule, names: Names = PLAIN) -> str:
    counted = _counted(rule)
    if counted:
        return counted
    if rule.occasion in _WHENS:
        return str(_WHENS[rule.occasion])
    if rule.occasion.startswith(PARCEL):
        return _("When a parcel is at “%(step)s”") % {
            "step": status_label(rule.occasion.removeprefix(PARCEL))
        }
    if rule.occasion in OCCASIONS:
        return _("When the order is at “%(state)s”") % {"state": names.state(rule.occasion)}
    return _("When this happens: %(occasion)s") % {"occasion": rule.occasion}


def _counted(rule: Rule) -> str:
    said = rule.settings
    if rule.occasion == "eta_moved":
        days = said.get("days", 1)
        return ngettext(
            "When the day of arrival moves by %(days)d day or more",
            "When the day of arrival moves by %(days)d days or more",
            days,
        ) % {"days": days}
    if rule.occasion == "pickup_waiting" and "days_left" in said:
        left = said["days_left"]
        if not left:
            return _("On the last day to collect it")
        return ngettext(
            "When %(days)d day is left to collect it", "When %(days)d days are left to collect it", left
        ) % {"days": left}
    if rule.occasion == "pickup_waiting":
        days = said.get("after_days", 1)
        return ngettext(
            "When it has waited %(days)d day to be collected",
            "When it has waited %(days)d days to be collected",
            days,
        ) % {"days": days}
    if rule.occasion == "silent":
        hours = said.get("hours", 0)
        if not hours:
            return _("When nothing was heard of it for longer than usual")
        return ngettext(
            "When nothing was heard of it for %(hours)d hour",
            "When nothing was heard of it for %(hours)d hours",
            hours,
        ) % {"hours": hours}
    if rule.occasion == "attempt_failed":
        times = said.get("attempt", 1)
        if times <= 1:
            return _("When a delivery attempt fails")
        return _("When delivery attempt number %(times)d or a later one fails") % {"times": times}
    if rule.occasion == "review_time":
        days = said.get("days", 0)
        if not days:
            return _("Once it has arrived and can be reviewed")
        return ngettext(
            "%(days)d day after it arrived, when it can be reviewed",
            "%(days)d days after it arrived, when it can be reviewed",
            days,
        ) % {"days": days}
    return ""


def if_said(condition: Condition, names: Names = PLAIN) -> str:
    """it goes to France or Spain"""
    values = condition.values
    if (condition.of, values[0]) in _CHOICES:
        return str(_CHOICES[condition.of, values[0]])
    said = format_list([_value(condition.of, value, names) for value in values], style="or", locale=_locale())
    return str(_IFS[condition.of, condition.test]) % {"values": said}


def _value(of: str, value: str, names: Names) -> str:
    known = {"carrier": names.carrier, "country": names.country, "language": names.language}
    return known[of](value) if of in known else value


def then_said(rule: Rule, names: Names = PLAIN) -> str:
    """an e-mail goes out three working days later, between 9 and 21 h at the customer’s, in the design “Care tips”"""
    if not rule.sends:
        return str(_NOTHING[rule.channel])
    parts = [f"{_GOES[rule.channel]} {delay_said(rule)}".strip()]
    if rule.hours and rule.hours[0] != rule.hours[1]:
        said = {"first": rule.hours[0], "last": rule.hours[1]}
        parts.append(_("between %(first)d and %(last)d h at the customer’s") % said)
    if rule.template and (name := names.design(rule.template, rule.channel)):
        parts.append(_("in the design “%(name)s”") % {"name": name})
    return ", ".join(parts)


def delay_said(rule: Rule) -> str:
    """Empty where it goes without saying: what is told by the clock has its time."""
    parts = _spans(rule.delay_days, rule.delay_minutes)
    if parts:
        return _("%(span)s later") % {"span": format_list(parts, locale=_locale())}
    occasion = OCCASIONS.get(rule.occasion)
    if (occasion and occasion.by_clock) or rule.hours or rule.channel in QUIET_AT_NIGHT:
        return ""
    return _("at once")


def _spans(days: int, minutes: int) -> Sequence[str]:
    hours, minutes = divmod(minutes, 60)
    said = []
    if days:
        said.append(ngettext("%(n)d working day", "%(n)d working days", days) % {"n": days})
    if hours:
        said.append(ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours})
    if minutes:
        said.append(ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes})
    return said
