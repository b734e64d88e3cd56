"""What customers asked to change, and what came of it: by kind, carrier, outcome, and how near to the cut-off."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, DurationField, ExpressionWrapper, F, IntegerField, Q, Value, When
from django.db.models.functions import Coalesce
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from console.clock import clock_of
from tenants.access import MemberRequest, members
from tenants.models import Role, Shop
from tracking import change_words
from tracking.actions import carrier_name
from tracking.models import DeliveryRequest

SPANS = {"30": gettext_lazy("30 days"), "90": gettext_lazy("90 days"), "365": gettext_lazy("A year")}
MOST_ROWS = 50_000
OPEN = ("asked", "approved", "sent")
# How long before the cut-off it was asked, in hours; the last is all else.
BEFORE: tuple[tuple[int | None, Promise], ...] = (
    (1, gettext_lazy("Within the last hour")),
    (6, gettext_lazy("1 to 6 hours before")),
    (24, gettext_lazy("6 to 24 hours before")),
    (None, gettext_lazy("Earlier")),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. `share`: accepted or done, of those settled, in per cent; None: none settled."""

    label: str
    asked: int
    good: int
    refused: int
    late: int
    withdrawn: int
    open: int

    @property
    def share(self) -> int | None:
        settled = self.good + self.refused + self.late
        return round(100 * self.good / settled) if settled else None


@members(Role.VIEWER)
@never_cache
@require_safe
def report(request: MemberRequest) -> HttpResponse:
    shop, days = request.shop, _days(request)
    found = _since(shop, days)
    total = _rows(found, None, lambda _key: _("All"))
    context = {
        "days": days,
        "spans": SPANS.items(),
        "total": total[0] if total else None,
        "tables": [
            (_("By what was wanted"), _rows(found, "kind", lambda key: str(change_words.KINDS[key]))),
            (_("By carrier"), _rows(found.annotate(carrier=Coalesce("shipment__carrier", Value(""))), "carrier", _carrier)),
            (_("By how near to the cut-off"), _by_hour(found)),
        ],
    }  # fmt: skip
    return render(request, "console/changes_report.html", context)


def _days(request: MemberRequest) -> str:
    said = request.GET.get("days", "")
    return said if said in SPANS else "30"


def _since(shop: Shop, days: str) -> Any:
    since = clock_of(shop).now - timedelta(days=int(days))
    return DeliveryRequest.objects.for_shop(shop).filter(asked_at__gte=since)


def _carrier(code: str) -> str:
    return carrier_name(code) if code else _("No parcel yet")


def _counted() -> dict[str, Count]:
    return {
        "asked": Count("pk"),
        "good": Count("pk", filter=Q(status__in=["accepted", "done"]) & ~Q(details__has_key="unanswered")),
        "refused": Count("pk", filter=Q(status="refused")),
        "late": Count("pk", filter=Q(status="too_late")),
        "withdrawn": Count("pk", filter=Q(status="withdrawn")),
        "open": Count("pk", filter=Q(status__in=OPEN)),
    }


def _rows(found: Any, field: str | None, label: Any) -> list[Row]:
    if field is None:
        said = found.aggregate(**_counted())
        return [Row(label(""), **said)] if said["asked"] else []
    grouped = found.values(field).annotate(**_counted()).order_by("-asked", field)
    return [Row(label(one.pop(field)), **one) for one in grouped]


def _by_hour(found: Any) -> list[Row]:
    """Those with a cut-off alone."""
    left = ExpressionWrapper(F("cutoff_at") - F("asked_at"), output_field=DurationField())
    whens = [
        When(left__lt=timedelta(hours=hours), then=Value(n)) for n, (hours, _l) in enumerate(BEFORE) if hours
    ]
    with_place = (
        found.exclude(cutoff_at=None)
        .annotate(left=left)
        .annotate(place=Case(*whens, default=Value(len(BEFORE) - 1), output_field=IntegerField()))
    )
    grouped = with_place.values("place").annotate(**_counted()).order_by("place")
    return [Row(str(BEFORE[one.pop("place")][1]), **one) for one in grouped]


class _Line:
    """A file that gives back what is written to it."""

    def write(self, value: str) -> str:
        return value


@members(Role.VIEWER)
@never_cache
@require_safe
def report_csv(request: MemberRequest) -> HttpResponse:
    """A line for each request, the newest first. No names, no addresses."""
    clock = clock_of(request.shop)
    fields = (
        "order__number", "kind", "way", "status", "shipment__carrier", "asked_at", "sent_at", "settled_at",
        "cutoff_at", "price", "currency", "asked_by",
    )  # fmt: skip
    found = list(_since(request.shop, _days(request)).order_by("-asked_at").values_list(*fields)[:MOST_ROWS])
    response = StreamingHttpResponse(_lines(found, clock.zone), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="delivery-requests.csv"'
    return response  # type: ignore[return-value]


def _lines(found: Sequence[Sequence[Any]], zone: Any) -> Iterator[str]:
    writer = csv.writer(_Line())
    head = (
        "order", "kind", "way", "status", "carrier", "asked_at", "sent_at", "settled_at", "cutoff_at",
        "hours_before_cutoff", "price", "currency", "asked_by",
    )  # fmt: skip
    yield "\ufeff" + writer.writerow(head)
    for row in found:
        cells = [
            one.astimezone(zone).isoformat(timespec="minutes") if isinstance(one, datetime) else one
            for one in row
        ]
        left = round((row[8] - row[5]).total_seconds() / 3600, 1) if row[8] else ""
        cells[11] = "shopper" if row[11] == "shopper" else "shop"
        yield writer.writerow([_harmless(cell) for cell in (*cells[:9], left, *cells[9:])])


def _harmless(cell: Any) -> str:
    """A cell that begins like a formula is text: spreadsheets would run it."""
    said = "" if cell is None else str(cell)
    return f"'{said}" if said[:1] in ("=", "+", "-", "@", "\t", "\r") else said
