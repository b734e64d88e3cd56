"""What can happen to a parcel, as steps in simulated minutes, with places along a route."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from carriers.simulator.networks.registry import NETWORKS
from carriers.simulator.places import Place, Route, route_between
from carriers.types import Status, SubStatus


@dataclass(frozen=True, slots=True)
class Step:
    """One scan to come. `late_minutes`: how long after it the carrier first tells of it."""

    after_minutes: float
    kind: SubStatus
    place: Place
    late_minutes: float = 0


Journey = tuple[Step, ...]


class Spot(StrEnum):
    """Where along the route."""

    ORIGIN = "origin"
    HUB = "hub"
    DESTINATION = "destination"


@dataclass(frozen=True, slots=True)
class Outline:
    """A journey before it is laid along a route. `share`: how often a stranger's parcel takes it, in 100."""

    says: str
    steps: tuple[tuple[float, SubStatus, Spot, float], ...]
    share: int = 0
    is_abroad: bool = False


class UnknownJourneyError(ValueError):
    """A journey that is not in the library."""


def _at(minutes: float, kind: SubStatus, spot: Spot, late: float = 0) -> tuple[float, SubStatus, Spot, float]:
    return minutes, kind, spot, late


_H = 60
_D = 24 * 60
_DEPOT = _at(21.5 * _H, SubStatus.AT_DELIVERY_DEPOT, Spot.DESTINATION)
_VAN = _at(23.75 * _H, SubStatus.ON_VEHICLE, Spot.DESTINATION)
_START = (
    _at(0, SubStatus.LABEL_CREATED, Spot.ORIGIN),
    _at(5 * _H, SubStatus.PICKED_UP, Spot.ORIGIN),
    _at(8 * _H, SubStatus.DEPARTED_FACILITY, Spot.ORIGIN),
    _at(15 * _H, SubStatus.IN_SORTING, Spot.HUB),
)
_TO_DOOR = (*_START, _DEPOT, _VAN)
_DELIVERED = _at(28.5 * _H, SubStatus.DELIVERED, Spot.DESTINATION)
_STRAIGHT = (*_TO_DOOR, _DELIVERED)
PROMISED_MINUTES = 28.5 * _H  # what the carrier promises where no customs border lies between
PROMISED_ABROAD_MINUTES = 100 * _H

