"""What one value may be: bounded, clean, exact; or what is wrong with it, in a sentence, field by field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from babel import Locale
from babel.numbers import get_currency_precision, list_currencies
from django.utils.translation import gettext as _

from tracking.services.incoming import Refused

EARLIEST, LATEST = 1990, 2200  # years
AHEAD = timedelta(days=1)  # of our clock: further is a mistake, not a clock that runs fast

# Control characters, halves of surrogate pairs, and marks that turn the text after them around.
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]")


@cache
def countries() -> frozenset[str]:
    """ISO 3166-1 alpha-2."""
    nowhere = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
    known = map(str, Locale("en").territories)
    return frozenset(code for code in known if len(code) == 2 and code.isalpha()) - nowhere


@cache
def currencies() -> frozenset[str]:
    """ISO 4217."""
    return frozenset(list_currencies())


def cleaned(text: str) -> str:
    """One line, trimmed, composed, without characters nobody can see."""
    return " ".join(unicodedata.normalize("NFC", _UNSEEN.sub("", text)).split())


class Notes:
    """Collects what is wrong, field by field."""

    def __init__(self) -> None:
        self.fields: dict[str, list[str]] = {}
        self._within: list[str] = []

    def add(self, name: str, sentence: str) -> None:
        self.fields.setdefault(".".join([*self._within, name]), []).append(sentence)

    @contextmanager
    def within(self, *names: object) -> Iterator[None]:
        """Fields named inside are parts of this one: `lines.0.sku`."""
        self._within.extend(map(str, names))
        yield
        del self._within[-len(names) :]

    def settle(self) -> None:
        """Raises Refused when anything was wrong."""
        if self.fields:
            raise Refused(self.fields)

    # --- Values. Each gives back something of the right type, even after a complaint. ---

    def text(self, name: str, value: Any, most: int, *, shorten: bool = False) -> str:
        """`shorten`: words only meant to be read are cut, not refused."""
        if not isinstance(value, str):
            self.add(name, _("This must be text."))
            return ""
        said = cleaned(value[: most * 4 + 1000])
        if len(said) <= most and len(value) <= most * 4 + 1000:
            return said
        if shorten:
            return said[: most - 1] + "…"
        self.add(name, _("This is too long: %(most)d characters at most.") % {"most": most})
        return ""

    def whole(self, name: str, value: Any, least: int, most: int) -> int:
        if type(value) is int and least <= value <= most:
            return value
        said = {"least": least, "most": most}
        self.add(name, _("This must be a whole number from %(least)d to %(most)d.") % said)
        return least

    def moment(self, name: str, value: Any, now: datetime) -> datetime:
        if not isinstance(value, datetime) or not EARLIEST <= value.year < LATEST:
            self.add(name, _("This must be a date and a time, like 2026-11-21T12:00:00+01:00."))
        elif value.utcoffset() is None:
            self.add(name, _("Say the time zone, like 2026-11-21T12:00:00+01:00."))
        elif value > now + AHEAD:
            self.add(name, _("This is in the future: check the date and the time zone."))
        else:
            return value.astimezone(UTC)
        return now

    def day(self, name: str, value: Any) -> date | None:
        is_day = isinstance(value, date) and not isinstance(value, datetime)
        if is_day and EARLIEST <= value.year < LATEST:
            return value  # type: ignore[no-any-return]
        self.add(name, _("This must be a date, like 2026-11-21."))
        return None

    def money(self, name: str, value: Any, currency: str) -> Decimal | None:
        """Exact: never rounded, with no more decimals than the currency has."""
        amount = Decimal(value) if type(value) is int else value
        if not isinstance(amount, Decimal) or not amount.is_finite():
            self.add(name, _("This must be an exact amount, like 49.90."))
        elif amount < 0 or amount.adjusted() >= 12:
            self.add(name, _("This must be an amount from 0 to 999,999,999,999."))
        elif amount != round(amount, digits := get_currency_precision(currency)):
            said = {"currency": currency, "digits": digits}
            self.add(name, _("Too many decimals: %(currency)s has %(digits)d.") % said)
        else:
            return amount
        return None

    def url(self, name: str, value: Any, most: int) -> str:
        said = self.text(name, value, most)
        if said and not is_web_address(said):
            self.add(name, _("This must be an address that begins with https://."))
            return ""
        return said


def is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and " " not in text
