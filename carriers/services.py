"""A shop's accounts with carriers: connect, change, remove, try; what they push; codes nobody knows yet."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from carriers import client, offers, pace, registry
from carriers.models import Account, CodeMeaning, Push, UnknownCode
from carriers.types import Answer, AuthError, Carrier, CarrierError, Outcome, Query
from tenants import audit
from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.services import Actor
from tenants.vault import SealBrokenError, seal, unseal

LONGEST_SECRET = 4000
NAME = 80
ERROR = 240
NOBODYS_NUMBER = "0000000000000"  # asked when nobody names one: "not known" proves the credentials too


# --- Accounts ---


@transaction.atomic
def connect(
    *, shop: Shop, carrier: str, secrets: Mapping[str, str], by: Actor, now: datetime, name: str = ""
) -> Account:
    """Add an account, its credentials sealed. In the shop's context.

    Raises ValidationError, by field, when a credential is missing or the shop has that account already.
    """
    known = _open(carrier)
    name = _name(shop, carrier, name)
    sealed = seal(_checked(known, secrets))
    account: Account = Account.objects.create(
        shop=shop, carrier=carrier, name=name, sealed=sealed, created_at=now
    )
    _note(shop, by, "account.connected", account, after=_told(account))
    return account


@transaction.atomic
def change(
    *,
    shop: Shop,
    account: Account,
    by: Actor,
    now: datetime,
    secrets: Mapping[str, str] | None = None,
    name: str | None = None,
    enabled: bool | None = None,
) -> Account:
    """Change an account; None leaves things as they are, and so does a credential left empty.

    New credentials are given a fresh start: the account's pause and last error are forgotten. In the shop's
    context. Raises ValidationError as `connect` does.
    """
    held: Account = Account.objects.for_shop(shop).select_for_update().get(pk=account.pk)
    before = _told(held)
    given = {key: value for key, value in (secrets or {}).items() if value.strip()}
    if given:
        held.sealed = seal(_checked(_carrier(held.carrier), {**_opened_or_none(held), **given}))
        held.paused_until, held.last_error, held.last_error_at = None, "", None
    if name is not None and name.strip() != held.name:
        held.name = _name(shop, held.carrier, name)
    if enabled is not None:
        held.enabled = enabled
    held.save()
    _note(shop, by, "account.changed", held, before=before, after=_told(held) | {"credentials": bool(given)})
    transaction.on_commit(lambda: pace.resume(key_of(held.pk)))
    return held


@transaction.atomic
def remove(*, shop: Shop, account: Account, by: Actor, now: datetime) -> None:
    """Forget an account and its credentials. Parcels keep what they know and are asked about no more."""
    if Account.objects.for_shop(shop).filter(pk=account.pk).delete()[0] == 0:
        return
    _note(shop, by, "account.removed", account, before=_told(account))
    host = client.host_of(registry.CARRIERS[account.carrier]) if account.carrier in registry.CARRIERS else ""
    transaction.on_commit(lambda: pace.forget(key_of(account.pk), host))


def key_of(account_id: int) -> str:
    """What pace, breakers and tokens know an account by."""
    return f"account-{account_id}"


def opened(account: Account) -> dict[str, str]:
    """The account's credentials. Raises SealBrokenError."""
    return unseal(account.sealed)


def note_answered(*, shop_id: int, account_id: int, now: datetime) -> None:
    """The carrier answered this account: it works. Written once a minute at most. In the shop's context."""
    stale = Q(last_ok_at=None) | Q(last_ok_at__lt=now - timedelta(minutes=1))
    Account.objects.filter(
        stale | ~Q(last_error="") | ~Q(paused_until=None), shop_id=shop_id, pk=account_id
    ).update(last_ok_at=now, last_error="", paused_until=None)


def note_failed(
    *, shop_id: int, account_id: int, error: CarrierError, now: datetime, paused_until: datetime | None = None
) -> None:
    """The carrier failed this account, or refused it: a person reads why in the console. In its context."""
    words = f"{error.outcome}: {error.detail}"[:ERROR]
    changed: dict[str, Any] = {"last_error": words, "last_error_at": now}
    if paused_until:
        changed["paused_until"] = paused_until
    Account.objects.filter(shop_id=shop_id, pk=account_id).update(**changed)


