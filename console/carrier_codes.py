"""Carriers' codes nobody had given a meaning, with their words, and those that a person of the shop gave one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from carriers.models import CodeMeaning, UnknownCode
from carriers.reading import reading_of
from carriers.registry import CARRIERS
from carriers.types import FROM_WORDS, Scan, SubStatus
from console import keyset, tones
from console.clock import ago, clock_of, moment_in_full
from console.people import people
from tenants.access import MemberRequest, members
from tenants.models import Role, Shop
from tracking.actions import carrier_name
from tracking.labels import status_label
from tracking.when import Clock

SIZE = 50  # codes a page
FIRST = 3  # of them on the carriers' page
MOST_CARRIERS = 200
LATEST = keyset.Sort("last_at", descending=True)
GIVEN_LAST = keyset.Sort("given_at", descending=True)
SLOW = timedelta(minutes=2)  # a worker begins within seconds


@dataclass(frozen=True, slots=True)
class Read:
    """What a code's words say by themselves. No sub-status: nothing that is known."""

    sub_status: str
    label: str
    tone: str
    is_known: bool  # it is the adapter that knows the code, by now


@dataclass(frozen=True, slots=True)
class Given:
    """What a person said it means. No label: it was taken back."""

    label: str
    tone: str
    who: str
    when: str
    is_applied: bool
    is_slow: bool  # its parcels should have been read anew by now


@dataclass(frozen=True, slots=True)
class Line:
    """One code. `text`: the carrier's latest words beside it."""

    carrier: str
    carrier_name: str
    code: str
    text: str
    seen: int
    last: str
    url: str
    read: Read
    given: Given | None = None


# --- The list ---


@members(Role.ADMIN)
@never_cache
@require_safe
def codes(request: MemberRequest) -> HttpResponse:
    """Those without a meaning; or, with `?tab=given`, those that were given one."""
    shop, clock = request.shop, clock_of(request.shop)
    tab = "given" if request.GET.get("tab") == "given" else "open"
    carriers = _carriers(shop)
    chosen = request.GET.get("carrier", "")
    chosen = chosen if chosen in carriers else ""
    cursors = {"after": request.GET.get("after", ""), "before": request.GET.get("before", "")}
    if tab == "given":
        rows = _given(shop).filter(carrier=chosen) if chosen else _given(shop)
        page = keyset.page(rows, GIVEN_LAST, size=SIZE, **cursors)
        lines = _given_lines(shop, page.rows, clock)
        newer, older = page.newer, page.older
    else:
        waiting = _open(shop).filter(carrier=chosen) if chosen else _open(shop)
        found = keyset.page(waiting, LATEST, size=SIZE, **cursors)
        lines = [line_of(shop, row.carrier, row.code, row, clock) for row in found.rows]
        newer, older = found.newer, found.older
    kept = {"tab": tab, "carrier": chosen}
    context = {
        "tab": tab,
        "lines": lines,
        "chosen": chosen,
        "carriers": sorted(((code, carrier_name(code)) for code in carriers), key=lambda pair: pair[1].casefold()),
        "newer": urlencode({**kept, "before": newer}) if newer else "",
        "older": urlencode({**kept, "after": older}) if older else "",
    }  # fmt: skip
    return render(request, "console/carrier_codes.html", context)


def _open(shop: Shop) -> QuerySet[UnknownCode]:
    said = CodeMeaning.objects.for_shop(shop).filter(carrier=OuterRef("carrier"), code=OuterRef("code"))
    found: QuerySet[UnknownCode] = UnknownCode.objects.for_shop(shop).exclude(code="")
    return found.filter(~Exists(said.exclude(sub_status="")))


def _given(shop: Shop) -> QuerySet[CodeMeaning]:
    found: QuerySet[CodeMeaning] = CodeMeaning.objects.for_shop(shop).exclude(sub_status="")
    return found


def _carriers(shop: Shop) -> set[str]:
    met = UnknownCode.objects.for_shop(shop).order_by().values_list("carrier", flat=True).distinct()
    said = CodeMeaning.objects.for_shop(shop).order_by().values_list("carrier", flat=True).distinct()
    return set(met.union(said)[:MOST_CARRIERS])


def newest_codes(shop: Shop, clock: Clock) -> list[Line]:
    """A few of the newest: first those whose words say nothing either. One query."""
    rows = _open(shop).order_by(*LATEST.order_by())[:SIZE]
    lines = [line_of(shop, row.carrier, row.code, row, clock) for row in rows]
    unknown = (line for line in lines if not line.read.is_known)
    return sorted(unknown, key=lambda line: bool(line.read.label))[:FIRST]


def unread_codes_of(shop: Shop, carrier: str, clock: Clock) -> int:
    """How many of a carrier's newest codes are read by nothing, neither table, words nor person. One query."""
    rows = _open(shop).filter(carrier=carrier).order_by(*LATEST.order_by())[:SIZE]
    return sum(not _read(carrier, row.code, row.text, clock).label for row in rows)


def _given_lines(shop: Shop, rows: Sequence[CodeMeaning], clock: Clock) -> list[Line]:
    met = UnknownCode.objects.for_shop(shop).filter(
        carrier__in={row.carrier for row in rows}, code__in={row.code for row in rows}
    )
    known = {(row.carrier, row.code): row for row in met}
    names = people(row.given_by for row in rows)
    return [
        line_of(
            shop,
            row.carrier,
            row.code,
            known.get((row.carrier, row.code)),
            clock,
            given_of(row, names, clock),
        )
        for row in rows
    ]


def line_of(
    shop: Shop, carrier: str, code: str, met: UnknownCode | None, clock: Clock, given: Given | None = None
) -> Line:
    text = met.text if met else ""
    return Line(
        carrier,
        carrier_name(carrier),
        code,
        text,
        met.seen if met else 0,
        ago(clock, met.last_at) if met else "",
        f"{reverse('console:carrier_code', args=[shop.slug, carrier])}?{urlencode({'code': code})}",
        _read(carrier, code, text, clock),
        given,
    )


def _read(carrier: str, code: str, text: str, clock: Clock) -> Read:
    """As its parcels are read where nobody has given the code a meaning."""
    known = CARRIERS.get(carrier)
    if known is None:
        return Read("", "", "", False)
    sub, authority = reading_of(Scan(clock.now, code, text), known)
    if sub is None:
        return Read("", "", "", False)
    return Read(str(sub), status_label(sub), tones.of_sub_status(sub), authority != FROM_WORDS)


def given_of(row: CodeMeaning, names: Mapping[str, str], clock: Clock) -> Given:
    is_slow = row.applied_at is None and clock.now - row.given_at > SLOW
    return Given(
        meaning_label(row.sub_status),
        tones.of_sub_status(row.sub_status) if row.sub_status in set(SubStatus) else "",
        names[row.given_by],
        moment_in_full(clock, row.given_at),
        row.applied_at is not None,
        is_slow,
    )


def meaning_label(sub_status: str) -> str:
    return status_label(sub_status) if sub_status in set(SubStatus) else sub_status
