"""One timeline of an order: what carriers said, the steps it took, what the customer was told, who did what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carriers.types import FROM_CODE, FROM_WORDS, ZoneSource
from console import decisions, masking, tones
from console.clock import span
from console.deeds import deed_words
from console.message_words import HELD, NOTICES
from console.rows import StateNames
from notifications.models import Message
from tenants.models import AuditEntry, User
from tracking.actions import carrier_name
from tracking.labels import MILESTONES, state_label, status_label
from tracking.models import Shipment, TrackingEvent, Transition
from tracking.position import Decision, Kind
from tracking.when import Clock

CHANNELS: dict[str, str | Promise] = {
    "email": gettext_lazy("E-mail"),
    "sms": "SMS",
    "whatsapp": "WhatsApp",
    "push": gettext_lazy("Push"),
}
MESSAGE_STATUSES: dict[str, Promise] = {
    "queued": gettext_lazy("about to be sent"),
    "held": gettext_lazy("held back"),
    "sending": gettext_lazy("being sent"),
    "sent": gettext_lazy("sent"),
    "delivered": gettext_lazy("delivered"),
    "opened": gettext_lazy("opened"),
    "clicked": gettext_lazy("opened and clicked"),
    "bounced": gettext_lazy("came back"),
    "failed": gettext_lazy("not sent"),
    "unknown": gettext_lazy("handed over, not confirmed"),
}
QUIET: dict[str, Promise] = {
    "imported": gettext_lazy("nobody is told: it happened before the order came here"),
    "history": gettext_lazy("nobody is told: it is history"),
    "late": gettext_lazy("nobody is told: the parcel had gone on since"),
    "again": gettext_lazy("nobody is told twice in a day"),
    "old": gettext_lazy("nobody is told: it was more than seven days old"),
    "unconfirmed": gettext_lazy("the customer has not been told: it has to be confirmed first"),
}
SOURCES: dict[str, Promise] = {
    "shop": gettext_lazy("said by the shop"),
    "driver": gettext_lazy("said by the driver"),
    "shopper": gettext_lazy("said by the customer"),
    "system": gettext_lazy("worked out here"),
    "agent": gettext_lazy("recorded by hand"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """`kind`: state, event, message, person: how it is drawn. `aside`: kept, but changed nothing."""

    at: datetime
    hour: str
    kind: str
    tone: str
    title: str
    words: str = ""  # of somebody else's, verbatim
    small: str = ""
    note: str = ""
    aside: bool = False
    message: str = ""  # the id of one, whose page has the words


@dataclass(frozen=True, slots=True)
class Day:
    heading: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Told:
    """Everything a timeline is made of, already read."""

    shipments: Sequence[Shipment]
    events: Mapping[int, Sequence[TrackingEvent]]  # by shipment
    decisions: Mapping[int, Mapping[str, Decision]]  # by shipment, by key
    transitions: Sequence[Transition]
    messages: Sequence[Message]
    audit: Sequence[AuditEntry]
    people: Mapping[int, User]


def timeline(told: Told, names: StateNames, clock: Clock, *, masked: bool) -> list[Day]:
    """Newest first, day by day, in the shop's time."""
    lines = [
        *_events(told, clock),
        *_steps(told, names, clock),
        *(_message(m, clock, masked=masked) for m in told.messages),
        *(_deed(entry, told, names, clock) for entry in told.audit if not _is_a_step(entry, told)),
    ]
    lines.sort(key=lambda line: (line.at, line.kind == "state"), reverse=True)

    def day(line: Line) -> date:
        return clock.date_of(line.at)

    return [Day(clock.heading(on), list(group)) for on, group in groupby(lines, key=day)]


def _events(told: Told, clock: Clock) -> Iterable[Line]:
    several = len(told.shipments) > 1
    for shipment in told.shipments:
        parcel = (
            f"{carrier_name(shipment.carrier)} {shipment.number}"
            if several
            else carrier_name(shipment.carrier)
        )
        known = told.decisions.get(shipment.pk, {})
        for event in told.events.get(shipment.pk, ()):
            yield _event(event, known.get(event.key), parcel, clock)


def _event(event: TrackingEvent, decision: Decision | None, parcel: str, clock: Clock) -> Line:
    kept = decision is not None and decision.kind is Kind.KEPT
    label = status_label(event.sub_status) if event.sub_status else event.text or status_label("")
    said_by = parcel if event.source == "carrier" else f"{parcel}, {SOURCES.get(event.source, event.source)}"
    return Line(
        at=event.occurred_at,
        hour=clock.hour(event.occurred_at),
        kind="event",
        tone="" if kept or not event.sub_status else _event_tone(event.sub_status),
        title=label,
        words=event.text if event.text != label else "",
        small=" · ".join(part for part in (said_by, event.place, *_doubts(event)) if part),
        note=f"{decisions.outcome(decision)}: {decisions.reason(decision)}" if kept and decision else "",
        aside=kept,
    )


