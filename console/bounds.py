"""What bounds all of a shop's messages, whatever its rules: how many a day, and when phones stay quiet."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from console.actor import actor_of
from notifications.models import MessageSetup
from notifications.services.own_rules import set_bounds
from notifications.services.ruling import setup_of
from tenants.access import MemberRequest, members
from tenants.models import Role

HOURS = [(hour, f"{hour}:00") for hour in range(24)]


class BoundsForm(forms.Form):
    use_required_attribute = False
    most_a_day = forms.IntegerField(
        label=gettext_lazy("Messages a day to one shopper, at most"), min_value=1, max_value=50,
        help_text=gettext_lazy("On each channel. What would be more is held back, and seen in Messages."),
    )  # fmt: skip
    quiet_from = forms.TypedChoiceField(
        label=gettext_lazy("No SMS or WhatsApp from"), coerce=int, choices=HOURS,
        help_text=gettext_lazy("On the clock of whoever gets it. They go out in the morning."),
    )  # fmt: skip
    quiet_to = forms.TypedChoiceField(label=gettext_lazy("until"), coerce=int, choices=HOURS)

    def __init__(self, data: Any = None, *, setup: MessageSetup) -> None:
        super().__init__(data, initial={name: getattr(setup, name) for name in self.base_fields})


@members(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def bounds(request: MemberRequest) -> HttpResponse:
    form = BoundsForm(request.POST or None, setup=setup_of(request.shop.pk))
    if request.method == "POST" and form.is_valid():
        changed = set_bounds(shop=request.shop, by=actor_of(request), **form.cleaned_data)
        messages.success(request, _("Saved.") if changed else _("Nothing was different."))
        return redirect("console:rules", request.shop.slug)
    return render(request, "console/rule_bounds.html", {"form": form}, status=422 if form.errors else 200)
