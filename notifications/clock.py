"""What there is to tell of an order because time passes: it arrives tomorrow, it waits, nothing was heard of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from notifications.occasions import OCCASIONS
from notifications.rules import News, Rule
from tracking.states import OVER, OrderState

MORNING, EVENING = 9, 21  # hours of the recipient's day, where a rule has none of its own
USUAL_GAP = timedelta(hours=48)  # between two scans, where nobody knows how long it is
SHORTEST_SILENCE = timedelta(hours=48)  # worth a word, however often a carrier scans
LONGEST_STAY = timedelta(days=30)  # at a pickup point of which nobody says until when
SUNDAY = 6
_DAY = timedelta(days=1)

ON_ITS_WAY = frozenset(
    {
        OrderState.PARTIALLY_SHIPPED,
        OrderState.SHIPPED,
        OrderState.OUT_FOR_DELIVERY,
        OrderState.PARTIALLY_DELIVERED,
    }
)
DONE = OVER | {OrderState.COMPLETED}
HAPPY = frozenset({OrderState.DELIVERED, OrderState.COMPLETED})  # asked how it was
# It has come, or waits for the shopper.
NOT_LATE = DONE | {OrderState.READY_FOR_PICKUP, OrderState.AWAITING_PAYMENT}


@dataclass(frozen=True, slots=True)
class Life:
    """An order as it stood over a stretch of time: what the clock makes of it.

    `eta_since`: when that day became known (None: long ago); a day that has passed stays until there is another.
    `waits_since`, `waits_until`: of the parcel that waits longest at a pickup point. `usual_gap`: within which the next
    scan mostly comes. `held_up`: at the customs, lost: it is no time to say that it arrives. `is_asked`: whether the shop
    wants to know of such an order how it was. `zone`: the recipient's.
    """

    state: str
    state_since: datetime
    zone: tzinfo
    eta_first: date | None = None
    eta_last: date | None = None
    eta_since: datetime | None = None
    delivered_at: datetime | None = None
    waits_since: datetime | None = None
    waits_until: date | None = None
    last_event_at: datetime | None = None
    usual_gap: timedelta | None = None
    held_up: bool = False
    is_asked: bool = True


@dataclass(frozen=True, slots=True)
class _Due:
    """When a rule's time comes, once for each `detail`. `urgency`: of two at the same time, what is said. `until`: when
    it stops being true."""

    at: datetime
    detail: str
    urgency: int = 0
    until: datetime | None = None


def by_clock(rules: Sequence[Rule]) -> list[Rule]:
    """The rules that time alone can make send something."""
    return [
        rule
        for rule in rules
        if rule.enabled and rule.sends and rule.occasion in OCCASIONS and OCCASIONS[rule.occasion].by_clock
    ]


def news_between(life: Life, rules: Sequence[Rule], after: datetime, until: datetime) -> list[News]:
    """What came due in (after, until] while the order stood like this, as it came.

    Rules whose time is the same moment make one piece of news, which names them all.
    """
    found: dict[tuple[datetime, str], list[tuple[_Due, Rule]]] = {}
    for rule, due in _dues(life, rules):
        if after < due.at <= until:
            found.setdefault((due.at, rule.occasion), []).append((due, rule))
    return [_news(occasion, together) for (_at, occasion), together in sorted(found.items())]


def _news(occasion: str, together: Sequence[tuple[_Due, Rule]]) -> News:
    said = max((due for due, _rule in together), key=lambda due: due.urgency)
    keys = tuple(sorted(rule.key for _due, rule in together))
    return News(occasion, said.detail, said.at, rules=keys, until=said.until)


def next_time(life: Life, rules: Sequence[Rule], after: datetime) -> datetime | None:
    """When to look again, later than `after`; None: nothing to wait for."""
    times = [due.at for _rule, due in _dues(life, rules) if due.at > after]
    times += [at for rule in by_clock(rules) if (at := _glance(life, rule, after))]
    return min(times, default=None)


def _dues(life: Life, rules: Sequence[Rule]) -> Iterator[tuple[Rule, _Due]]:
    for rule in by_clock(rules):
        due = _DUE[rule.occasion](life, rule)
        if due is not None:
            yield rule, due


# --- The days ---


def _arrives_tomorrow(life: Life, rule: Rule) -> _Due | None:
    return _arrives(life, rule, days_before=1)


def _arrives_today(life: Life, rule: Rule) -> _Due | None:
    return _arrives(life, rule, days_before=0)


def _arrives(life: Life, rule: Rule, *, days_before: int) -> _Due | None:
    """In the morning; or as soon as the day is known, within the rule's hours of that same day."""
    if life.eta_last is None or life.state not in ON_ITS_WAY or life.held_up:
        return None
    day = life.eta_last - days_before * _DAY
    at = _morning(day, rule, life.zone)
    if life.eta_since and life.eta_since > at:
        at = life.eta_since.astimezone(UTC)
        if at.astimezone(life.zone).date() != day or not _within(at, rule, life.zone):
            return None
    return _Due(at, life.eta_last.isoformat(), until=_midnight(day + _DAY, life.zone))


