"""What of a delivery can be changed now: which options, until when, which days and hours. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from carriers.registry import CARRIERS
from carriers.types import Status, SubStatus
from tracking.eta import is_holiday

DAY = timedelta(days=1)
WHERE = frozenset({"address", "pickup_point", "neighbour", "safe_place"})
WHEN = frozenset({"day", "slot", "hold"})
UNSETTLED = frozenset({"asked", "approved", "sent"})
STANDING = UNSETTLED | {"accepted"}
MOST_DAYS, MOST_WINDOWS = 60, 16


class Stage(StrEnum):
    """How far a parcel has come, as far as changing its delivery goes."""

    BEFORE = "before"  # the carrier does not have it yet
    MOVING = "moving"
    TROUBLE = "trouble"  # a delivery failed, or something stands in its way
    ON_VAN = "on_van"


_STAGES: Mapping[str, Stage] = {
    Status.PENDING: Stage.BEFORE,
    Status.INFO_RECEIVED: Stage.BEFORE,
    Status.IN_TRANSIT: Stage.MOVING,
    Status.FAILED_ATTEMPT: Stage.TROUBLE,
    Status.EXCEPTION: Stage.TROUBLE,
    Status.OUT_FOR_DELIVERY: Stage.ON_VAN,
}
# Troubles after which there is nothing left to deliver otherwise.
_LEFT_NOTHING = frozenset(
    {
        SubStatus.EXCEPTION_LOST,
        SubStatus.EXCEPTION_DESTROYED,
        SubStatus.EXCEPTION_DAMAGED,
        SubStatus.EXCEPTION_PROHIBITED,
        SubStatus.EXCEPTION_INVESTIGATION,
        SubStatus.EXCEPTION_DISPUTED,
    }
)
# Orders with nothing left to send.
_OVER = frozenset({"delivered", "delivered_incomplete", "completed", "returning", "returned", "cancelled"})


class Verdict(StrEnum):
    """Whether an option can be had. Those before win where a kind is offered twice."""

    OPEN = "open"
    ASKED = "asked"  # it was, and it stands
    BLOCKED = "blocked"  # another change has to be settled first
    TOO_LATE = "too_late"
    LIMIT = "limit"  # asked as often as the shop allows


class OptionRow(Protocol):
    """`tracking.models.DeliveryOption`, or its image in a snapshot."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def way(self) -> str: ...
    @property
    def carriers(self) -> Sequence[str]: ...
    @property
    def services(self) -> Sequence[str]: ...
    @property
    def countries(self) -> Sequence[str]: ...
    @property
    def postal_codes(self) -> Sequence[str]: ...
    @property
    def stages(self) -> Sequence[str]: ...
    @property
    def cutoff_time(self) -> time | None: ...
    @property
    def cutoff_days(self) -> int: ...
    @property
    def price(self) -> Decimal: ...
    @property
    def most_an_order(self) -> int: ...


