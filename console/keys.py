"""API keys: made, shown once, revoked."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from console.actor import actor_of
from console.clock import ago, clock_of, moment_in_full
from tenants import audit
from tenants.access import MemberRequest, members
from tenants.keys import SCOPES, issue
from tenants.keys import revoke as revoke_key
from tenants.models import ApiKey, Role

MOST = 200  # keys shown, the newest
ONCE_S = 3600
EXPIRIES = {
    "": gettext_lazy("Never"),
    "30": gettext_lazy("In 30 days"),
    "90": gettext_lazy("In 90 days"),
    "365": gettext_lazy("In a year"),
}


class KeyForm(forms.Form):
    """Its once is drawn when the form is shown: sent twice, it makes one key."""

    use_required_attribute = False
    once = forms.RegexField(r"^[\w-]{8,40}$", widget=forms.HiddenInput)
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("What uses it, like “ERP” or “Warehouse”."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"), choices=SCOPES.items, widget=forms.CheckboxSelectMultiple
    )
    expires = forms.ChoiceField(label=gettext_lazy("Ends"), choices=EXPIRIES.items, required=False)


@dataclass(frozen=True, slots=True)
class Line:
    key: ApiKey
    scopes: list[str]
    is_live: bool
    status: str
    made: str
    used: str
    ends: str


@members(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: MemberRequest) -> HttpResponse:
    """POST makes a key, and shows it in the answer: it is kept nowhere, so no other page could."""
    if request.method != "POST":
        return _show(request)
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _show(request, form, status=422)
    if not cache.add(f"key:{request.shop.pk}:{form.cleaned_data['once']}", 1, ONCE_S):
        messages.warning(
            request, _("That key was made already. It was shown once: if you lost it, make another.")
        )
        return redirect("console:keys", request.shop.slug)
    key, secret = _make(request, form.cleaned_data)
    return _show(request, made=(key, secret))


def _make(request: MemberRequest, said: dict[str, Any]) -> tuple[ApiKey, str]:
    days = said["expires"]
    expires_at = timezone.now() + timedelta(days=int(days)) if days else None
    key, secret = issue(
        shop=request.shop, name=said["name"], scopes=said["scopes"], by=request.user, expires_at=expires_at
    )
    by = actor_of(request)
    audit.record(
        shop=request.shop, actor=by.name, role=by.role, address=by.address, action="key.made",
        subject=f"key:{key.prefix}", after={"name": key.name, "scopes": key.scopes},
    )  # fmt: skip
    return key, secret


@members(Role.ADMIN)
@never_cache
@require_POST
def revoke(request: MemberRequest, pk: int) -> HttpResponse:
    key = ApiKey.objects.for_shop(request.shop).filter(pk=pk).first()
    if key is None:
        raise Http404
    if key.revoked_at is None:
        revoke_key(key=key, now=timezone.now())
        by = actor_of(request)
        audit.record(
            shop=request.shop, actor=by.name, role=by.role, address=by.address, action="key.revoked",
            subject=f"key:{key.prefix}",
        )  # fmt: skip
    messages.success(request, _("Revoked: it opens nothing any more."))
    return redirect("console:keys", request.shop.slug)


def _show(
    request: MemberRequest,
    form: KeyForm | None = None,
    made: tuple[ApiKey, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    now, clock = timezone.now(), clock_of(request.shop)
    found = ApiKey.objects.for_shop(request.shop).order_by("revoked_at", "-created_at")[:MOST]
    fresh = {"once": secrets.token_urlsafe(12), "scopes": ["orders:read", "orders:write"]}
    context = {
        "lines": [
            Line(
                key, [str(SCOPES[s]) for s in key.scopes if s in SCOPES], key.is_live(now), _status(key, now),
                ago(clock, key.created_at), ago(clock, key.last_used_at),
                moment_in_full(clock, key.expires_at) if key.expires_at else "",
            )
            for key in sorted(found, key=lambda key: not key.is_live(now))
        ],
        "form": form or KeyForm(initial=fresh),
        "secret": made[1] if made else "",
        "made": made[0] if made else None,
    }  # fmt: skip
    return render(request, "console/keys.html", context, status=status)


def _status(key: ApiKey, now: datetime) -> str:
    if key.revoked_at:
        return _("Revoked")
    return _("Works") if key.is_live(now) else _("Ended")
