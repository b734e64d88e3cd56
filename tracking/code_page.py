"""Proves anew that the order is the reader's: a code is sent to the address on file, and said here."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tracking import proof
from tracking.doors import below, see_other
from tracking.guesses import may_guess
from tracking.services.proving import Outcome, address_of, send_code, take_code
from tracking.subpages import Visit, below_the_page, show


@below_the_page("GET", "HEAD", "POST")
def code(request: HttpRequest, visit: Visit) -> HttpResponse:
    """GET offers to send a code; POST sends one, or takes the one that came."""
    then = _next(request)
    if request.method != "POST":
        return _page(visit, then)
    if "send" in request.POST:
        return _send(request, visit, then)
    if not may_guess(
        request, shop_id=visit.shop.pk, number_key=f"code:{visit.token_hash}", contact_key=visit.token_hash
    ):
        return _page(visit, then, sent=True, error=_too_many(), status=429)
    if not take_code(order=visit.order, said=request.POST.get("code", "")[:20], now=visit.clock.now):
        return _page(visit, then, sent=True, error=_wrong(), status=422)
    response = see_other(f"{visit.page_path}{then}{visit.query}" if then else visit.page_url)
    proof.grant(
        response, path=visit.page_path, token_hash=visit.token_hash, now=visit.clock.now, by_code=True
    )
    return response


def _too_many() -> str:
    return _("There have been too many tries. For safety, wait an hour and try again, or write to the shop.")


def _wrong() -> str:
    return _("That is not the code, or it is too old. Check it, or have a new one sent.")


def _send(request: HttpRequest, visit: Visit, then: str) -> HttpResponse:
    outcome = send_code(order=visit.order, now=visit.clock.now)
    if outcome is Outcome.SENT:
        return _page(visit, then, sent=True)
    if outcome is Outcome.TOO_MANY:
        said = _("Four codes were sent within the hour. Use the last one, or try again later.")
        return _page(visit, then, sent=True, error=said, status=429)
    return _page(visit, then)


def _next(request: HttpRequest) -> str:
    """Where to go on: a page below this order's and nowhere else."""
    said = below(request.POST.get("next") or request.GET.get("next", ""))
    return said if said != "code" else ""


def _page(visit: Visit, then: str, *, sent: bool = False, error: str = "", status: int = 200) -> HttpResponse:
    to = address_of(visit.order)
    told = {
        "address": proof.masked(to.recipient) if to else "",
        "sent": sent,
        "error": error,
        "next": then,
    }
    return show(visit, "tracking/code.html", told, title=_("Confirm it is you"), status=status)
