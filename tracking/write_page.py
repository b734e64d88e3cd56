"""“Write to us”: first what it is about, then the answer there is, then a box to write in for those it did not help."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tenants.vault import digest
from tracking import proof
from tracking.asking import Answer, answer, choices, disputes, parcel_names
from tracking.doors import see_other
from tracking.guesses import may_guess, may_write
from tracking.journey import Tongue
from tracking.lookup import contact_key, proves
from tracking.photos import BadPhotoError, Photo, read_uploads
from tracking.proof import Trust
from tracking.services.proving import address_of
from tracking.services.ticket_rows import MOST_TEXT, Said, TooMuchError
from tracking.services.tickets import spare
from tracking.services.tickets import write as write_ticket
from tracking.sheet import sheet
from tracking.snapshot import Snapshot, read
from tracking.subpages import Visit, below_the_page, show
from tracking.ticket_words import REASONS, reason_words
from tracking.uploads import uploads_first

CSS = ("page-talk.css",)
_KEY = re.compile(r"[0-9a-f]{32}")
A_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed, to be shown again when it cannot be taken."""

    text: str = ""
    key: str = ""
    shipment_id: int | None = None
    error: str = ""
    photo_error: str = ""
    contact_error: str = ""

    @property
    def failed(self) -> bool:
        return bool(self.error or self.photo_error or self.contact_error)


@uploads_first
@below_the_page("GET", "HEAD", "POST")
def write(request: HttpRequest, visit: Visit) -> HttpResponse:
    """GET leads from the question to the answer to the box; POST sends, or says that the answer was enough."""
    snapshot = _snapshot(visit)
    asked = request.POST if request.method == "POST" else request.GET
    reason = asked.get("reason", "")
    if reason not in REASONS:
        done = request.GET.get("done", "")
        return _done(visit, done) if done in ("sent", "glad") else _ask(visit, choices(snapshot))
    if request.method == "POST":
        return _glad(visit, reason) if "enough" in request.POST else _send(request, visit, snapshot, reason)
    found = _answer(visit, snapshot, reason)
    if found.may_do and "more" not in request.GET:
        return _first(visit, reason, found)
    return _box(visit, snapshot, reason, found, Draft())


def _snapshot(visit: Visit) -> Snapshot:
    told = read(visit.shop.pk, visit.token_hash, now=visit.clock.now, stale_before=visit.clock.now)
    if told is None or told.snapshot is None:
        raise Http404
    return told.snapshot


def _answer(visit: Visit, snapshot: Snapshot, reason: str) -> Answer:
    shown = sheet(snapshot, visit.shop, visit.clock, Tongue(visit.language, visit.shop.language), visit.trust)
    return answer(reason, snapshot, shown, visit.clock, visit.page_url)


# --- The steps ---


def _ask(visit: Visit, offered: tuple[str, ...]) -> HttpResponse:
    reasons = [(reason, reason_words(reason)) for reason in offered]
    return show(visit, "tracking/write.html", {"reasons": reasons}, title=_("What is it about?"), css=CSS)


def _first(visit: Visit, reason: str, found: Answer) -> HttpResponse:
    told = {"reason": reason, "asked": reason_words(reason), "answer": found}
    return show(visit, "tracking/write_answer.html", told, title=reason_words(reason), css=CSS)


def _box(
    visit: Visit, snapshot: Snapshot, reason: str, found: Answer, draft: Draft, status: int = 200
) -> HttpResponse:
    to = address_of(visit.order)
    told = {
        "reason": reason,
        "asked": reason_words(reason),
        "answer": None if found.may_do else found,
        "draft": draft,
        "key": draft.key or secrets.token_hex(16),
        "parcels": parcel_names(snapshot.parcels),
        "most": MOST_TEXT,
        "to": proof.masked(to.recipient) if to and to.channel == "email" else "",
        "wants_proof": _wants_proof(visit, snapshot, reason),
    }
    return show(
        visit,
        "tracking/write_box.html",
        told,
        title=reason_words(reason),
        status=status,
        css=CSS,
        js=("talk.js",),
    )


def _glad(visit: Visit, reason: str) -> HttpResponse:
    """Counted once a day for an order and a reason."""
    if cache.add(f"spared:{digest(f'{visit.token_hash}:{reason}')[:32]}", 1, A_DAY_S):
        spare(shop=visit.shop, reason=reason, now=visit.clock.now)
    return see_other(_with(visit.path("page_write"), "done=glad"))


