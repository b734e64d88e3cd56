"""One order's cells, understood by our field; what cannot be is noted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracking.imports import values
from tracking.imports.files import Record
from tracking.imports.plan import Plan

T = TypeVar("T")
NOON, MIDNIGHT = time(12), time()
EARLIEST = 1990  # year: before it is how programs write "no date"
AHEAD = timedelta(days=1)  # of our clock: further is a mistake
NO_MOMENT = gettext_lazy("“%(text)s” is not a date and a time we can read.")
NO_DAY = gettext_lazy("“%(text)s” is not a date we can read.")
NO_AMOUNT = gettext_lazy("“%(text)s” is not an amount.")
NO_COUNT = gettext_lazy("“%(text)s” is not a whole number.")
NO_YES = gettext_lazy("“%(text)s” is neither yes nor no.")


class Cells:
    """One order's cells by our field, understood; what cannot be is noted, field by field."""

    def __init__(self, plan: Plan, texts: Mapping[str, str]) -> None:
        self.plan, self.texts = plan, texts
        self.wrong: dict[str, list[str]] = {}

    def text(self, name: str) -> str:
        return self.texts.get(name, "")

    def read(self, name: str, how: Callable[[str], T], sentence: Promise) -> T | None:
        if not (text := self.texts.get(name, "")):
            return None
        try:
            return how(text)
        except (ValueError, OverflowError):
            self.wrong.setdefault(name, []).append(str(sentence) % {"text": text[:60]})
            return None

    def moment(self, name: str, without_hour: time = NOON) -> datetime | None:
        at = self.read(name, lambda text: self._moment(text, without_hour), NO_MOMENT)
        if at and at > self.plan.now + AHEAD:
            self.wrong[name] = [_("This is in the future: check the date and the time zone.")]
        return at

    def _moment(self, text: str, without_hour: time) -> datetime:
        plan = self.plan
        at = values.moment(text, zone=plan.zone, day_first=plan.day_first, without_hour=without_hour)
        if at.year < EARLIEST:
            raise ValueError(text)
        if at > plan.now:  # today, without an hour, and it is not noon yet
            began = values.moment(text, zone=plan.zone, day_first=plan.day_first, without_hour=MIDNIGHT)
            at = began if began <= plan.now else at
        return at.astimezone(UTC)

    def day(self, name: str) -> date | None:
        return self.read(name, lambda text: values.day(text, day_first=self.plan.day_first), NO_DAY)

    def amount(self, name: str) -> Decimal | None:
        return self.read(
            name, lambda text: values.amount(text, decimal_comma=self.plan.decimal_comma), NO_AMOUNT
        )

    def whole(self, name: str) -> int | None:
        return self.read(name, values.whole, NO_COUNT)


def cell(record: Record, places: Mapping[str, int], name: str) -> str:
    place = places.get(name)
    return values.said(record.cells[place]) if place is not None and place < len(record.cells) else ""
