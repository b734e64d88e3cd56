"""Which messages somebody wants to see: by status, channel, occasion, rule, period and words; found without reading them all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy, pgettext_lazy

from console.message_words import STATUSES
from notifications.models import Message
from notifications.occasions import OCCASIONS
from notifications.registry import CHANNELS
from tenants.models import Shop
from tracking import search
from tracking.when import zone_for

HEAVY = ("text", "body")
MOST_S = 5  # a search that takes longer is given up: a shorter period finds it
PERIODS = {
    "1": gettext_lazy("Last 24 hours"),
    "7": gettext_lazy("Last 7 days"),
    "30": gettext_lazy("Last 30 days"),
    "90": gettext_lazy("Last 90 days"),
    "": pgettext_lazy("period", "All"),
}


class TooManyError(Exception):
    """The search would take too long."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was asked for, as it stands in the address. What makes no sense is left out."""

    q: str = ""
    status: str = ""
    channel: str = ""
    about: str = ""
    rule: str = ""
    days: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def read(cls, said: QueryDict) -> Chosen:
        told = {one.name: str(said.get(one.name, "")).replace("\x00", "")[:200] for one in fields(cls)}
        known: Mapping[str, object] = {"status": STATUSES, "channel": CHANNELS, "days": PERIODS}
        for name, allowed in known.items():
            if told[name] not in allowed:  # type: ignore[operator]
                told[name] = ""
        for name in ("since", "until"):
            told[name] = told[name] if _day(told[name]) else ""
        return cls(**told)

    @property
    def is_narrowed(self) -> bool:
        return any(getattr(self, one.name) for one in fields(self))

    def query(self, **more: str) -> str:
        kept = {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name)}
        return urlencode(kept | more)


def find(shop: Shop, chosen: Chosen, now: datetime) -> QuerySet[Message]:
    """The messages, in no order yet. Words are looked for as an order's or a customer's, then as an address, and only
    then in subjects, which means reading them."""
    found: QuerySet[Message] = Message.objects.for_shop(shop).select_related("order").defer(*HEAVY)
    for column, value in (("status", chosen.status), ("channel", chosen.channel), ("rule_key", chosen.rule)):
        if value:
            found = found.filter(**{column: value})
    if chosen.about:
        found = found.filter(state=chosen.about)
    found = _within(found, shop, chosen, now)
    if chosen.q.strip():
        found = _with_words(found, shop, chosen.q.strip())
    return found


def _within(found: QuerySet[Message], shop: Shop, chosen: Chosen, now: datetime) -> QuerySet[Message]:
    zone = zone_for(country=shop.country, postal_code="", shop_country=shop.country, shop_zone=shop.time_zone)
    if chosen.days:
        found = found.filter(created_at__gte=now - timedelta(days=int(chosen.days)))
    if since := _day(chosen.since):
        found = found.filter(created_at__gte=_midnight(since, zone))
    if until := _day(chosen.until):
        found = found.filter(created_at__lt=_midnight(until + timedelta(days=1), zone))
    return found


def _day(said: str) -> date | None:
    try:
        found = date.fromisoformat(said)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2100 else None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)


def _with_words(found: QuerySet[Message], shop: Shop, said: str) -> QuerySet[Message]:
    orders = [order.pk for order in search.find(shop, said)]
    to = {said, said.lower(), said.replace(" ", "")}
    by_whom = Q(order_id__in=orders) | Q(recipient__in=to)
    if orders or Message.objects.for_shop(shop).filter(recipient__in=to).exists():
        return found.filter(by_whom)
    return found.filter(subject__icontains=said)


@contextmanager
def bounded() -> Iterator[None]:
    """Give a search up that reads too much, rather than have everybody wait for it. Raises TooManyError."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{MOST_S}s"])
            yield
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', '0', true)")
    except OperationalError as error:
        if "statement timeout" in str(error):
            raise TooManyError from error
        raise


def occasions() -> tuple[str, ...]:
    return tuple(OCCASIONS)
