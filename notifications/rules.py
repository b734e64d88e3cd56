"""Whom to tell what, when: decided from plain values. Pure; the same for what happens now and for a trial on the past."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from notifications.conditions import About, Condition, holds
from notifications.news import Days, Moved, News, news_of
from notifications.occasions import ANY, ESSENTIAL, INTERNAL, OCCASIONS, TELLABLE
from tracking.states import OVER, STATES, OrderState, StateKind

__all__ = ["INTERNAL", "TELLABLE", "Days", "Moved", "News", "news_of"]

Switch = tuple[str, str]  # order state, channel
FREE = ("email", "push")  # channels that cost nobody anything; to a browser only who asked for it is told
QUIET_AT_NIGHT = frozenset({"sms", "whatsapp"})  # a phone rings


@dataclass(frozen=True, slots=True)
class Rule:
    """When, if, then. `sends=False`: where it wins, nothing goes out. Delays count from the occasion: first the working
    days, then the minutes. `hours`: of the recipient's day, [from, to). `position`: of several that match, the lowest wins."""

    key: str
    occasion: str
    channel: str
    enabled: bool = True
    settings: Mapping[str, int] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    sends: bool = True
    template: str = ""
    delay_minutes: int = 0
    delay_days: int = 0
    hours: tuple[int, int] | None = None
    essential: bool = True
    position: int = 0
    of_the_house: bool = False
    enabled_at: datetime | None = None
    name: str = ""

    @property
    def delay(self) -> tuple[int, int]:
        return self.delay_days, self.delay_minutes


def of_the_house(channels: Iterable[str]) -> list[Rule]:
    """The rules a shop begins with: on where the catalogue says so and it is free. A shop's row of the same key stands
    in the place of one."""
    made = []
    for channel in channels:
        for state in TELLABLE:
            on = STATES[state].notify and channel in FREE
            made.append(_house(state.value, channel, enabled=on))
        made += [_house(code, channel) for code in _OF_THE_HOUSE]
        made.append(_house("pickup_waiting", channel, settings={"after_days": 2}))
        made.append(
            _house("pickup_waiting", channel, key=f"pickup_last:{channel}", settings={"days_left": 1})
        )
        for word in ("ticket_answered", "change_accepted", "change_refused"):
            made.append(_house(word, channel, enabled=channel == "email"))
    return made


_OF_THE_HOUSE = (
    "eta_set", "eta_moved", "eta_missed", "arrives_tomorrow", "arrives_today", "attempt_failed", "number_changed",
    "silent", "review_time",
)  # fmt: skip


def _house(
    code: str,
    channel: str,
    *,
    enabled: bool = False,
    key: str = "",
    settings: Mapping[str, int] | None = None,
) -> Rule:
    usual = (
        {name: s.default for name, s in OCCASIONS[code].settings.items()} if settings is None else settings
    )
    hours = (9, 21) if OCCASIONS[code].by_clock else None  # nobody is told at midnight that it comes today
    return Rule(
        key or f"{code}:{channel}", code, channel, enabled, usual, essential=code in ESSENTIAL, hours=hours,
        of_the_house=True, position=1_000_000,
    )  # fmt: skip


def default_switches(channels: Iterable[str]) -> dict[Switch, bool]:
    """On where the catalogue says so and it is free; the paid channels are off until the shop wants them."""
    return switches(of_the_house(channels))


def switches(rules: Iterable[Rule]) -> dict[Switch, bool]:
    """Which states are told on which channels at once, as a shopper would see it."""
    on: dict[Switch, bool] = {}
    for rule in rules:
        if rule.occasion in TELLABLE and rule.sends:
            switch = (OrderState(rule.occasion), rule.channel)
            on[switch] = on.get(switch, False) or (rule.enabled and rule.delay == (0, 0))
    return on


# --- Who hears of it ---


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
class Bounds:
    """What holds for all of a shop's rules: messages to one person a day on one channel, and the hours in which a
    phone does not ring, [from, to) of the recipient's day."""

    most_a_day: int = 6
    quiet: tuple[int, int] = (21, 9)


def always_working(day: date) -> bool:
    return day.weekday() < 5


@dataclass(frozen=True, slots=True)
class Reach:
    """How one customer, and whom they added, can be reached; how many messages each had today, by channel and whom.

    `choices`: the customer's own switches, over the shop's. `offered`: the states they may switch on. `suppressed`:
    channels and addresses nothing is sent to. `is_working`: a working day where they live.
    """

    recipients: Sequence[Recipient]
    today: Mapping[tuple[str, str], int] = field(default_factory=dict)
    choices: Mapping[Switch, bool] = field(default_factory=dict)
    offered: Collection[str] = TELLABLE
    suppressed: Collection[tuple[str, str]] = frozenset()
    zone: tzinfo = UTC
    is_working: Callable[[date], bool] = always_working


@dataclass(frozen=True, slots=True)
class Planned:
    """One message to make. `held`: why it is kept back, empty where it is not. `chosen`: not by the shop, but by the
    shopper. `expires_at`: after that it is no news any more."""

    occasion: str
    channel: str
    recipient: str
    detail: str
    send_at: datetime
    expires_at: datetime
    held: str = ""
    whom: str = ""
    chosen: bool = False
    rule: str = ""
    template: str = ""
    delay: tuple[int, int] = (0, 0)


