"""One simulated parcel, and what its carrier tells of it at a given moment. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from carriers.simulator.clock import Clock
from carriers.simulator.journeys import Journey, Step, eta_minutes, lay, outline
from carriers.simulator.places import Place, Route, route_between
from carriers.types import Status, SubStatus

PICKUP_DAYS = 7
# Scans a jump of the clock brings about at once are told this far apart, where there is room.
_SPREAD = timedelta(seconds=60)
_FAST_CLOCK = timedelta(hours=36)


class Quirk(StrEnum):
    """Bad manners that change what an answer says, while it stays well-formed."""

    DUPLICATE = "duplicate"  # every scan twice
    OUT_OF_ORDER = "out_of_order"  # scans in no order at all
    MISSING_ZONE = "missing_zone"  # times without the offset the format has room for
    FUTURE = "future"  # the newest scan lies more than a day ahead
    SHAPE = "shape"  # the rarer of the two forms the carrier is known to answer in
    UNWILLING = "unwilling"  # every change of a delivery is refused


@dataclass(frozen=True, slots=True)
class Told:
    """A scan as the carrier tells it. `at` is UTC, in whole seconds."""

    at: datetime
    kind: SubStatus
    place: Place
    index: int  # of its step in the journey: the same scan keeps it

    @property
    def local(self) -> datetime:
        return self.at.astimezone(self.place.zone)


@dataclass(frozen=True, slots=True)
class Parcel:
    """`seed` varies legs and route; an empty one gives the journey as the library has it."""

    carrier: str
    number: str
    journey: str
    origin: str
    destination: str
    seed: str
    clock: Clock

    @property
    def route(self) -> Route:
        return route_between(self.carrier, self.origin, self.destination)

    @property
    def steps(self) -> Journey:
        return lay(self.carrier, self.journey, self.route, self.seed)

    @property
    def reference(self) -> str:
        """The shop's own order number, as printed on the label."""
        return f"PED-{10_000 + random.Random(self.number).randrange(90_000)}"


@dataclass(frozen=True, slots=True)
class View:
    """What a carrier says of a parcel now. `scans` come in the order the carrier learnt of them."""

    parcel: Parcel
    scans: tuple[Told, ...]
    eta: datetime | None
    now: datetime

    @property
    def latest(self) -> Told:
        """The newest scan by its own time. Ask only of a view that has scans."""
        return max(self.scans, key=lambda told: (told.at, told.index))

    @property
    def newest_first(self) -> tuple[Told, ...]:
        return tuple(reversed(self.scans))

    @property
    def is_closed(self) -> bool:
        return bool(self.scans) and self.latest.kind.status in (Status.DELIVERED, Status.RETURNED)

    @property
    def pickup_until(self) -> datetime | None:
        """Until when it waits at the pickup point; None when it does not wait there."""
        if not self.scans or self.latest.kind is not SubStatus.PICKUP_POINT:
            return None
        return self.latest.local + timedelta(days=PICKUP_DAYS)


def happenings(parcel: Parcel) -> tuple[datetime, ...]:
    """When each step of the journey happens, past or to come."""
    steps = parcel.steps
    times: list[datetime] = []
    jumped: list[Step] = []
    for step, following in zip(steps, (*steps[1:], None), strict=True):
        at, is_jumped = parcel.clock.reaches(step.after_minutes)
        if not is_jumped:
            times.append(at)
            continue
        jumped.append(step)
        if following is None or parcel.clock.reaches(following.after_minutes) != (at, True):
            times.extend(_spread(jumped, until=at, after=times[-1] if times else None))
            jumped = []
    return tuple(at.replace(microsecond=0) for at in times)


def _spread(steps: Iterable[Step], *, until: datetime, after: datetime | None) -> list[datetime]:
    moments = [step.after_minutes for step in steps]
    distinct = sorted(set(moments))
    gap = _SPREAD if after is None else min(_SPREAD, (until - after) / len(distinct))
    spread = [until - gap * (len(distinct) - 1 - distinct.index(moment)) for moment in moments]
    # A gap of microseconds, rounded, may step back over the scan before.
    return spread if after is None else [max(at, after) for at in spread]


def tell(parcel: Parcel, now: datetime, quirks: frozenset[Quirk] = frozenset()) -> View:
    """What the carrier says at `now`: the steps its clock has passed, late ones later."""
    minutes = parcel.clock.minutes(now)
    seen = [
        (step.after_minutes + step.late_minutes, Told(at, step.kind, step.place, index))
        for index, (step, at) in enumerate(zip(parcel.steps, happenings(parcel), strict=True))
        if step.after_minutes + step.late_minutes <= minutes
    ]
    scans = tuple(told for _, told in sorted(seen, key=lambda one: one[0]))
    view = View(parcel, scans, None, now)
    return replace(view, scans=_disturbed(view, quirks), eta=_eta(view))


def next_told_at(parcel: Parcel, now: datetime) -> datetime | None:
    """When the carrier will have something new to tell; None when the journey is over."""
    minutes = parcel.clock.minutes(now)
    ahead = [
        step.after_minutes + step.late_minutes
        for step in parcel.steps
        if step.after_minutes + step.late_minutes > minutes
    ]
    return parcel.clock.reaches(min(ahead))[0] if ahead else None


def _eta(view: View) -> datetime | None:
    parcel = view.parcel
    if not view.scans or view.is_closed or view.latest.kind.status is Status.RETURNING:
        return None
    minutes = eta_minutes(
        parcel.steps,
        is_abroad=outline(parcel.journey).is_abroad,
        told=frozenset(told.kind for told in view.scans),
    )
    if minutes is None:
        return None
    at, _ = parcel.clock.reaches(minutes)
    return at.replace(microsecond=0).astimezone(parcel.route.destination.zone)


def _ahead(at: datetime, now: datetime) -> datetime:
    """The same moment by a clock that is wrong by a day or more; stable from one answer to the next."""
    wrong = at + _FAST_CLOCK
    while wrong < now + timedelta(days=1):
        wrong += _FAST_CLOCK
    return wrong


def _disturbed(view: View, quirks: frozenset[Quirk]) -> tuple[Told, ...]:
    scans = list(view.scans)
    if scans and Quirk.FUTURE in quirks:
        newest = view.latest
        scans[scans.index(newest)] = replace(newest, at=_ahead(newest.at, view.now))
    if Quirk.DUPLICATE in quirks:
        scans = [told for told in scans for _ in range(2)]
    if Quirk.OUT_OF_ORDER in quirks:
        random.Random(view.parcel.number).shuffle(scans)
    return tuple(scans)