LIBRARY: dict[str, Outline] = {
    "straight": Outline("Label to door without a hitch.", _STRAIGHT, share=72),
    "failed_attempt_then_delivered": Outline(
        "Nobody home on the first day, delivered on the second.",
        (
            *_TO_DOOR,
            _at(27.5 * _H, SubStatus.FAILED_NOT_HOME, Spot.DESTINATION),
            _at(47.75 * _H, SubStatus.ON_VEHICLE, Spot.DESTINATION),
            _at(52 * _H, SubStatus.DELIVERED, Spot.DESTINATION),
        ),
        share=7,
    ),
    "pickup_point": Outline(
        "Left at a pickup point, collected two days later.",
        (
            *_START,
            _DEPOT,
            _at(25 * _H, SubStatus.PICKUP_POINT, Spot.DESTINATION),
            _at(72 * _H, SubStatus.DELIVERED_COLLECTED, Spot.DESTINATION),
        ),
        share=7,
    ),
    "pickup_expired_returned": Outline(
        "Waits a week at a pickup point, nobody comes, goes back.",
        (
            *_START,
            _DEPOT,
            _at(25 * _H, SubStatus.PICKUP_POINT, Spot.DESTINATION),
            _at(8 * _D, SubStatus.EXCEPTION_PICKUP_MISSED, Spot.DESTINATION),
            _at(8 * _D + 3 * _H, SubStatus.RETURNING, Spot.DESTINATION),
            _at(10 * _D, SubStatus.RETURNED, Spot.ORIGIN),
        ),
        share=1,
    ),
    "customs": Outline(
        "From abroad: held by customs for papers, released, delivered.",
        (
            _at(0, SubStatus.LABEL_CREATED, Spot.ORIGIN),
            _at(5 * _H, SubStatus.PICKED_UP, Spot.ORIGIN),
            _at(16 * _H, SubStatus.DEPARTED_COUNTRY, Spot.ORIGIN),
            _at(34 * _H, SubStatus.ARRIVED_COUNTRY, Spot.HUB),
            _at(35 * _H, SubStatus.CUSTOMS_PROCESSING, Spot.HUB),
            _at(42 * _H, SubStatus.CUSTOMS_INFO_REQUIRED, Spot.HUB),
            _at(88 * _H, SubStatus.CUSTOMS_CLEARED, Spot.HUB),
            _at(104 * _H, SubStatus.AT_DELIVERY_DEPOT, Spot.DESTINATION),
            _at(106 * _H, SubStatus.ON_VEHICLE, Spot.DESTINATION),
            _at(111 * _H, SubStatus.DELIVERED, Spot.DESTINATION),
        ),
        share=2,
        is_abroad=True,
    ),
    "delayed": Outline(
        "Held up by the weather, then by the carrier; delivered two days late.",
        (
            *_START,
            _at(19 * _H, SubStatus.DELAYED_WEATHER, Spot.HUB),
            _at(43 * _H, SubStatus.DELAYED_OPERATIONS, Spot.HUB),
            _at(69.5 * _H, SubStatus.AT_DELIVERY_DEPOT, Spot.DESTINATION),
            _at(71.75 * _H, SubStatus.ON_VEHICLE, Spot.DESTINATION),
            _at(76 * _H, SubStatus.DELIVERED, Spot.DESTINATION),
        ),
        share=5,
    ),
    "lost": Outline(
        "No trace after sorting; searched for, then declared lost.",
        (
            *_START,
            _at(5 * _D, SubStatus.EXCEPTION_INVESTIGATION, Spot.HUB),
            _at(12 * _D, SubStatus.EXCEPTION_LOST, Spot.HUB),
        ),
        share=1,
    ),
    "damaged": Outline(
        "Damaged while being sorted.",
        (*_START, _at(18 * _H, SubStatus.EXCEPTION_DAMAGED, Spot.HUB)),
        share=1,
    ),
    "returned": Outline(
        "Refused at the door, goes back to the shop.",
        (
            *_TO_DOOR,
            _at(27 * _H, SubStatus.EXCEPTION_REFUSED, Spot.DESTINATION),
            _at(30 * _H, SubStatus.RETURNING, Spot.DESTINATION),
            _at(75 * _H, SubStatus.RETURNED, Spot.ORIGIN),
        ),
        share=1,
    ),
    "wrong_delivery_taken_back": Outline(
        "Scanned as delivered by mistake; moves on and is delivered the next day.",
        (
            *_TO_DOOR,
            _at(26 * _H, SubStatus.DELIVERED, Spot.DESTINATION),
            _at(33 * _H, SubStatus.AT_DELIVERY_DEPOT, Spot.DESTINATION),
            _at(47.75 * _H, SubStatus.ON_VEHICLE, Spot.DESTINATION),
            _at(52 * _H, SubStatus.DELIVERED, Spot.DESTINATION),
        ),
    ),
    "slow": Outline(
        "Every leg takes days; delivered in the end.",
        (
            _at(0, SubStatus.LABEL_CREATED, Spot.ORIGIN),
            _at(2 * _D, SubStatus.PICKED_UP, Spot.ORIGIN),
            _at(3 * _D, SubStatus.DEPARTED_FACILITY, Spot.ORIGIN),
            _at(6 * _D, SubStatus.IN_SORTING, Spot.HUB),
            _at(9 * _D, SubStatus.AT_DELIVERY_DEPOT, Spot.DESTINATION),
            _at(9.2 * _D, SubStatus.ON_VEHICLE, Spot.DESTINATION),
            _at(9.4 * _D, SubStatus.DELIVERED, Spot.DESTINATION),
        ),
        share=2,
    ),
    "never_moves": Outline("A label was printed; the parcel never reached the carrier.", _START[:1], share=1),
    "not_found_first": Outline(
        "The carrier knows nothing for twelve hours, then all of it.",
        (
            _at(0, SubStatus.LABEL_CREATED, Spot.ORIGIN, 12 * _H),
            _at(5 * _H, SubStatus.PICKED_UP, Spot.ORIGIN, 7 * _H),
            *_STRAIGHT[2:],
        ),
    ),
    "out_of_order": Outline(
        "The first scans are told only when the parcel is at the depot.",
        (
            _START[0],
            _at(5 * _H, SubStatus.PICKED_UP, Spot.ORIGIN, 17 * _H),
            _at(8 * _H, SubStatus.DEPARTED_FACILITY, Spot.ORIGIN, 15 * _H),
            *_STRAIGHT[3:],
        ),
    ),
    "duplicates": Outline(
        "Straight, but the carrier tells some scans twice.",
        tuple(
            step
            for step in _STRAIGHT
            for _ in range(2 if step[1] in (SubStatus.IN_SORTING, SubStatus.ON_VEHICLE) else 1)
        ),
    ),
}
KINDS = frozenset(kind for outline in LIBRARY.values() for _, kind, _, _ in outline.steps)
# After one of these the first promise no longer stands.
_UPSETS = frozenset(
    {
        SubStatus.FAILED_NOT_HOME,
        SubStatus.DELAYED_WEATHER,
        SubStatus.DELAYED_OPERATIONS,
        SubStatus.CUSTOMS_INFO_REQUIRED,
        SubStatus.EXCEPTION_DAMAGED,
        SubStatus.EXCEPTION_INVESTIGATION,
        SubStatus.EXCEPTION_REFUSED,
    }
)


