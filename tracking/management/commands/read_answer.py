"""`manage.py read_answer CARRIER FILE…`: what our adapter reads in a recorded answer. Needs no server."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from carriers.payload import MAX_BYTES
from carriers.reading import Reading, events_of, read
from carriers.registry import UnknownCarrierError, get
from carriers.types import Answer, Carrier, Eta, Event, Outcome, Reply, SubStatus
from tracking.machine import fold
from tracking.position import Stored

# What is known of a number the carrier told nothing about.
WITHOUT_SCANS = {
    Outcome.NOT_FOUND: SubStatus.PENDING_NOT_FOUND,
    Outcome.INVALID_NUMBER: SubStatus.PENDING_INVALID_NUMBER,
}


class Command(BaseCommand):
    help = (
        "Print, one JSON line a file, what the adapter of CARRIER reads in a recorded answer: what came of "
        "it, and each shipment's status, ETA (start of the slot, else the day) and events, oldest first."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("carrier", metavar="CARRIER", help="code of the carrier, such as dhl")
        parser.add_argument("files", metavar="FILE", nargs="+", help="body of an answer, as it came")

    def handle(self, *, carrier: str, files: Iterable[str], **options: Any) -> None:
        try:
            adapter = get(carrier)
        except UnknownCarrierError as error:
            raise CommandError(str(error), returncode=2) from None
        for name in files:
            self.stdout.write(json.dumps({"file": name, **_line(adapter, name)}))


def _line(carrier: Carrier, name: str) -> dict[str, Any]:
    try:
        with Path(name).open("rb") as source:
            body = source.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        return {
            "outcome": Outcome.BAD_RESPONSE,
            "detail": f"The file cannot be read: {error}",
            "shipments": [],
        }
    reading = read(carrier, Reply(body))
    shipments = [_shipment(carrier, reading, answer) for answer in reading.answers]
    detail = {"detail": reading.error.detail} if reading.error and reading.error.detail else {}
    return {"outcome": reading.outcome, **detail, "shipments": shipments}


def _shipment(carrier: Carrier, reading: Reading, answer: Answer) -> dict[str, Any]:
    events = events_of(carrier, answer)
    # The moment it was recorded is not known: each event is taken as heard of when it happened.
    stored = [Stored.of(event, event.occurred_at) for event in events]
    position = fold(stored)
    sub_status = WITHOUT_SCANS.get(answer.outcome, position.sub_status)
    stages = {decision.key: decision.after for decision in position.decisions}
    shipment: dict[str, Any] = {
        "number": answer.number,
        "status": sub_status.status,
        "sub_status": sub_status,
        "eta": _eta(answer.eta),
        "events": [
            _event(event, event.sub_status or SubStatus.unmapped(stages[one.key]))
            for event, one in zip(events, stored, strict=True)
        ],
    }
    if answer.outcome is not reading.outcome:
        shipment["outcome"] = answer.outcome
    if answer.ask_again:
        shipment["ask_again"] = list(answer.ask_again)
    return shipment


def _event(event: Event, sub_status: SubStatus) -> dict[str, Any]:
    return {
        "at": event.occurred_at.isoformat(),
        "status": sub_status.status,
        "sub_status": sub_status,
        "code": event.code,
        "text": event.text,
        "place": event.place,
    }


def _eta(eta: Eta | None) -> str | None:
    if eta is None:
        return None
    return eta.slot_from.isoformat() if eta.slot_from else eta.first_date.isoformat()
