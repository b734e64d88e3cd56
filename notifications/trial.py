"""What rules would have sent: an order's past lived through once more, by the functions that decide for real. Pure."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from notifications import clock
from notifications.clock import Life
from notifications.conditions import About
from notifications.news import DAYS_TOLD, Days, Moved, News, day_told, is_day, news_of
from notifications.occasions import ANY, NOTICED, OCCASIONS
from notifications.rules import Bounds, Planned, Reach, Rule, decide, dedupe_key, is_over, verdict
from tracking.moments import eta_read

A_DAY = timedelta(days=1)
A_MOMENT = timedelta(microseconds=1)
MAIL = "email"


@dataclass(frozen=True, slots=True)
class Word:
    """Something of NOTICED that was said to one address."""

    at: datetime
    news: News
    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class Past:
    """What happened to one order. `moves`: in the order they became known, each with when (`at`). `first_day`: the day of
    arrival it had first, before them. `state_at`, `life_at`: as it stood at a moment."""

    order: int
    about: About
    reach: Reach
    moves: Sequence[Moved]
    state_at: Callable[[datetime], str]
    life_at: Callable[[datetime], Life]
    words: Sequence[Word] = ()
    first_day: date | None = None


@dataclass(slots=True)
class Told:
    """One message as it would have been. `held`: what came of it in the end; `held_at`: when that was."""

    order: int
    at: datetime  # decided
    planned: Planned
    held: str
    held_at: datetime
    is_word: bool = False

    @property
    def is_later(self) -> bool:
        return self.planned.delay != (0, 0)

    def is_held(self, at: datetime) -> bool:
        return bool(self.held) and self.held_at <= at


@dataclass(slots=True)
class _Living:
    """An order on its way through its past."""

    past: Past
    looked_at: datetime | None = None
    next_at: datetime | None = None  # when its alarm rings
    first_day: date | None = None
    days_told: dict[str, date] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    told: list[Told] = field(default_factory=list)


def replay(
    pasts: Sequence[Past], rules: Sequence[Rule], bounds: Bounds, *, since: datetime, until: datetime, settle: timedelta
) -> list[Told]:  # fmt: skip
    """Every message, sent or held, that these rules would have made of what happened in (since, until].

    Since when a rule is on does not matter. What came before `since` was told by nobody, and counts for no bound.
    """
    return _Replay([replace(r, enabled_at=None) for r in rules if r.enabled], bounds, until, settle).run(
        pasts, since
    )


class _Replay:
    def __init__(self, rules: Sequence[Rule], bounds: Bounds, until: datetime, settle: timedelta) -> None:
        self.rules, self.bounds, self.until, self.settle = rules, bounds, until, settle
        self.asking = clock.by_clock(rules)
        self.words = [r for r in rules if r.occasion in NOTICED.values() or r.occasion == ANY]
        self.sent: defaultdict[tuple[str, str], list[Told]] = defaultdict(list)
        self.agenda: list[tuple[datetime, int, int, Sequence[Moved]]] = []  # at, rank, order's place, moves
        self.living: list[_Living] = []

    def run(self, pasts: Sequence[Past], since: datetime) -> list[Told]:
        self.living = [_Living(past, first_day=past.first_day) for past in pasts]
        for n, one in enumerate(self.living):
            self._enter(n, one, since)
        while self.agenda and self.agenda[0][0] <= self.until:
            self._pass()
        return [told for one in self.living for told in one.told]

    def _enter(self, n: int, one: _Living, since: datetime) -> None:
        for at, moves in _together(one.past.moves, self.settle):
            heapq.heappush(self.agenda, (at, 1, n, moves))
        for word in one.past.words:
            heapq.heappush(self.agenda, (word.at, 0, n, ()))
        if self.asking and one.past.state_at(since):
            one.looked_at = since
            self._set_alarm(n, one, since)

    def _set_alarm(self, n: int, one: _Living, now: datetime) -> None:
        one.next_at = clock.next_time(one.past.life_at(now), self.asking, now)
        if one.next_at:
            heapq.heappush(self.agenda, (one.next_at, 2, n, ()))

    def _pass(self) -> None:
        """Everything of one moment: what is told in it counts for nobody's bound until it is over."""
        now, made = self.agenda[0][0], []
        while self.agenda and self.agenda[0][0] == now:
            _at, rank, n, moves = heapq.heappop(self.agenda)
            one = self.living[n]
            if rank == 0:
                made += [told for word in one.past.words if word.at == now for told in self._say(one, word)]
            elif rank == 1 or one.next_at == now:
                made += self._tell(one, [*self._news(one, moves), *self._look(n, one, moves, now)], now)
        for told in made:
            if not told.is_word:
                self.sent[told.planned.channel, told.planned.recipient].append(told)

    # --- What there is to tell ---

    def _news(self, one: _Living, moves: Sequence[Moved]) -> list[News]:
        known = [eta[1] for move in moves if is_day(move) and (eta := eta_read(move.after))]
        days = Days(one.first_day, dict(one.days_told)) if one.first_day and known else None
        if known and one.first_day is None:
            one.first_day = known[0]
        return news_of(moves, days)

    def _look(self, n: int, one: _Living, moves: Sequence[Moved], now: datetime) -> list[News]:
        """As services.looking does, whenever an order moved or its alarm rang."""
        if not self.asking:
            return []
        since = one.looked_at or (moves[0].at or now) - A_MOMENT
        due = clock.news_between(one.past.life_at(now), self.asking, since, now)
        had_alarm, one.looked_at = one.looked_at is not None, max(since, now)
        self._set_alarm(n, one, one.looked_at)
        if not had_alarm and one.next_at is None:
            one.looked_at = None
        return [news for news in due if not news.until or now < news.until]

    # --- Who is told ---

    def _tell(
        self, one: _Living, news: Sequence[News], now: datetime, rules: Sequence[Rule] | None = None
    ) -> list[Told]:
        if not news:
            return []
        reach = replace(one.past.reach, today=self._today(one.past.reach, now))
        decided = decide(
            news, self.rules if rules is None else rules, one.past.about, reach, self.bounds, now
        )
        made = [told for planned in decided if (told := self._new(one, planned, now))]
        self._supersede(one, made, now)
        one.told += made
        for told in made:
            if not told.is_held(now) and told.planned.occasion in DAYS_TOLD:
                day = day_told(told.planned.detail)
                if day:
                    one.days_told[told.planned.channel] = day
        return made

    def _today(self, reach: Reach, now: datetime) -> Mapping[tuple[str, str], int]:
        counts = {}
        for to in reach.recipients:
            earlier = self.sent.get((to.channel, to.address), ())
            counts[to.channel, to.whom] = sum(1 for t in earlier if t.at > now - A_DAY and not t.is_held(now))
        return counts

    def _new(self, one: _Living, planned: Planned, now: datetime) -> Told | None:
        key = dedupe_key(one.past.order, planned)
        if key in one.keys:
            return None
        one.keys.add(key)
        told = Told(one.past.order, now, planned, planned.held, now)
        if not told.held and is_over(planned.occasion, told.is_later, one.past.state_at(planned.send_at)):
            told.held, told.held_at = "superseded", planned.send_at
        return told

    def _supersede(self, one: _Living, made: Collection[Told], now: datetime) -> None:
        """What waits for its hour and tells of a place the order has left since."""
        places = {(t.planned.channel, t.planned.whom) for t in made if not t.is_held(now) and _is_place(t)}
        for told in one.told if places else ():
            waits = told.planned.send_at > now and not told.is_held(now) and not told.is_later
            if waits and _is_place(told) and (told.planned.channel, told.planned.whom) in places:
                told.held, told.held_at = "superseded", now

    # --- Answers ---

    def _say(self, one: _Living, word: Word) -> list[Told]:
        """As services.noticing does: by e-mail unless a rule says no; by other channels where a rule says so."""
        is_said, key = True, ""
        if word.channel == MAIL:
            is_said, key = verdict(word.news, self.words, one.past.about, MAIL)
        planned = Planned(
            word.news.occasion, word.channel, word.address, word.news.detail, word.at, word.at + A_DAY,
            held="" if is_said else "rule", rule=key,
        )  # fmt: skip
        notice = Told(one.past.order, word.at, planned, planned.held, word.at, is_word=True)
        one.told.append(notice)
        others = [rule for rule in self.words if rule.channel not in (MAIL, word.channel)]
        return [notice, *self._tell(one, [word.news], word.at, others)]


def _is_place(told: Told) -> bool:
    return not told.is_word and OCCASIONS[told.planned.occasion].is_place


def _together(moves: Sequence[Moved], settle: timedelta) -> Iterator[tuple[datetime, list[Moved]]]:
    """What is announced at once: all that became known while the first of it settled."""
    batch: list[Moved] = []
    end: datetime | None = None
    for move in moves:
        if move.at is None:
            continue
        if end is None or move.at > end:
            if end is not None:
                yield end, batch
            batch, end = [], move.at + settle
        batch.append(move)
    if end is not None:
        yield end, batch
