"""How much customers ask, about what and about whose parcels, and how long they wait."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from console.clock import clock_of, span
from tenants.access import MemberRequest, members
from tenants.models import Role
from tracking.actions import carrier_name
from tracking.ticket_figures import Row, figures
from tracking.ticket_words import name_of_reason

SPANS = (7, 30, 90)  # days


@members(Role.AGENT)
@never_cache
@require_safe
def inbox_figures(request: MemberRequest) -> HttpResponse:
    chosen = request.GET.get("days", "")
    days = int(chosen) if chosen in map(str, SPANS) else 30
    now = clock_of(request.shop).now
    told = figures(request.shop, since=now - timedelta(days=days), until=now)
    share = told.where_share
    context = {
        "days": days,
        "spans": [(n, ngettext("%(n)d day", "%(n)d days", n) % {"n": n}) for n in SPANS],
        "told": told,
        "where_share": f"{share * 100:.0f} %" if share is not None else _("not known"),
        "first_answer": _span(told.first_answer),
        "resolution": _span(told.resolution),
        "by_reason": [(name_of_reason(row.name), *_cells(row)) for row in told.by_reason],
        "by_carrier": [
            (carrier_name(row.name) if row.name else _("No parcel in particular"), *_cells(row))
            for row in told.by_carrier
        ],
    }
    return render(request, "console/inbox_figures.html", context)


def _cells(row: Row) -> tuple[int, str, str, str]:
    rate = f"{row.per_hundred:.1f}" if row.per_hundred is not None else ""
    return row.count, rate, _span(row.first_answer), _span(row.resolution)


def _span(length: timedelta | None) -> str:
    return span(length) if length is not None else "—"