def outline(name: str) -> Outline:
    """The journey of that name. Raises UnknownJourneyError, which lists the journeys there are."""
    try:
        return LIBRARY[name]
    except KeyError:
        known = ", ".join(LIBRARY)
        raise UnknownJourneyError(f"There is no journey {name!r}. Use one of: {known}.") from None


def journey_by_lot(number: str) -> str:
    """The journey a number takes that nobody announced: always the same one, most often `straight`."""
    shares = [one.share for one in LIBRARY.values()]
    return random.Random(f"journey:{number}").choices(list(LIBRARY), shares)[0]


def route_by_lot(carrier: str, journey: str, seed: str) -> Route:
    network = NETWORKS[carrier]
    if outline(journey).is_abroad:
        return route_between(carrier, *network.abroad)
    return route_between(carrier, *random.Random(f"route:{seed}").choice(network.routes))


@lru_cache(maxsize=4096)
def lay(carrier: str, name: str, route: Route, seed: str) -> Journey:
    """The journey's steps along `route`. A seed makes each leg up to 15 % shorter or longer; none keeps it."""
    spots = {Spot.ORIGIN: route.origin, Spot.HUB: route.hub, Spot.DESTINATION: route.destination}
    chance = random.Random(f"legs:{seed}")
    steps: list[Step] = []
    before, now = 0.0, NETWORKS[carrier].lag_minutes
    for minutes, kind, spot, late in outline(name).steps:
        now += (minutes - before) * (chance.uniform(0.85, 1.15) if seed else 1)
        before = minutes
        steps.append(Step(now, kind, spots[spot], late))
    return tuple(steps)


def eta_minutes(journey: Journey, *, is_abroad: bool, told: frozenset[SubStatus]) -> float | None:
    """When the carrier says it will be at the door, on the parcel's clock, given the kinds told so far.

    None: the carrier no longer promises anything.
    """
    if SubStatus.PICKUP_POINT in told:
        return None
    arrivals = [step.after_minutes for step in journey if step.kind.status is Status.DELIVERED]
    if told & _UPSETS:
        return arrivals[-1] if arrivals else None
    return journey[0].after_minutes + (PROMISED_ABROAD_MINUTES if is_abroad else PROMISED_MINUTES)
