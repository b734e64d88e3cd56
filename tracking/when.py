"""How days, hours and spans are said to a person, and in whose time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_time, get_day_names, get_month_names, get_timezone_location
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from carriers.types import ZoneSource
from carriers.zones import zone_at


def zone_for(*, country: str, postal_code: str, shop_country: str, shop_zone: str) -> ZoneInfo:
    """The zone a parcel arrives in; the shop's where the address does not tell."""
    found = zone_at(country, postal_code)
    if found is None or (country == shop_country and found[1] is not ZoneSource.PLACE):
        return ZoneInfo(shop_zone)
    return found[0]


@lru_cache(maxsize=256)
def locale_for(language: str, country: str) -> Locale:
    """Of a language as spoken in a country: English in Spain counts hours to 24, in the United States to 12."""
    name = language.replace("-", "_")
    for candidate in (name if "_" in name else f"{name}_{country}", "en_GB" if name == "en" else name):
        try:
            return Locale.parse(candidate)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse("en_GB")


@dataclass(frozen=True, slots=True)
class Clock:
    """The reader's: where they are, how they say it, and what time it is (aware)."""

    now: datetime
    zone: ZoneInfo
    locale: Locale

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def date_of(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)

    @property
    def next_midnight(self) -> datetime:
        return self.midnight(self.today + timedelta(days=1))

    def hour(self, moment: datetime) -> str:
        """ "16:00"."""
        return _hour(moment.astimezone(self.zone).time().replace(second=0, microsecond=0), self.locale)

    def day(self, day: date) -> str:
        """ "Friday 20" within a week, else "Friday 4 December", with the year when it is another."""
        if abs((day - self.today).days) < 7:
            return _named(day, self.locale)[0]
        return _named(day, self.locale)[1 if day.year == self.today.year else 2]

    def short_day(self, day: date) -> str:
        """ "20 Nov"; "today" for today."""
        if day == self.today:
            return pgettext("under a step of the progress bar", "today")
        skeleton = "MMMd" if day.year == self.today.year else "yMMMd"
        return format_skeleton(skeleton, datetime.combine(day, time()), locale=self.locale)

    def heading(self, day: date) -> str:
        """Over the events of a day: "Today, Saturday 21 November"."""
        full = _named(day, self.locale)[1 if day.year == self.today.year else 2]
        away = (day - self.today).days
        if away == 0:
            return _("Today, %(day)s") % {"day": full}
        if away == -1:
            return _("Yesterday, %(day)s") % {"day": full}
        return full[:1].upper() + full[1:]

    def place(self) -> str:
        """The town the zone is named for, to say whose hours are shown."""
        return get_timezone_location(self.zone, locale=self.locale, return_city=True)


# Said again and again, on every page: remembered. What is said depends on the locale alone, since a page's
# language is the locale's.


@lru_cache(maxsize=8192)
def _hour(moment: time, locale: Locale) -> str:
    return format_time(moment, "short", locale=locale).replace("\u202f", "\xa0")


@lru_cache(maxsize=4096)
def _named(day: date, locale: Locale) -> tuple[str, str, str]:
    """By its weekday; with the month; with the year too."""
    said = {
        "weekday": get_day_names("wide", locale=locale)[day.weekday()],
        "month": get_month_names("wide", locale=locale)[day.month],
        "day": day.day,
        "year": day.year,
    }
    return (
        pgettext("a day within the week: Friday 20", "%(weekday)s %(day)d") % said,
        pgettext("a day this year: Friday 4 December", "%(weekday)s %(day)d %(month)s") % said,
        pgettext("a day of another year", "%(weekday)s %(day)d %(month)s %(year)d") % said,
    )
