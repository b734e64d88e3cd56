"""Whom to tell of what: the house's occasions by channels, to switch on and off, and the shop's own rules as sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from console.actor import actor_of
from console.rule_names import RuleNames
from notifications.models import Template
from notifications.registry import CHANNELS
from notifications.rules import INTERNAL, TELLABLE, Rule, of_the_house
from notifications.sentences import sentence
from notifications.services.channels import usable_channels
from notifications.services.listeners import alert_setup
from notifications.services.rules import keep_rule, set_alert_setup
from notifications.services.ruling import rules_of, setup_of
from notifications.services.trial import PERIODS
from notifications.types import Channel
from tenants.access import MemberRequest, members
from tenants.models import Role

CHOOSABLE = tuple(state for state in TELLABLE if state not in INTERNAL)
# Besides the states: what the house's rules are about, in the order of what happens.
OTHERS = (
    "eta_set", "eta_moved", "arrives_tomorrow", "arrives_today", "eta_missed", "attempt_failed", "pickup_waiting",
    "pickup_last", "silent", "number_changed", "review_time", "ticket_answered", "change_accepted", "change_refused",
)  # fmt: skip
LABELS: dict[str, str | Promise] = {
    "pickup_last": gettext_lazy("Last days to collect it"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One switch. `own_words`: the shop's own design is sent. `is_exact`: it says more than the house's rule says at first."""

    channel: Channel
    usable: bool
    rule: Rule
    sentence: str
    worded: bool
    own_words: bool
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Row:
    code: str
    design: str  # the occasion whose words are sent
    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Own:
    """A rule of the shop's own."""

    rule: Rule
    sentence: str
    usable: bool
    channel: Channel


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
    """Only what can be switched on the form that was sent is: a channel without a sender keeps its switches."""
    now, by, changed = timezone.now(), actor_of(request), 0
    usable = set(usable_channels(request.shop.pk))
    others = "occasions" in request.POST
    for rule in rules_of(request.shop.pk):
        is_shown = rule.of_the_house and (others or rule.occasion in TELLABLE) and rule.channel in usable
        if is_shown and rule.enabled != (rule.key in wanted):
            keep_rule(shop=request.shop, rule=replace(rule, enabled=not rule.enabled), by=by, now=now)
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


def _show(request: MemberRequest) -> HttpResponse:
    shop, usable = request.shop, set(usable_channels(request.shop.pk))
    names, all_rules, setup = RuleNames(shop), rules_of(shop.pk), setup_of(shop.pk)
    published = Template.objects.for_shop(shop).exclude(published=None).values_list("key", "channel")
    cells = _cells(all_rules, names, usable, set(published))
    withheld, others = alert_setup(shop.pk)
    own = sorted((r for r in all_rules if not r.of_the_house), key=lambda rule: (rule.position, rule.key))
    context = {
        "channels": [(c, c.code in usable) for c in CHANNELS.values()],
        "states": _rows(cells, TELLABLE, names),
        "others": _rows(cells, OTHERS, names),
        "own": [
            Own(rule, sentence(rule, names.said), rule.channel in usable, CHANNELS[rule.channel])
            for rule in own
        ],
        "choices": [Choice(s, names.states(s), s not in withheld) for s in CHOOSABLE],
        "may_add": others,
        "written_in": shop.language,
        "setup": setup,
        "periods": PERIODS,
    }
    return render(request, "console/rules.html", context)


def _cells(
    all_rules: Sequence[Rule], names: RuleNames, usable: set[str], published: set[tuple[str, str]]
) -> dict[str, list[Cell]]:
    """By what the key of a rule begins with."""
    at_first = {rule.key: rule for rule in of_the_house(CHANNELS)}
    made: dict[str, list[Cell]] = {}
    for rule in all_rules:
        if not rule.of_the_house:
            continue
        channel = CHANNELS[rule.channel]
        usual = at_first[rule.key]
        as_usual = replace(
            rule, enabled=usual.enabled, enabled_at=None, position=usual.position, name=usual.name
        )
        made.setdefault(rule.key.rpartition(":")[0], []).append(
            Cell(
                channel,
                channel.code in usable,
                rule,
                sentence(rule, names.said),
                channel.worded,
                (rule.template or rule.occasion, rule.channel) in published,
                as_usual != usual,
            )
        )
    order = list(CHANNELS)
    return {
        code: sorted(cells, key=lambda cell: order.index(cell.channel.code)) for code, cells in made.items()
    }


def _rows(cells: dict[str, list[Cell]], codes: Sequence[str], names: RuleNames) -> list[Row]:
    return [
        Row(
            code,
            cells[code][0].rule.occasion,
            str(LABELS.get(code) or names.occasion(code)),
            tuple(cells[code]),
        )
        for code in codes
    ]
