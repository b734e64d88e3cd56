"""What came of asking with an account, day by day, as a person reads it. Days are UTC's, as they are counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from babel.numbers import format_percent

from carriers.models import Account, AccountDay
from tenants.models import Shop
from tracking.when import Clock

DAYS = 14
MUCH = 0.05  # of questions in trouble: somebody should look


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking about so many numbers. `trouble`: nothing was learnt."""

    asked: int = 0
    found: int = 0
    not_found: int = 0
    failed: int = 0
    refused: int = 0
    limited: int = 0

    @property
    def trouble(self) -> int:
        return self.failed + self.refused + self.limited


COLUMNS = ("asked", "found", "not_found", "failed", "refused", "limited")


@dataclass(frozen=True, slots=True)
class Bar:
    """One day. Heights are in hundredths of the tallest day's, drawn one upon the other from below."""

    label: str  # of the month
    day: str
    asked: Asked
    found: float
    not_found: float
    trouble: float

    @property
    def top(self) -> float:
        return 100 - self.found - self.not_found - self.trouble

    @property
    def middle(self) -> float:
        return 100 - self.found - self.not_found

    @property
    def bottom(self) -> float:
        return 100 - self.found


@dataclass(frozen=True, slots=True)
class Fortnight:
    """The last fourteen days (UTC), oldest first."""

    bars: Sequence[Bar]
    total: Asked
    share: str  # of questions nothing was learnt by; empty: nothing was asked

    @property
    def is_bad(self) -> bool:
        return self.total.trouble > self.total.asked * MUCH


def today_of(shop: Shop, clock: Clock) -> Mapping[int, Asked]:
    """Today's (UTC), by account. One query."""
    rows = AccountDay.objects.for_shop(shop).filter(day=clock.now.astimezone(UTC).date())
    return {account_id: Asked(*counts) for account_id, *counts in rows.values_list("account_id", *COLUMNS)}


def fortnight_of(account: Account, clock: Clock) -> Fortnight:
    """One query."""
    utc = replace(clock, zone=ZoneInfo("UTC"))
    last = utc.today
    days = [last - timedelta(days=back) for back in reversed(range(DAYS))]
    rows = AccountDay.objects.for_shop(account.shop_id).filter(account=account, day__gte=days[0])
    by_day = {day: Asked(*counts) for day, *counts in rows.values_list("day", *COLUMNS)}
    total = Asked(*(sum(getattr(asked, name) for asked in by_day.values()) for name in COLUMNS))
    most = max((asked.asked for asked in by_day.values()), default=0) or 1
    bars = []
    for day in days:
        asked = by_day.get(day, Asked())
        heights = (round(100 * n / most, 2) for n in (asked.found, asked.not_found, asked.trouble))
        bars.append(Bar(str(day.day), utc.short_day(day), asked, *heights))
    return Fortnight(bars, total, _share(total, clock) if total.asked else "")


def _share(total: Asked, clock: Clock) -> str:
    share = round(total.trouble / total.asked, 3)
    return str(format_percent(share, locale=clock.locale, decimal_quantization=False))
