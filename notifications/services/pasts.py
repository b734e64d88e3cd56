"""Orders as they stood at each moment of the past, rebuilt from what was written down. For trying rules."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Any, NamedTuple

from carriers.types import Status, SubStatus
from notifications.clock import HAPPY, Life
from notifications.models import MessageSetup
from notifications.news import Moved, News
from notifications.occasions import NOTICED
from notifications.rules import Rule
from notifications.services import lives
from notifications.services.exactly import asks_exactly, details_of
from notifications.services.knowing import Known
from notifications.trial import Past, Word
from tenants.models import Shop
from tracking.models import Notice, Order, Shipment, TrackingEvent, Transition
from tracking.moments import eta_read

# Told to nobody for want of a rule or of a connection, not because it was wrong or too late.
WOULD_BE_TOLD = frozenset({"", "imported", "history"})


class _Step(NamedTuple):
    """A transition. `at`: when it became known; of what was taken over from before, when it happened."""

    at: datetime
    pk: int
    kind: str
    before: str
    after: str
    episode: int
    happened_at: datetime
    shipment_id: int | None
    is_told: bool
    sub_status: str


@dataclass(frozen=True, slots=True)
class _Parcel:
    pk: int
    created_at: datetime
    attempts: int
    now: lives.Parcel


def pasts_of(
    shop: Shop,
    orders: Sequence[Order],
    rules: Collection[Rule],
    usable: Collection[str],
    setup: MessageSetup,
    *,
    since: datetime,
    until: datetime,
) -> list[Past]:
    """What became of these orders in (since, until], whoever was told. Seventeen queries at most, however many orders; of
    what only rules by the clock ask for, only what `rules` do. Runs in the shop's context."""
    known = Known(shop, orders, usable, setup, until)
    steps, parcels = _steps(shop, orders, exactly=asks_exactly(rules)), _parcels(shop, orders)
    asked = {rule.occasion for rule in rules}
    heard = _heard(shop, orders) if "silent" in asked else {}
    as_now = {order.pk: [parcel.now for parcel in parcels[order.pk]] for order in orders}
    rhythms = lives.rhythms_of(shop, as_now) if "silent" in asked else {}
    happy = [order for order in orders if order.state in HAPPY] if "review_time" in asked else []
    unasked = lives.unasked_of(shop, happy, as_now)
    words = _words(shop, orders, since, until)
    made = []
    for order in orders:
        course = _Course(
            shop, order, steps[order.pk], parcels[order.pk], heard.get(order.pk, ()), rhythms,
            is_asked=order.pk not in unasked, now=until,
        )  # fmt: skip
        made.append(
            Past(
                order=order.pk,
                about=known.about(order),
                reach=known.reach(order),
                moves=list(course.moves(since, until)),
                state_at=course.state_at,
                life_at=course.life_at,
                words=words[order.pk],
                first_day=course.first_day(since),
            )
        )
    return made


def _steps(shop: Shop, orders: Sequence[Order], *, exactly: bool) -> defaultdict[int, list[_Step]]:
    made: defaultdict[int, list[_Step]] = defaultdict(list)
    names = (
        "order_id", "pk", "kind", "before", "after", "episode", "occurred_at", "recorded_at", "shipment_id", "quiet",
        "cause",
    )  # fmt: skip
    found = Transition.objects.for_shop(shop).filter(order_id__in=[order.pk for order in orders])
    rows = list(found.order_by("order_id", "pk").values_list(*names))
    exact = details_of(shop.pk, {(row[8], row[10]) for row in rows}) if exactly else {}
    for row in rows:
        order_id, pk, kind, before, after, episode, happened_at, recorded_at, shipment_id, quiet, cause = row
        at = happened_at if quiet in ("imported", "history") else recorded_at
        is_told = quiet in WOULD_BE_TOLD
        detail = exact.get((shipment_id, cause), "")
        made[order_id].append(
            _Step(at, pk, kind, before, after, episode, happened_at, shipment_id, is_told, detail)
        )
    for all_ in made.values():
        all_.sort(key=itemgetter(0, 1))
    return made


