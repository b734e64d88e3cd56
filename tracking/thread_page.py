"""The thread: what shopper and shop have written to each other about an order, for whoever proved it is theirs."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tracking import proof
from tracking.doors import see_other
from tracking.guesses import may_write
from tracking.models import Ticket
from tracking.photos import BadPhotoError, read_uploads
from tracking.proof import Trust
from tracking.services.proving import address_of
from tracking.services.ticket_rows import MOST_TEXT, Said, TooMuchError
from tracking.services.tickets import close, reopen, reply
from tracking.subpages import Visit, below_the_page, show
from tracking.thread import Line, lines_of, photo_of
from tracking.ticket_words import reason_words
from tracking.uploads import uploads_first
from tracking.write_page import CSS, message_key, much, typed

MOST_TICKETS = 20  # of an order, the newest


@dataclass(frozen=True, slots=True)
class Thread:
    ticket: Ticket
    about: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Refused:
    """What could not be taken, in which ticket, and why."""

    ticket_id: int
    text: str
    key: str
    error: str


@uploads_first
@below_the_page("GET", "HEAD", "POST", needs=Trust.PROVED)
def messages(request: HttpRequest, visit: Visit) -> HttpResponse:
    """GET shows all of it; POST says more, settles a matter, or takes it up again."""
    if request.method != "POST":
        return _page(visit)
    ticket = _ticket(visit, request.POST.get("ticket", ""))
    do = request.POST.get("do", "reply")
    if do == "settled":
        close(shop=visit.shop, ticket=ticket, by=None, now=visit.clock.now)
    elif do == "reopen":
        reopen(shop=visit.shop, ticket=ticket, by=None, now=visit.clock.now)
    elif refused := _reply(request, visit, ticket):
        return _page(visit, refused, status=422)
    return see_other(f"{visit.path('page_messages')}#ticket-{ticket.pk}")


def _ticket(visit: Visit, said: str) -> Ticket:
    found = Ticket.objects.for_shop(visit.shop).filter(order=visit.order).select_related("order")
    ticket: Ticket | None = (
        found.filter(pk=int(said)).first() if said.isdecimal() and len(said) < 18 else None
    )
    if ticket is None:
        raise Http404
    return ticket


def _reply(request: HttpRequest, visit: Visit, ticket: Ticket) -> Refused | None:
    text, key = typed(request), message_key(request)
    try:
        photos = read_uploads(request.FILES.getlist("photos"))
    except BadPhotoError as error:
        return Refused(ticket.pk, text, key, str(error))
    if not text and not photos:
        return Refused(ticket.pk, "", key, _("Write a few words first."))
    if not may_write(request, shop_id=visit.shop.pk, token_hash=visit.token_hash):
        return Refused(ticket.pk, text, key, much())
    try:
        reply(shop=visit.shop, ticket=ticket, said=Said(text, f"page:{key}", photos), now=visit.clock.now)
    except TooMuchError:
        return Refused(ticket.pk, text, key, much())
    return None


def _page(visit: Visit, refused: Refused | None = None, status: int = 200) -> HttpResponse:
    tickets = list(
        Ticket.objects.for_shop(visit.shop)
        .filter(order=visit.order)
        .order_by("-last_at", "-id")[:MOST_TICKETS]
    )
    lines = lines_of(visit.shop, tickets, visit.clock, agents=False)
    threads = [Thread(ticket, reason_words(ticket.reason), lines[ticket.pk]) for ticket in tickets]
    to = address_of(visit.order)
    told = {
        "threads": threads,
        "refused": refused,
        "key": refused.key if refused else secrets.token_hex(16),
        "most": MOST_TEXT,
        "to": proof.masked(to.recipient) if to and to.channel == "email" else "",
    }
    return show(
        visit, "tracking/messages.html", told, title=_("Messages"), status=status, css=CSS, js=("talk.js",)
    )


@below_the_page("GET", "HEAD", needs=Trust.PROVED)
def photo(request: HttpRequest, visit: Visit, key: str) -> HttpResponse:
    """One picture of the thread. Made anew by us, yet served as what it is and nothing else."""
    content = photo_of(visit.shop, key, order_id=visit.order.pk)
    if content is None:
        raise Http404
    return as_picture(content)


def as_picture(content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type="image/jpeg")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = 'inline; filename="photo.jpg"'
    response._csp_replace = {"default-src": ["'none'"]}  # type: ignore[attr-defined]
    return response