def decide(
    news: Sequence[News], rules: Sequence[Rule], about: About, reach: Reach, bounds: Bounds, now: datetime
) -> list[Planned]:
    """Decide the messages this news of one order calls for.

    Of several rules for one occasion, channel and delay one wins: the lowest position. What the shopper chose counts
    for more than the shop's rules. What is not sent is kept, held, so that whoever looks sees why nothing went out.
    """
    by_shop = _winners(news, rules, about)
    if not by_shop and not reach.choices:
        return []
    planned: list[Planned] = []
    for recipient in reach.recipients:
        if recipient.address:
            planned += _for_one(recipient, news, by_shop, about, reach, bounds, now)
    return planned


STEPWISE = frozenset(
    {"pickup_waiting"}
)  # its rules are steps that follow one another, none of which stands for all
Winners = Mapping[tuple[News, str], list[Rule]]  # news and channel → the winner of each delay


def _winners(news: Sequence[News], rules: Sequence[Rule], about: About) -> Winners:
    won: dict[tuple[News, str], dict[tuple[int, int], Rule]] = {}
    closed: set[tuple[News, str]] = set()  # a rule says that nothing (more) goes out
    about_these = {ANY, *(one.occasion for one in news)}
    ordered = sorted(
        (r for r in rules if r.enabled and r.occasion in about_these), key=lambda r: (r.position, r.key)
    )
    for one in news:
        for rule in ordered:
            if not _matches(rule, one, about):
                continue
            key = (one, rule.channel)
            if key not in closed:
                won.setdefault(key, {}).setdefault(rule.delay, rule)
                if rule.occasion == ANY:
                    closed.add(key)
    return {
        (one, channel): [
            rule
            for rule in of_channel.values()
            if _is_its_time(rule, one)
            and (rule.occasion != ANY or _is_told(one, [r for r in ordered if r.channel == channel], about))
        ]
        for (one, channel), of_channel in won.items()
    }


def _is_told(one: News, rules: Sequence[Rule], about: About) -> bool:
    """Whether anything would go out: of a parcel's every step, of which nobody is told, nothing has to be held back."""
    return any(rule.sends and _is_its_time(rule, one) and _matches(rule, one, about) for rule in rules)


def _is_its_time(rule: Rule, news: News) -> bool:
    """Of the rules by clock that match, the winner is told of in its own time, and no other in its place."""
    return not news.rules or rule.key in news.rules or not rule.sends


def _matches(rule: Rule, news: News, about: About) -> bool:
    if rule.occasion not in (news.occasion, ANY):
        return False
    if rule.occasion in STEPWISE and rule.sends and rule.key not in news.rules:
        return False
    if rule.enabled_at and news.at and news.at < rule.enabled_at:
        return False
    if rule.occasion == "eta_moved" and news.size_on(rule.channel) < rule.settings.get("days", 1):
        return False
    if rule.occasion == "attempt_failed" and news.size < rule.settings.get("attempt", 1):
        return False
    return all(holds(condition, about) for condition in rule.conditions)


def verdict(one: News, rules: Sequence[Rule], about: About, channel: str) -> tuple[bool, str]:
    """Whether the shop has this told on a channel, and the key of the rule that says so; empty where none does."""
    won = _winners([one], rules, about).get((one, channel), [])
    sending = [rule for rule in won if rule.sends]
    return bool(sending), next((rule.key for rule in sending or won), "")


def _tells(one: News, by_shop: Winners, channel: str = "") -> bool:
    """Whether the shop tells of it at once: on this channel, or on any."""
    return any(
        rule.sends and rule.delay == (0, 0)
        for (news, of), won in by_shop.items()
        if news == one and (not channel or of == channel)
        for rule in won
    )


def _for_one(
    recipient: Recipient,
    news: Sequence[News],
    by_shop: Winners,
    about: About,
    reach: Reach,
    bounds: Bounds,
    now: datetime,
) -> list[Planned]:
    channel = recipient.channel
    own = {s: on for (s, of), on in reach.choices.items() if of == channel} if recipient.chooses else {}

    def wanted(one: News) -> bool:
        chosen = own.get(follows(one))
        by_rule = _tells(one, by_shop, channel)
        if chosen is None:
            return by_rule
        return chosen and (by_rule or (one.occasion in TELLABLE and one.occasion in reach.offered))

    shown = _told(news, lambda one: _tells(one, by_shop))
    heard = _told(news, wanted) if own else shown
    refused = [one for one in shown if one not in heard] if own else []
    sent = reach.today.get((channel, recipient.whom), 0)
    planned: list[Planned] = []
    for one in [*heard, *refused]:
        winners = [r for r in by_shop.get((one, channel), []) if r.delay == (0, 0)]
        rule = winners[0] if winners else None
        asked = wanted(one) and one in heard
        if not asked and (rule is None or not rule.sends):
            continue
        held = "" if asked else "unwanted"
        made = _planned(one, recipient, rule, about, reach, bounds, now, held=held, sent=sent)
        sent += not made.held
        planned.append(made)
    for one in news:
        for rule in by_shop.get((one, channel), []):
            if not rule.sends and own.get(follows(one)) is not True:
                planned.append(
                    _planned(one, recipient, rule, about, reach, bounds, now, held="rule", sent=sent)
                )
            elif rule.sends and rule.delay != (0, 0):
                refused_it = own.get(follows(one)) is False
                held = "unwanted" if refused_it else ""
                planned.append(_planned(one, recipient, rule, about, reach, bounds, now, held=held, sent=0))
    return planned


