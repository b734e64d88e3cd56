"""What a shopper may want of the shop at this point, what answers it at once, and which event settles it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carriers.types import Status
from tracking import explanations
from tracking.actions import Action
from tracking.labels import status_label
from tracking.sheet import Sheet
from tracking.situation import live
from tracking.snapshot import Parcel, Snapshot
from tracking.states import OrderState
from tracking.when import Clock

DAY = timedelta(days=1)
ARRIVED = frozenset({Status.DELIVERED})
GONE = frozenset({OrderState.CANCELLED, OrderState.RETURNED})
HERE = frozenset({OrderState.DELIVERED, OrderState.COMPLETED, OrderState.DELIVERED_INCOMPLETE})
# A parcel's way, in order: whoever asks where it is has been answered by any later place.
WAY = (Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY, Status.AVAILABLE_FOR_PICKUP, Status.DELIVERED)
ABOUT_WHAT_CAME = ("damaged", "missing", "wrong")


@dataclass(frozen=True, slots=True)
class Answer:
    """`said`: sentences, the first stands out. `links`: what can be done at once. `may_do`: it may answer all there
    was to ask; else it only stands above the box to write in."""

    said: tuple[str, ...]
    links: tuple[Action, ...] = ()
    may_do: bool = True


def choices(snapshot: Snapshot) -> tuple[str, ...]:
    """The reasons worth offering of this order now, the likeliest first."""
    state, parcels = snapshot.order.state, live(snapshot.parcels)
    came = any(p.status in ARRIVED for p in parcels) or state in HERE
    coming = state not in HERE and state not in GONE
    found = ["where"] if coming else []
    if any(p.status in ARRIVED for p in parcels):
        found.append("not_received")
    found += ABOUT_WHAT_CAME if came else ()
    if coming:
        found.append("change")
    if came:
        found.append("return")
    return (*found, "invoice", "other")


def disputes(reason: str, snapshot: Snapshot) -> bool:
    """Whether it says of a delivered parcel that it did not come."""
    return reason == "not_received" and any(p.status in ARRIVED for p in live(snapshot.parcels))


def settles_on(reason: str, statuses: Collection[str]) -> tuple[str, ...]:
    """What, once all the parcels it is about are there, settles the matter. `statuses`: where they are now; empty
    where there is none yet."""
    if reason == "where":
        reached = max((WAY.index(Status(one)) for one in statuses if one in WAY), default=-1)
        return tuple(WAY[reached + 1 :])
    if reason == "not_received":
        return (Status.DELIVERED,)
    if reason == "change":
        return (Status.DELIVERED, Status.RETURNED)
    return (OrderState.INVOICE_ISSUED,) if reason == "invoice" else ()


# --- What answers it ---


def answer(reason: str, snapshot: Snapshot, sheet: Sheet, clock: Clock, page_url: str) -> Answer:
    """From the facts the order's page shows this reader, in the active language. `page_url`: of that page."""
    if reason == "where":
        return _where(sheet, page_url)
    if disputes(reason, snapshot):
        return _not_received(snapshot, clock)
    if reason == "missing" and (said := _still_coming(snapshot)):
        return Answer((said, _("Look on the page of your order: it shows what each parcel holds.")))
    if reason == "change":
        return _change(sheet, page_url)
    if reason == "return":
        return Answer(
            (
                _("Tell us what you want to send back, and why if you like."),
                _("Keep the packaging: we answer with how to send it, and what happens then."),
            ),
            may_do=False,
        )
    if reason == "invoice":
        return _invoice(snapshot, page_url)
    return Answer(_FIRST[reason](), may_do=False) if reason in _FIRST else Answer((), may_do=False)


_FIRST: Mapping[str, Callable[[], tuple[str, ...]]] = {
    "damaged": lambda: (
        _("We are sorry. Keep the box, the label and what is broken until we have answered."),
        _("Photos of the damage and of the box help us most."),
    ),
    "missing": lambda: (
        _("We are sorry. Tell us what is missing; a photo of all that came helps."),
    ),
    "wrong": lambda: (
        _("We are sorry. Tell us what came in its place; a photo of it helps."),
        _("Keep it as it came: we arrange the exchange."),
    ),
}  # fmt: skip