def _parcels(shop: Shop, orders: Sequence[Order]) -> defaultdict[int, list[_Parcel]]:
    made: defaultdict[int, list[_Parcel]] = defaultdict(list)
    found = Shipment.objects.for_shop(shop).filter(
        order_id__in=[order.pk for order in orders], direction="outbound"
    )
    names = (
        "order_id", "pk", "created_at", "attempts", "carrier", "status", "sub_status", "status_since", "delivered_at",
        "pickup",
    )  # fmt: skip
    for order_id, pk, created_at, attempts, carrier, status, sub, *rest in found.order_by("pk").values_list(
        *names
    ):
        now = lives.Parcel(carrier, Status(status), SubStatus(sub), *rest)
        made[order_id].append(_Parcel(pk, created_at, attempts, now))
    return made


def _heard(shop: Shop, orders: Sequence[Order]) -> defaultdict[int, list[tuple[datetime, datetime]]]:
    """When each scan came to be known, and when it was made."""
    made: defaultdict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    events = TrackingEvent.objects.for_shop(shop).filter(
        shipment__order_id__in=[order.pk for order in orders], shipment__direction="outbound"
    )  # fmt: skip
    for order_id, known_at, at in events.exclude(source="system").values_list(
        "shipment__order_id", "received_at", "occurred_at"
    ):
        made[order_id].append((known_at, at))
    for order in orders:
        if order.pk not in made and order.last_event_at:
            made[order.pk].append((order.last_event_at, order.last_event_at))
        made[order.pk].sort()
    return made


def _words(
    shop: Shop, orders: Sequence[Order], since: datetime, until: datetime
) -> defaultdict[int, list[Word]]:
    made: defaultdict[int, list[Word]] = defaultdict(list)
    found = Notice.objects.for_shop(shop).filter(
        order_id__in=[order.pk for order in orders], kind__in=NOTICED, created_at__gt=since, created_at__lte=until
    )  # fmt: skip
    for pk, order_id, kind, channel, to, at in found.order_by("created_at").values_list(
        "pk", "order_id", "kind", "channel", "recipient", "created_at"
    ):
        made[order_id].append(Word(at, News(NOTICED[kind], str(pk), at), channel, to))
    return made