class ParcelRow(Protocol):
    """`tracking.models.Shipment`, or its image in a snapshot."""

    @property
    def id(self) -> int: ...
    @property
    def carrier(self) -> str: ...
    @property
    def service(self) -> str: ...
    @property
    def direction(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def sub_status(self) -> str: ...
    @property
    def eta_first(self) -> date | None: ...
    @property
    def options_url(self) -> str: ...


class OrderRow(Protocol):
    """`tracking.models.Order`, or its image in a snapshot."""

    @property
    def state(self) -> str: ...
    @property
    def country(self) -> str: ...
    @property
    def postal_code(self) -> str: ...
    @property
    def eta_first(self) -> date | None: ...
    @property
    def promised_date(self) -> date | None: ...


class RequestRow(Protocol):
    """`tracking.models.DeliveryRequest`, or its image in a snapshot."""

    @property
    def shipment_id(self) -> int | None: ...
    @property
    def kind(self) -> str: ...
    @property
    def status(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Offer:
    """One kind of change for one parcel. `cutoff_at` (UTC): asked before then; None: no hour is set."""

    option: OptionRow
    verdict: Verdict
    cutoff_at: datetime | None


@dataclass(frozen=True, slots=True)
class Terms:
    """What an option's settings say, each within what makes sense."""

    days_ahead: int = 7
    first_after: int = 1  # days from today
    saturdays: bool = True
    sundays: bool = False
    holidays: bool = False
    windows: tuple[tuple[time, time], ...] = ()  # of a day, on the clock of where it arrives
    capacity: int = 0  # of each window
    lead_minutes: int = 60  # before a window begins
    most_hold_days: int = 14
    link: str = ""

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Terms:
        """Settings kept by an older release, or by hand, cost no page: what cannot be read is left at its usual."""

        def number(name: str, least: int, most: int, usual: int) -> int:
            value = settings.get(name)
            return min(max(value, least), most) if type(value) is int else usual

        usual = cls()
        return cls(
            days_ahead=number("days_ahead", 1, MOST_DAYS, usual.days_ahead),
            first_after=number("first_after", 0, MOST_DAYS, usual.first_after),
            saturdays=settings.get("saturdays") is not False,
            sundays=settings.get("sundays") is True,
            holidays=settings.get("holidays") is True,
            windows=tuple(_windows(settings.get("windows")))[:MOST_WINDOWS],
            capacity=number("capacity", 0, 10_000, 0),
            lead_minutes=number("lead_minutes", 0, 7 * 1440, usual.lead_minutes),
            most_hold_days=number("most_hold_days", 1, MOST_DAYS, usual.most_hold_days),
            link=str(settings.get("link") or ""),
        )


def _windows(said: object) -> Iterable[tuple[time, time]]:
    for one in said if isinstance(said, list) else ():
        try:
            start, end = (time.fromisoformat(part) for part in one)
        except (TypeError, ValueError):
            continue
        if start < end and start.tzinfo is None and end.tzinfo is None:
            yield start, end


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of one day, in UTC."""

    starts_at: datetime
    ends_at: datetime
    free: int = field(default=0, compare=False)


# --- Which options ---


def stage_of(parcel: ParcelRow | None) -> Stage | None:
    """None: there is nothing left to change. Of an order without parcels `parcel` is None."""
    if parcel is None:
        return Stage.BEFORE
    if parcel.direction != "outbound" or parcel.sub_status in _LEFT_NOTHING:
        return None
    return _STAGES.get(parcel.status)


def turnable(order: OrderRow, parcels: Sequence[ParcelRow]) -> list[ParcelRow | None]:
    """The parcels whose delivery could be changed; one that is None where there is none yet."""
    if order.state in _OVER:
        return []
    outbound = [parcel for parcel in parcels if parcel.direction == "outbound"]
    found: list[ParcelRow | None] = [parcel for parcel in outbound if stage_of(parcel)]
    return found if outbound else [None]


def expected_day(order: OrderRow, parcel: ParcelRow | None, today: date) -> date | None:
    """The day it should come, as far as anybody knows; never one that is over."""
    said = (parcel.eta_first if parcel else None) or order.eta_first or order.promised_date
    if said is None:
        return None
    # After a failed delivery, or a day that has passed without one, it goes out tomorrow at the earliest.
    earliest = today + DAY if said < today or stage_of(parcel) is Stage.TROUBLE else today
    return max(said, earliest)


def cutoff_of(option: OptionRow, expected: date | None, zone: ZoneInfo) -> datetime | None:
    """Until when it can be asked (UTC), on the shop's clock; None where nothing sets an end.

    An hour the clock jumps over is the one it jumps to; of one there is twice, the first.
    """
    if expected is None or (option.cutoff_time is None and not option.cutoff_days):
        return None
    day = expected - timedelta(days=option.cutoff_days)
    if option.cutoff_time is None:  # all of that day
        return datetime.combine(day + DAY, time(), zone).astimezone(UTC)
    return datetime.combine(day, option.cutoff_time, zone).astimezone(UTC)


def applies(option: OptionRow, order: OrderRow, parcel: ParcelRow | None) -> bool:
    """Whether the shop offers it for this parcel at all, be it too late or not."""
    if option.countries and order.country not in option.countries:
        return False
    bare = order.postal_code.replace(" ", "").upper()
    if option.postal_codes and not bare.startswith(tuple(option.postal_codes)):
        return False
    if parcel is None:
        return not option.carriers and not option.services and option.way not in ("carrier", "link")
    if option.carriers and parcel.carrier not in option.carriers:
        return False
    if option.services and parcel.service not in option.services:
        return False
    return _way_leads_on(option, parcel)


def _way_leads_on(option: OptionRow, parcel: ParcelRow) -> bool:
    if option.way == "link":
        return parcel.options_url.startswith("https://")
    if option.way == "carrier":
        carrier = CARRIERS.get(parcel.carrier)
        return carrier is not None and carrier.change is not None and option.kind in carrier.change.kinds
    return True


def is_open_at(option: OptionRow, parcel: ParcelRow | None) -> bool:
    """Whether the parcel is still at a stage at which the shop offers it."""
    stage = stage_of(parcel)
    return stage is not None and (not option.stages or stage in option.stages)


def has_been(option: OptionRow, parcel: ParcelRow | None) -> bool:
    """Whether the parcel is past the stages of an option, rather than before them."""
    stage = stage_of(parcel)
    order = list(Stage)
    return (
        stage is None
        or not option.stages
        or all(order.index(Stage(s)) < order.index(stage) for s in option.stages if s in order)
    )


def offers(
    order: OrderRow,
    parcel: ParcelRow | None,
    options: Iterable[OptionRow],
    requests: Sequence[RequestRow],
    *,
    now: datetime,
    zone: ZoneInfo,
) -> list[Offer]:
    """Each kind once, in the shop's order: what can be asked of this parcel now, and what could have been.

    `zone`: the shop's, whose hours cut-offs are.
    """
    expected = expected_day(order, parcel, now.astimezone(zone).date())
    best: dict[str, Offer] = {}
    for option in options:
        if not applies(option, order, parcel):
            continue
        if not is_open_at(option, parcel) and not has_been(option, parcel):
            continue  # not yet
        cutoff_at = cutoff_of(option, expected, zone)
        verdict = _verdict(option, parcel, requests, cutoff_at, now)
        held = best.get(option.kind)
        if held is None or _RANK[verdict] < _RANK[held.verdict]:
            best[option.kind] = Offer(option, verdict, cutoff_at)
    return list(best.values())


_RANK = {verdict: rank for rank, verdict in enumerate(Verdict)}


def _verdict(
    option: OptionRow,
    parcel: ParcelRow | None,
    requests: Sequence[RequestRow],
    cutoff_at: datetime | None,
    now: datetime,
) -> Verdict:
    mine = [r for r in requests if r.shipment_id == (parcel.id if parcel else None)]
    if any(r.kind == option.kind and r.status in UNSETTLED for r in mine):
        return Verdict.ASKED
    if not is_open_at(option, parcel) or (cutoff_at is not None and now >= cutoff_at):
        return Verdict.TOO_LATE
    if any(r.status in UNSETTLED and excludes(option.kind, r.kind) for r in mine):
        return Verdict.BLOCKED
    if sum(r.kind == option.kind for r in requests) >= option.most_an_order:
        return Verdict.LIMIT
    return Verdict.OPEN


def excludes(kind: str, other: str) -> bool:
    """Whether a parcel cannot have both: it goes to one place, at one time."""
    return any(kind in group and other in group for group in (WHERE, WHEN)) and kind != other


def may_change(
    order: OrderRow,
    parcels: Sequence[ParcelRow],
    options: Sequence[OptionRow],
    requests: Sequence[RequestRow],
    *,
    now: datetime,
    zone: ZoneInfo,
) -> bool:
    """Whether anything at all can be asked here now, the carriers' own pages apart."""
    return any(
        offer.verdict is Verdict.OPEN and offer.option.way != "link"
        for parcel in turnable(order, parcels)
        for offer in offers(order, parcel, options, requests, now=now, zone=zone)
    )


def next_cutoff(
    order: OrderRow,
    parcels: Sequence[ParcelRow],
    options: Sequence[OptionRow],
    requests: Sequence[RequestRow],
    *,
    now: datetime,
    zone: ZoneInfo,
) -> datetime | None:
    """When the next of what can be asked now can be no more."""
    ends = [
        offer.cutoff_at
        for parcel in turnable(order, parcels)
        for offer in offers(order, parcel, options, requests, now=now, zone=zone)
        if offer.verdict is Verdict.OPEN and offer.cutoff_at
    ]
    return min(ends, default=None)


def may_withdraw(status: str) -> bool:
    """Only while nobody has begun on it."""
    return status in ("asked", "approved")


# --- Which days and hours ---


def days(terms: Terms, *, today: date, expected: date | None, country: str, region: str = "") -> list[date]:
    """Days to choose from, the next first: none before the parcel can be there, nor that on which it comes anyway."""
    first = today + terms.first_after * DAY
    if expected and expected >= first:
        first = expected + DAY
    return [
        day
        for day in (first + n * DAY for n in range(terms.days_ahead))
        if _delivers_on(terms, day, country, region)
    ]


def _delivers_on(terms: Terms, day: date, country: str, region: str) -> bool:
    if day.weekday() == 6 and not terms.sundays:
        return False
    if day.weekday() == 5 and not terms.saturdays:
        return False
    return terms.holidays or not is_holiday(day, country=country, region=region)


def windows(
    terms: Terms,
    *,
    now: datetime,
    expected: date | None,
    zone: ZoneInfo,
    taken: Mapping[datetime, int],
    country: str,
    region: str = "",
) -> list[Window]:
    """The hours of the days to come, with how many places each has left. `zone`: of where it arrives.

    `taken`: places left by when the window starts (UTC); where it says nothing, all are. The day the parcel comes
    anyway counts too: hours of it can still be chosen.
    """
    today = now.astimezone(zone).date()
    first = max(today + terms.first_after * DAY, expected or today)
    soonest = now + timedelta(minutes=terms.lead_minutes)
    found = []
    for day in (first + n * DAY for n in range(terms.days_ahead)):
        if not _delivers_on(terms, day, country, region):
            continue
        for start, end in terms.windows:
            window = _window(day, start, end, zone)
            if window and window.starts_at >= soonest:
                free = taken.get(window.starts_at, terms.capacity)
                found.append(Window(window.starts_at, window.ends_at, max(0, free)))
    return found


def _window(day: date, start: time, end: time, zone: ZoneInfo) -> Window | None:
    """None where the clocks jump over its beginning or its end."""
    edges = [datetime.combine(day, hour, zone).astimezone(UTC) for hour in (start, end)]
    kept = [edge.astimezone(zone).time() for edge in edges] == [start, end]
    return Window(edges[0], edges[1]) if kept and edges[0] < edges[1] else None


def hold_days(terms: Terms, *, today: date) -> tuple[date, date]:
    """The first and the last day until which it can be kept."""
    return today + 2 * DAY, today + terms.most_hold_days * DAY
