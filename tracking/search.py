"""The search box: how numbers, e-mails, phones and names are normalised, and how they are found.

Rows keep what people search for in a form of its own (lower case, no accents, no punctuation, phones from
their last digit), so that every probe is a prefix on an index that leads with the shop. The operator is `^@`:
LIKE, lower() and full text are not leakproof, and under row-level security would read the whole shop.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from django.db.models import Case, CharField, Exists, IntegerField, Lookup, OuterRef, QuerySet, Value, When

from tenants.models import Shop
from tracking.models import Order, OrderWord, Shipment

LONGEST = 200  # characters of a question that are read
MOST_WORDS = 6
WORD = 60  # characters of a name's word that are kept
PHONE_DIGITS = 4  # fewer are no phone number

_PHONE = re.compile(r"^[\d\s()+./-]+$")


@CharField.register_lookup
class Begins(Lookup):
    """`column ^@ 'text'`: leakproof, and a range of a btree index in collation C."""

    lookup_name = "begins"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} ^@ {right}", (*left_params, *right_params)


def plain(text: str) -> str:
    """Lower case, without accents: "Muñoz" and "MUNOZ" are the same."""
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFKC", "".join(c for c in spread if not unicodedata.combining(c)))


def number_key(number: str) -> str:
    """An order's number as it is searched for: letters and digits only."""
    return "".join(c for c in plain(number) if c.isalnum())[:64]


def parcel_key(number: str) -> str:
    """A tracking number as carriers print it: upper case, letters and digits only."""
    return number_key(number).upper()[:64]


def email_key(email: str) -> str:
    return email.strip().casefold()[:254]


def phone_key(phone: str) -> str:
    """The digits, last first: people leave out the country's prefix, or its zeros."""
    digits = "".join(c for c in unicodedata.normalize("NFKC", phone) if c in "0123456789")
    return digits.lstrip("0")[::-1][:20]


def name_words(name: str) -> list[str]:
    """The words of a customer's name, each once."""
    words = "".join(c if c.isalnum() else " " for c in plain(name)).split()
    return list(dict.fromkeys(word[:WORD] for word in words))[:12]


def keys_of(*, number: str, email: str, phone: str) -> dict[str, str]:
    """The columns of an order by which it is found."""
    return {
        "number_key": number_key(number),
        "email_key": email_key(email),
        "phone_key": phone_key(phone),
    }


def find(shop: Shop, text: str, limit: int = 50) -> QuerySet[Order]:
    """The shop's orders that `text` may mean: by number, tracking number, e-mail, phone or name.

    Each by its beginning; a phone by its end, with or without prefix; of several words of a name, all. At
    most `limit` by each of them: an order of exactly that number first, then the latest.
    """
    text = text[:LONGEST].encode(errors="ignore").decode().replace("\x00", "").strip()
    number = number_key(text)
    found: set[int] = set()
    probes = list(_probes(shop, text, number, limit))
    if probes:
        found.update(probes[0].union(*probes[1:], all=True) if len(probes) > 1 else probes[0])
    orders: QuerySet[Order] = Order.objects.for_shop(shop).filter(pk__in=found)
    exact = Case(When(number_key=number, then=Value(0)), default=Value(1), output_field=IntegerField())
    return orders.order_by(exact, "-placed_at", "-id")[:limit]


def _probes(shop: Shop, text: str, number: str, limit: int) -> Iterator[QuerySet[Any, int]]:
    """One query of order ids for each thing `text` may be the beginning of."""
    orders = Order.objects.for_shop(shop).order_by().values_list("pk", flat=True)
    if number:
        yield orders.filter(number_key__begins=number).order_by("number_key")[:limit]
        parcels = Shipment.objects.for_shop(shop).filter(number_key__begins=number.upper())
        yield parcels.order_by("number_key").values_list("order_id", flat=True)[:limit]
    if " " not in text and len(text) > 1:
        yield (
            orders.exclude(email_key="")
            .filter(email_key__begins=email_key(text))
            .order_by("email_key")[:limit]
        )
    phone = phone_key(text)
    if _PHONE.match(text) and len(phone) >= PHONE_DIGITS:
        yield orders.exclude(phone_key="").filter(phone_key__begins=phone).order_by("phone_key")[:limit]
    words = name_words(text)[:MOST_WORDS]
    if words and "@" not in text:
        yield from (probe[:limit] for probe in _by_name(shop, words))


def _by_name(shop: Shop, words: list[str]) -> Iterator[QuerySet[Any, int]]:
    """Orders whose customer has every one of `words`: the longest finds them, the rest is checked.

    Of a word that is whole, the latest; of a beginning, the first in the alphabet: both as the index has them.
    """
    longest, *others = sorted(words, key=len, reverse=True)
    rows = OrderWord.objects.for_shop(shop)
    found = rows.values_list("order_id", flat=True)
    for word in others:
        found = found.filter(Exists(rows.filter(order_id=OuterRef("order_id"), word__begins=word)))
    yield found.filter(word=longest).order_by("-order_id")
    yield found.filter(word__begins=longest).order_by("word")