def _eta_missed(life: Life, rule: Rule) -> _Due | None:
    """In the morning after its last day."""
    if life.eta_last is None or life.state in NOT_LATE:
        return None
    at = _morning(life.eta_last + _DAY, rule, life.zone)
    if life.eta_since and life.eta_since > at:  # nobody was told of a day that had passed
        return None
    return _Due(at, life.eta_last.isoformat())


# --- What waits ---


def _pickup_waiting(life: Life, rule: Rule) -> _Due | None:
    """So many days after it got there, or so many before it is sent back."""
    if life.waits_since is None or life.state in DONE:
        return None
    since = life.waits_since.astimezone(life.zone).date()
    if "days_left" in rule.settings:
        left = rule.settings["days_left"]
        day = life.waits_until and life.waits_until - left * _DAY
        step, urgency = f"-{left}.{life.waits_until}", 1000 - left
    else:
        days = rule.settings.get("after_days", 1)
        day, step, urgency = since + days * _DAY, f"+{days}", days
    if day is None or (life.waits_until and day > life.waits_until):
        return None
    at = _morning(day, rule, life.zone)
    if at <= life.waits_since:
        return None
    until = _midnight(life.waits_until + _DAY, life.zone) if life.waits_until else None
    return _Due(at, f"{_minute(life.waits_since)}{step}", urgency, until)


def _glance(life: Life, rule: Rule, after: datetime) -> datetime | None:
    """Carriers say until when, or something else, while it waits: looked at each morning."""
    if rule.occasion != "pickup_waiting" or "days_left" not in rule.settings:
        return None
    if life.waits_since is None or life.state in DONE:
        return None
    day = after.astimezone(life.zone).date()
    last = life.waits_until or (life.waits_since + LONGEST_STAY).astimezone(life.zone).date()
    at = next(at for n in range(3) if (at := _morning(day + n * _DAY, rule, life.zone)) > after)
    return at if at.astimezone(life.zone).date() <= last else None


def _silent(life: Life, rule: Rule) -> _Due | None:
    """Once a silence. Longer than usual: twice what is usual, where a Sunday counts for nothing, as the page says it."""
    if life.state not in ON_ITS_WAY:
        return None
    since = life.last_event_at or life.state_since
    hours = rule.settings.get("hours", 0)
    if hours:
        at = since.astimezone(UTC) + timedelta(hours=hours)
    else:
        at = _after(since, max(2 * (life.usual_gap or USUAL_GAP), SHORTEST_SILENCE), life.zone)
    return _Due(at, _minute(since))


def _after(start: datetime, span: timedelta, zone: tzinfo) -> datetime:
    """So much later, where a Sunday counts for nothing. Exact where the clock is changed."""
    at, left, day = start.astimezone(UTC), span, start.astimezone(zone).date()
    while True:
        midnight = _midnight(day + _DAY, zone)
        if day.weekday() != SUNDAY:
            if left <= midnight - at:
                return at + left
            left -= midnight - at
        at, day = midnight, day + _DAY


def _review_time(life: Life, rule: Rule) -> _Due | None:
    if life.delivered_at is None or life.state not in HAPPY or not life.is_asked:
        return None
    day = life.delivered_at.astimezone(life.zone).date() + rule.settings.get("days", 0) * _DAY
    at = max(_morning(day, rule, life.zone), life.delivered_at.astimezone(UTC))
    return _Due(at, life.delivered_at.astimezone(life.zone).date().isoformat())


_DUE: Mapping[str, Callable[[Life, Rule], _Due | None]] = {
    "arrives_tomorrow": _arrives_tomorrow,
    "arrives_today": _arrives_today,
    "eta_missed": _eta_missed,
    "pickup_waiting": _pickup_waiting,
    "silent": _silent,
    "review_time": _review_time,
}


# --- Hours ---


def _hours(rule: Rule) -> tuple[int, int]:
    return rule.hours if rule.hours and rule.hours[0] != rule.hours[1] else (MORNING, EVENING)


def _morning(day: date, rule: Rule, zone: tzinfo) -> datetime:
    """When the hours of the rule begin on a day."""
    return datetime.combine(day, time(_hours(rule)[0] % 24), zone).astimezone(UTC)


def _within(at: datetime, rule: Rule, zone: tzinfo) -> bool:
    first, last = _hours(rule)
    hour = at.astimezone(zone).hour
    return first <= hour < last if first < last else (hour >= first or hour < last)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _minute(at: datetime) -> str:
    """2026-11-24T10:30, in UTC: short, as a key has it."""
    return at.astimezone(UTC).isoformat(timespec="minutes")[:16]