def note_asked(*, shop_id: int, account_id: int, outcomes: Iterable[Outcome], now: datetime) -> None:
    """Count what came of asking about numbers with this account today (UTC). One statement. In its context."""
    counts = Counter(_COUNTED.get(outcome, "found") for outcome in outcomes)
    if not counts:
        return
    columns = ("found", "not_found", "failed", "refused", "limited")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO carriers_accountday AS known"
            " (shop_id, account_id, day, asked, found, not_found, failed, refused, limited)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (shop_id, account_id, day) DO UPDATE SET asked = known.asked + excluded.asked,"
            " found = known.found + excluded.found, not_found = known.not_found + excluded.not_found,"
            " failed = known.failed + excluded.failed, refused = known.refused + excluded.refused,"
            " limited = known.limited + excluded.limited",
            [
                shop_id,
                account_id,
                now.astimezone(UTC).date(),
                counts.total(),
                *(counts[name] for name in columns),
            ],
        )


_COUNTED = {
    Outcome.NOT_FOUND: "not_found",
    Outcome.NOT_REGISTERED: "not_found",
    Outcome.INVALID_NUMBER: "not_found",
    Outcome.AUTH_ERROR: "refused",
    Outcome.RATE_LIMITED: "limited",
    Outcome.TRANSIENT: "failed",
    Outcome.BAD_RESPONSE: "failed",
}


# --- Try it now ---


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying. `words`: a sentence for a person, what to do included."""

    works: bool
    outcome: Outcome
    words: str
    events: int = 0


def try_account(*, shop: Shop, account: Account, now: datetime, number: str = "") -> Trial:
    """Ask the carrier once with the account's credentials, and note how it went.

    Not inside a transaction: it waits for the carrier, up to ten seconds. Safe to repeat.
    """
    with shop_context(shop.pk):
        held: Account = Account.objects.for_shop(shop).get(pk=account.pk)
    carrier = _carrier(held.carrier)
    try:
        secrets = opened(held)
    except SealBrokenError:
        return Trial(
            False, Outcome.AUTH_ERROR, _("The stored credentials cannot be read any more: enter them again.")
        )
    if not offers.may_ask(carrier, secrets):
        words = _("%(carrier)s is not open to shops on this installation.") % {"carrier": carrier.name}
        return Trial(False, Outcome.AUTH_ERROR, words)
    trial, error = _tried(carrier, secrets, number, key_of(held.pk))
    with shop_context(shop.pk):
        if error is None:
            note_answered(shop_id=shop.pk, account_id=held.pk, now=now)
        elif not isinstance(error, pace.NotNowError):
            note_failed(shop_id=shop.pk, account_id=held.pk, error=error, now=now)
    return trial


def try_credentials(*, shop: Shop, carrier: str, secrets: Mapping[str, str], number: str = "") -> Trial:
    """The same, before they are kept. Raises ValidationError when one is missing."""
    known = _open(carrier)
    trial, _error = _tried(known, _checked(known, secrets), number, f"trial-{shop.pk}-{carrier}")
    return trial


def _tried(
    carrier: Carrier, secrets: Mapping[str, str], number: str, account_key: str
) -> tuple[Trial, CarrierError | None]:
    number = "".join(number.split())[:64]
    named = next(iter(carrier.aggregates or ()), "") if carrier.needs_carrier else ""
    query = Query(number or NOBODYS_NUMBER, carrier=named)
    try:
        (answer,) = client.ask(carrier, secrets, [query], account_key=account_key)
    except CarrierError as error:
        refused_number = error.outcome in (Outcome.NOT_FOUND, Outcome.INVALID_NUMBER)
        if not refused_number:
            return Trial(False, error.outcome, _why_not(carrier, error)), error
        answer = Answer(query.number, error.outcome)
    return Trial(True, answer.outcome, _how_well(carrier, answer, number), len(answer.scans)), None


def _how_well(carrier: Carrier, answer: Answer, number: str) -> str:
    said = {"carrier": carrier.name, "number": number, "count": len(answer.scans)}
    if answer.outcome is Outcome.FOUND:
        return _("It works: %(carrier)s knows %(number)s and tells of %(count)d scans.") % said
    if number:
        return _("It works: %(carrier)s answered. It does not know %(number)s, or not yet.") % said
    return _("It works: %(carrier)s answered.") % said


def _why_not(carrier: Carrier, error: CarrierError) -> str:
    said: dict[str, Any] = {"carrier": carrier.name, "words": error.detail[:160]}
    said["minutes"] = max(1, round((error.retry_after_s or 60) / 60))
    if isinstance(error, AuthError):
        return _("%(carrier)s refuses these credentials: check them for typing errors, and that they are meant "
                 "for the live system.") % said  # fmt: skip
    if error.outcome is Outcome.RATE_LIMITED:
        return _("This account may ask %(carrier)s no more for now: try again in %(minutes)d min.") % said
    if error.outcome is Outcome.TRANSIENT:
        return (
            _(
                "%(carrier)s does not answer just now. That says nothing about the credentials: try again later."
            )
            % said
        )
    return _("%(carrier)s gave an answer that could not be read: %(words)s") % said


# --- What carriers send ---


@transaction.atomic
def store_push(*, account: Account, body: bytes, now: datetime) -> bool:
    """Keep what a carrier sent, before anybody reads it; False when it is a repeat. In the shop's context."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO carriers_push (shop_id, account_id, body, digest, received_at, attempts, error)"
            " VALUES (%s, %s, %s, %s, %s, 0, '') ON CONFLICT (shop_id, account_id, digest) DO NOTHING",
            [account.shop_id, account.pk, body, hashlib.sha256(body).hexdigest(), now],
        )
        return bool(cursor.rowcount)


