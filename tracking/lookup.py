"""Finds an order by number and contact for somebody who has no link, telling strangers nothing.

Right or wrong, the answer to the form is the same redirect to an address of the same shape, made with the
same work. What came of it is sealed inside that address, where only we can read it, for ten minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.vault import SealBrokenError, page_token, seal, unseal
from tracking import search
from tracking.models import Order
from tracking.proof import knows

LASTS = timedelta(minutes=10)
NAMESAKES = 5  # orders of one number, on several channels
NO_TOKEN = "-" * len(page_token(shop_id=0, order_id=0, turn=0))


@dataclass(frozen=True, slots=True)
class Found:
    """What a sealed answer says. `token`: of the order's page; empty: there is no such order."""

    number: str
    contact: str
    token: str


def look_up(shop: Shop, *, number: str, contact: str, now: datetime) -> str:
    """Return the sealed answer. One indexed query and as many comparisons whatever there is to find."""
    with shop_context(shop.pk):
        rows = list(
            Order.objects.for_shop(shop)
            .filter(number_key=search.number_key(number))
            .order_by("-placed_at")
            .values_list("pk", "token_turn", "email_key", "phone_key")[:NAMESAKES]
        )
    rows += [(0, 0, "", "")] * (NAMESAKES - len(rows))
    token = NO_TOKEN
    for pk, turn, email_key, phone_key in rows:
        candidate = page_token(shop_id=shop.pk, order_id=pk, turn=turn)
        if knows(contact, email_key=email_key, phone_key=phone_key) and token == NO_TOKEN:
            token = candidate
    until = str(int((now + LASTS).timestamp()))
    return seal({"shop": str(shop.pk), "number": number, "contact": contact, "token": token, "until": until})


def open_answer(shop: Shop, sealed: str, now: datetime) -> Found | None:
    """What a sealed answer says; None when it is not one of ours, or too old."""
    try:
        said = unseal(sealed)
    except (SealBrokenError, ValueError):
        return None
    if said.get("shop") != str(shop.pk) or int(said.get("until", "0")) < now.timestamp():
        return None
    return Found(said["number"], said["contact"], "" if said["token"] == NO_TOKEN else said["token"])


def contact_key(said: str) -> str:
    """What counts as the same e-mail or phone, however it is written."""
    return search.email_key(said) if "@" in said else search.phone_key(said)


def proves(shop: Shop, token_hash: str, contact: str) -> bool | None:
    """Whether `contact` is the e-mail or phone of the order with this page; None where there is none."""
    with shop_context(shop.pk):
        row = (
            Order.objects.for_shop(shop)
            .filter(token_hash=token_hash)
            .values_list("email_key", "phone_key")
            .first()
        )
    return None if row is None else knows(contact, email_key=row[0], phone_key=row[1])
