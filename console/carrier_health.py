"""How a shop's accounts with carriers fare: state, last fault and what to do, what is waiting, budget, pushes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, IntegerField, OuterRef, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carriers import offers, pace
from carriers.models import Account, Push
from carriers.registry import CARRIERS
from carriers.services import key_of
from carriers.types import Limits, Outcome
from console.clock import ago, moment_in_full, span
from tracking.models import Poll
from tracking.when import Clock

MOST_COUNTED = 10_000  # parcels of an account; beyond that the page says 10,000+
LATE = timedelta(minutes=2)  # what is due is taken within seconds: after so long it is late
# What is wrong, and what to do about it.
FAULTS: dict[Outcome, tuple[Promise, Promise]] = {
    Outcome.AUTH_ERROR: (
        gettext_lazy("The carrier refuses the credentials."),
        gettext_lazy("Change them below: then it is asked again at once."),
    ),
    Outcome.RATE_LIMITED: (
        gettext_lazy(
            "The carrier let it ask no more for a while: too many questions in too short a time."
        ),
        gettext_lazy(
            "It goes on by itself. If this happens often, ask the carrier for a higher limit, and see that nothing "
            "else asks with the same credentials."
        ),
    ),
    Outcome.TRANSIENT: (
        gettext_lazy("The carrier did not answer."),
        gettext_lazy("It is asked again by itself. If it lasts, the carrier can say whether its service is down."),
    ),
    Outcome.BAD_RESPONSE: (
        gettext_lazy("The carrier gave an answer that could not be read."),
        gettext_lazy(
            "It is asked again by itself. If it lasts, tell whoever runs this installation the words below."
        ),
    ),
    Outcome.INVALID_NUMBER: (
        gettext_lazy("The carrier takes one of the numbers for no number of its own."),
        gettext_lazy("See whether the parcel has the right carrier."),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Health:
    """How an account fares. `detail`: the carrier's own words. `advice`: what to do."""

    tone: str
    label: str
    last_ok: str
    fault: str = ""
    advice: str = ""
    fault_at: str = ""
    detail: str = ""
    paused: str = ""


def health_of(account: Account, clock: Clock) -> Health:
    last_ok = ago(clock, account.last_ok_at)
    if not account.enabled:
        return Health("", _("Switched off"), last_ok)
    carrier = CARRIERS.get(account.carrier)
    if carrier is None or offers.closed(carrier):
        return Health("warn", _("Not asked here"), last_ok)
    paused = ""
    if account.paused_until and account.paused_until > clock.now:
        paused = _("Paused until %(moment)s") % {"moment": moment_in_full(clock, account.paused_until)}
    if account.last_error:
        return _in_trouble(account, clock, last_ok, paused)
    if paused:
        return Health("warn", _("Paused"), last_ok, paused=paused)
    return Health("ok", _("Works"), last_ok) if account.last_ok_at else Health("", _("Not asked yet"), "")


def _in_trouble(account: Account, clock: Clock, last_ok: str, paused: str) -> Health:
    outcome, _sep, detail = account.last_error.partition(": ")
    known = Outcome(outcome) if outcome in set(map(str, Outcome)) else Outcome.BAD_RESPONSE
    refused = known is Outcome.AUTH_ERROR
    fault, advice = FAULTS.get(known, FAULTS[Outcome.BAD_RESPONSE])
    return Health(
        "bad" if refused else "warn",
        _("Refused") if refused else _("In trouble"),
        last_ok,
        str(fault),
        str(advice),
        ago(clock, account.last_error_at),
        detail,
        paused,
    )


# --- What is waiting ---


def with_load(accounts: QuerySet[Account], now: datetime) -> QuerySet[Account]:
    """Each with `parcels` it is asked about, `overdue` of them, and `oldest`: since when one has been due.

    One statement for all of them; no more than MOST_COUNTED and one of an account are looked at.
    """
    polls = Poll.objects.filter(shop_id=OuterRef("shop_id"), account_id=OuterRef("pk"))
    due = polls.filter(next_at__lt=now - LATE)
    return accounts.annotate(
        parcels=_count(polls.filter(next_at__isnull=False)),
        overdue=_count(due),
        oldest=Subquery(due.order_by("next_at").values("next_at")[:1]),
    )


def _count(polls: QuerySet[Poll]) -> Func:
    some = polls.order_by().values("pk")[: MOST_COUNTED + 1]
    return Func(ArraySubquery(some), function="cardinality", output_field=IntegerField())


@dataclass(frozen=True, slots=True)
class Load:
    parcels: str
    is_one: bool
    overdue: str  # empty: none
    since: str  # for how long the oldest has been overdue


def load_of(account: Account, clock: Clock) -> Load:
    """Of an account read `with_load`."""
    parcels, overdue = account.parcels, account.overdue  # type: ignore[attr-defined]
    oldest: datetime | None = account.oldest  # type: ignore[attr-defined]
    return Load(
        _at_most(parcels),
        parcels == 1,
        _at_most(overdue) if overdue else "",
        span(clock.now - oldest) if oldest else "",
    )


def _at_most(count: int) -> str:
    return str(count) if count <= MOST_COUNTED else f"{MOST_COUNTED}+"


# --- How much it may ask ---


@dataclass(frozen=True, slots=True)
class Quota:
    """Calls of a day. `ends`: in how long the day begins anew."""

    per_day: int
    used: int
    left: int
    ends: str


def quota_of(account: Account) -> Quota | None:
    """None where the carrier sets no limit by the day, or is gone. Asks Redis."""
    carrier = CARRIERS.get(account.carrier)
    held = pace.budget(key_of(account.pk), carrier.limits) if carrier else None
    if held is None:
        return None
    return Quota(held.per_day, held.used, held.left, span(timedelta(seconds=held.ends_in_s)))


def rate_words(limits: Limits) -> str:
    """ "2 questions a second", "1 question a minute"."""
    if limits.per_second >= 1:
        count, said = limits.per_second, ngettext(
            "%(n)s question a second", "%(n)s questions a second", round(limits.per_second)
        )  # fmt: skip
    else:
        count = limits.per_second * 60
        said = ngettext("%(n)s question a minute", "%(n)s questions a minute", round(count))
    return said % {"n": f"{round(count, 1):g}"}


def pace_words(limits: Limits) -> str:
    """ "2 questions a second", "1 question a second, 500 a day"."""
    words = rate_words(limits)
    if limits.per_day:
        words += ", " + _("%(n)s a day") % {"n": limits.per_day}
    return words


# --- What it sent ---


@dataclass(frozen=True, slots=True)
class LastPush:
    when: str
    error: str  # why it could not be read


def last_push_of(account: Account, clock: Clock) -> LastPush | None:
    """The newest one still kept."""
    pushes = Push.objects.for_shop(account.shop_id).filter(account=account).order_by("-pk")
    found = pushes.values_list("received_at", "error").first()
    return LastPush(ago(clock, found[0]), found[1]) if found else None
