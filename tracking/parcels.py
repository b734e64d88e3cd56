"""How much of an order is where: its parcels, and what each is counted as. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from carriers.types import Status, SubStatus
from tracking.position import ALARMING, SETTLED, Position
from tracking.substatuses import DETAILS

# The carrier of a parcel without a tracking number: nobody can be asked, the shop's own word is all there is.
UNTRACKED = "untracked"
# Of one whose carrier the shop did not name, and its number does not tell: Shipment.candidates are asked in turn.
UNDECIDED = "auto"
UNNAMED = frozenset({UNTRACKED, UNDECIDED})
# Of one the shop brings itself, in a round: its driver says where it is.
OWN_DRIVER = "own_driver"
UNASKED = frozenset({UNTRACKED, OWN_DRIVER})
TROUBLE = frozenset({Status.EXCEPTION, Status.FAILED_ATTEMPT, Status.RETURNING, Status.EXPIRED})


@dataclass(frozen=True, slots=True)
class Parcel:
    """What an order needs to know of one shipment."""

    status: Status
    sub_status: SubStatus
    moved: bool  # scanned by the carrier, or handed over to it as the shop says
    units: Mapping[str, int] | None = None  # quantity by order line; None: contents not known
    outbound: bool = True
    delayed: bool = False
    late: bool = False  # past what was promised
    flags: Collection[str] = ()

    @classmethod
    def of(
        cls,
        position: Position,
        *,
        units: Mapping[str, int] | None = None,
        outbound: bool = True,
        handed_over: bool = False,
        late: bool = False,
    ) -> Parcel:
        return cls(
            position.status,
            position.sub_status,
            position.ever_moved or handed_over,
            units,
            outbound,
            position.delayed,
            late,
            position.flags,
        )

    @property
    def is_alarming(self) -> bool:
        """Something happened to it that a person should look into."""
        return self.status not in SETTLED and not ALARMING.isdisjoint(self.flags)

    @property
    def is_trouble(self) -> bool:
        return self.status in TROUBLE or self.is_alarming


@dataclass(frozen=True, slots=True)
class Counts:
    """How much of an order is where; each unit counts once, where it is best off."""

    total: int = 0
    moved: int = 0  # left the shop at some time, wherever it is now
    waiting: int = 0  # in a parcel that has not left
    moving: int = 0
    out_for_delivery: int = 0
    ready: int = 0
    delivered: int = 0
    returning: int = 0
    returned: int = 0
    lost: int = 0


# A wanted unit may be in several parcels (a replacement): it counts in the first of these.
CLAIMS = ("delivered", "out_for_delivery", "ready", "moving", "waiting", "returning", "returned", "lost")
_PLACES = {
    Status.DELIVERED: "delivered",
    Status.OUT_FOR_DELIVERY: "out_for_delivery",
    Status.AVAILABLE_FOR_PICKUP: "ready",
    Status.RETURNING: "returning",
    Status.RETURNED: "returned",
}


def _place(parcel: Parcel) -> str:
    if DETAILS[parcel.sub_status].terminal:
        return "lost"
    return _PLACES.get(parcel.status) or ("moving" if parcel.moved else "waiting")


def contents_known(live: Sequence[Parcel], wanted: Mapping[str, int]) -> bool:
    """Whether units can be counted: every parcel says which lines of this order it holds."""
    if not any(quantity > 0 for quantity in wanted.values()):
        return False
    return all(parcel.units and parcel.units.keys() <= wanted.keys() for parcel in live)


def count_parcels(live: Sequence[Parcel], expected: int) -> Counts:
    tally = dict.fromkeys(CLAIMS, 0)
    for parcel in live:
        tally[_place(parcel)] += 1
    moved = sum(parcel.moved for parcel in live)
    return Counts(total=max(expected, len(live)), moved=moved, **tally)


def count_units(live: Sequence[Parcel], wanted: Mapping[str, int]) -> Counts:
    """Quantities are capped by what is wanted, line by line: a replacement never counts double."""
    held: dict[tuple[str, str], int] = {}
    for parcel in live:
        places = (_place(parcel), "moved") if parcel.moved else (_place(parcel),)
        for line, quantity in (parcel.units or {}).items():
            for place in places:
                held[place, line] = held.get((place, line), 0) + max(quantity, 0)
    tally = dict.fromkeys((*CLAIMS, "moved"), 0)
    for line, quantity in wanted.items():
        left = quantity = max(quantity, 0)
        tally["moved"] += min(quantity, held.get(("moved", line), 0))
        for place in CLAIMS:
            taken = min(left, held.get((place, line), 0))
            tally[place] += taken
            left -= taken
    return Counts(total=sum(max(quantity, 0) for quantity in wanted.values()), **tally)
