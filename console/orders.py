"""The list of orders: what needs somebody first, one search box, filters, page after page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from console.clock import clock_of, in_shop_time
from console.keyset import page
from console.order_filters import Filters
from console.queues import BY_CODE, MOST_IN_FIGURE, MOST_IN_TAB, TABS, Figures, Tab, figures
from console.rows import COLUMNS, rows_of
from tenants.access import MemberRequest, members
from tenants.models import Role
from tracking import search

PAGE = 50
FILTERS = ("state", "carrier", "channel", "country", "placed_from", "placed_to")


@dataclass(frozen=True, slots=True)
class TabLink:
    code: str
    label: str | Promise
    query: str
    count: str
    is_current: bool
    is_hot: bool  # something in it needs somebody


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    value: str
    query: str  # of the list without it


@require_safe
@members(Role.VIEWER)
@never_cache
@in_shop_time
def orders(request: MemberRequest) -> HttpResponse:
    """Six statements in the shop, however many orders there are."""
    shop, clock = request.shop, clock_of(request.shop, timezone.now())
    counted = figures(shop, clock)
    asked = request.GET.get("q", "").strip()[: search.LONGEST]
    filters = Filters(shop, request.GET)
    filters.is_valid()
    chosen = filters.chosen()
    tab = _tab(request, counted, searching=bool(asked or chosen))
    masked = not Role(request.member.role).includes(Role.AGENT)
    context: dict[str, Any] = {
        "clock": clock,
        "tab": tab,
        "tabs": _tabs(tab, counted, searching=bool(asked)),
        "figures": _said(counted),
        "counted": counted,
        "filters": filters,
        "chips": [_chip(request, *line) for line in chosen],
        "q": asked,
        "opened": request.GET.get("open", ""),
        "can_add": not masked,
    }
    if asked:
        found = list(search.find(shop, asked, PAGE).only(*COLUMNS))
        context["rows"], context["cut_off"] = rows_of(shop, found, clock, masked=masked), len(found) == PAGE
    else:
        listed = page(
            filters.narrow(tab.rows(shop, clock), shop).only(*COLUMNS),
            tab.sort,
            size=PAGE,
            after=request.GET.get("after", ""),
            before=request.GET.get("before", ""),
        )
        context["rows"] = rows_of(shop, listed.rows, clock, masked=masked)
        context["newer"] = listed.newer and _query(request, tab, before=listed.newer)
        context["older"] = listed.older and _query(request, tab, after=listed.older)
    context["list_query"] = _list_query(request)
    context["is_new_shop"] = not counted.tabs["all"] and not asked
    return render(request, "console/orders.html", context)


def _tab(request: MemberRequest, counted: Figures, *, searching: bool) -> Tab:
    """The one asked for; else what needs somebody, if anything does and nothing is looked for."""
    asked = BY_CODE.get(request.GET.get("tab", ""))
    if asked:
        return asked
    return BY_CODE["attention" if counted.tabs["attention"] and not searching else "all"]


def _tabs(current: Tab, counted: Figures, *, searching: bool) -> list[TabLink]:
    return [
        TabLink(
            tab.code,
            tab.label,
            f"tab={tab.code}",
            bounded(counted.tabs[tab.code], MOST_IN_TAB),
            is_current=tab is current and not searching,
            is_hot=tab.is_trouble and counted.tabs[tab.code] > 0,
        )
        for tab in TABS
    ]


def bounded(count: int, most: int) -> str:
    """ "1,000+" for anything beyond."""
    return number_format(min(count, most), force_grouping=True) + ("+" if count > most else "")


def _said(counted: Figures) -> dict[str, Any]:
    """The figures as they are shown. What cannot be worked out is left out."""
    exact = max(counted.promised, counted.delivered) <= MOST_IN_FIGURE
    share = round(100 * counted.on_time / counted.promised) if counted.promised and exact else None
    return {
        "in_transit": bounded(counted.in_transit, MOST_IN_FIGURE),
        "on_van": bounded(counted.tabs["van"], MOST_IN_FIGURE),
        "exceptions": bounded(counted.tabs["attention"], MOST_IN_TAB),
        "old_trouble": bounded(counted.old_trouble, MOST_IN_TAB),
        "pickup": bounded(counted.tabs["pickup"], MOST_IN_TAB),
        "leaving_soon": bounded(counted.leaving_soon, MOST_IN_TAB),
        "late": bounded(counted.late_in_transit, MOST_IN_TAB),
        "delivered": bounded(counted.delivered, MOST_IN_FIGURE),
        "delivered_today": bounded(counted.delivered_today, MOST_IN_FIGURE),
        "on_time_share": share,
    }


def _chosen(request: MemberRequest) -> dict[str, str]:
    return {name: request.GET[name] for name in FILTERS if request.GET.get(name)}


def _query(request: MemberRequest, tab: Tab, **cursor: str) -> str:
    return urlencode({"tab": tab.code, **_chosen(request), **cursor})


def _chip(request: MemberRequest, name: str, label: str, value: str) -> Chip:
    left = {other: said for other, said in _chosen(request).items() if other != name}
    tab = request.GET.get("tab")
    return Chip(label, value, urlencode({"tab": tab, **left} if tab else left))


def _list_query(request: MemberRequest) -> str:
    """The address of the list as it is, to which the opened order is added."""
    return urlencode({name: said for name, said in request.GET.items() if name != "open" and said})
