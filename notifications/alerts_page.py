"""Choose what to hear of one order, by which channel, and who else hears it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from notifications import alert_words
from notifications.models import Follower, Phone, PushSubscription
from notifications.push_crypto import public_key
from notifications.registry import CHANNELS
from notifications.rules import Switch
from notifications.services import browsers, choosing, following, phones
from notifications.services.channels import usable_channels
from tenants.middleware import ShopRequest
from tracking.doors import see_other
from tracking.proof import Trust, masked
from tracking.subpages import Visit, below_the_page, show


@dataclass(frozen=True, slots=True)
class Column:
    code: str
    label: str
    address: str  # masked


@dataclass(frozen=True, slots=True)
class Cell:
    value: str  # state:channel
    channel: str
    on: bool


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    cells: tuple[Cell, ...]
    common: bool


@dataclass(frozen=True, slots=True)
class Guest:
    pk: int
    address: str
    note: str


@below_the_page("GET", "HEAD", "POST", needs=Trust.PROVED)
def alerts(request: ShopRequest, visit: Visit) -> HttpResponse:
    """GET shows the switches; POST takes one of the page's forms, named by its button."""
    if request.method == "POST":
        name = next((name for name in FORMS if name in request.POST), "save")
        return FORMS[name](request, visit)
    return _page(request, visit, said=SAID.get(request.GET.get("done", ""), lambda: "")())


@below_the_page("POST", needs=Trust.PROVED)
def browser(request: ShopRequest, visit: Visit) -> HttpResponse:
    """This browser wants to be told of the order, or no longer. 204; 422 for what is no subscription."""
    said = {name: request.POST.get(name, "") for name in ("endpoint", "p256dh", "auth")}
    if "leave" in request.POST:
        browsers.leave(order=visit.order, endpoint=said["endpoint"])
        return HttpResponse(status=204)
    try:
        browsers.listen(
            order=visit.order,
            **said,
            words=alert_words.push_words(),
            language=visit.language,
            now=visit.clock.now,
        )
    except ValueError:
        return HttpResponse(status=422)
    return HttpResponse(status=204)


def _save(request: HttpRequest, visit: Visit) -> HttpResponse:
    labels = alert_words.StateLabels(visit.shop, visit.language)
    shown, wanted = _switches(request.POST.getlist("shown")), set(_switches(request.POST.getlist("on")))
    known = choosing.open_states(order=visit.order)
    words = alert_words.evidence(
        [alert_words.intro(), *(labels(s) for s in dict.fromkeys(s for s, _c in shown) if s in known)]
    )
    choosing.choose(
        order=visit.order,
        shown=shown,
        wanted=wanted,
        words=words,
        proof=visit.trust.name.lower(),
        language=visit.language,
        now=visit.clock.now,
    )
    return _done(visit, "saved")


def _switches(values: list[str]) -> list[Switch]:
    found = (value.partition(":") for value in values[:200])
    return [(state, channel) for state, colon, channel in found if colon]


def _add(request: HttpRequest, visit: Visit) -> HttpResponse:
    email = request.POST.get("email", "")[:254]
    outcome = following.ask(
        shop=visit.shop, order=visit.order, email=email, language=visit.language, now=visit.clock.now
    )
    if outcome is following.Outcome.ASKED:
        return _done(visit, "asked")
    why = {
        following.Outcome.NO_ADDRESS: _("That is not an e-mail address. Check it for typing errors."),
        following.Outcome.TOO_MANY: _("No more people can be added to this order."),
        following.Outcome.OWN: _("That is your own address: your messages go there already."),
        following.Outcome.NOT_OFFERED: _("The shop does not offer this."),
    }[outcome]
    return _page(request, visit, faults={"email": why}, given={"email": email}, status=422)


def _remove(request: HttpRequest, visit: Visit) -> HttpResponse:
    number = request.POST.get("remove", "")
    if number.isdecimal() and len(number) < 19:
        following.remove(order=visit.order, follower_id=int(number))
    return _done(visit, "removed")


def _phone(request: HttpRequest, visit: Visit) -> HttpResponse:
    said = request.POST.get("number", "")[:40]
    if not _may_give_phone(visit):
        return _done(visit, "saved")
    number = phones.normalised(said, visit.order.country or visit.shop.country)
    outcome = phones.send_code(order=visit.order, number=number, language=visit.language, now=visit.clock.now)
    if outcome is phones.Outcome.SENT:
        return _done(visit, "code")
    why = {
        phones.Outcome.NO_NUMBER: _(
            "That is not a phone number. Write it with its country code: +34 600 000 000."
        ),
        phones.Outcome.TOO_MANY: _("No more codes can be sent for this order."),
    }[outcome]
    return _page(request, visit, faults={"number": why}, given={"number": said}, status=422)


def _phone_code(request: HttpRequest, visit: Visit) -> HttpResponse:
    taken = phones.confirm(
        order=visit.order, said=request.POST.get("phone_code", "")[:20], words=alert_words.promise(),
        language=visit.language, now=visit.clock.now,
    )  # fmt: skip
    if taken:
        return _done(visit, "phone")
    why = _("That is not the code, or it is too old. Check it, or have a new one sent.")
    return _page(request, visit, faults={"phone_code": why}, status=422)


