"""What the shop calls the states of its orders: named, ordered, shown or hidden, or taken from a set."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from console import faults
from console.actor import actor_of
from console.states_form import StatesForm
from tenants.access import MemberRequest, members
from tenants.models import Role, Shop
from tracking.labels import own_label
from tracking.models import ShopState
from tracking.presets import PRESETS
from tracking.services.incoming import Refused
from tracking.services.shops import apply_preset, change_states


@dataclass(frozen=True, slots=True)
class Offer:
    """A set of states to begin with. `lost`: the shop's own that are not in it."""

    code: str
    label: str
    states: list[str]
    lost: list[str]
    is_current: bool


def _states(shop: Shop) -> list[ShopState]:
    return list(ShopState.objects.for_shop(shop).order_by("position", "id"))


@members(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def states(request: MemberRequest) -> HttpResponse:
    held = _states(request.shop)
    if request.method != "POST":
        return _show(request, held, StatesForm(request.shop, held))
    form = StatesForm(request.shop, held, request.POST)
    if form.is_right:
        wanted = form.wanted()
        try:
            change_states(
                shop=request.shop,
                states=[state for _part, state in wanted],
                by=actor_of(request),
                now=timezone.now(),
            )
        except Refused as refused:
            form.refuse(refused, [part for part, _state in wanted])
        else:
            messages.success(request, _("Saved. Your customers see it from now on."))
            return redirect("console:states", request.shop.slug)
    return _show(request, held, form, status=422)


@members(Role.ADMIN)
@never_cache
@require_POST
def preset(request: MemberRequest) -> HttpResponse:
    """Put a set of states in place of the shop's own."""
    if request.POST.get("understood") != "on":
        messages.error(request, _("Say that your own states may be replaced: tick the box."))
        return redirect("console:states", request.shop.slug)
    try:
        apply_preset(
            shop=request.shop, preset=request.POST.get("preset", ""), by=actor_of(request), now=timezone.now()
        )
    except Refused as refused:
        messages.error(request, faults.sentence(refused))
    else:
        messages.success(request, _("These are your states now. Orders stay where they are."))
    return redirect("console:states", request.shop.slug)


def _show(request: MemberRequest, held: list[ShopState], form: StatesForm, status: int = 200) -> HttpResponse:
    language = get_language() or "en"
    mine = {s.code: own_label(s.labels, language, request.shop.language) for s in held}
    context = {
        "form": form,
        "parts": [part for part in form.parts if part["code"].value()],
        "fresh": [part for part in form.parts if not part["code"].value()],
        "steps": [
            own_label(s.labels, request.shop.language, request.shop.language)
            for s in held
            if s.step and s.visible and s.kind in ("linear", "derived")
        ],
        "offers": [
            Offer(
                p.code, _(p.label), [_(s.label) for s in p.states],
                [label for code, label in mine.items() if code not in {s.code for s in p.states}],
                p.code == request.shop.preset,
            )
            for p in PRESETS.values()
        ],
    }  # fmt: skip
    return render(request, "console/states.html", context, status=status)
