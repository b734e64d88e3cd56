"""When it arrives: the best word there is on it, and how late it is. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache

import holidays

from carriers.types import Eta, Status

FEWEST_SAMPLES = 20  # deliveries on a lane before it is worth an estimate
LONGEST_DAYS = 90  # business days; beyond it an estimate is no information
DAY = timedelta(days=1)


class EtaSource(StrEnum):
    """Whose word it is, best first."""

    CARRIER_SLOT = "carrier_slot"
    CARRIER_DAY = "carrier_day"
    PROMISE = "promise"  # the shop's
    ESTIMATE = "estimate"  # ours, from how long it took others


@dataclass(frozen=True, slots=True)
class Arrival:
    """`eta` is never in the past; None: nobody can say. `late_days`: behind the promise, or without
    one behind the carrier's day."""

    eta: Eta | None = None
    source: EtaSource | None = None
    late_days: int = 0

    @property
    def is_late(self) -> bool:
        return self.late_days > 0


NOWHERE_TO_ARRIVE = frozenset({Status.RETURNING, Status.RETURNED, Status.CANCELLED})


def arrival(
    status: Status,
    *,
    now: datetime,
    zone: tzinfo,
    carrier: Eta | None = None,
    promise: Eta | None = None,
    estimate: Eta | None = None,
    delivered_at: datetime | None = None,
) -> Arrival:
    """Return when a shipment in `status` arrives at a place in `zone`.

    A day that has passed is nobody's word any more: the next best is taken, if it lies ahead.
    """
    if status in NOWHERE_TO_ARRIVE:
        return Arrival()
    today = now.astimezone(zone).date()
    if status is Status.DELIVERED:
        day = delivered_at.astimezone(zone).date() if delivered_at else today
        return Arrival(late_days=_days_behind(day, promise or carrier))
    for eta, source in _words(carrier, promise, estimate, now=now):
        if eta.last_date >= today:
            eta = replace(eta, first_date=max(eta.first_date, today))
            return Arrival(eta, source, _days_behind(eta.last_date, promise or carrier))
    return Arrival(late_days=_days_behind(today, promise or carrier))


def _words(
    carrier: Eta | None,
    promise: Eta | None,
    estimate: Eta | None,
    *,
    now: datetime,
) -> Iterable[tuple[Eta, EtaSource]]:
    if carrier:
        slot_end = carrier.slot_to or carrier.slot_from
        if slot_end and slot_end >= now:
            yield carrier, EtaSource.CARRIER_SLOT
        yield replace(carrier, slot_from=None, slot_to=None), EtaSource.CARRIER_DAY
    if promise:
        yield promise, EtaSource.PROMISE
    if estimate:
        yield estimate, EtaSource.ESTIMATE


def _days_behind(day: date, promised: Eta | None) -> int:
    return max(0, (day - promised.last_date).days) if promised else 0


@dataclass(frozen=True, slots=True)
class Lane:
    """How long deliveries took lately between two regions: business days from the first scan."""

    fast_days: int  # one in five was this quick
    slow_days: int  # four in five took no longer
    samples: int


def estimate(lane: Lane | None, *, moved_on: date, country: str, region: str = "") -> Eta | None:
    """Return our own estimate for a parcel first scanned on `moved_on`, or None without enough to go by.

    `country` (ISO 3166-1 alpha-2) and `region` (the part after the hyphen of ISO 3166-2, or all of it)
    are where it goes: their holidays count.
    """
    if lane is None or lane.samples < FEWEST_SAMPLES or lane.slow_days > LONGEST_DAYS:
        return None
    fast = max(0, min(lane.fast_days, lane.slow_days))
    return Eta(
        first_date=business_days_after(moved_on, fast, country=country, region=region),
        last_date=business_days_after(moved_on, lane.slow_days, country=country, region=region),
    )


def business_days_after(day: date, count: int, *, country: str, region: str = "") -> date:
    """Return the `count`-th business day after `day`; with 0, `day` itself or the next business day."""
    if not is_business_day(day, country=country, region=region):
        day = _next_business_day(day, country, region)
        count -= 1
    for _ in range(count):
        day = _next_business_day(day, country, region)
    return day


def is_business_day(day: date, *, country: str, region: str = "") -> bool:
    """Weekends and holidays of the country and region; local holidays of towns are not known.

    A country we know nothing of works Monday to Friday.
    """
    calendar = _calendar(country, region)
    return day.weekday() < 5 if calendar is None else bool(calendar.is_working_day(day))


def is_holiday(day: date, *, country: str, region: str = "") -> bool:
    """Of the country and region; where we know nothing of a country, no day is."""
    calendar = _calendar(country, region)
    return calendar is not None and day in calendar


def _next_business_day(day: date, country: str, region: str) -> date:
    day += DAY
    while not is_business_day(day, country=country, region=region):
        day += DAY
    return day


@lru_cache(maxsize=512)
def _calendar(country: str, region: str) -> holidays.HolidayBase | None:
    country = country.upper()
    subdivision = region.upper().removeprefix(f"{country}-") or None
    for part in (subdivision, None):
        try:
            return holidays.country_holidays(country, subdiv=part)
        except NotImplementedError:  # a region it does not know; then a country
            continue
    return None
