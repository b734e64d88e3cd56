"""What was said in an order's tickets, as the shopper or an agent reads it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tenants.models import Shop
from tracking.models import Ticket, TicketMessage, TicketPhoto
from tracking.ticket_words import system_words
from tracking.when import Clock

MOST_MESSAGES = 200  # of one ticket, the newest


@dataclass(frozen=True, slots=True)
class Picture:
    key: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Line:
    """`by`: shopper, shop or system. `internal`: for agents alone; of a shopper's: from another address, `author`."""

    by: str
    author: str
    text: str
    at: datetime
    when: str
    via: str
    internal: bool
    pictures: tuple[Picture, ...]


def lines_of(
    shop: Shop, tickets: Sequence[Ticket], clock: Clock, *, agents: bool
) -> Mapping[int, list[Line]]:
    """What was said in each, oldest first. Two statements, however many tickets. `agents`: notes too."""
    ids = [ticket.pk for ticket in tickets]
    found = TicketMessage.objects.for_shop(shop).filter(ticket_id__in=ids)
    if not agents:
        found = found.filter(internal=False)
    messages = list(found.order_by("-at", "-id")[: MOST_MESSAGES * max(1, len(ids))])
    pictures: defaultdict[int, list[Picture]] = defaultdict(list)
    photos = TicketPhoto.objects.for_shop(shop).filter(message_id__in=[m.pk for m in messages]).order_by("id")
    for message_id, key, width, height in photos.values_list("message_id", "key", "width", "height"):
        pictures[message_id].append(Picture(key, width, height))
    said: dict[int, list[Line]] = {pk: [] for pk in ids}
    for message in reversed(messages):
        said[message.ticket_id].append(_line(message, tuple(pictures[message.pk]), clock))
    return said


def _line(message: TicketMessage, pictures: tuple[Picture, ...], clock: Clock) -> Line:
    day = clock.date_of(message.at)
    hour = clock.hour(message.at)
    return Line(
        by=message.by,
        author=message.author,
        text=system_words(message.text, clock) if message.by == "system" else message.text,
        at=message.at,
        when=hour if day == clock.today else f"{clock.day(day)}, {hour}",
        via=message.via,
        internal=message.internal,
        pictures=pictures,
    )


def photo_of(
    shop: Shop, key: str, *, order_id: int | None = None, ticket_id: int | None = None
) -> bytes | None:
    """A photo's JPEG; None where this order's, or this ticket's, threads have none of that key. For a shopper
    (`order_id`) what only agents may see is not there."""
    found = TicketPhoto.objects.for_shop(shop).filter(key=key)
    if order_id is not None:
        found = found.filter(message__ticket__order_id=order_id, message__internal=False)
    if ticket_id is not None:
        found = found.filter(message__ticket_id=ticket_id)
    content = found.values_list("content", flat=True).first()
    return bytes(content) if content is not None else None
