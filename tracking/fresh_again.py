"""A form sent after its quarter of an hour: a new code is asked for beside it, and nothing typed is lost."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tracking import proof
from tracking.guesses import may_guess
from tracking.proof import Trust
from tracking.services.proving import Outcome, address_of, send_code, take_code
from tracking.subpages import Visit


@dataclass(frozen=True, slots=True)
class Again:
    """What the form has to show besides. `is_fresh`: nothing; it may be taken. `by_code`: it was said just now."""

    is_fresh: bool
    by_code: bool = False
    address: str = ""  # masked
    sent: bool = False
    error: str = ""


def proved_again(request: HttpRequest, visit: Visit) -> Again:
    """Of a form that was sent: whether it comes from somebody who may, or has just said the code it carries."""
    if visit.trust >= Trust.FRESH:
        return Again(is_fresh=True)
    to = address_of(visit.order)
    address = proof.masked(to.recipient) if to else ""
    if "send_code" in request.POST:
        outcome = send_code(order=visit.order, now=visit.clock.now)
        error = (
            ""
            if outcome is Outcome.SENT
            else _("Four codes were sent within the hour. Use the last one, or try again later.")
        )
        return Again(False, address=address, sent=True, error=error)
    said = request.POST.get("proof_code", "").strip()[:20]
    if not said:
        return Again(False, address=address)
    if not may_guess(
        request, shop_id=visit.shop.pk, number_key=f"code:{visit.token_hash}", contact_key=visit.token_hash
    ):
        error = _(
            "There have been too many tries. For safety, wait an hour and try again, or write to the shop."
        )
        return Again(False, address=address, sent=True, error=error)
    if not take_code(order=visit.order, said=said, now=visit.clock.now):
        error = _("That is not the code, or it is too old. Check it, or have a new one sent.")
        return Again(False, address=address, sent=True, error=error)
    return Again(is_fresh=True, by_code=True)


def remember(response: HttpResponse, visit: Visit, again: Again) -> HttpResponse:
    """Keep the proof on this device, where a code was said."""
    if again.by_code:
        proof.grant(
            response, path=visit.page_path, token_hash=visit.token_hash, now=visit.clock.now, by_code=True
        )
    return response
