"""The shop's clock in the member's language, and how the console says how long ago something was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from tenants.access import MemberRequest
from tenants.models import Shop
from tracking.when import Clock, locale_for

View = Callable[..., HttpResponse]


def clock_of(shop: Shop, now: datetime | None = None) -> Clock:
    """What time it is in the shop, said in the language of this request."""
    language = get_language() or "en"
    return Clock(now or timezone.now(), ZoneInfo(shop.time_zone), locale_for(language, shop.country))


def in_shop_time(view: View) -> View:
    """Forms of the page read and show times as the shop's clock does. Belongs below `members`."""

    @wraps(view)
    def timed(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with timezone.override(ZoneInfo(request.shop.time_zone)):
            return view(request, *args, **kwargs)

    return timed


def ago(clock: Clock, moment: datetime | None) -> str:
    """ "5 min ago", "2 h ago", "yesterday", "19 Nov"; empty for no moment."""
    if moment is None:
        return ""
    age = clock.now - moment
    if timedelta(0) <= age < timedelta(hours=1):
        return _("%(minutes)d min ago") % {"minutes": max(1, age.seconds // 60)}
    if timedelta(0) <= age < timedelta(hours=12) or clock.date_of(moment) == clock.today:
        return _("%(hours)d h ago") % {"hours": max(1, int(age.total_seconds() // 3600))}
    if clock.date_of(moment) == clock.today - timedelta(days=1):
        return _("yesterday")
    return clock.short_day(clock.date_of(moment))


def span(length: timedelta) -> str:
    """ "2 d 3 h", "5 h", "12 min": the two largest parts, the smaller one left out where it says nothing."""
    minutes = int(length.total_seconds() // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return (
            _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
            if hours
            else _("%(days)d d") % {"days": days}
        )
    return _("%(hours)d h") % {"hours": hours} if hours else _("%(minutes)d min") % {"minutes": minutes % 60}


def moment_in_full(clock: Clock, moment: datetime) -> str:
    """ "20 Nov, 16:00"."""
    return f"{clock.short_day(clock.date_of(moment))}, {clock.hour(moment)}"


def days_late(today: date, expected: date | None, due: date | None) -> int:
    """By how many days it is going to miss, or has missed, the day it was due."""
    return max(0, (max(today, expected or today) - due).days) if due else 0


def days_said(days: int) -> str:
    return ngettext("+%(days)d day", "+%(days)d days", days) % {"days": days}
