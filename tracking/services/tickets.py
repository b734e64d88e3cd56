"""Tickets: opened, joined, answered, closed and taken up again; one thread that shop and shopper share."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F

from carriers.types import Event, Status, SubStatus
from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.rows import insert
from tenants.services import Actor
from tracking.models import Order, Shipment, Spared, Ticket
from tracking.services.events import record_events
from tracking.services.notices import tell
from tracking.services.ticket_rows import (
    Said,
    TooMuchError,
    add,
    check_amount,
    end,
    lock,
    lock_order,
    make,
    note_system,
    open_one,
    show,
    taken_up,
    tell_closed,
    tell_shop,
    ticket_of_message,
    witness,
)


def write(
    *,
    shop: Shop,
    order: Order,
    reason: str,
    said: Said,
    now: datetime,
    shipment_id: int | None = None,
    is_proved: bool = False,
) -> Ticket:
    """Open a ticket, or say more in the open one about the same. Raises TooMuchError.

    One transaction, and one at a time an order: two taps make one ticket and one message. “I did not get it” of
    somebody who proved the order is theirs (`is_proved`) also disputes the delivery: the parcel is followed again.
    """
    with shop_context(shop.pk):
        shipment = _shipment_of(shop, order, shipment_id)
        if reason == "not_received" and is_proved:
            _dispute(shop, order, shipment, now)
        held = lock_order(shop, order)
        known = ticket_of_message(shop, order, said.key)
        if known is not None:
            return known
        check_amount(shop, order, said, now)
        ticket = open_one(shop, order, reason)
        is_new = ticket is None
        ticket = ticket or make(shop, held, reason, shipment, now)
        return _heard(shop, held, ticket, said, now, is_new=is_new)


def reply(*, shop: Shop, ticket: Ticket, said: Said, now: datetime) -> Ticket:
    """The shopper says more in a ticket; a closed one is taken up again. Raises TooMuchError.

    One transaction; safe to repeat by `said.key`. Where another of the same reason is open by now, it joins that.
    """
    with shop_context(shop.pk):
        order = lock_order(shop, ticket.order)
        known = ticket_of_message(shop, order, said.key)
        if known is not None:
            return known
        check_amount(shop, order, said, now)
        held = lock(shop, ticket)
        was_closed = held.status == "closed"
        if was_closed:
            held = open_one(shop, order, held.reason) or taken_up(held, now)
        return _heard(shop, order, held, said, now, is_new=was_closed)


def hear_stranger(*, shop: Shop, ticket: Ticket, said: Said, address: str, now: datetime) -> bool:
    """Keep what somebody wrote to the ticket's address who is not the order's customer: for agents' eyes only.

    One transaction; safe to repeat. It is the shop's turn again, even where the ticket was closed; the shopper is
    told nothing of it. False where nothing was stored.
    """
    with shop_context(shop.pk):
        order = lock_order(shop, ticket.order)
        try:
            check_amount(shop, order, said, now)
        except TooMuchError:
            return False
        held = lock(shop, ticket)
        made = add(held, said, by="shopper", now=now, author=address[:120], internal=True)
        if made is None:
            return False
        if held.status == "closed" and open_one(shop, order, held.reason) is None:
            held = taken_up(held, now)
        if held.status == "answered":
            held.status = "open"
        if held.status == "open":
            held.last_at = now
            held.save()
        tell_shop(shop, order, held, made.text, f"message:{made.pk}")
        return True


def answer(
    *,
    shop: Shop,
    ticket: Ticket,
    said: Said,
    by: Actor,
    author: str,
    now: datetime,
    close: bool = False,
) -> Ticket:
    """The shop answers; the shopper is told, and may answer that mail. With `close` the matter ends with it.

    One transaction; safe to repeat by `said.key`.
    """
    with shop_context(shop.pk):
        order = lock_order(shop, ticket.order)
        known = ticket_of_message(shop, order, said.key)
        if known is not None:
            return known
        held = lock(shop, ticket)
        if held.status == "closed":
            held = open_one(shop, order, held.reason) or taken_up(held, now)
        made = add(held, said, by="shop", now=now, author=author[:120])
        if made is None:
            return held
        held.status, held.last_at, held.last_by = "answered", now, "shop"
        held.first_answer_at = held.first_answer_at or now
        if close:
            end(held, "shop", now)
        held.save()
        witness(shop, held, by, "ticket.answered")
        tell(
            order=order,
            kind="ticket_answered",
            key=f"ticket:{held.pk}:message:{made.pk}",
            recipient=order.customer_email,
            about={"text": made.text, "author": made.author},
            reply_key=held.reply_key,
        )
        show(order)
        return held


def note(*, shop: Shop, ticket: Ticket, said: Said, author: str, now: datetime) -> bool:
    """A word among agents. Changes nothing a shopper sees; safe to repeat by `said.key`."""
    with shop_context(shop.pk):
        held = lock(shop, ticket)
        return add(held, said, by="shop", now=now, author=author[:120], internal=True) is not None


def close(*, shop: Shop, ticket: Ticket, by: Actor | None, now: datetime) -> Ticket:
    """End it: by somebody of the shop, or (`by` is None) by the shopper. One transaction; safe to repeat."""
    with shop_context(shop.pk):
        order = lock_order(shop, ticket.order)
        held = lock(shop, ticket)
        if held.status == "closed":
            return held
        who = "shop" if by else "shopper"
        note_system(held, f"closed:{who}", now)
        end(held, who, now)
        held.save()
        if by:
            witness(shop, held, by, "ticket.closed")
            tell_closed(order, held, "")
        show(order)
        return held


def settle(*, shop: Shop, ticket_id: int, code: str, why: str, now: datetime) -> bool:
    """An event has settled it: close it, and say by what. `code`: ticket_words.settled_by; `why`: for the mail.

    One transaction; False where it is closed already, so safe to repeat and to run twice at once.
    """
    with shop_context(shop.pk):
        found = Ticket.objects.for_shop(shop).select_related("order").get(pk=ticket_id)
        order = lock_order(shop, found.order)
        held = lock(shop, found)
        if held.status == "closed" or not held.settles_on:
            return False
        note_system(held, code, now)
        end(held, "event", now)
        held.save()
        tell_closed(order, held, why)
        show(order)
        return True


def reopen(*, shop: Shop, ticket: Ticket, by: Actor | None, now: datetime) -> Ticket:
    """Take it up again: the shop's turn. Where another of the same reason is open, that one is given back.

    One transaction; safe to repeat.
    """
    with shop_context(shop.pk):
        order = lock_order(shop, ticket.order)
        held = lock(shop, ticket)
        if held.status != "closed":
            return held
        if other := open_one(shop, order, held.reason):
            return other
        held = taken_up(held, now)
        held.status, held.last_at = "open", now
        held.save()
        note_system(held, "reopened", now)
        if by:
            witness(shop, held, by, "ticket.reopened")
        else:
            held.last_by = "shopper"
            held.save(update_fields=["last_by"])
            tell_shop(shop, order, held, "", f"reopened:{held.reopened}")
        show(order)
        return held


def assign(*, shop: Shop, ticket: Ticket, user_id: int | None) -> None:
    """Say who looks after it; None: nobody in particular. Safe to repeat."""
    with shop_context(shop.pk):
        Ticket.objects.for_shop(shop).filter(pk=ticket.pk).update(assigned_to=user_id)


def _shipment_of(shop: Shop, order: Order, shipment_id: int | None) -> Shipment | None:
    """The parcel that is meant; the only one, where there is but one."""
    parcels = (
        Shipment.objects.for_shop(shop)
        .filter(order=order, direction="outbound")
        .exclude(status=Status.CANCELLED)
    )
    if shipment_id is not None:
        named: Shipment | None = parcels.filter(pk=shipment_id).first()
        return named
    found = list(parcels.order_by("pk")[:2])
    return found[0] if len(found) == 1 else None


def _dispute(shop: Shop, order: Order, shipment: Shipment | None, now: datetime) -> None:
    """Before the order is locked: events lock their shipment first."""
    if shipment is None or shipment.status != Status.DELIVERED:
        return
    at = max(now, (shipment.status_since or now) + timedelta(seconds=1))  # a carrier's clock may be ahead
    event = Event(at, SubStatus.EXCEPTION_DISPUTED, source="shopper")
    record_events(shop_id=shop.pk, shipment_id=shipment.pk, events=[event], now=now)


def _heard(
    shop: Shop, order: Order, ticket: Ticket, said: Said, now: datetime, *, is_new: bool = False
) -> Ticket:
    """Add what the shopper says. The shop is told of the first word, and of the first after its answer."""
    was_theirs = ticket.status == "open" and not is_new and ticket.last_by == "shopper"
    made = add(ticket, said, by="shopper", now=now)
    if made is None:
        return ticket
    ticket.status, ticket.last_at, ticket.last_by = "open", now, "shopper"
    ticket.save()
    if not was_theirs:
        tell_shop(shop, order, ticket, made.text, f"message:{made.pk}")
    show(order)
    return ticket


def spare(*, shop: Shop, reason: str, now: datetime) -> None:
    """Count a question the page answered. Of nobody in particular: whoever calls sees to it that one counts once."""
    with shop_context(shop.pk):
        insert(Spared, ("shop", "day", "reason", "count"), [(shop.pk, now.date(), reason, 0)], once=True)
        Spared.objects.for_shop(shop).filter(day=now.date(), reason=reason).update(count=F("count") + 1)
