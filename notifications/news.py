"""What happened to an order, as something there can be a message about: from its transitions. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from notifications.occasions import PARCEL
from tracking.moments import eta_read
from tracking.states import STATES, OrderState, StateKind, announces


@dataclass(frozen=True, slots=True)
class Moved:
    """A transition, in the order they were recorded. `kind`: order, milestone, shipment or moment."""

    id: int
    kind: str
    before: str
    after: str
    episode: int
    at: datetime | None = None
    shipment: int | None = None
    attempts: int = 0  # of the shipment
    sub_status: str = ""  # of the shipment: what exactly was said; empty where nobody asks


@dataclass(frozen=True, slots=True)
class News:
    """Something a rule can be about. `detail` tells two of the same occasion apart. `size`: days by which an arrival
    moved, which attempt failed; `sizes`: on a channel where another day was told last. `rules`: by the clock, the keys
    of those whose time it is. `until`: it is no longer true then."""

    occasion: str
    detail: str
    at: datetime | None = None
    size: int = 0
    sizes: tuple[tuple[str, int], ...] = ()
    rules: tuple[str, ...] = ()
    until: datetime | None = None

    def size_on(self, channel: str) -> int:
        return dict(self.sizes).get(channel, self.size)


@dataclass(frozen=True, slots=True)
class Days:
    """The last day of arrival an order had first, and the one last told on each channel (`day_told`)."""

    first: date
    told: Mapping[str, date] = field(default_factory=dict)


def news_of(moves: Sequence[Moved], days: Days | None = None) -> list[News]:
    """What there is to tell of one order after these moves, each once, as they came.

    `days`: what it had before. A move is measured against what was told, so that five of a day each are one of five;
    of several at once the last counts.
    """
    told: list[News] = []
    latest = max((n for n, move in enumerate(moves) if is_day(move)), default=None)
    for n, move in enumerate(moves):
        if is_day(move):
            told += _day_news(moves, n, days) if n == latest else []
        elif move.kind == "moment":
            told += moment_news(move)
        elif move.kind == "shipment":
            told += _parcel_news(move)
        elif STATES[state := OrderState(move.after)].kind is StateKind.MILESTONE:
            told.append(News(state.value, str(move.episode), move.at))
        elif said := announces(OrderState(move.before or OrderState.RECEIVED), state):
            told.append(News(said.value, str(move.episode), move.at))
    return list(dict.fromkeys(told))


def _parcel_news(move: Moved) -> list[News]:
    """Of another step within a status only the detail is news; but each failed attempt is. The detail comes last: where
    there are rules for both, it is what is told."""
    detail = f"{move.shipment}.{move.episode}"
    said = [News(f"{PARCEL}{move.after}", detail, move.at)] if move.before != move.after else []
    if move.after == "failed_attempt":
        said.append(News("attempt_failed", detail, move.at, size=max(1, move.attempts)))
    if move.sub_status:
        said.append(News(f"{PARCEL}{move.sub_status}", detail, move.at))
    return said


def moment_news(move: Moved) -> list[News]:
    """A parcel stands in the place of another. `after`: tracking.moments."""
    kind, _colon, said = move.after.partition(":")
    return [News("number_changed", said, move.at)] if kind == "number" and said else []


def is_day(move: Moved) -> bool:
    return move.kind == "moment" and eta_read(move.after) is not None


def _day_news(moves: Sequence[Moved], latest: int, days: Days | None) -> list[News]:
    """An arrival's day became known, or moved."""
    move = moves[latest]
    said = move.after.partition(":")[2]
    if days is None:
        before = eta_read(next(one for one in moves if is_day(one)).before)
        if before is None:
            return [News("eta_set", said, move.at)]
        days = Days(before[1])
    day = _last_day(said)
    size = abs((day - days.first).days)
    sizes = tuple(sorted((channel, abs((day - told).days)) for channel, told in days.told.items()))
    return [News("eta_moved", said, move.at, size, sizes)] if size or any(n for _c, n in sizes) else []


DAYS_TOLD = ("eta_set", "eta_moved", "arrives_tomorrow", "arrives_today")  # occasions that say the day


def day_told(detail: str) -> date | None:
    """The last day that a message of one of DAYS_TOLD said, by the `detail` it was planned with."""
    try:
        return date.fromisoformat(detail[-10:])
    except ValueError:
        return None


def _last_day(said: str) -> date:
    return date.fromisoformat(said.partition("/")[2][:10])
