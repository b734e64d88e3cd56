"""What the order's page says of tickets: whose turn it is, and where to read on. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tracking.proof import Field
from tracking.snapshot import Ticket
from tracking.ticket_words import reason_words
from tracking.when import Clock

PATH = "messages"  # below the order's page


@dataclass(frozen=True, slots=True)
class TicketCard:
    """`about`: what it is about, as the shopper put it; empty for who has proved nothing."""

    title: str
    about: str
    said: str
    label: str
    is_news: bool
    href: str = PATH


def ticket_card(
    tickets: tuple[Ticket, ...], clock: Clock, seen: Callable[[Field], bool]
) -> TicketCard | None:
    """Of the tickets that are not closed the one with an answer to read, else the latest. None: nothing to say."""
    open_ones = [ticket for ticket in tickets if ticket.status != "closed"]
    if not open_ones or not seen(Field.TICKETS):
        return None
    answered = [ticket for ticket in open_ones if ticket.status == "answered"]
    ticket = max(answered or open_ones, key=lambda one: one.last_at)
    about = reason_words(ticket.reason) if seen(Field.THREAD) else ""
    if ticket.status == "answered":
        return TicketCard(
            _("The shop has answered"),
            about,
            _("The answer is in your e-mail too."),
            _("Read the answer"),
            is_news=True,
        )
    return TicketCard(
        _wrote_on(ticket, clock),
        about,
        _("We will answer by e-mail, and here."),
        _("Read or add something"),
        is_news=False,
    )


def _wrote_on(ticket: Ticket, clock: Clock) -> str:
    day = clock.date_of(ticket.opened_at)
    if day == clock.today:
        return _("You wrote to us today")
    if (clock.today - day).days == 1:
        return _("You wrote to us yesterday")
    return _("You wrote to us on %(day)s") % {"day": clock.day(day)}
