"""Who may see what of an order: how a reader is trusted, and what each trust shows. The whole PII matrix."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from functools import cache as once

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from tracking import search


class Trust(IntEnum):
    """Each sees what those before it see."""

    GIFT = 0  # holds the link for whom it is a present: neither what it is nor what it cost
    LINK = 1  # holds the page's address; it may have been forwarded
    PROVED = 2  # knows the e-mail or phone the order was placed with, and said so on this device
    FRESH = 3  # had a code sent to the address on file within 15 minutes: may change the delivery


class Field(StrEnum):
    """What a page may show of an order."""

    STATUS = "status"
    ETA = "eta"
    CARRIER = "carrier"
    TIMELINE = "timeline"
    LINES = "lines"
    PRICES = "prices"
    TOWN = "town"
    PICKUP_POINT = "pickup_point"
    CARRIER_WORDS = "carrier_words"  # verbatim, of scans on the way
    CARRIER_WORDS_ON_PEOPLE = "carrier_words_on_people"  # of deliveries and attempts: they may name somebody
    NAME = "name"
    ADDRESS = "address"
    TRACKING_NUMBER = "tracking_number"
    CARRIER_PAGE = "carrier_page"
    PICKUP_CODE = "pickup_code"
    PROOF_OF_DELIVERY = "proof_of_delivery"  # who signed
    INVOICE = "invoice"  # carries name and address
    DELIVERY_OPTIONS = "delivery_options"  # the carrier's page, where a parcel can be sent elsewhere
    MAP = "map"  # towns on the way, and the courier to some 100 m
    REQUESTS = "requests"  # that a change was asked for, and what became of it
    REQUEST_DETAILS = "request_details"  # the other address, the neighbour's name
    TICKETS = "tickets"  # that something was written, and whose turn it is
    THREAD = "thread"  # what was written
    REVIEW = "review"
    PROMOTION = "promotion"  # coupon, products, banner
    DELIVERY_PICTURE = "delivery_picture"  # where the parcel lies, a signature


# The least trust that sees it, and whether a bare link still does long after the delivery.
MATRIX: dict[Field, tuple[Trust, bool]] = {
    Field.STATUS: (Trust.GIFT, True),
    Field.ETA: (Trust.GIFT, True),
    Field.CARRIER: (Trust.GIFT, False),
    Field.TIMELINE: (Trust.GIFT, False),
    Field.MAP: (Trust.GIFT, False),
    Field.LINES: (Trust.LINK, False),
    Field.PRICES: (Trust.LINK, False),
    Field.TOWN: (Trust.GIFT, False),
    Field.PICKUP_POINT: (Trust.GIFT, False),
    Field.CARRIER_WORDS: (Trust.LINK, False),
    Field.REQUESTS: (Trust.LINK, False),
    Field.TICKETS: (Trust.LINK, False),
    Field.REVIEW: (Trust.LINK, False),
    Field.PROMOTION: (Trust.LINK, True),
    Field.CARRIER_WORDS_ON_PEOPLE: (Trust.PROVED, False),
    Field.NAME: (Trust.PROVED, False),
    Field.ADDRESS: (Trust.PROVED, False),
    Field.TRACKING_NUMBER: (Trust.PROVED, False),
    Field.CARRIER_PAGE: (Trust.PROVED, False),
    Field.PICKUP_CODE: (Trust.PROVED, False),
    Field.PROOF_OF_DELIVERY: (Trust.PROVED, False),
    Field.INVOICE: (Trust.PROVED, False),
    Field.REQUEST_DETAILS: (Trust.PROVED, False),
    Field.THREAD: (Trust.PROVED, False),
    Field.DELIVERY_PICTURE: (Trust.PROVED, False),
    Field.DELIVERY_OPTIONS: (Trust.FRESH, False),
}

FRESH_FOR = timedelta(minutes=15)
LASTS = timedelta(days=30)
FADES_AFTER = timedelta(days=30)  # since the order was over
COOKIE = "__Secure-proof" if settings.SECURE else "proof"
FEWEST_DIGITS = 8  # of a phone, to count as known


@once
def _signer() -> Signer:
    """Made when first asked for: what has no secret yet (a type checker) may still read this module."""
    return Signer(salt="tracking.proof")


def shows(field: Field, trust: Trust, *, faded: bool = False) -> bool:
    """`faded`: the order was over 30 days ago, so that a bare link tells little."""
    least, lasts = MATRIX[field]
    return trust >= least and (lasts or not faded or trust > Trust.LINK)


def has_faded(over_at: datetime | None, now: datetime) -> bool:
    return over_at is not None and now - over_at > FADES_AFTER


def trust_of(request: HttpRequest, token_hash: str, now: datetime) -> Trust:
    """What this browser has proved about the order whose page's key has this hash."""
    kept = _kept(request, token_hash)
    if kept is None or now - kept.proved_at > LASTS:
        return Trust.LINK
    return Trust.FRESH if kept.code_at and now - kept.code_at <= FRESH_FOR else Trust.PROVED


@dataclass(frozen=True, slots=True)
class _Kept:
    proved_at: datetime
    code_at: datetime | None


def _kept(request: HttpRequest, token_hash: str) -> _Kept | None:
    try:
        whose, proved, code = _signer().unsign(request.COOKIES.get(COOKIE, "")).split("~")
    except (BadSignature, ValueError):
        return None
    if not constant_time_compare(whose, token_hash):
        return None
    return _Kept(
        datetime.fromtimestamp(int(proved), UTC), datetime.fromtimestamp(int(code), UTC) if code else None
    )


def grant(
    response: HttpResponse, *, path: str, token_hash: str, now: datetime, by_code: bool = False
) -> None:
    """Remember on this device that its user proved the order. The cookie goes nowhere but to `path` and below."""
    said_at = int(now.timestamp())
    response.set_cookie(
        COOKIE,
        _signer().sign(f"{token_hash}~{said_at}~{said_at if by_code else ''}"),
        max_age=LASTS,
        path=path,
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
    )


def withdraw(response: HttpResponse, *, path: str) -> None:
    """Forget it."""
    response.delete_cookie(COOKIE, path=path, samesite="Lax")


def masked(address: str) -> str:
    """An e-mail or phone as its owner knows it again, and nobody else: m••••@gmail.com, ••• ••• 678."""
    name, at, domain = address.partition("@")
    if at:
        return f"{name[:1]}••••@{domain}"
    return f"••• ••• {address[-3:]}" if address else ""


def knows(said: str, *, email_key: str, phone_key: str) -> bool:
    """Whether `said` is the e-mail or the phone of an order. Takes as long when it is not, or there is none.

    A phone may leave out its country's prefix, or write it as a zero.
    """
    email = constant_time_compare(search.email_key(said), email_key)
    digits = search.phone_key(said)
    length = min(len(digits), len(phone_key))
    phone = constant_time_compare(digits[:length], phone_key[:length])
    return bool((email_key and email) or (length >= FEWEST_DIGITS and phone))
