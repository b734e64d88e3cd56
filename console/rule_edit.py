"""One rule: made, changed, tried as it stands on the form, switched, copied, moved, deleted or put back as it was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from console import faults, rule_trial
from console.actor import actor_of
from console.rule_form import ASKS, RuleForm, blank
from console.rule_names import RuleNames
from notifications.occasions import ESSENTIAL
from notifications.registry import CHANNELS
from notifications.rules import Rule
from notifications.sentences import sentence
from notifications.services import own_rules
from notifications.services.channels import usable_channels
from notifications.services.rules import keep_rule
from notifications.services.ruling import rules_of
from notifications.services.trial import PERIODS
from tenants.access import MemberRequest, members
from tenants.isolation import shop_context
from tenants.models import Role

NEW = "new"


@members(Role.ADMIN, bound=False)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: MemberRequest) -> HttpResponse:
    """`occasion`, `channel`: what it may begin with."""
    begun = blank(own_rules.new_key(), request.GET.get("occasion", ""), request.GET.get("channel", "email"))
    return _edit(request, begun, is_new=True)


@members(Role.ADMIN, bound=False)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: MemberRequest, key: str) -> HttpResponse:
    with shop_context(request.shop.pk):
        held = _find(request, key)
    return _edit(request, held, is_new=False)


def _find(request: MemberRequest, key: str) -> Rule:
    for rule in rules_of(request.shop.pk):
        if rule.key == key:
            return rule
    raise Http404


def _edit(request: MemberRequest, held: Rule, *, is_new: bool) -> HttpResponse:
    """In pieces of the shop's context: a trial reads for longer than one ought to hold it."""
    said = request.POST if request.method == "POST" else None
    tried: Rule | None = None
    with shop_context(request.shop.pk):
        form = RuleForm(said, names=RuleNames(request.shop), held=held)
        if said is not None and "more" in said:
            form.without_errors()
        elif said is not None and form.is_valid():
            rule = form.rule(held.key)
            if "try" in said:
                tried = rule
            elif _save(request, form, rule, is_new=is_new):
                return redirect("console:rules", request.shop.slug)
        context = _context(request, form, held, is_new=is_new)
    if tried:
        context |= rule_trial.of_form(request, tried, rule_trial.days_of(str(request.POST["try"])))
    return render(request, "console/rule.html", context, status=422 if form.errors else 200)


def _save(request: MemberRequest, form: RuleForm, rule: Rule, *, is_new: bool) -> bool:
    keep = own_rules.add_rule if is_new else keep_rule
    try:
        keep(shop=request.shop, rule=rule, by=actor_of(request), now=timezone.now())
    except ValidationError as error:
        faults.put(form, error)
        return False
    messages.success(request, _("Saved."))
    return True


def _context(request: MemberRequest, form: RuleForm, held: Rule, *, is_new: bool) -> dict[str, Any]:
    names = form.names
    current = _as_said(form, held)
    return {
        "form": form,
        "rule": held,
        "is_new": is_new,
        "is_changed": held.of_the_house and replace(held, position=0) != _house(held.key),
        "sentence": sentence(current, names.said) if current else "",
        "title": held.name or (names.occasion(held.occasion) if held.occasion else ""),
        "channel": CHANNELS[held.channel],
        "asks": ASKS,
        "essential": " ".join(sorted(ESSENTIAL)),
        "offers": {of: values for of, values in names.offers.items() if values},
        "periods": PERIODS,
        "usable": usable_channels(request.shop.pk),
    }


def _house(key: str) -> Rule | None:
    found = own_rules.house_rule(key)
    return replace(found, position=0) if found else None


def _as_said(form: RuleForm, held: Rule) -> Rule | None:
    if form.is_bound and not form.errors and hasattr(form, "conditions"):
        return form.rule(held.key)
    return held if held.occasion else None


@members(Role.ADMIN)
@never_cache
@require_POST
def words(request: MemberRequest) -> HttpResponse:
    """The sentence of what is on the form; empty where it is no rule yet."""
    key = request.POST.get("key", "")[:64]
    held = next((r for r in rules_of(request.shop.pk) if r.key == key), None) or blank(own_rules.new_key())
    form = RuleForm(request.POST, names=RuleNames(request.shop), held=held)
    rule = form.rule(held.key) if form.is_valid() else None
    return JsonResponse({"sentence": sentence(rule, form.names.said) if rule else ""})


@members(Role.ADMIN)
@never_cache
@require_POST
def act(request: MemberRequest, key: str) -> HttpResponse:
    """`do`: on, off, up, down, copy, remove (of one of the house: put back as it was)."""
    held, do, by, now = _find(request, key), request.POST.get("do", ""), actor_of(request), timezone.now()
    if do in ("on", "off"):
        own_rules.switch_rule(shop=request.shop, key=key, enabled=do == "on", by=by, now=now)
        messages.success(request, _("Switched on.") if do == "on" else _("Switched off."))
    elif do in ("up", "down") and not held.of_the_house:
        own_rules.arrange_rules(shop=request.shop, keys=_moved(request.shop.pk, key, do), by=by)
    elif do == "copy":
        return _copy(request, held)
    elif do == "remove":
        own_rules.remove_rule(shop=request.shop, key=key, by=by)
        messages.success(request, _("As it was at first.") if held.of_the_house else _("Deleted."))
    else:
        raise Http404
    return redirect("console:rules", request.shop.slug)


def _moved(shop_id: int, key: str, do: str) -> list[str]:
    keys = [rule.key for rule in own_rules.own_rules(shop_id)]
    at = keys.index(key)
    to = min(len(keys) - 1, max(0, at + (1 if do == "down" else -1)))
    keys.insert(to, keys.pop(at))
    return keys


def _copy(request: MemberRequest, held: Rule) -> HttpResponse:
    """Switched off, so that nobody is told twice before it is what it is to be."""
    copy = replace(held, key=own_rules.new_key(), enabled=False, enabled_at=None, of_the_house=False)
    if held.name:
        copy = replace(copy, name=(_("%(name)s, copy") % {"name": held.name})[:80])
    try:
        own_rules.add_rule(shop=request.shop, rule=copy, by=actor_of(request), now=timezone.now())
    except ValidationError as error:
        messages.error(request, faults.sentence(error))
        return redirect("console:rules", request.shop.slug)
    messages.success(request, _("Copied, and switched off until you switch it on."))
    return redirect("console:rule", request.shop.slug, copy.key)


@members(Role.ADMIN)
@never_cache
@require_POST
def arrange(request: MemberRequest) -> HttpResponse:
    """`key`, as often as there are rules: in their new order."""
    own_rules.arrange_rules(shop=request.shop, keys=request.POST.getlist("key"), by=actor_of(request))
    if request.headers.get("accept") == "application/json":
        return JsonResponse({"kept": True})
    return redirect("console:rules", request.shop.slug)
