"""What trying rules on the past came to, in figures and examples; and the page that does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from babel.numbers import format_currency, format_decimal
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from console.clock import clock_of, moment_in_full
from console.message_words import HELD
from console.rule_form import blank
from console.rule_names import RuleNames
from notifications.occasions import OCCASIONS
from notifications.registry import CHANNELS
from notifications.rules import Rule
from notifications.sentences import sentence
from notifications.services.channels import usable_channels
from notifications.services.ruling import rules_of
from notifications.services.trial import PERIODS, Example, Trial, try_rules
from tenants.access import MemberRequest, members
from tenants.isolation import shop_context
from tenants.models import Role, Shop
from tracking.when import Clock

BAR_HEIGHT = 96  # of the highest week, in the picture's own units
WIDE, NARROW, FEW = (30, 18), (15, 10), 8  # a bar and the gap after it; of more than so many weeks, narrow


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar."""

    channel: str
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Bar:
    x: int
    middle: int
    label: str
    said: str  # the whole of it in words
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Line:
    """An example."""

    order_id: int
    number: str
    what: str
    channel: str
    when: str
    held: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A trial as the page shows it. `figures`: label, number, a word more, tone."""

    lead: str
    reckoned: str
    figures: Sequence[tuple[str, str, str, str]]
    held: Sequence[tuple[str, str]]
    bars: Sequence[Bar]
    width: int
    bar_width: int
    channels: Sequence[tuple[str, str]]
    examples: Sequence[Line]
    warning: str


def shown(
    trial: Trial, *, names: RuleNames, clock: Clock, tried: Rule | None, usable: Sequence[str]
) -> Shown:
    used = [code for code in CHANNELS if code in trial.sent]
    return Shown(
        lead=_lead(trial),
        reckoned=_reckoned(trial, clock),
        figures=_figures(trial, clock, tried),
        held=[
            (str(HELD.get(why, why)), _n(count, clock))
            for why, count in sorted(trial.held.items(), key=lambda pair: -pair[1])
        ],
        bars=_bars(trial, used, clock),
        width=len(trial.weeks) * sum(_measures(trial)),
        bar_width=_measures(trial)[0],
        channels=[(code, CHANNELS[code].name) for code in used],
        examples=[_example(one, names, clock) for one in trial.examples],
        warning=_warning(tried, usable),
    )


def _n(count: int, clock: Clock) -> str:
    return str(format_decimal(count, locale=clock.locale))


def _lead(trial: Trial) -> str:
    said = {"days": trial.days, "n": trial.total, "shoppers": trial.shoppers}
    if not trial.total:
        return _("Nothing would have gone out in the last %(days)d days.") % said
    return ngettext(
        "In the last %(days)d days %(n)d message would have gone out, to %(shoppers)d of your shoppers.",
        "In the last %(days)d days %(n)d messages would have gone out, to %(shoppers)d of your shoppers.",
        trial.total,
    ) % said  # fmt: skip


def _reckoned(trial: Trial, clock: Clock) -> str:
    said = {"looked": _n(trial.looked_at, clock), "orders": _n(trial.orders, clock)}
    if trial.is_estimate:
        return _("An estimate: reckoned from %(looked)s orders spread evenly among some %(orders)s.") % said
    return _("Exact: all %(orders)s orders that moved were looked at.") % said


def _figures(trial: Trial, clock: Clock, tried: Rule | None) -> list[tuple[str, str, str, str]]:
    made = [
        (CHANNELS[code].name, _n(trial.sent[code], clock), _("would have gone out"), "")
        for code in CHANNELS
        if code in trial.sent
    ]
    held = sum(trial.held.values())
    made.append((_("Held back"), _n(held, clock), _("reasons below") if held else _("nothing"), ""))
    if trial.cost:
        amount = format_currency(trial.cost.amount, trial.cost.currency, locale=clock.locale)
        said = ngettext("%(n)d text message", "%(n)d text messages", trial.cost.segments) % {
            "n": trial.cost.segments
        }
        if trial.cost.unpriced:
            said = _("%(said)s, %(n)d without a price") % {"said": said, "n": trial.cost.unpriced}
        made.append((_("Cost, about"), amount, said, ""))
    if tried:
        made += [
            (
                _("%(channel)s, in all") % {"channel": CHANNELS[code].name}, f"{change:+d}",
                _("than by your rules as they are"), "",
            )
            for code, change in trial.changes.items()
        ]  # fmt: skip
        if not trial.changes:
            made.append((_("In all"), "±0", _("than by your rules as they are"), ""))
    return made


def _bars(trial: Trial, used: Sequence[str], clock: Clock) -> list[Bar]:
    highest = max((sum(counts.values()) for _week, counts in trial.weeks), default=0)
    bars, (wide, gap) = [], _measures(trial)
    for n, (week, counts) in enumerate(trial.weeks):
        parts, y = [], BAR_HEIGHT
        for code in used:
            height = round(BAR_HEIGHT * counts.get(code, 0) / highest) if highest else 0
            if height:
                y -= height
                parts.append(Part(code, y, height))
        label = clock.short_day(week)
        told = ", ".join(
            f"{CHANNELS[code].name} {_n(counts[code], clock)}" for code in used if code in counts
        )
        said = _("Week of %(day)s: %(told)s") % {"day": label, "told": told or _("nothing")}
        x = n * (wide + gap) + gap // 2
        is_labelled = len(trial.weeks) <= FEW or n % 3 == 1
        bars.append(Bar(x, x + wide // 2, label if is_labelled else "", said, parts))
    return bars


def _measures(trial: Trial) -> tuple[int, int]:
    return WIDE if len(trial.weeks) <= FEW else NARROW


def _example(one: Example, names: RuleNames, clock: Clock) -> Line:
    planned = one.told.planned
    return Line(
        one.order_id, one.number, names.occasion(planned.occasion), CHANNELS[planned.channel].name,
        moment_in_full(clock, planned.send_at), str(HELD.get(one.told.held, one.told.held)) if one.told.held else "",
    )  # fmt: skip


def _warning(tried: Rule | None, usable: Sequence[str]) -> str:
    if tried and tried.channel not in usable:
        return _("Nothing goes out by %(channel)s yet: it needs a sender first.") % {
            "channel": CHANNELS[tried.channel].name
        }
    return ""


def days_of(said: str) -> int:
    return int(said) if said in {str(days) for days in PERIODS} else PERIODS[0]


# --- The page ---


@members(Role.ADMIN, bound=False)
@never_cache
@require_safe
def trial(request: MemberRequest) -> HttpResponse:
    """Of one rule (`key`, and `channel` where that is an occasion or a design), or of all of them."""
    shop, days = request.shop, days_of(request.GET.get("days", ""))
    key, channel = request.GET.get("key", "")[:80], request.GET.get("channel", "")[:8]
    with shop_context(shop.pk):
        names, usable = RuleNames(shop), usable_channels(shop.pk)
        tried = _asked(shop, key, channel) if key else None
        words = sentence(tried, names.said) if tried else ""
    now = timezone.now()
    made = try_rules(shop=shop, days=days, now=now, tried=tried)
    clock = clock_of(shop, now)
    context = {
        "trial": shown(made, names=names, clock=clock, tried=tried, usable=usable),
        "sentence": words,
        "tried": tried,
        "is_kept": bool(tried and not tried.key.startswith("try-")),
        "days": days,
        "periods": [(n, urlencode({"key": key, "channel": channel, "days": n})) for n in PERIODS],
        "since": clock.short_day(clock.date_of(now - timedelta(days=days))),
    }
    return render(request, "console/trial.html", context)


def _asked(shop: Shop, key: str, channel: str) -> Rule:
    """The rule of this key; else the house's of the occasion; else the first that sends this design; else a new one."""
    rules = {rule.key: rule for rule in rules_of(shop.pk)}
    sending = [rule for rule in rules.values() if rule.template == key and channel in ("", rule.channel)]
    found = rules.get(key) or rules.get(f"{key}:{channel}") or next(iter(sending), None)
    if found:
        return found
    if key not in OCCASIONS or channel not in CHANNELS:
        raise Http404
    return blank(f"try-{key}:{channel}"[:64], key, channel)


def of_form(request: MemberRequest, tried: Rule, days: int) -> Mapping[str, Any]:
    """For the page of a rule, as it stands on the form. Runs outside the shop's context."""
    shop, now = request.shop, timezone.now()
    made = try_rules(shop=shop, days=days, now=now, tried=tried)
    with shop_context(shop.pk):
        names, usable = RuleNames(shop), usable_channels(shop.pk)
    return {
        "trial": shown(made, names=names, clock=clock_of(shop, now), tried=tried, usable=usable),
        "days": days,
    }
