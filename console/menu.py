"""What the console's menu holds: entries as data, and which of them a member sees on this page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, IntegerField, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as pgettext

from tenants.access import MemberRequest
from tenants.isolation import shop_context
from tenants.models import Brand, Role
from tracking.models import Order, Ticket

MOST_COUNTED = 99  # beyond that the menu says 99+


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu. `pages`: what the names of further URLs it stands for begin with."""

    label: str | Promise
    icon: str
    url_name: str
    role: Role = Role.VIEWER
    query: str = ""
    pages: tuple[str, ...] = ()
    counts: str = ""  # what it shows the number of: a name that `colour_and_counts` gives


@dataclass(frozen=True, slots=True)
class Group:
    title: str | Promise
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as one page shows it."""

    label: str | Promise
    icon: str
    url: str
    is_current: bool
    count: str = ""


MENU = (
    Group(
        "",
        (
            Entry(_("Orders"), "box", "console:orders", pages=("console:order", "console:parcel_")),
            Entry(_("Exceptions"), "alert", "console:orders", query="tab=attention", counts="exceptions"),
            Entry(
                _("Inbox"), "chat", "console:inbox", Role.AGENT, pages=("console:inbox",), counts="tickets"
            ),
            Entry(_("Messages"), "mail", "console:messages", pages=("console:message",)),
            Entry(_("Reviews"), "star", "console:reviews", Role.AGENT, pages=("console:review",)),
            Entry(_("Invoices"), "receipt", "console:invoices", Role.AGENT, pages=("console:invoice",)),
            Entry(_("Delivery requests"), "note", "console:changes", pages=("console:change",)),
            Entry(_("Rounds"), "truck", "console:rounds", Role.AGENT, pages=("console:round",)),
        ),
    ),
    Group(
        _("Reach"),
        (
            Entry(_("Tracking page"), "page", "console:brand", Role.ADMIN, pages=("console:brand_",)),
            Entry(_("States"), "steps", "console:states", Role.ADMIN, pages=("console:state",)),
            Entry(_("Delivery changes"), "clock", "console:options", Role.ADMIN, pages=("console:option",)),
            Entry(
                pgettext("page", "Words"), "edit", "console:wordings", Role.ADMIN, pages=("console:wording",)
            ),
            Entry(
                _("Notifications"),
                "bell",
                "console:rules",
                Role.ADMIN,
                pages=("console:rule",),
            ),
            Entry(
                _("Designs"),
                "brush",
                "console:designs",
                Role.ADMIN,
                pages=("console:template", "console:design"),
            ),
            Entry(
                _("Senders"),
                "mail",
                "console:senders",
                Role.ADMIN,
                pages=("console:sender", "console:suppression"),
            ),
            Entry(
                _("Offers"),
                "receipt",
                "console:offers",
                Role.ADMIN,
                pages=("console:coupon", "console:product", "console:banner", "console:offers_to_whom"),
            ),
            Entry(_("Domains"), "globe", "console:domains", Role.ADMIN, pages=("console:domain_",)),
            Entry(_("Widget"), "shop", "console:widget", Role.ADMIN),
        ),
    ),
    Group(
        _("Insights"),
        (
            Entry(_("Visits"), "chart", "console:visits"),
            Entry(pgettext("revenue", "Sales"), "receipt", "console:offers_sales"),
            Entry(_("How messages fare"), "mail", "console:report_messages", pages=("console:report_",)),
            Entry(pgettext("messages", "Worth"), "star", "console:worth", pages=("console:worth",)),
            Entry(_("Carriers"), "truck", "console:carriers", Role.ADMIN, pages=("console:carrier",)),
        ),
    ),
    Group(
        _("Set up"),
        (
            Entry(_("Imports"), "upload", "console:imports", Role.AGENT, pages=("console:import",)),
            Entry(_("API keys"), "key", "console:keys", Role.ADMIN, pages=("console:key",)),
            Entry(_("Team"), "users", "console:team", Role.ADMIN, pages=("console:member", "console:invit")),
            Entry(_("Configuration"), "copy", "console:config", Role.ADMIN, pages=("console:config",)),
            Entry(_("Settings"), "settings", "console:settings", Role.ADMIN),
        ),
    ),
)


def shown(request: MemberRequest, counts: Mapping[str, int]) -> list[tuple[str | Promise, list[Shown]]]:
    """The menu of this member on this page, group by group; entries without a page are left out."""
    groups = []
    for group in MENU:
        entries = [line for entry in group.entries if (line := _shown(entry, request, counts))]
        if entries:
            groups.append((group.title, entries))
    return groups


def _shown(entry: Entry, request: MemberRequest, counts: Mapping[str, int]) -> Shown | None:
    if not Role(request.member.role).includes(entry.role):
        return None
    try:
        url = reverse(entry.url_name, args=[request.shop.slug])
    except NoReverseMatch:
        return None
    count = ""
    if number := counts.get(entry.counts, 0):
        count = str(number) if number <= MOST_COUNTED else f"{MOST_COUNTED}+"
    return Shown(
        entry.label,
        entry.icon,
        f"{url}?{entry.query}" if entry.query else url,
        _is_current(entry, request),
        count,
    )


def _is_current(entry: Entry, request: MemberRequest) -> bool:
    name = request.resolver_match.view_name if request.resolver_match else ""
    if entry.url_name == name == "console:orders":
        wanted = "tab=attention" if request.GET.get("tab") == "attention" else ""
        return entry.query == wanted
    return (name == entry.url_name and not entry.query) or name.startswith(entry.pages)


def colour_and_counts(request: MemberRequest) -> tuple[str, Mapping[str, int]]:
    """The shop's colour, and how many of its orders need a person, how many tickets an answer (each at most one
    more than is shown).

    One statement; also right in a view that opens the shop's context only in pieces.
    """
    waiting = Order.objects.for_shop(request.shop).filter(health="attention").order_by().values("pk")
    unanswered = Ticket.objects.for_shop(request.shop).filter(status="open").order_by().values("pk")
    with shop_context(request.shop.pk):
        brands = Brand.objects.for_shop(request.shop).annotate(
            exceptions=_count(waiting), tickets=_count(unanswered)
        )
        found = brands.values("colour", "exceptions", "tickets").first() or {"colour": ""}
    return found.pop("colour"), found


def _count(rows: QuerySet[Any]) -> Func:
    return Func(ArraySubquery(rows[: MOST_COUNTED + 1]), function="cardinality", output_field=IntegerField())