def _done(visit: Visit, done: str) -> HttpResponse:
    to = address_of(visit.order)
    told = {"done": done, "to": proof.masked(to.recipient) if to and to.channel == "email" else ""}
    title = _("Sent") if done == "sent" else _("Good to know")
    return show(visit, "tracking/write_done.html", told, title=title, css=CSS)


def _with(path: str, asked: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}{asked}"


# --- Sending ---


def _wants_proof(visit: Visit, snapshot: Snapshot, reason: str) -> bool:
    """Disputing a delivery changes where the order stands: not by whoever a link was forwarded to."""
    known = visit.order.email_key or visit.order.phone_key
    return visit.trust < Trust.PROVED and bool(known) and disputes(reason, snapshot)


def _send(request: HttpRequest, visit: Visit, snapshot: Snapshot, reason: str) -> HttpResponse:
    draft, photos = _read(request, visit, snapshot, reason)
    if draft.failed:
        return _box(visit, snapshot, reason, _answer(visit, snapshot, reason), draft, status=422)
    if not may_write(request, shop_id=visit.shop.pk, token_hash=visit.token_hash):
        return _too_much(visit, snapshot, reason, draft)
    has_proved = _wants_proof(visit, snapshot, reason)  # and what was said has just been found right
    is_proved = has_proved or visit.trust >= Trust.PROVED
    try:
        write_ticket(
            shop=visit.shop,
            order=visit.order,
            reason=reason,
            said=Said(draft.text, f"page:{draft.key}", photos),
            now=visit.clock.now,
            shipment_id=draft.shipment_id,
            is_proved=is_proved,
        )
    except TooMuchError:
        return _too_much(visit, snapshot, reason, draft)
    if not is_proved:
        return see_other(_with(visit.path("page_write"), "done=sent"))
    response = see_other(visit.path("page_messages"))
    if has_proved:
        proof.grant(response, path=visit.page_path, token_hash=visit.token_hash, now=visit.clock.now)
    return response


def _read(
    request: HttpRequest, visit: Visit, snapshot: Snapshot, reason: str
) -> tuple[Draft, tuple[Photo, ...]]:
    text, key = typed(request), message_key(request)
    parcels = dict(parcel_names(snapshot.parcels))
    named = request.POST.get("parcel", "")
    shipment_id = int(named) if named.isdecimal() and int(named) in parcels else None
    photos: tuple[Photo, ...] = ()
    photo_error = contact_error = ""
    try:
        photos = read_uploads(request.FILES.getlist("photos"))
    except BadPhotoError as error:
        photo_error = str(error)
    missing = "" if text or photos or photo_error else _("Write a few words first.")
    if _wants_proof(visit, snapshot, reason) and not missing and not photo_error:
        contact_error = _check_contact(request, visit)
    return Draft(text, key, shipment_id, missing, photo_error, contact_error), photos


def _check_contact(request: HttpRequest, visit: Visit) -> str:
    said = request.POST.get("contact", "")[:254].replace("\x00", "").strip()
    if not said:
        return _("Say the e-mail or phone of the order: then we know it is you.")
    if not may_guess(
        request, shop_id=visit.shop.pk, number_key=visit.token_hash, contact_key=contact_key(said)
    ):
        return _(
            "There have been too many tries. For safety, wait an hour and try again, or write to the shop."
        )
    if not proves(visit.shop, visit.token_hash, said):
        return _("That is not the e-mail or phone this order was placed with. Check it for typing errors.")
    return ""


def _too_much(visit: Visit, snapshot: Snapshot, reason: str, draft: Draft) -> HttpResponse:
    told = Draft(draft.text, draft.key, draft.shipment_id, error=much())
    return _box(visit, snapshot, reason, _answer(visit, snapshot, reason), told, status=429)


def much() -> str:
    return _(
        "You have written a lot in a short time. We have all of it; please wait a while before you write more."
    )


def typed(request: HttpRequest) -> str:
    return request.POST.get("text", "").replace("\x00", "").replace("\r\n", "\n").strip()[:MOST_TEXT]


def message_key(request: HttpRequest) -> str:
    """The form's own, so that two taps store one message."""
    said = request.POST.get("key", "")
    return said if _KEY.fullmatch(said) else secrets.token_hex(16)
