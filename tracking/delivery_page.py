"""Changes the delivery: what can be had, one choice on a screen, what was asked, and thinking better of it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tracking import change_words, delivery_choices, delivery_shown
from tracking.change_form import FIELDS, Choices, Read, plain, read
from tracking.changing import Offer, Verdict
from tracking.doors import from_our_own_pages, see_other
from tracking.fresh_again import Again, proved_again, remember
from tracking.models import DeliveryOption, DeliveryRequest, Shipment
from tracking.proof import Trust
from tracking.services.changes import Ask, NotNow, ask
from tracking.services.settling import withdraw as withdraw_request
from tracking.subpages import Visit, below_the_page, show

CSS = ("page-delivery.css",)
NOT_PROVED = 403
LONGEST = 300  # characters of any field that are kept to be shown again


@below_the_page("GET", "HEAD", needs=Trust.FRESH)
def delivery(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What can be changed, parcel by parcel, and what was asked for so far."""
    known = delivery_shown.known_of(visit)
    parcels = delivery_shown.parcels_shown(visit, known)
    offered = [option for parcel in parcels for option in parcel.options]
    told = {
        "parcels": parcels,
        "requests": delivery_shown.requests_shown(visit, known),
        "is_open": any(option.href for option in offered),
        "is_offered": bool(offered),
    }
    return show(visit, "tracking/delivery.html", told, title=_("Change the delivery"), css=CSS)


@from_our_own_pages
def change(request: HttpRequest, token: str, number: int, kind: str) -> HttpResponse:
    """One choice. Whoever fills it in may take longer than a proof is good for, and loses nothing by it."""
    return (_sent if request.method == "POST" else _form)(request, token, number, kind)


@below_the_page("GET", "HEAD", needs=Trust.FRESH)
def _form(request: HttpRequest, visit: Visit, number: int, kind: str) -> HttpResponse:
    parcel, offer = _offered(visit, number, kind)
    if offer is None or offer.verdict is not Verdict.OPEN:
        return _gone(visit, offer, parcel)
    near = plain(request.GET.get("near", ""), 16)
    choices = delivery_choices.choices_of(visit, _row(offer), parcel, near)
    return _page(visit, number, parcel, offer, choices, near=near)


@below_the_page("POST")
def _sent(request: HttpRequest, visit: Visit, number: int, kind: str) -> HttpResponse:
    parcel, offer = _offered(visit, number, kind)
    if visit.trust is Trust.GIFT:
        raise Http404
    again = proved_again(request, visit)
    if offer is not None and offer.verdict is Verdict.ASKED and again.is_fresh:
        return remember(see_other(visit.path("delivery")), visit, again)
    if offer is None or offer.verdict is not Verdict.OPEN:
        return remember(_gone(visit, offer, parcel), visit, again)
    near = plain(request.POST.get("near", ""), 16)
    choices = delivery_choices.choices_of(visit, _row(offer), parcel, near)
    said = {name: request.POST.get(name, "")[:LONGEST] for name in FIELDS[offer.option.kind]}
    if not again.is_fresh:
        return _page(
            visit, number, parcel, offer, choices, said=said, near=near, again=again, status=NOT_PROVED
        )
    found = read(offer.option.kind, said, choices)
    if found.faults:
        answer = _page(visit, number, parcel, offer, choices, said=said, near=near, found=found, status=422)
        return remember(answer, visit, again)
    return remember(_asked(visit, number, parcel, offer, choices, said, near, found), visit, again)


def _asked(
    visit: Visit,
    number: int,
    parcel: Shipment | None,
    offer: Offer,
    choices: Choices,
    said: dict[str, str],
    near: str,
    found: Read,
) -> HttpResponse:
    wish = Ask(parcel.pk if parcel else None, offer.option.kind, found.details, found.window)
    try:
        made = ask(shop=visit.shop, order=visit.order, wish=wish, now=visit.clock.now)
    except NotNow as refused:
        if not refused.full:
            return _gone(visit, _offered(visit, number, delivery_shown.slug_of(offer.option.kind))[1], parcel)
        choices = delivery_choices.choices_of(visit, _row(offer), parcel, near)
        full = Read({}, faults={"slot": _("Somebody was quicker: this time is full. Choose another.")})
        return _page(visit, number, parcel, offer, choices, said=said, near=near, found=full, status=409)
    return see_other(visit.path("delivery_asked", made.pk))


