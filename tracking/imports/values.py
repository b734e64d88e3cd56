"""What is written in a cell: days, hours, amounts, countries, however a spreadsheet may have put them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global

from tracking.imports.columns import plain

NOTHING = frozenset(
    {"", "-", "--", "—", "null", "none", "nan", "nat", "n/a", "#n/a", "nil", "\\n", "undefined"}
)
LANGUAGES = ("en", "es", "pt", "fr", "it", "de")
EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  a spreadsheet's days have no zone
_EXCEL_DAYS = (15_000, 80_000)  # 1941 to 2119, as numbers of days
_UNIX = re.compile(r"\d{10}|\d{13}")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_YEAR_RUN_ON = re.compile(r"(\d{4})(\d{2})(\d{2})(?!\d)")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})(?!\d)")
_NAMED = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|º|er)?[\s\-/]*(?:de |d')?([^\W\d_]{3,12})\.?,?[\s\-/]*(?:de |del )?(\d{4})"
)
_NAMED_FIRST = re.compile(r"([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_HOUR = re.compile(
    r"(\d{1,2})\s*(?:[:h.]\s*(\d{2})(?::(\d{2})(?:[.,]\d+)?)?|(?=\s*[ap]))\s*h?\s*([ap]\s*\.?\s*m\.?)?", re.I
)
# A sign or a bracket, a currency, the digits, a currency, a sign or a bracket.
_AMOUNT = re.compile(
    r"([-(]?)\s*(?:[^\d.,()+=\-\s]{1,8}\.?)?\s*(-?)\s*([\d.,'’\s]*\d[.,]?)\s*[^\d.,()+=\-]{0,8}([-)]?)"
)
_OFFSET = re.compile(r"(?:Z|UTC|GMT|([+-])(\d{2}):?(\d{2}))\s*$")
YES = frozenset({"yes", "y", "true", "t", "1", "si", "s", "sim", "oui", "o", "ja", "j", "x", "subscribed"})
NO = frozenset({"no", "n", "false", "f", "0", "nao", "non", "nein", "unsubscribed", "not subscribed"})
NO_DAY = ("0000-00-00", "0001-01-01", "1900-01-00", "00/00/0000")


def yes_or_no(text: str) -> bool:
    """Raises ValueError for what is neither."""
    word = plain(text)
    if word in YES or word in NO:
        return word in YES
    raise ValueError(text)


def said(cell: str) -> str:
    """The cell's text; empty where it says that there is nothing."""
    text = " ".join(cell.replace("\x00", "").split())
    if len(text) < 10:
        return "" if text.casefold() in NOTHING else text
    return "" if text.startswith(NO_DAY) else text


def moment(text: str, *, zone: ZoneInfo, day_first: bool, without_hour: time) -> datetime:
    """An aware time. One without offset is the zone's; a day alone gets `without_hour`. Raises ValueError."""
    if len(text) == 19 and text[4] == "-":  # how most programs write it, and the quickest to read
        return _aware(datetime.fromisoformat(text), zone)
    if _UNIX.fullmatch(text):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    if (serial := _serial(text)) is not None:
        return _aware(EXCEL_EPOCH + timedelta(days=serial), zone) if serial % 1 else datetime.combine(
            (EXCEL_EPOCH + timedelta(days=serial)).date(), without_hour, zone
        )  # fmt: skip
    found, rest = _day_in(text, day_first)
    offset = _OFFSET.search(rest)
    hour = _hour_in(rest[: offset.start()] if offset else rest)
    at = datetime.combine(found, hour or without_hour)
    if hour is None or offset is None:
        return _aware(at, zone)
    sign, hours, minutes = offset.groups()
    ahead = timedelta(hours=int(hours), minutes=int(minutes)) if sign else timedelta()
    return at.replace(tzinfo=UTC) - (-ahead if sign == "-" else ahead)


def day(text: str, *, day_first: bool) -> date:
    """Raises ValueError."""
    serial = _serial(text)
    return (EXCEL_EPOCH + timedelta(days=serial)).date() if serial else _day_in(text, day_first)[0]


def amount(text: str, *, decimal_comma: bool) -> Decimal:
    """Exact, without currency or thousands. Raises ValueError."""
    if not (found := _AMOUNT.fullmatch(text)):
        raise ValueError(text)
    signs, digits = found[1] + found[2] + found[4], re.sub(r"['’\s]", "", found[3]).rstrip(".,")
    negative = "-" in signs or "(" in signs
    mark = _decimal_mark(digits, decimal_comma)
    whole, _mark, rest = digits.rpartition(mark) if mark else (digits, "", "")
    whole = re.sub(r"[.,]", "", whole)
    if not re.fullmatch(r"\d{1,15}", whole or "0") or not re.fullmatch(r"\d{0,20}", rest):
        raise ValueError(text)
    try:
        value = Decimal(f"{whole or 0}.{rest or 0}" if mark else whole)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if len(rest) > 6:  # a computer's noise: 134.97000000000003
        value = round(value, 4)
    value = Decimal(format(value.normalize(), "f"))
    return -value if negative else value


