"""Whom to tell what, decided from plain values. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tracking.states import STATES, OrderState, StateKind, announces

Switch = tuple[str, str]  # order state, channel

# What there can be a message about; PARTIALLY_SHIPPED is told as SHIPPED.
TELLABLE: tuple[OrderState, ...] = tuple(s for s in OrderState if s is not OrderState.PARTIALLY_SHIPPED)
MOST_A_DAY = 8  # messages an order and channel: a parcel that bounces about must not fill a phone


def default_switches(channels: Iterable[str]) -> dict[Switch, bool]:
    """On for e-mail exactly where the catalogue says so; the paid channels are off until the shop wants them."""
    return {
        (state, channel): STATES[state].notify and channel == "email"
        for state in TELLABLE
        for channel in channels
    }


@dataclass(frozen=True, slots=True)
class Moved:
    """A transition of an order, in the order they were recorded. `kind`: order or milestone."""

    id: int
    kind: str
    before: str
    after: str
    episode: int


@dataclass(frozen=True, slots=True)
class Reach:
    """How one customer can be reached: channel → address; and how many messages each had today."""

    addresses: Mapping[str, str]
    today: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Planned:
    """One message to make. `held`: why it is kept back, empty where it is not."""

    state: OrderState
    channel: str
    recipient: str
    episode: int
    held: str = ""


def news_of(moves: Sequence[Moved], switches: Mapping[Switch, bool]) -> list[tuple[OrderState, int]]:
    """Return what to tell of one order after these moves: (state, episode), each once.

    Moves that come together make one piece of news: the last place the order reached that the shop tells of.
    Milestones are news of their own.
    """
    told: list[tuple[OrderState, int]] = []
    place: tuple[OrderState, int] | None = None
    for move in moves:
        state = OrderState(move.after)
        if STATES[state].kind is StateKind.MILESTONE:
            told.append((state, move.episode))
            continue
        said = announces(OrderState(move.before or OrderState.RECEIVED), state)
        if said and any(on for (of, _channel), on in switches.items() if of == said):
            place = (said, move.episode)
    return [*told, place] if place else told


def plan(moves: Sequence[Moved], switches: Mapping[Switch, bool], reach: Reach) -> list[Planned]:
    """Decide the messages these moves of one order call for."""
    planned = []
    for state, episode in news_of(moves, switches):
        for channel, address in reach.addresses.items():
            if not switches.get((state, channel)) or not address:
                continue
            held = "too_many" if reach.today.get(channel, 0) >= MOST_A_DAY else ""
            planned.append(Planned(state, channel, address, episode, held))
    return planned


def dedupe_key(order_id: int, planned: Planned) -> str:
    """What makes two messages the same one: the order's entry into a state, told on a channel."""
    return f"{order_id}:{planned.state}:{planned.episode}:{planned.channel}"