def _forget_phone(request: HttpRequest, visit: Visit) -> HttpResponse:
    phones.forget(order=visit.order)
    return _done(visit, "removed")


def _forget_browsers(request: HttpRequest, visit: Visit) -> HttpResponse:
    browsers.leave_all(order=visit.order)
    return _done(visit, "removed")


FORMS: Mapping[str, Callable[[HttpRequest, Visit], HttpResponse]] = {
    "save": _save,
    "add": _add,
    "remove": _remove,
    "phone": _phone,
    "phone_code": _phone_code,
    "forget_phone": _forget_phone,
    "forget_browsers": _forget_browsers,
}
SAID: Mapping[str, Callable[[], str]] = {
    "saved": lambda: _("Saved. That is how you will hear from us."),
    "asked": lambda: _("We have written to that address. Once they say yes, they hear of this order."),
    "removed": lambda: _("Done. Nothing more goes there."),
    "code": lambda: _("We have sent a code to that phone."),
    "phone": lambda: _("Your phone is confirmed. Choose below what it is told."),
}


def _done(visit: Visit, what: str) -> HttpResponse:
    also = "&" if visit.query else "?"
    return see_other(f"{visit.path('page_alerts')}{also}done={what}#said")


def _page(
    request: ShopRequest | HttpRequest,
    visit: Visit,
    *,
    said: str = "",
    faults: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    columns = _columns(visit)
    rows = _rows(visit, columns)
    phone = Phone.objects.for_shop(visit.shop).filter(order=visit.order).exclude(number="").first()
    told: dict[str, Any] = {
        "said": said,
        "faults": faults or {},
        "given": given or {},
        "intro": alert_words.intro(),
        "promise": alert_words.promise(),
        "push_words": alert_words.push_words(),
        "columns": columns,
        "common": [row for row in rows if row.common],
        "others": [row for row in rows if not row.common],
        "guests": _guests(visit),
        "may_add": following.may_add(visit.shop.pk),
        "most": following.MOST,
        "may_give_phone": _may_give_phone(visit),
        "phone": masked(phone.number) if phone else "",
        "phone_waits": bool(phone and phone.confirmed_at is None and phone.expires_at > visit.clock.now),
        "push_key": public_key(settings.VAPID_PRIVATE_KEY)
        if "push" in usable_channels(visit.shop.pk)
        else "",
        "worker": worker_path(request, visit),
        "browsers": PushSubscription.objects.for_shop(visit.shop).filter(order=visit.order).count(),
    }
    return show(
        visit,
        "tracking/alerts.html",
        told,
        title=_("Your alerts"),
        status=status,
        css=["alerts.css"],
        js=["alerts.js"],
    )


def worker_path(request: HttpRequest, visit: Visit) -> str:
    """The shop's service worker. Beside an order's page on the installation's own host there is none: it is below
    the shop's."""
    on_ours = request.get_host().partition(":")[0] in settings.SITE_HOSTS
    return f"/s/{visit.shop.slug}/sw.js" if on_ours else "/sw.js"


def _columns(visit: Visit) -> list[Column]:
    found = []
    for code in usable_channels(visit.shop.pk):
        address = choosing.address_on(visit.order, code)
        if CHANNELS[code].address == "browser":
            listening = PushSubscription.objects.for_shop(visit.shop).filter(order=visit.order).exists()
            address = "browser" if listening else ""
        if address:
            shown = "" if address == "browser" else masked(address)
            found.append(Column(code, alert_words.channel_label(code), shown))
    return found


def _rows(visit: Visit, columns: list[Column]) -> list[Row]:
    on = choosing.effective(order=visit.order)
    labels = alert_words.StateLabels(visit.shop, visit.language)
    rows = []
    for state in choosing.open_states(order=visit.order):
        cells = tuple(Cell(f"{state}:{c.code}", c.label, on.get((state, c.code), False)) for c in columns)
        common = state in alert_words.COMMON or any(cell.on for cell in cells)
        rows.append(Row(labels(state), cells, common))
    return rows


def _guests(visit: Visit) -> list[Guest]:
    found = Follower.objects.for_shop(visit.shop).filter(order=visit.order).order_by("pk")
    return [
        Guest(f.pk, masked(f.email), _("Gets messages") if f.confirmed_at else _("Asked, no answer yet"))
        for f in found
        # Who said no looks as if they had not answered.
        if following.is_open(f, visit.clock.now)
        or (f.confirmed_at is None and visit.clock.now < f.expires_at)
    ]


def _may_give_phone(visit: Visit) -> bool:
    """Where a phone channel works and the order came without a number."""
    by_phone = any(CHANNELS[c].address == "phone" for c in usable_channels(visit.shop.pk))
    return by_phone and not visit.order.customer_phone and "sms" in usable_channels(visit.shop.pk)
