"""The shop's particulars, where it is found, and who changed what."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings as installation
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from console import faults
from console.actor import actor_of
from console.acts import act_words
from console.clock import clock_of, moment_in_full
from console.people import people
from console.settings_form import SettingsForm
from tenants import audit
from tenants.access import MemberRequest, members
from tenants.models import AuditEntry, Host, Role, Shop
from tenants.services import change_shop
from tracking import pages
from tracking.when import Clock

SHOWN = 50  # entries of the audit
CHECKED_AT_ONCE = 2_000  # a longer chain is checked when somebody asks


@dataclass(frozen=True, slots=True)
class Act:
    what: str
    who: str
    role: str
    address: str
    when: str


@members(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: MemberRequest) -> HttpResponse:
    shop = request.shop
    if request.method != "POST":
        return _show(request, SettingsForm(shop=shop))
    form = SettingsForm(request.POST, shop=shop)
    if form.is_valid():
        changed = {name: said for name, said in form.cleaned_data.items() if said != getattr(shop, name)}
        try:
            if changed:
                change_shop(shop=shop, by=actor_of(request), fields=changed)
        except ValidationError as error:
            faults.put(form, error)
        else:
            transaction.on_commit(lambda: pages.forget_look(shop.pk), robust=True)
            messages.success(request, _("Saved.") if changed else _("Nothing was different."))
            return redirect("console:settings", shop.slug)
    return _show(request, form, status=422)


def _show(request: MemberRequest, form: SettingsForm, status: int = 200) -> HttpResponse:
    shop = request.shop
    entries = AuditEntry.objects.for_shop(shop).order_by("-id")
    is_long = len(entries.values_list("pk", flat=True)[: CHECKED_AT_ONCE + 1]) > CHECKED_AT_ONCE
    is_checked = not is_long or request.GET.get("check") == "audit"
    broken = audit.first_broken(shop) if is_checked else None
    clock = clock_of(shop)
    context = {
        "form": form,
        "site_address": f"{installation.SITE_URL}/s/{shop.slug}/",
        "hosts": Host.objects.filter(shop=shop).order_by("-primary", "host"),
        "acts": _acts(shop, list(entries[:SHOWN]), clock),
        "is_checked": is_checked,
        "broken_at": moment_in_full(clock, broken.at) if broken else "",
    }
    return render(request, "console/settings.html", context, status=status)


def _acts(shop: Shop, entries: list[AuditEntry], clock: Clock) -> list[Act]:
    names = people(entry.actor for entry in entries)
    roles = {role.value: str(role.label) for role in Role}
    return [
        Act(
            act_words(entry),
            names[entry.actor],
            roles.get(entry.role, ""),
            entry.address or "",
            moment_in_full(clock, entry.at),
        )
        for entry in entries
    ]