def follows(one: News) -> OrderState:
    """Whose switch on the shopper's form decides it as well."""
    return OCCASIONS[one.occasion].follows


def _told(news: Sequence[News], asked: Callable[[News], bool]) -> list[News]:
    """What is told of what came together: what is no place, and of the places the last one of the highest rank."""
    said = [one for one in news if asked(one)]
    places = [one for one in said if OCCASIONS[one.occasion].is_place]
    top = max((OCCASIONS[one.occasion].rank for one in places), default=0)
    place = [one for one in places if OCCASIONS[one.occasion].rank == top][-1:]
    return [one for one in said if not OCCASIONS[one.occasion].is_place] + place


def _planned(
    one: News,
    recipient: Recipient,
    rule: Rule | None,
    about: About,
    reach: Reach,
    bounds: Bounds,
    now: datetime,
    *,
    held: str,
    sent: int,
) -> Planned:
    """`rule`: None where only the shopper wants it."""
    if not held and (recipient.channel, recipient.address) in reach.suppressed:
        held = "suppressed"
    asked_for = bool(recipient.whom) or reach.choices.get((follows(one), recipient.channel)) is True
    if not held and rule and about.control and not rule.essential and not asked_for:
        held = "holdout"
    if not held and sent >= bounds.most_a_day:
        held = "too_many"
    delay = rule.delay if rule else (0, 0)
    hours = rule.hours if rule else None
    if hours is None and recipient.channel in QUIET_AT_NIGHT:
        hours = (bounds.quiet[1], bounds.quiet[0])
    send_at = send_time(now, delay=delay, hours=hours, zone=reach.zone, is_working=reach.is_working)
    expires_at = send_at + OCCASIONS[one.occasion].fresh
    if not held and one.until and send_at >= one.until:
        held = "too_late"
    return Planned(
        occasion=one.occasion,
        channel=recipient.channel,
        recipient=recipient.address,
        detail=one.detail,
        send_at=send_at,
        expires_at=min(expires_at, one.until) if one.until else expires_at,
        held=held,
        whom=recipient.whom,
        chosen=rule is None or not rule.sends,
        rule=rule.key if rule else "",
        template=rule.template if rule else "",
        delay=delay,
    )


def send_time(
    now: datetime,
    *,
    delay: tuple[int, int] = (0, 0),
    hours: tuple[int, int] | None = None,
    zone: tzinfo = UTC,
    is_working: Callable[[date], bool] = always_working,
) -> datetime:
    """When to send what is decided now: after so many working days and minutes, within [from, to) of the recipient's
    day. From later than to: over midnight. In UTC, exact over changes of the clock."""
    at = now.astimezone(zone)
    day, left = at.date(), delay[0]
    while left > 0:
        day += timedelta(days=1)
        left -= is_working(day)
    if delay[0]:
        at = datetime.combine(day, at.time(), zone)
    at = (at.astimezone(UTC) + timedelta(minutes=delay[1])).astimezone(zone)
    if hours is None or hours[0] == hours[1]:
        return at.astimezone(UTC)
    first, last = hours
    inside = first <= at.hour < last if first < last else (at.hour >= first or at.hour < last)
    if inside:
        return at.astimezone(UTC)
    day = at.date() if at.hour < first else at.date() + timedelta(days=1)
    return datetime.combine(day, time(first % 24), zone).astimezone(UTC)


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
    """What makes two messages the same one: what happened to the order, told to somebody on a channel, so much later."""
    key = f"{order_id}:{planned.occasion}:{planned.detail}:{planned.channel}"
    if planned.delay != (0, 0):
        key += f":+{planned.delay[0]}d{planned.delay[1]}m"
    return f"{key}:{planned.whom}" if planned.whom else key


_UNTIL_IT_COMES = frozenset(
    {"eta_set", "eta_moved", "eta_missed", "arrives_tomorrow", "arrives_today", "pickup_waiting", "silent"}
)


def is_over(occasion: str, delay: bool, state_now: str) -> bool:
    """Whether a message decided long ago speaks of a state its order has left since, or of waiting for what has come."""
    if occasion in _UNTIL_IT_COMES:
        return state_now in OVER or state_now == OrderState.COMPLETED
    if not delay or occasion not in TELLABLE or STATES[OrderState(occasion)].kind is StateKind.MILESTONE:
        return False
    after = {OrderState.DELIVERED: {OrderState.COMPLETED}, OrderState.SHIPPED: {OrderState.PARTIALLY_SHIPPED}}
    return state_now != occasion and state_now not in after.get(OrderState(occasion), set())
