"""From a carrier's reply to our words: what came of asking, and each scan as an event. Pure."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import NamedTuple

from carriers import words
from carriers.types import (
    FROM_CODE,
    FROM_WORDS,
    Answer,
    BadResponseError,
    Carrier,
    CarrierError,
    Event,
    Outcome,
    Reply,
    Scan,
    Status,
    SubStatus,
)

MAX_SCANS = 1000  # of one parcel; a carrier that sends more has lost its mind, and we keep the newest
_TROUBLE = (SubStatus.EXCEPTION_UNSPECIFIED, SubStatus.FAILED_OTHER)  # which of them, the text may say
_log = logging.getLogger(__name__)

# Of a reply about several numbers, the outcome that speaks for all of it.
_TELLING = (
    Outcome.FOUND,
    Outcome.OTHER,
    Outcome.RATE_LIMITED,
    Outcome.AUTH_ERROR,
    Outcome.TRANSIENT,
    Outcome.NOT_REGISTERED,
    Outcome.NOT_FOUND,
    Outcome.INVALID_NUMBER,
    Outcome.BAD_RESPONSE,
)


class Reading(NamedTuple):
    """What came of a reply. `answers` may name numbers that were not found; see each one's own outcome.

    `error` is set when the reply answers for no number: it holds the carrier's words, whether asking
    again can help, and how long to wait.
    """

    outcome: Outcome
    answers: tuple[Answer, ...] = ()
    error: CarrierError | None = None


def read(carrier: Carrier, reply: Reply) -> Reading:
    """Parse a reply. Never raises: one carrier's garbled answer must cost nobody else anything."""
    try:
        answers = tuple(carrier.parse(reply))
    except CarrierError as error:
        return Reading(error.outcome, (), error)
    except Exception as error:  # a fault of the adapter, which has met something new
        _log.exception("carrier_parse_failed", extra={"carrier": carrier.code, "bytes": len(reply.body)})
        fault = BadResponseError(f"The answer could not be read ({type(error).__name__}).")
        return Reading(fault.outcome, (), fault)
    outcomes = {answer.outcome for answer in answers}
    return Reading(next((told for told in _TELLING if told in outcomes), Outcome.OTHER), answers)


def sub_status_of(scan: Scan, statuses: Mapping[str, SubStatus]) -> SubStatus | None:
    """What a scan means; None when nobody has given its code a meaning yet."""
    sub = scan.reading or statuses.get(scan.code)
    if sub in _TROUBLE:
        return words.refined(sub, scan.text)
    return sub and words.corrected(sub, scan.text)


class Meaning(NamedTuple):
    """What a person of the shop says a code means, from when on. No sub-status: what the adapter says."""

    sub_status: SubStatus | None
    given_at: float  # epoch seconds


Meanings = Mapping[str, Meaning]  # by code


def events_of(carrier: Carrier, answer: Answer, meanings: Meanings | None = None) -> list[Event]:
    """The answer's scans in our words, oldest first."""
    return [_event(scan, *reading_of(scan, carrier, meanings)) for scan in answer.scans[-MAX_SCANS:]]


def reading_of(
    scan: Scan, carrier: Carrier, meanings: Meanings | None = None
) -> tuple[SubStatus | None, float]:
    """What a scan means, and by what authority (carriers.types). A person's word counts where no code says it."""
    sub = sub_status_of(scan, carrier.statuses)
    if sub is not None:
        return sub, FROM_CODE
    read = words.meaning(scan.text, _language(carrier)) if scan.text else None
    if meanings and (given := meanings.get(scan.code)):
        return given.sub_status or read, given.given_at
    return read, FROM_WORDS if read else FROM_CODE


def _language(carrier: Carrier) -> str:
    return carrier.languages[0] if len(carrier.languages) == 1 else ""


def _event(scan: Scan, sub: SubStatus | None, authority: float) -> Event:
    delivered = sub is not None and sub.status is Status.DELIVERED
    at_customs = sub is SubStatus.EXCEPTION_HELD and not scan.reason and words.is_about_customs(scan.text)
    return Event(
        occurred_at=scan.at,
        sub_status=sub,
        code=scan.code,
        text=words.without_names(scan.text) if delivered else scan.text,
        place=scan.place,
        country=scan.country,
        scan_id=scan.scan_id,
        leg=scan.leg,
        reason="customs" if at_customs else scan.reason,
        zone_source=scan.zone_source,
        said_at=scan.said_at,
        raw=scan.raw,
        authority=authority,
    )
