"""The rows of a ticket: locked, found, added to, and who is told. Everything runs in the shop's context."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from tenants import audit
from tenants.models import Shop
from tenants.rows import insert
from tenants.services import Actor
from tracking.asking import settles_on
from tracking.links import ticket_url
from tracking.models import Order, Shipment, Ticket, TicketMessage, TicketPhoto
from tracking.photos import Photo
from tracking.services.announcing import after_commit
from tracking.services.notices import tell
from tracking.ticket_words import reason_words

MOST_TEXT = 4000  # characters of one message
MOST_MESSAGES, MOST_PHOTOS, PER = 40, 24, timedelta(days=1)  # a shopper's, of one order, within a day


class TooMuchError(Exception):
    """The shopper has written as much as anybody needs to in a day."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says. `key` makes it the same message: stored once."""

    text: str
    key: str
    photos: Sequence[Photo] = ()
    via: str = "page"


def lock_order(shop: Shop, order: Order) -> Order:
    """Whoever writes to an order's tickets does so one at a time."""
    held: Order = Order.objects.for_shop(shop).select_for_update(no_key=True).get(pk=order.pk)
    return held


def lock(shop: Shop, ticket: Ticket) -> Ticket:
    held: Ticket = Ticket.objects.for_shop(shop).select_for_update(no_key=True).get(pk=ticket.pk)
    return held


def ticket_of_message(shop: Shop, order: Order, key: str) -> Ticket | None:
    messages = TicketMessage.objects.for_shop(shop).filter(ticket__order=order, key=key)
    found = messages.select_related("ticket").first()
    ticket: Ticket | None = found.ticket if found else None
    return ticket


def open_one(shop: Shop, order: Order, reason: str) -> Ticket | None:
    tickets = Ticket.objects.for_shop(shop).filter(order=order, reason=reason).exclude(status="closed")
    found: Ticket | None = tickets.select_for_update(no_key=True).first()
    return found


def check_amount(shop: Shop, order: Order, said: Said, now: datetime) -> None:
    """Holds with Redis away too: the order is locked."""
    theirs = TicketMessage.objects.for_shop(shop).filter(ticket__order=order, by="shopper", at__gt=now - PER)
    if theirs.count() >= MOST_MESSAGES:
        raise TooMuchError
    photos = TicketPhoto.objects.for_shop(shop).filter(message__in=theirs)
    if said.photos and photos.count() + len(said.photos) > MOST_PHOTOS:
        raise TooMuchError


def make(shop: Shop, order: Order, reason: str, shipment: Shipment | None, now: datetime) -> Ticket:
    parcels = Shipment.objects.for_shop(shop).filter(order=order, direction="outbound")
    statuses = [shipment.status] if shipment else list(parcels.values_list("status", flat=True))
    made: Ticket = Ticket.objects.create(
        shop=shop,
        order=order,
        shipment=shipment,
        reason=reason,
        opened_at=now,
        last_at=now,
        settles_on=list(settles_on(reason, statuses)),
        reply_key=reply_key_for(shop),
    )
    return made


def reply_key_for(shop: Shop) -> str:
    """Names the shop and, with 120 random bits, one of its tickets. Lower case: mail servers change case."""
    return f"{shop.pk}-{base64.b32encode(secrets.token_bytes(15)).decode().lower()}"


_MESSAGE = ("shop", "ticket", "by", "author", "text", "at", "via", "key", "internal")


def add(
    ticket: Ticket, said: Said, *, by: str, now: datetime, author: str = "", internal: bool = False
) -> TicketMessage | None:
    """None where this message is stored already."""
    text = said.text.replace("\x00", "").strip()[:MOST_TEXT]
    row = (ticket.shop_id, ticket.pk, by, author, text, now, said.via, said.key[:80], internal)
    made = insert(TicketMessage, _MESSAGE, [row], once=True, returning=["id"])
    if not made:
        return None
    message: TicketMessage = TicketMessage.objects.for_shop(ticket.shop_id).get(pk=made[0][0])
    TicketPhoto.objects.bulk_create(
        TicketPhoto(
            shop_id=ticket.shop_id,
            message=message,
            content=photo.content,
            width=photo.width,
            height=photo.height,
            key=secrets.token_urlsafe(18),
        )
        for photo in said.photos
    )
    return message


def note_system(ticket: Ticket, code: str, now: datetime) -> None:
    number = TicketMessage.objects.for_shop(ticket.shop_id).filter(ticket=ticket, by="system").count()
    add(ticket, Said(code, f"system:{number}", via="system"), by="system", now=now)


def taken_up(ticket: Ticket, now: datetime) -> Ticket:
    """Open again. No event closes it any more: one has been wrong, or was not enough."""
    ticket.status, ticket.closed_at, ticket.closed_by = "open", None, ""
    ticket.settles_on = []
    ticket.reopened += 1  # the row is locked
    ticket.save()
    return ticket


def end(ticket: Ticket, by: str, now: datetime) -> None:
    ticket.status, ticket.closed_at, ticket.closed_by = "closed", now, by


def tell_shop(shop: Shop, order: Order, ticket: Ticket, text: str, key: str) -> None:
    with translation.override(shop.language):
        about = {"reason": reason_words(ticket.reason), "text": text, "url": ticket_url(shop, ticket)}
    tell(
        order=order,
        kind="ticket_opened",
        key=f"ticket:{ticket.pk}:{key}",
        recipient=shop.contact_email,
        language=shop.language,
        about=about,
    )


def tell_closed(order: Order, ticket: Ticket, why: str) -> None:
    if not why:
        with translation.override(order.language):
            why = _("We have closed your question: “%(reason)s”") % {"reason": reason_words(ticket.reason)}
    tell(
        order=order,
        kind="ticket_closed",
        key=f"ticket:{ticket.pk}:closed:{ticket.reopened}",
        recipient=order.customer_email,
        about={"why": why},
        reply_key=ticket.reply_key,
    )


def show(order: Order) -> None:
    """The order's page tells of its tickets."""
    Order.objects.for_shop(order.shop_id).filter(pk=order.pk).update(version=F("version") + 1)
    after_commit(changed=[order.token_hash])


def witness(shop: Shop, ticket: Ticket, by: Actor, action: str) -> None:
    audit.record(
        shop=shop,
        actor=by.name,
        role=by.role,
        address=by.address,
        action=action,
        subject=f"order:{ticket.order_id}",
        after={"reason": ticket.reason, "ticket": ticket.pk},
    )