def _where(sheet: Sheet, page_url: str) -> Answer:
    fresh = ""
    if sheet.fresh:
        said = {"place": sheet.fresh.place, "when": sheet.fresh.said}
        fresh = (
            _("Last scan: %(place)s, %(when)s.") % said
            if sheet.fresh.place
            else _("Last scan: %(when)s.") % said
        )
    when = f"{sheet.when}." if sheet.when else ""
    after = sheet.fresh.next if sheet.fresh else ""
    said_all = (
        sheet.headline,
        " ".join(s for s in (when, sheet.lede) if s),
        " ".join(s for s in (fresh, after) if s),
    )
    return Answer(tuple(s for s in said_all if s), _useful(sheet.actions, page_url))


def _useful(found: Sequence[Action], page_url: str) -> tuple[Action, ...]:
    """What the page offers besides talking to the shop; what leads to a part of the page leads there from below it."""
    return tuple(
        Action(a.label, page_url + a.href if a.href.startswith("#") else a.href, a.icon, a.outside)
        for a in found
        if a.icon not in ("chat", "phone") and not a.href.startswith(("mailto:", "tel:"))
    )


def _not_received(snapshot: Snapshot, clock: Clock) -> Answer:
    parcels = [p for p in live(snapshot.parcels) if p.status in ARRIVED]
    said = []
    if len(parcels) == 1 and (at := parcels[0].delivered_at):
        when = {"day": clock.day(clock.date_of(at)), "hour": clock.hour(at)}
        said.append(_("The carrier says it was delivered on %(day)s at %(hour)s.") % when)
        said.append(str(explanations.of_sub_status(parcels[0].sub_status).reason))
    else:
        said.append(_("The carrier says it was delivered."))
    said.append(
        _("Look in the mailbox, with neighbours, at reception and with whoever lives or works with you.")
    )
    if any(p.delivered_at and clock.now - p.delivered_at < DAY for p in parcels):
        said.append(
            _("Some drivers scan a parcel before they are at the door: often it arrives within the day.")
        )
    return Answer(tuple(dict.fromkeys(said)))


def _still_coming(snapshot: Snapshot) -> str:
    parcels = live(snapshot.parcels)
    coming = [p for p in parcels if p.status not in (*ARRIVED, Status.RETURNED)]
    if not coming or len(parcels) < 2:
        return ""
    return ngettext(
        "Your order travels in %(total)d parcels, and %(count)d is still on its way.",
        "Your order travels in %(total)d parcels, and %(count)d are still on their way.",
        len(coming),
    ) % {"count": len(coming), "total": len(parcels)}


def _change(sheet: Sheet, page_url: str) -> Answer:
    links = tuple(a for a in _useful(sheet.actions, page_url) if a.icon == "truck")
    if links:
        return Answer((_("The day and the place of delivery you can change yourself, at once."),), links)
    return Answer(
        (_("Tell us what should be different. The sooner you write, the more can still be changed."),),
        may_do=False,
    )


def _invoice(snapshot: Snapshot, page_url: str) -> Answer:
    """Who may have it, and by which link, the order's page knows."""
    issued = [one for one in snapshot.invoices if one.issued_at]
    told = [m for m in snapshot.milestones if m.code == OrderState.INVOICE_ISSUED and m.url]
    if issued or told:
        link = Action(_("To the invoice"), f"{page_url}#order", "box")
        return Answer((_("Your invoice is ready. You find it on the page of your order."),), (link,))
    return Answer((_("Tell us the name, the tax number and the address it should carry."),), may_do=False)


def parcel_names(parcels: Sequence[Parcel]) -> list[tuple[int, str]]:
    """The parcels somebody may mean, where there are several: id and what to call them."""
    mine = live(parcels)
    if len(mine) < 2:
        return []
    return [
        (p.id, _("Parcel %(number)d: %(what)s") % {"number": n, "what": status_label(p.status)})
        for n, p in enumerate(mine, start=1)
    ]
