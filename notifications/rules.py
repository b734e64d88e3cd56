"""Whom to tell what, decided from plain values. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tracking.states import STATES, OrderState, StateKind, announces

Switch = tuple[str, str]  # order state, channel

# What there can be a message about; PARTIALLY_SHIPPED is told as SHIPPED.
TELLABLE: tuple[OrderState, ...] = tuple(s for s in OrderState if s is not OrderState.PARTIALLY_SHIPPED)
MOST_A_DAY = 8  # messages an order and channel: a parcel that bounces about must not fill a phone


FREE = ("email", "push")  # channels that cost nobody anything; to a browser only who asked for it is told
# Which warehouse has an order is the shop's own business.
INTERNAL = frozenset(state for state in TELLABLE if STATES[state].internal)


def default_switches(channels: Iterable[str]) -> dict[Switch, bool]:
    """On where the catalogue says so and it is free; the paid channels are off until the shop wants them."""
    return {
        (state, channel): STATES[state].notify and channel in FREE
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
class Recipient:
    """One address on one channel. `whom`: empty for the customer; "push:3", a browser of theirs; "follower:7",
    somebody they added, who hears what the shop tells and chooses nothing."""

    channel: str
    address: str
    whom: str = ""

    @property
    def chooses(self) -> bool:
        return not self.whom.startswith("follower:")


@dataclass(frozen=True, slots=True)
class Reach:
    """How one customer, and whom they added, can be reached; how many messages each had today, by channel and whom.

    `choices`: the customer's own switches, over the shop's. `offered`: the states they may switch on.
    """

    recipients: Sequence[Recipient]
    today: Mapping[tuple[str, str], int] = field(default_factory=dict)
    choices: Mapping[Switch, bool] = field(default_factory=dict)
    offered: Collection[str] = TELLABLE


@dataclass(frozen=True, slots=True)
class Planned:
    """One message to make. `held`: why it is kept back, empty where it is not. `chosen`: not by the shop, but by the
    shopper."""

    state: OrderState
    channel: str
    recipient: str
    episode: int
    held: str = ""
    whom: str = ""
    chosen: bool = False


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
    """Decide the messages these moves of one order call for.

    What the shopper chose counts for more than the shop's rules; what they do not want is kept, held, so that
    whoever looks sees why nothing went out.
    """
    planned = []
    for recipient in reach.recipients:
        if recipient.address:
            planned += _for_one(recipient, moves, switches, reach)
    return planned


def _for_one(
    recipient: Recipient, moves: Sequence[Moved], switches: Mapping[Switch, bool], reach: Reach
) -> list[Planned]:
    channel, whom = recipient.channel, recipient.whom
    personal = personal_switches(switches, reach, channel) if recipient.chooses else None
    wanted = news_of(moves, personal or switches)
    refused = [n for n in news_of(moves, switches) if n not in wanted]
    held = "too_many" if reach.today.get((channel, whom), 0) >= MOST_A_DAY else ""
    planned = []
    for state, episode in [*wanted, *refused]:
        by_shop = bool(switches.get((state, channel)))
        asked = by_shop if personal is None else personal.get((state, channel), False)
        if asked and (state, episode) in wanted:
            chosen = not by_shop
            planned.append(Planned(state, channel, recipient.address, episode, held, whom, chosen))
        elif by_shop and not asked:
            planned.append(Planned(state, channel, recipient.address, episode, "unwanted", whom))
    return planned


def personal_switches(
    switches: Mapping[Switch, bool], reach: Reach, channel: str
) -> dict[Switch, bool] | None:
    """The shop's switches on this channel with the shopper's over them; None where they chose nothing on it."""
    own = {state: on for (state, of), on in reach.choices.items() if of == channel}
    if not own:
        return None
    by_shop = {state: on for (state, of), on in switches.items() if of == channel}
    return {
        (state, channel): (own[state] and (on or state in reach.offered)) if state in own else on
        for state, on in by_shop.items()
    }


def dedupe_key(order_id: int, planned: Planned) -> str:
    """What makes two messages the same one: the order's entry into a state, told to somebody on a channel."""
    key = f"{order_id}:{planned.state}:{planned.episode}:{planned.channel}"
    return f"{key}:{planned.whom}" if planned.whom else key