@below_the_page("GET", "HEAD", needs=Trust.PROVED)
def asked(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    """That it was taken down, and what happens next."""
    made = _request(visit, pk)
    told = {
        "request": delivery_shown.request_shown(visit, made),
        "next": _next(visit, made.way, made.status == "asked", made.shipment),
    }
    return show(visit, "tracking/delivery_asked.html", told, title=_("Your wish has been noted"), css=CSS)


@below_the_page("GET", "HEAD", "POST", needs=Trust.FRESH)
def withdraw(request: HttpRequest, visit: Visit, pk: int) -> HttpResponse:
    made = _request(visit, pk)
    if request.method == "POST" and withdraw_request(
        shop=visit.shop, order=visit.order, request_id=made.pk, now=visit.clock.now
    ):
        return see_other(visit.path("delivery"))
    if request.method == "POST":
        made = _request(visit, pk)
    told = {"request": delivery_shown.request_shown(visit, made)}
    status = 409 if request.method == "POST" else 200
    return show(
        visit,
        "tracking/delivery_withdraw.html",
        told,
        title=_("Withdraw what you asked for"),
        css=CSS,
        status=status,
    )


# --- What they share ---


def _request(visit: Visit, pk: int) -> DeliveryRequest:
    found: DeliveryRequest | None = (
        DeliveryRequest.objects.for_shop(visit.shop)
        .filter(order=visit.order, pk=pk)
        .select_related("shipment")
        .first()
    )
    if found is None:
        raise Http404
    return found


def _offered(visit: Visit, number: int, slug: str) -> tuple[Shipment | None, Offer | None]:
    """The parcel of that number, 0 being the one that is still to come, and what is offered for it."""
    kind = slug.replace("-", "_")
    if kind not in FIELDS or delivery_shown.slug_of(kind) != slug:
        raise Http404
    known = delivery_shown.known_of(visit)
    if number > len(known.shipments):
        raise Http404
    parcel = known.shipments[number - 1] if number else None
    offers = delivery_shown.offers_for(visit, known, parcel) if number or not known.shipments else []
    return parcel, next((one for one in offers if one.option.kind == kind and one.option.way != "link"), None)


def _row(offer: Offer) -> DeliveryOption:
    row = offer.option
    assert isinstance(row, DeliveryOption)  # noqa: S101  the page reads models, and gives them to the pure functions
    return row


def _gone(visit: Visit, offer: Offer | None, parcel: Shipment | None) -> HttpResponse:
    told = {"why_not": delivery_shown.why_not(offer, parcel, visit.clock)}
    return show(
        visit, "tracking/delivery_gone.html", told, title=_("Change the delivery"), css=CSS, status=409
    )


def _page(
    visit: Visit,
    number: int,
    parcel: Shipment | None,
    offer: Offer,
    choices: Choices,
    *,
    said: dict[str, str] | None = None,
    near: str = "",
    found: Read | None = None,
    again: Again | None = None,
    status: int = 200,
) -> HttpResponse:
    option, kind, clock = _row(offer), offer.option.kind, visit.clock
    told: dict[str, Any] = {
        "kind": kind,
        "title": str(change_words.KINDS[kind]),
        "lead": str(change_words.LEADS[kind]),
        "carrier": delivery_shown.named(parcel),
        "said": said or {},
        "faults": dict(found.faults) if found else {},
        "again": again,
        "price": change_words.price(option.price, visit.shop.currency, clock),
        "is_free": not option.price,
        "deadline": change_words.deadline(offer.cutoff_at, clock),
        "next": _next(visit, option.way, option.needs_approval, parcel),
        "near": near or visit.order.postal_code,
        "days": delivery_choices.days_shown(choices, clock),
        "windows": delivery_choices.windows_shown(choices, clock),
        "places": delivery_choices.places_shown(visit, parcel, near) if kind == "pickup_point" else [],
        "safe_places": list(change_words.SAFE_PLACES.items()),
        "hold": choices.hold,
        "country": clock.locale.territories.get(visit.order.country, ""),
        "is_possible": kind not in ("day", "slot", "pickup_point")
        or bool(choices.days or any(w.free for w in choices.windows) or choices.places),
    }
    return show(visit, "tracking/delivery_change.html", told, title=told["title"], css=CSS, status=status)


def _next(visit: Visit, way: str, needs_approval: bool, parcel: Shipment | None) -> str:
    """What happens with it once it is asked for."""
    carrier = delivery_shown.named(parcel) or _("the carrier")
    if needs_approval:
        return _("%(shop)s looks at it first. Then it goes to %(carrier)s, and you are told the answer.") % {
            "shop": visit.shop.name,
            "carrier": carrier,
        }
    if way == "carrier":
        return _("We pass it on to %(carrier)s at once, and tell you the answer.") % {"carrier": carrier}
    if way == "mail":
        return _("We write to %(carrier)s’s depot at once. You are told as soon as there is an answer.") % {
            "carrier": carrier
        }
    return _("Somebody at %(shop)s takes it up with %(carrier)s, and you are told the answer.") % {
        "shop": visit.shop.name,
        "carrier": carrier,
    }