def whole(text: str) -> int:
    """A count: "2", "2.0", "2,00". Raises ValueError."""
    if not (found := re.fullmatch(r"(\d{1,9})(?:[.,]0*)?", text)):
        raise ValueError(text)
    return int(found[1])


def country(text: str) -> str:
    """ISO 3166-1 alpha-2 of a code or a name in one of our languages; what is not known comes back as it was."""
    if len(text) == 2:
        return text.upper()
    return _countries().get(plain(text), text)


@cache
def _countries() -> dict[str, str]:
    names = {
        code.casefold(): alias[0] for code, alias in get_global("territory_aliases").items() if len(code) == 3
    }
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if len(code) == 2:
                names[plain(name)] = code
    return names | {"usa": "US", "uk": "GB", "england": "GB", "ee uu": "US"}


# --- Guessing how a file writes them ---


def is_day_first(samples: Iterable[str], *, otherwise: bool) -> bool:
    """By the days that can only be read one way."""
    first = second = 0
    for text in samples:
        if found := _YEAR_LAST.match(text):
            first, second = first + (int(found[1]) > 12), second + (int(found[2]) > 12)
    return otherwise if first == second else first > second


def is_decimal_comma(samples: Iterable[str], *, otherwise: bool) -> bool:
    """By the amounts that can only be read one way."""
    commas = points = 0
    for text in samples:
        if found := re.search(r"([.,])\d{1,2}$", re.sub(r"[^\d.,]", "", text)):
            commas, points = commas + (found[1] == ","), points + (found[1] == ".")
    return otherwise if commas == points else commas > points


# --- Parts ---


def _aware(at: datetime, zone: ZoneInfo) -> datetime:
    return at.replace(tzinfo=zone).astimezone(UTC)


def _serial(text: str) -> float | None:
    """A spreadsheet's own number of a day."""
    if not re.fullmatch(r"\d{5}(?:[.,]\d+)?", text):
        return None
    number = float(text.replace(",", "."))
    return number if _EXCEL_DAYS[0] <= number <= _EXCEL_DAYS[1] else None


def _day_in(text: str, day_first: bool) -> tuple[date, str]:
    """The day, and what is written after it. Raises ValueError."""
    if found := _YEAR_FIRST.match(text) or _YEAR_RUN_ON.match(text):
        year, month, number = map(int, found.groups())
    elif found := _YEAR_LAST.match(text):
        one, two, year = map(int, found.groups())
        number, month = (one, two) if day_first else (two, one)
        if month > 12:  # it can only be the other way round
            number, month = month, number
    elif found := _NAMED.search(text):
        number, month, year = int(found[1]), _month(found[2]), int(found[3])
    elif found := _NAMED_FIRST.search(text):
        month, number, year = _month(found[1]), int(found[2]), int(found[3])
    else:
        raise ValueError(text)
    return date(year + 2000 if year < 100 else year, month, number), text[found.end() :]


def _hour_in(text: str) -> time | None:
    """None where no hour is written. Raises ValueError."""
    if not (found := _HOUR.search(text)):
        if any(c.isdigit() for c in text):
            raise ValueError(text)
        return None
    hour, minute, second = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    half = (found[4] or "").casefold()[:1]
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, minute, second)


def _month(name: str) -> int:
    found = _months().get(plain(name)[:4]) or _months().get(plain(name)[:3])
    if found is None:
        raise ValueError(name)
    return found


@cache
def _months() -> dict[str, int]:
    names: dict[str, int] = {}
    for language in LANGUAGES:
        for width in ("wide", "abbreviated"):
            for number, name in Locale(language).months["format"][width].items():
                short = plain(name)
                names.setdefault(short[:4], number)
                names.setdefault(short[:3], number)
    return names | {"juil": 7, "juin": 6, "jul": 7, "jun": 6}


def _decimal_mark(digits: str, decimal_comma: bool) -> str:
    """Which of "." and "," begins the decimals; empty where there are none. Raises ValueError."""
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and point >= 0:
        last = "," if comma > point else "."
        if digits.count(last) > 1:
            raise ValueError(digits)
        return last
    mark = "," if comma >= 0 else "." if point >= 0 else ""
    if not mark or digits.count(mark) > 1:
        return ""
    is_group = len(digits) - digits.rfind(mark) == 4 and digits[0] != mark and digits[0] != "0"
    return "" if is_group and mark != ("," if decimal_comma else ".") else mark
