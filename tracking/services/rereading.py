"""What changes when a person gives a carrier's code a meaning: shown before, and done."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connections
from django.db.models import Q, QuerySet

from carriers.meanings import meanings_of
from carriers.models import CodeMeaning
from carriers.reading import Meaning, reading_of
from carriers.registry import CARRIERS
from carriers.types import FROM_CODE, Event, Scan, SubStatus, ZoneSource
from tenants.isolation import shop_context
from tenants.models import Shop
from tracking.machine import fold
from tracking.models import Shipment, TrackingEvent
from tracking.position import Stored
from tracking.services.events import Heard, record_batch

MOST_SHOWN = 50  # parcels whose change is listed
MOST_LOOKED_AT = 2000  # the newest: a preview is answered while somebody waits
SINCE = timedelta(days=180)  # older parcels are history
BATCH = 500
READ_FOR_S = 8.0


@dataclass(frozen=True, slots=True)
class Change:
    """A parcel that the meaning would move. Sub-statuses, before and after."""

    shipment_id: int
    order_id: int
    order_number: str
    number: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a meaning would do. `parcels` have the code; `changes` those of them that would stand elsewhere."""

    parcels: int
    looked_at: int
    changed: int
    changes: tuple[Change, ...]


def preview(*, shop: Shop, carrier: str, code: str, sub_status: str, now: datetime) -> Preview:
    """Fold the parcels that had the code as if it meant `sub_status` (empty: as the adapter has it).

    Writes nothing. Of very many parcels the newest are looked at.
    """
    with shop_context(shop.pk):
        affected = _affected(shop.pk, carrier, code, now)
        parcels = affected.count()
        ids = list(affected.order_by("-pk").values_list("pk", flat=True)[:MOST_LOOKED_AT])
        meaning = Meaning(SubStatus(sub_status) if sub_status else None, now.timestamp())
        changes: list[Change] = []
        for start in range(0, len(ids), BATCH):
            changes += _changes(shop, carrier, code, ids[start : start + BATCH], meaning, now)
    return Preview(parcels, len(ids), len(changes), tuple(changes[:MOST_SHOWN]))


DUE = "SELECT id, shop_id FROM carriers_codemeaning WHERE applied_at IS NULL ORDER BY given_at LIMIT 100"


def reread_due(*, now: datetime) -> int:
    """Read parcels anew by the meanings given lately, in any shop, for a while; return how many batches.

    A batch and the count of it are one transaction: safe to run twice at once, and to be killed.
    """
    until = time.monotonic() + READ_FOR_S
    batches = 0
    with connections["dispatch"].cursor() as cursor:
        cursor.execute(DUE)
        due = cursor.fetchall()
    for meaning_id, shop_id in due:
        while time.monotonic() < until and _reread(shop_id, meaning_id, now):
            batches += 1
    return batches


def _reread(shop_id: int, meaning_id: int, now: datetime) -> bool:
    """The next batch of one meaning's parcels; False when none is left, or somebody else is at it.

    Nobody is written to about what lies in the past.
    """
    with shop_context(shop_id):
        mine = CodeMeaning.objects.for_shop(shop_id).select_for_update(skip_locked=True)
        given = mine.filter(pk=meaning_id, applied_at=None).first()
        if given is None:
            return False
        affected = _affected(shop_id, given.carrier, given.code, now).filter(pk__gt=given.applied_to)
        ids = list(affected.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not ids or given.carrier not in CARRIERS:
            given.applied_at = now
            given.save(update_fields=["applied_at"])
            return False
        meaning = meanings_of(shop_id, given.carrier)[given.code]
        heard = [
            Heard(shipment_id, tuple(events), asked=given.carrier)
            for shipment_id, events in _read_anew(shop_id, given.carrier, given.code, ids, meaning).items()
        ]
        record_batch(shop_id=shop_id, heard=heard, now=now, history=True)
        given.applied_to = ids[-1]
        given.save(update_fields=["applied_to"])
        return True


def _affected(shop_id: int, carrier: str, code: str, now: datetime) -> QuerySet[Shipment]:
    """Parcels told of in this code, by the carrier itself or by an aggregator of this code."""
    asked = Q(carrier=carrier) | Q(polls__carrier=carrier)
    doubtful = TrackingEvent.objects.for_shop(shop_id).filter(_doubtful(), code=code)
    return (
        Shipment.objects.for_shop(shop_id)
        .filter(asked, pk__in=doubtful.values("shipment_id"), created_at__gte=now - SINCE)
        .distinct()
    )


def _doubtful() -> Q:
    """Events whose meaning no code gave: the index `event_doubtful` holds them."""
    return (Q(sub_status="") | ~Q(authority=FROM_CODE)) & Q(source="carrier")


def _read_anew(
    shop_id: int, carrier: str, code: str, ids: Sequence[int], meaning: Meaning
) -> dict[int, list[Event]]:
    """The events of that code, by shipment, in the meaning given."""
    known = CARRIERS[carrier]
    found: defaultdict[int, dict[str, Event]] = defaultdict(dict)
    rows = TrackingEvent.objects.for_shop(shop_id).filter(_doubtful(), code=code, shipment_id__in=ids)
    for row in rows.order_by("received_at", "pk"):
        scan = Scan(row.occurred_at, row.code, row.text)
        sub, authority = reading_of(scan, known, {code: meaning})
        found[row.shipment_id][row.key] = Event(
            occurred_at=row.occurred_at,
            sub_status=sub,
            code=row.code,
            text=row.text,
            place=row.place,
            country=row.country,
            scan_id=row.scan_id,
            leg=row.leg,
            reason=row.reason,
            source=row.source,
            zone_source=ZoneSource(row.zone_source),
            said_at=row.said_at,
            raw=row.raw,
            authority=authority,
        )
    return {shipment_id: list(events.values()) for shipment_id, events in found.items()}


def _changes(
    shop: Shop, carrier: str, code: str, ids: Sequence[int], meaning: Meaning, now: datetime
) -> Iterable[Change]:
    anew = _read_anew(shop.pk, carrier, code, ids, meaning)
    stored = _stored(shop.pk, ids)
    parcels = Shipment.objects.for_shop(shop).filter(pk__in=ids).select_related("order").order_by("-pk")
    for parcel in parcels:
        events = [*stored.get(parcel.pk, ()), *(Stored.of(event, now) for event in anew.get(parcel.pk, ()))]
        after = fold(events, zone=ZoneInfo(shop.time_zone)).sub_status
        if after != parcel.sub_status:
            yield Change(
                parcel.pk, parcel.order_id, parcel.order.number, parcel.number, parcel.sub_status, str(after)
            )


def _stored(shop_id: int, ids: Sequence[int]) -> Mapping[int, list[Stored]]:
    found: defaultdict[int, list[Stored]] = defaultdict(list)
    rows = TrackingEvent.objects.for_shop(shop_id).filter(shipment_id__in=ids)
    for shipment_id, key, occurred_at, received_at, sub, source, reason, authority in rows.values_list(
        "shipment_id", "key", "occurred_at", "received_at", "sub_status", "source", "reason", "authority"
    ):
        sub_status = SubStatus(sub) if sub else None
        found[shipment_id].append(
            Stored(key, occurred_at.astimezone(UTC), received_at, sub_status, source, reason, authority)
        )
    return found
