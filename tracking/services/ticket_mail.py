"""Answers that come by e-mail: put into the thread whose address they were sent to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from django.conf import settings

from tenants.isolation import shop_context
from tenants.models import Shop
from tracking import search
from tracking.models import Ticket
from tracking.photos import MOST, BadPhotoError, Photo, read_photo
from tracking.quotes import without_quotes
from tracking.services.ticket_rows import MOST_TEXT, Said, TooMuchError
from tracking.services.tickets import hear_stranger, reply

_KEY = re.compile(r"(\d{1,12})-[a-z2-7]{24}")
MOST_FILES = 20  # looked at, of one mail


class Came(Enum):
    """What became of a mail."""

    TAKEN = "taken"
    FROM_A_STRANGER = "from_a_stranger"
    NOT_OURS = "not_ours"  # no thread has this address
    AUTOMATIC = "automatic"
    EMPTY = "empty"
    TOO_MUCH = "too_much"


@dataclass(frozen=True, slots=True)
class Mail:
    """`recipients`: whomever it names or was delivered to. `files`: name and content of what may be pictures."""

    sender: str
    recipients: Sequence[str]
    text: str
    message_id: str
    is_automatic: bool = False
    files: Sequence[tuple[str, bytes]] = ()


def reply_key_in(recipients: Sequence[str]) -> str:
    """The key in the first address of ours; empty: there is none."""
    domain = settings.INBOUND_EMAIL_DOMAIN
    for address in recipients:
        name, _at, host = address.strip().lower().rpartition("@")
        if domain and host == domain and name.startswith("reply+") and _KEY.fullmatch(name[6:]):
            return name[6:]
    return ""


def receive(*, mail: Mail, now: datetime) -> Came:
    """Store an answer. Safe to repeat by its Message-ID: providers send again what they are not sure of.

    A mail from another address than the order's is kept for agents alone: who writes is easily forged, and the
    key is in every mail that was forwarded.
    """
    key = reply_key_in(mail.recipients)
    if not key:
        return Came.NOT_OURS
    if mail.is_automatic:  # a holiday note would keep two machines talking
        return Came.AUTOMATIC
    shop = Shop.objects.filter(pk=int(key.partition("-")[0]), suspended_at=None).first()
    if shop is None:
        return Came.NOT_OURS
    with shop_context(shop.pk):
        ticket = Ticket.objects.for_shop(shop).filter(reply_key=key).select_related("order").first()
    if ticket is None:
        return Came.NOT_OURS
    said = Said(without_quotes(mail.text)[:MOST_TEXT], _once(mail), _photos(mail.files), via="email")
    if not said.text and not said.photos:
        return Came.EMPTY
    if search.email_key(mail.sender) != ticket.order.email_key or not ticket.order.email_key:
        stored = hear_stranger(shop=shop, ticket=ticket, said=said, address=mail.sender, now=now)
        return Came.FROM_A_STRANGER if stored else Came.TOO_MUCH
    try:
        reply(shop=shop, ticket=ticket, said=said, now=now)
    except TooMuchError:
        return Came.TOO_MUCH
    return Came.TAKEN


def _once(mail: Mail) -> str:
    """Of its Message-ID; without one, of who said what."""
    what = mail.message_id.strip() or f"{mail.sender}\x1f{mail.text}"
    return f"mail:{hashlib.sha256(what.encode()).hexdigest()[:40]}"


def _photos(files: Sequence[tuple[str, bytes]]) -> tuple[Photo, ...]:
    """The first four that are pictures. Signatures' logos are small; what cannot be read is left out."""
    found: list[Photo] = []
    for name, content in files[:MOST_FILES]:
        try:
            photo = read_photo(content, name)
        except BadPhotoError:
            continue
        if photo.width >= 200 or photo.height >= 200:
            found.append(photo)
        if len(found) == MOST:
            break
    return tuple(found)