class _Course:
    """One order from its first step to its last."""

    def __init__(
        self,
        shop: Shop,
        order: Order,
        steps: Sequence[_Step],
        parcels: Sequence[_Parcel],
        heard: Sequence[tuple[datetime, datetime]],
        rhythms: Mapping[tuple[str, str, str], int],
        *,
        is_asked: bool,
        now: datetime,
    ) -> None:
        self.order, self.parcels, self.rhythms, self.is_asked, self.now = (
            order,
            parcels,
            rhythms,
            is_asked,
            now,
        )
        self.steps = steps
        self.states = [s for s in steps if s.kind == "order"]
        self.state_times = [s.at for s in self.states]
        self.days = [s for s in steps if s.kind == "moment" and eta_read(s.after)]
        self.of_parcel: defaultdict[int | None, list[_Step]] = defaultdict(list)
        for step in steps:
            if step.kind == "shipment":
                self.of_parcel[step.shipment_id].append(step)
        self.heard = heard
        self.zone = lives.zone_of(shop, order)
        self.is_abroad = order.country not in ("", shop.country)

    def moves(self, since: datetime, until: datetime) -> Iterator[Moved]:
        for step in self.steps:
            if step.is_told and since < step.at <= until:
                yield Moved(
                    step.pk, step.kind, step.before, step.after, step.episode, step.at, step.shipment_id,
                    self._attempts(step) if step.kind == "shipment" else 0, step.sub_status,
                )  # fmt: skip

    def _attempts(self, step: _Step) -> int:
        """How often delivery had been tried by then. A parcel knows only how often in all."""
        tried = [s for s in self.of_parcel[step.shipment_id] if _status(s.after) is Status.FAILED_ATTEMPT]
        if step not in tried:
            return 0
        n = tried.index(step) + 1
        in_all = next((p.attempts for p in self.parcels if p.pk == step.shipment_id), 0)
        return max(n, in_all) if n == len(tried) else n

    def first_day(self, since: datetime) -> date | None:
        days = eta_read(self.days[0].after) if self.days and self.days[0].at <= since else None
        return days[1] if days else None

    def state_at(self, at: datetime) -> str:
        """Empty before there was one."""
        n = bisect_right(self.state_times, at)
        if n:
            return self.states[n - 1].after
        if self.states:
            return self.states[0].before
        return str(self.order.state) if self.order.placed_at <= at else ""

    def life_at(self, at: datetime) -> Life:
        n = bisect_right(self.state_times, at)
        state = self.state_at(at) or str(self.order.state)
        since = self.states[n - 1].happened_at if n else self.order.placed_at
        parcels = [parcel for one in self.parcels if (parcel := self._parcel_at(one, at))]
        first, last, known_at = self._days_at(at, is_last=n == len(self.states))
        waiting = [p for p in parcels if p.status is Status.AVAILABLE_FOR_PICKUP and p.status_since]
        delivered_at = max((p.delivered_at for p in parcels if p.delivered_at), default=None)
        return Life(
            state=state,
            state_since=since,
            zone=self.zone,
            eta_first=first,
            eta_last=last,
            eta_since=known_at,
            delivered_at=delivered_at or (since if state in HAPPY else None),
            waits_since=min((p.status_since for p in waiting if p.status_since), default=None),
            waits_until=min((p.waits_until for p in waiting if p.waits_until), default=None),
            last_event_at=max((scanned for known, scanned in self.heard if known <= at), default=None),
            usual_gap=self._usual_gap(parcels),
            held_up=any(p.status in lives.HELD_UP for p in parcels),
            is_asked=self.is_asked,
        )

    def _usual_gap(self, parcels: Sequence[lives.Parcel]) -> timedelta | None:
        return lives.usual_gap(parcels, self.rhythms, self.order.country, abroad=self.is_abroad)

    def _parcel_at(self, one: _Parcel, at: datetime) -> lives.Parcel | None:
        """None where there was none, or it was called off."""
        steps = self.of_parcel[one.pk]
        taken = [s for s in steps if s.at <= at]
        if len(taken) == len(steps):
            return (
                one.now
                if one.now.status is not Status.CANCELLED and (taken or one.created_at <= at)
                else None
            )
        if not taken:
            return None
        status = _status(taken[-1].after)
        if status is Status.CANCELLED:
            return None
        since = taken[-1].happened_at
        for step in reversed(taken):
            if _status(step.after) is not status:
                break
            since = step.happened_at
        delivered = next((s.happened_at for s in taken if _status(s.after) is Status.DELIVERED), None)
        return lives.Parcel(
            one.now.carrier, status, _sub_status(taken[-1].after), since, delivered, one.now.pickup
        )

    def _days_at(self, at: datetime, *, is_last: bool) -> tuple[date | None, date | None, datetime | None]:
        known = next((s for s in reversed(self.days) if s.at <= at), None)
        is_latest = known is None or known is self.days[-1]
        if is_last and is_latest and (known or not self.days):
            said = (known.after, known.at) if known else None
            return lives.arrival(self.order, said, at.astimezone(self.zone).date())
        days = eta_read(known.after) if known else None
        return (*days, known.at) if days and known else (None, None, None)


def _status(said: str) -> Status:
    return Status(said.partition(".")[0])


def _sub_status(said: Any) -> SubStatus:
    return SubStatus(said) if "." in said else SubStatus.unmapped(Status(said))
