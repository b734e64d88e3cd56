"""What shoppers thought: words to be read before others see them, and how each carrier fares."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from babel.numbers import format_decimal
from django.contrib import messages
from django.db.models import Count, F, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console import keyset
from console.actor import actor_of
from console.clock import ago, clock_of
from tenants.access import MemberRequest, members
from tenants.models import Role, Shop
from tracking.actions import carrier_name
from tracking.models import Review
from tracking.reviewing import FEWEST, MOST_TEXT, REJECTIONS, Tally, ranked, suspicions
from tracking.services import reviews as services

SIZE, MOST_ROWS = 30, 50_000
NEWEST = keyset.Sort("written_at", descending=True)
TABS: dict[str, Promise] = {
    "pending": gettext_lazy("To read"),
    "published": gettext_lazy("Published"),
    "rejected": gettext_lazy("Rejected"),
}
REASONS: dict[str, Promise] = {
    "abusive": gettext_lazy("Abusive"),
    "duplicate": gettext_lazy("Said twice"),
    "impersonating": gettext_lazy("Pretends to be somebody"),
    "promotional": gettext_lazy("Advertises"),
    "personal": gettext_lazy("Names people or addresses"),
}
SUSPICIONS: dict[str, Promise] = {
    "links": gettext_lazy("Has a link"),
    "contact": gettext_lazy("Has a phone or an e-mail"),
    "shouting": gettext_lazy("All in capitals"),
    "repeated": gettext_lazy("The same words were sent before"),
}
assert set(REASONS) == set(REJECTIONS)  # noqa: S101  two lists of the same


@dataclass(frozen=True, slots=True)
class Line:
    review: Review
    carrier: str
    when: str
    doubts: list[str]
    reason: str

    @property
    def stars(self) -> list[tuple[str, int]]:
        given = (
            (_("Shop"), self.review.shop_stars),
            (self.carrier or _("Delivery"), self.review.carrier_stars),
        )
        return [(name, stars) for name, stars in given if stars]


@dataclass(frozen=True, slots=True)
class Fares:
    """Of the shop, or of one carrier. `average` is empty where too few say."""

    name: str
    count: int
    average: str
    content: str  # between which shares those content may lie


@members(Role.AGENT)
@never_cache
@require_safe
def reviews(request: MemberRequest) -> HttpResponse:
    shop = request.shop
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "pending"
    found = Review.objects.for_shop(shop).filter(status=tab).exclude(text="").select_related("order")
    asked = request.GET
    page = keyset.page(found, NEWEST, size=SIZE, after=asked.get("after", ""), before=asked.get("before", ""))
    context = {
        "lines": _lines(shop, page.rows),
        "tabs": [(code, words, code == tab) for code, words in TABS.items()],
        "tab": tab,
        "waiting": Review.objects.for_shop(shop).filter(status="pending").exclude(text="")[:100].count(),
        "reasons": REASONS.items(),
        "fares": _fares(shop),
        "fewest": FEWEST,
        "most": MOST_TEXT,
        "newer": urlencode({"tab": tab, "before": page.newer}) if page.newer else "",
        "older": urlencode({"tab": tab, "after": page.older}) if page.older else "",
    }
    return render(request, "console/reviews.html", context)


def _lines(shop: Shop, found: list[Review]) -> list[Line]:
    clock = clock_of(shop)
    keys = {review.text_key for review in found if review.text_key}
    same = Review.objects.for_shop(shop).filter(text_key__in=keys).values("text_key")
    often = dict(same.annotate(n=Count("pk")).values_list("text_key", "n"))
    return [
        Line(
            review,
            carrier_name(review.carrier) if review.carrier else "",
            ago(clock, review.written_at),
            [str(SUSPICIONS[s]) for s in suspicions(review.text, repeated=often.get(review.text_key, 0) > 1)],
            str(REASONS.get(review.rejected_because, "")),
        )
        for review in found
    ]


def _fares(shop: Shop) -> list[Fares]:
    """The shop first, then carriers by what can be said for sure. What was rejected does not count."""
    counted = Review.objects.for_shop(shop).exclude(status="rejected")
    own = counted.exclude(shop_stars=None).values_list("shop_stars").annotate(n=Count("pk"))
    by_carrier: dict[str, list[tuple[int, int]]] = {}
    rows = counted.exclude(carrier_stars=None).values_list("carrier", "carrier_stars").annotate(n=Count("pk"))
    for carrier, stars, n in rows:
        by_carrier.setdefault(carrier, []).append((stars, n))
    carriers = ranked([(carrier, Tally.of(stars)) for carrier, stars in by_carrier.items()])
    told = [(shop.name, Tally.of(own)), *((carrier_name(carrier), tally) for carrier, tally in carriers)]
    return [_fare(name, tally, shop) for name, tally in told if tally.count]


def _fare(name: str, tally: Tally, shop: Shop) -> Fares:
    locale = clock_of(shop).locale
    average = "" if tally.average is None else format_decimal(tally.average, "0.0", locale=locale)
    content = ""
    if tally.content:
        low, high = (round(share * 100) for share in tally.content)
        content = _("%(low)d to %(high)d %%") % {"low": low, "high": high}
    return Fares(name, tally.count, average, content)


@members(Role.AGENT)
@never_cache
@require_POST
def publish(request: MemberRequest, pk: int) -> HttpResponse:
    services.publish(shop=request.shop, review=_find(request, pk), by=actor_of(request), now=timezone.now())
    return _back(request, _("Published."))


@members(Role.AGENT)
@never_cache
@require_POST
def reject(request: MemberRequest, pk: int) -> HttpResponse:
    review, because = _find(request, pk), request.POST.get("because", "")
    if because not in REASONS:
        messages.error(request, _("Say why it is rejected."))
        return redirect("console:reviews", request.shop.slug)
    services.reject(
        shop=request.shop, review=review, because=because, by=actor_of(request), now=timezone.now()
    )
    return _back(request, _("Rejected. Its stars no longer count."))


@members(Role.AGENT)
@never_cache
@require_POST
def answer(request: MemberRequest, pk: int) -> HttpResponse:
    said = request.POST.get("answer", "")[:MOST_TEXT]
    services.answer(shop=request.shop, review=_find(request, pk), text=said, by=actor_of(request))
    return _back(request, _("Your answer stands below the review."))


def _find(request: MemberRequest, pk: int) -> Review:
    found: Review | None = Review.objects.for_shop(request.shop).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _back(request: MemberRequest, said: str) -> HttpResponse:
    messages.success(request, said)
    tab = request.POST.get("tab", "")
    response = redirect("console:reviews", request.shop.slug)
    if tab in TABS and tab != "pending":
        response["Location"] += f"?tab={tab}"
    return response


COLUMNS = (
    "order",
    "written_at",
    "shop_stars",
    "carrier",
    "carrier_stars",
    "name",
    "text",
    "status",
    "rejected_because",
    "answer",
)


@members(Role.AGENT)
@never_cache
@require_safe
def as_csv(request: MemberRequest) -> HttpResponse:
    """All of them, for a spreadsheet."""
    found: QuerySet[Any] = Review.objects.for_shop(request.shop).order_by("-written_at")[:MOST_ROWS]
    rows = found.annotate(number=F("order__number")).values_list("number", *COLUMNS[1:])
    response = HttpResponse("\ufeff" + "".join(_csv(rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{request.shop.slug}-reviews.csv"'
    return response


class _Echo:
    def write(self, value: str) -> str:
        return value


def _csv(rows: Any) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for row in rows:
        yield writer.writerow([_cell(value) for value in row])


def _cell(value: Any) -> str:
    """A cell that begins like a formula would be worked out by the program that opens it."""
    said = "" if value is None else str(value)
    return f"'{said}" if said[:1] in ("=", "+", "-", "@", "\t", "\r") else said