def _doubts(event: TrackingEvent) -> Iterable[str]:
    """What of it the carrier did not say outright."""
    if event.authority == FROM_WORDS:
        yield _("Read from the carrier’s words")
    elif event.authority > FROM_CODE:
        yield _("Read as your team said")
    if event.zone_source in (ZoneSource.CARRIER, ZoneSource.SHOP):
        yield _("Time zone assumed")


def _event_tone(sub_status: str) -> str:
    """Only what stands out is coloured: a timeline of dots all blue says nothing."""
    tone = tones.of_sub_status(sub_status)
    return "" if tone == tones.INFO else tone


def _steps(told: Told, names: StateNames, clock: Clock) -> Iterable[Line]:
    """Each with how long the state before it lasted."""
    before: Transition | None = None
    for step in sorted(told.transitions, key=lambda t: (t.occurred_at, t.episode)):
        yield _step(step, before, told, names, clock)
        before = step if step.kind == "order" else before


def _step(step: Transition, before: Transition | None, told: Told, names: StateNames, clock: Clock) -> Line:
    if step.kind == "milestone":
        title = str(MILESTONES.get(step.after, step.after))
    else:
        title = _("Order: %(state)s") % {"state": names(step.after)}
    by = actor_words(step.cause, told.people)
    lasted = ""
    if step.kind == "order" and before and step.occurred_at - before.occurred_at >= timedelta(minutes=1):
        said = {"state": names(before.after), "span": span(step.occurred_at - before.occurred_at)}
        lasted = _("after %(span)s as “%(state)s”") % said
    return Line(
        at=step.occurred_at,
        hour=clock.hour(step.occurred_at),
        kind="state",
        tone=tones.of_state(step.after) if step.kind == "order" else "",
        title=title,
        small=" · ".join(part for part in (by, lasted, str(QUIET.get(step.quiet, ""))) if part),
    )


def actor_words(actor: str, people: Mapping[int, User]) -> str:
    """Who, or what: `user:12`, `key:rastro_live_ab12cd34`, `import`, `event:…`, `time`."""
    kind, _colon, name = actor.partition(":")
    if kind in ("user", "agent") and name.isdigit():
        person = people.get(int(name))
        return person.get_full_name() if person else _("somebody who has left the team")
    return {
        "key": _("through the API, with the key %(name)s") % {"name": name},
        "import": _("by an import"),
        "shop": _("by the shop"),
        "time": _("as time went by"),
        "system": _("by Rastro itself"),
    }.get(kind, "")


def person_ids(actors: Iterable[str]) -> set[int]:
    """Of the actors that are people."""
    found = (actor.partition(":") for actor in actors)
    return {int(name) for kind, _colon, name in found if kind in ("user", "agent") and name.isdigit()}


def _message(message: Message, clock: Clock, *, masked: bool) -> Line:
    at = message.sent_at or message.created_at
    about = message.subject or _about(message)
    recipient = masking.recipient(message.recipient) if masked else message.recipient
    read = next((r for r in message.receipts.all() if r.kind in ("opened", "read")), None)
    seen = _("opened %(hour)s") % {"hour": clock.hour(read.at)} if read else ""
    return Line(
        at=at,
        hour=clock.hour(at),
        kind="message",
        tone=tones.BAD if message.status in ("bounced", "failed") else "",
        title=_("%(channel)s “%(about)s” %(status)s")
        % {"channel": CHANNELS[message.channel], "about": about, "status": MESSAGE_STATUSES[message.status]},
        small=" · ".join(part for part in (recipient, seen) if part),
        note=message.error or str(HELD.get(message.held_because, "")),
        message=str(message.pk),
    )


def _about(message: Message) -> str:
    if message.state in NOTICES:
        return str(NOTICES[message.state])
    return state_label(message.state) if message.state != "test" else _("Test")


def _is_a_step(entry: AuditEntry, told: Told) -> bool:
    """A changed state that moved the order stands in the timeline as that step, with who took it."""
    if entry.action != "order.asserted":
        return False
    return any(
        t.cause == entry.actor and t.after == (entry.after or {}).get("asserted") for t in told.transitions
    )


def _deed(entry: AuditEntry, told: Told, names: StateNames, clock: Clock) -> Line:
    return Line(
        at=entry.at,
        hour=clock.hour(entry.at),
        kind="person",
        tone="",
        title=deed_words(entry, names),
        small=actor_words(entry.actor, told.people),
    )