def forget_pushes(*, shop_id: int, before: datetime) -> int:
    """Delete what was received before then. In the shop's context."""
    deleted: int = Push.objects.filter(shop_id=shop_id, received_at__lt=before).delete()[0]
    return deleted


def forget_unknown(*, shop_id: int, before: datetime) -> int:
    """Delete codes not seen since then that nobody gave a meaning. In the shop's context.

    Carriers without codes send sentences, and some of those name a place: without an end there would be no end.
    """
    given = CodeMeaning.objects.filter(
        shop_id=OuterRef("shop_id"), carrier=OuterRef("carrier"), code=OuterRef("code")
    )
    gone = UnknownCode.objects.filter(~Exists(given), shop_id=shop_id, last_at__lt=before)
    deleted: int = gone.delete()[0]
    return deleted


@transaction.atomic
def note_unknown(*, shop_id: int, seen: Mapping[tuple[str, str], tuple[int, str]], now: datetime) -> None:
    """Count codes nobody has given a meaning: (carrier, code) → how often, latest words. In the shop's context."""
    if not seen:
        return
    rows = [(carrier, code[:80], seen[carrier, code]) for carrier, code in sorted(seen)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO carriers_unknowncode AS known (shop_id, carrier, code, text, seen, first_at, last_at)"
            " SELECT %s, carrier, code, max(text), sum(seen), %s, %s"
            " FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[]) AS new (carrier, code, text, seen)"
            " GROUP BY carrier, code ORDER BY carrier, code"
            " ON CONFLICT (shop_id, carrier, code) DO UPDATE SET seen = known.seen + excluded.seen,"
            " text = CASE WHEN excluded.text = '' THEN known.text ELSE excluded.text END, last_at = excluded.last_at",
            [
                shop_id,
                now,
                now,
                [carrier for carrier, _code, _seen in rows],
                [code for _carrier, code, _seen in rows],
                [text[:240] for _carrier, _code, (_count, text) in rows],
                [count for _carrier, _code, (count, _text) in rows],
            ],
        )


# --- Checks ---


def _carrier(code: str) -> Carrier:
    try:
        return registry.get(code)
    except registry.UnknownCarrierError as error:
        raise ValidationError({"carrier": _("Choose one of the carriers listed.")}) from error


def _open(code: str) -> Carrier:
    carrier = _carrier(code)
    if offers.closed(carrier):
        raise ValidationError(
            {
                "carrier": _("%(carrier)s is not open to shops on this installation.")
                % {"carrier": carrier.name}
            }
        )
    return carrier


def _checked(carrier: Carrier, secrets: Mapping[str, str]) -> dict[str, str]:
    """The credentials the carrier needs, and no others. Raises ValidationError by field."""
    kept, faults = {}, {}
    for secret in carrier.auth.secrets:
        value = secrets.get(secret.name, "").strip()
        if not value and (secret.required or offers.needs_credentials(carrier)):
            faults[secret.name] = _("%(carrier)s needs this.") % {"carrier": carrier.name}
        elif len(value) > LONGEST_SECRET or not value.isprintable():
            faults[secret.name] = _("This is no credential: copy it again, without line breaks.")
        if value:
            kept[secret.name] = value
    if faults:
        raise ValidationError(faults)
    return kept


def _name(shop: Shop, carrier: str, name: str) -> str:
    name = " ".join(name.split())[:NAME]
    if Account.objects.for_shop(shop).filter(carrier=carrier, name=name).exists():
        raise ValidationError(
            {"name": _("You have an account of that name with this carrier: give this one another name.")}
        )
    return name


def _opened_or_none(account: Account) -> dict[str, str]:
    try:
        return opened(account)
    except SealBrokenError:  # all of them must then be entered anew
        return {}


def _told(account: Account) -> dict[str, Any]:
    return {"carrier": account.carrier, "name": account.name, "enabled": account.enabled}


def _note(
    shop: Shop, by: Actor, action: str, account: Account, *,
    before: dict[str, Any] | None = None, after: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action=action,
        subject=f"account:{account.pk}", before=before, after=after,
    )  # fmt: skip
