"""The simulated world: which parcels there are and where they have got to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from carriers.simulator.clock import Clock
from carriers.simulator.digits import is_never_heard_of
from carriers.simulator.journeys import journey_by_lot, lay, outline, route_by_lot
from carriers.simulator.networks.registry import NETWORKS
from carriers.simulator.numbers import is_well_formed
from carriers.simulator.parcels import Parcel, Quirk, View, next_told_at, tell
from carriers.simulator.places import Route, route_between
from carriers.simulator.state import Store
from carriers.simulator.watching import Hook, Push, Registration, Watching
from carriers.types import SubStatus

UPDATED, STOPPED = "updated", "stopped"
SAY_WHEN_THEY_STOP = frozenset({"17track"})  # the others fall silent
STOPPED_AFTER_MINUTES = 30 * 24 * 60  # of silence, on the parcel's clock

Now = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


class BadOrderError(ValueError):
    """A parcel that cannot be had as ordered; the message says what to change."""


class TakenError(BadOrderError):
    """The number already travels on another journey."""


@dataclass(frozen=True, slots=True)
class Order:
    """A parcel as the control API asks for it. Empty values are chosen by lot or left at their usual."""

    carrier: str
    number: str
    journey: str = ""
    started_at: datetime | None = None
    speed: float | None = None
    speed_from_now: float | None = None  # of what is still to come, where the past ran at `speed`
    reached: SubStatus | None = None  # start so that this step has just happened
    origin: str = ""
    destination: str = ""
    seed: str = ""
    replace: bool = False  # begin anew even if the number already travels
    hook: str = ""  # the key of whoever is to be told of it, as if the number had been registered


class World:
    """All parcels, as their carriers see them. `speed`: simulated minutes a real minute for new parcels."""

    def __init__(self, store: Store, *, speed: float = 1.0, now: Now = utc_now) -> None:
        self.store = store
        self.watching = Watching(store)
        self.speed = speed
        self.now = now
        self._starting = threading.Lock()

    def view(self, carrier: str, number: str, quirks: frozenset[Quirk] = frozenset()) -> View | None:
        """What the carrier can tell, or None when it has (still) nothing. Starts parcels never seen before."""
        parcel = self.parcel(carrier, number)
        if parcel is None:
            return None
        view = tell(parcel, self.now(), quirks)
        return view if view.scans else None

    def parcel(self, carrier: str, number: str) -> Parcel | None:
        """The parcel, started now if its number is well-formed and was never asked about; else None."""
        if is_never_heard_of(number) or not is_well_formed(carrier, number):
            return None
        with self._starting:
            known = self.store.parcel(carrier, number)
            return known or self._start(Order(carrier, number, seed=number))

    def order(self, order: Order) -> tuple[Parcel, bool]:
        """The parcel ordered, and whether it is new. Safe to repeat: a parcel under way keeps its clock.

        Raises BadOrderError when it cannot be, TakenError when the number is on another journey.
        """
        if order.carrier not in NETWORKS:
            raise BadOrderError(f"There is no carrier {order.carrier!r}. Use one of: {', '.join(NETWORKS)}.")
        if is_never_heard_of(order.number):
            raise BadOrderError(f"{order.number} ends in 0404: numbers so marked are never found.")
        if not is_well_formed(order.carrier, order.number):
            raise BadOrderError(f"{order.number!r} is no number of {order.carrier}: shape or check digit.")
        if order.journey:
            outline(order.journey)
        if order.hook and self.watching.hook(order.carrier, order.hook) is None:
            raise BadOrderError(
                f"{order.hook!r} has no hook with {order.carrier}: name one first, with POST /_sim/hooks."
            )
        parcel, is_new = self._ordered(order)
        if order.hook and self.watching.registration(order.carrier, order.hook, order.number) is None:
            self.follow(Registration(order.carrier, order.hook, order.number, self.now().timestamp()))
        return parcel, is_new

    def _ordered(self, order: Order) -> tuple[Parcel, bool]:
        with self._starting:
            known = self.store.parcel(order.carrier, order.number)
            if known is None or order.replace:
                return self._start(order), True
            if order.journey and known.journey != order.journey:
                raise TakenError(
                    f"{order.number} is already on journey {known.journey!r}."
                    ' Send "replace": true to begin anew.'
                )
            return known, False

    def advance(self, parcel: Parcel, minutes: float) -> Parcel:
        """Push the parcel ahead by simulated minutes: what lay in between has just happened."""
        now = self.now()
        return self._keep(replace(parcel, clock=parcel.clock.advanced(now, minutes)), now)

    def follow(self, registration: Registration, *, from_now: bool = False) -> None:
        """Keep a registration, and tell its hook as soon as there is something to tell.

        `from_now`: not of what has happened before.
        """
        parcel = self.parcel(registration.carrier, registration.number)
        if parcel is not None and from_now:
            registration = replace(registration, told=len(tell(parcel, self.now()).scans))
        self.watching.save(registration)
        if registration.stopped:
            self.watching.cancel(registration.carrier, registration.key, registration.number)
        elif parcel is not None:
            self._plan_push(registration, parcel)

    def heard_of(self, carrier: str, key: str, number: str) -> None:
        """The customer has asked about the number: carriers that take no registrations push what follows."""
        if self.watching.hook(carrier, key) is None or self.parcel(carrier, number) is None:
            return
        if self.watching.registration(carrier, key, number) is None:
            self.follow(Registration(carrier, key, number, self.now().timestamp()), from_now=True)

    def hook(self, hook: Hook) -> None:
        """Tell its owner there from now on, also of what has happened and was told to nobody."""
        if self.watching.hook(hook.carrier, hook.key) == hook:
            return
        self.watching.save_hook(hook)
        for registration in self.watching.registrations(hook.carrier, key=hook.key):
            self.follow(registration)

    def pushed(self, push: Push, told: int) -> None:
        """A push of `told` scans in all has been sent, or given up: plan the next.

        One ordered meanwhile goes first.
        """
        if not self.watching.finish(push):
            return
        self.watching.note(push, told=told, stopped=push.event == STOPPED)
        registration = self.watching.registration(push.carrier, push.key, push.number)
        parcel = self.store.parcel(push.carrier, push.number)
        if registration is not None and not registration.stopped and parcel is not None:
            self._plan_push(registration, parcel)

    def _plan_push(self, registration: Registration, parcel: Parcel) -> None:
        """The next push, now if there is something new to tell; none where there is nobody to tell."""
        if self.watching.hook(registration.carrier, registration.key) is None:
            return
        now = self.now()
        if len(tell(parcel, now).scans) > registration.told:
            self.watching.schedule(registration, UPDATED, now)
        elif (due_at := next_told_at(parcel, now)) is not None:
            self.watching.schedule(registration, UPDATED, due_at)
        elif registration.carrier in SAY_WHEN_THEY_STOP:
            silent, _ = parcel.clock.reaches(parcel.steps[-1].after_minutes + STOPPED_AFTER_MINUTES)
            self.watching.schedule(registration, STOPPED, silent)

    def _start(self, order: Order) -> Parcel:
        now = self.now()
        journey = order.journey or journey_by_lot(order.number)
        route = self._route(order, journey)
        parcel = Parcel(
            carrier=order.carrier,
            number=order.number,
            journey=journey,
            origin=route.origin.name,
            destination=route.destination.name,
            seed=order.seed,
            clock=self._clock(order, journey, route, now),
        )
        self.watching.begin_anew(parcel.carrier, parcel.number)
        return self._keep(parcel, now)

    def _route(self, order: Order, journey: str) -> Route:
        usual = route_by_lot(order.carrier, journey, order.seed or order.number)
        return route_between(
            order.carrier, order.origin or usual.origin.name, order.destination or usual.destination.name
        )

    def _clock(self, order: Order, journey: str, route: Route, now: datetime) -> Clock:
        speed = order.speed or self.speed
        started_at = order.started_at or now
        if order.reached is not None:
            if order.started_at is not None:
                raise BadOrderError('Give either "started_at" or "reached", not both.')
            steps = lay(order.carrier, journey, route, order.seed)
            passed = [s.after_minutes + s.late_minutes for s in steps if s.kind is order.reached]
            if not passed:
                raise BadOrderError(f"Journey {journey!r} has no step {order.reached}.")
            started_at = now - timedelta(minutes=passed[0] / speed)
        clock = Clock.started(started_at, speed)
        if order.speed_from_now and started_at < now:
            clock = clock.at_speed(now, order.speed_from_now)
        return clock

    def _keep(self, parcel: Parcel, now: datetime) -> Parcel:
        self.store.save_parcel(parcel, now=now)
        for registration in self.watching.watchers(parcel.carrier, parcel.number):
            if not registration.stopped:
                self._plan_push(registration, parcel)
        return parcel
