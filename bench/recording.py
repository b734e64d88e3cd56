"""Recording what carriers say: parcels, each with the eight scans of its life, one new scan a batch.

Ours does it all: locks, keeps the scan, folds all there are, moves shipment and order, writes transitions.
Floor above: INSERT … SELECT unnest into the same table and set-based updates of shipment and order, which
decide nothing. Floor below: the ORM, a scan at a time. Goals: at least 0.4 of the one, 20 times the other.
Times are the processor's, for this process and its PostgreSQL together.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.scratch import database

PARCELS, ROUNDS = 500, 5
BY_HAND = 40  # parcels the ORM is given: it would take minutes for more
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

STATEMENTS = ("\nSELECT", "INSERT", "UPDATE", "WITH")  # not those that begin, bind and end a transaction


def main(parcels: int = PARCELS) -> None:
    with database():
        import gc

        from tests import make

        gc.freeze()  # as the worker does
        shop = make.shop()
        rates: dict[str, list[float]] = {"floor": [], "ours": [], "orm": []}
        for number in range(ROUNDS + 1):
            for name, record, count in (
                ("floor", record_raw, parcels),
                ("ours", record_ours, parcels),
                ("orm", record_by_orm, BY_HAND),
            ):
                one = rate(record, shop, count)
                if number:  # the first warms up
                    rates[name].append(one)
        statements = counted(shop, parcels)
        floor, ours, orm = (statistics.median(rates[name]) for name in ("floor", "ours", "orm"))
        print(f"{'events a second of processor time':<40}{'floor':>10}{'ours':>10}{'ratio':>8}{'goal':>8}")
        line(f"unnest alone, {parcels} a batch", floor, ours, "≥ 0.4")
        line("the ORM, row by row", orm, ours, "≥ 20")
        print(f"{'statements a batch':<40}{'':>10}{statements:>10}{'':>8}{'≤ 8':>8}")


def line(name: str, floor: float, ours: float, goal: str) -> None:
    print(f"{name:<40}{floor:>10,.0f}{ours:>10,.0f}{ours / floor:>8.2f}{goal:>8}")


def rate(record: Callable[[Any, Sequence[Any], Any], None], shop: Any, parcels: int) -> float:
    """Scans recorded in a second of processor time, over the whole life of these parcels."""
    shipments = placed(shop, parcels)
    backend = backend_pid()
    began = busy_s(backend)
    for scan in life():
        record(shop, shipments, scan)
    return parcels * len(life()) / (busy_s(backend) - began)


def backend_pid() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def busy_s(backend: int) -> float:
    """Processor time of this process and of the PostgreSQL that serves it: others on the machine do not count."""
    fields = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def life() -> list[Any]:
    from carriers.types import Event, SubStatus

    subs = (
        SubStatus.LABEL_CREATED, SubStatus.PICKED_UP, SubStatus.ARRIVED_FACILITY, SubStatus.IN_SORTING,
        SubStatus.DEPARTED_FACILITY, SubStatus.AT_DELIVERY_DEPOT, SubStatus.ON_VEHICLE, SubStatus.DELIVERED,
    )  # fmt: skip
    return [
        Event(
            NOW - timedelta(hours=8 - n), sub, code=f"C{n}", text="La expedición ha llegado a la delegación",
            place="Zaragoza", country="ES", raw={"code": f"C{n}", "office": "50001"},
        )
        for n, sub in enumerate(subs)
    ]  # fmt: skip


def placed(shop: Any, count: int) -> list[Any]:
    """New parcels, each with an order of its own; the tables grow as they would."""
    from tenants.isolation import shop_context
    from tenants.services import SYSTEM
    from tracking.models import Shipment
    from tracking.services.intake import LineIn, OrderIn, ShipmentIn, upsert_orders

    with shop_context(shop.pk):
        first = Shipment.objects.count()
    taken = upsert_orders(
        shop=shop,
        orders=[
            OrderIn(
                str(n), NOW - timedelta(days=1), customer_name="Marta Ruiz", lines=[LineIn("Taza", sku="T")],
                shipments=[ShipmentIn("seur", f"S{n:09d}")],
            )
            for n in range(first, first + count)
        ],
        by=SYSTEM,
        now=NOW - timedelta(hours=12),
    )  # fmt: skip
    with shop_context(shop.pk):
        return list(Shipment.objects.filter(order_id__in=[t.order_id for t in taken]).order_by("pk"))


def record_ours(shop: Any, shipments: Sequence[Any], scan: Any) -> None:
    from tracking.services.events import Heard, record_batch

    record_batch(shop_id=shop.pk, heard=[Heard(s.pk, (scan,)) for s in shipments], now=NOW)


def counted(shop: Any, parcels: int) -> int:
    """Statements of the batch that takes the most."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    shipments = placed(shop, parcels)
    most = 0
    for scan in life():
        with CaptureQueriesContext(connection) as queries:
            record_ours(shop, shipments, scan)
        most = max(most, sum(q["sql"].startswith(STATEMENTS) for q in queries))
    return most


# --- The floors ---


def record_raw(shop: Any, shipments: Sequence[Any], scan: Any) -> None:
    from django.db import connection

    from tenants.isolation import shop_context

    with shop_context(shop.pk), connection.cursor() as cursor:
        cursor.execute(*insertion(shop, shipments, scan))
        cursor.execute(
            "UPDATE tracking_shipment t SET status = u.status, sub_status = u.sub, status_since = u.at, "
            "last_event_at = u.at FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[]) "
            "AS u(id, status, sub, at) WHERE t.id = u.id",
            columns(
                (s.pk, scan.sub_status.status.value, scan.sub_status.value, scan.occurred_at)
                for s in shipments
            ),
        )
        cursor.execute(
            "UPDATE tracking_order t SET state_since = u.at, last_event_at = u.at, version = t.version + 1 "
            "FROM unnest(%s::bigint[], %s::timestamptz[]) AS u(id, at) WHERE t.id = u.id",
            columns((s.order_id, scan.occurred_at) for s in shipments),
        )


def insertion(shop: Any, shipments: Sequence[Any], scan: Any) -> tuple[str, list[Any]]:
    names = (
        "shop_id", "shipment_id", "key", "detail", "occurred_at", "received_at", "sub_status", "code", "text",
        "place", "country", "leg", "reason", "source", "scan_id", "zone_source", "said_at", "raw",
    )  # fmt: skip
    types = (
        "bigint", "bigint", "text", "text", "timestamptz", "timestamptz", *["text"] * 5, "int", *["text"] * 6,
    )  # fmt: skip
    said = (
        f"{scan.code}:{scan.occurred_at.hour}", "", scan.occurred_at, NOW, scan.sub_status.value, scan.code, scan.text,
        scan.place, scan.country, 1, "", "carrier", "", "offset", "", '{"code": "C1", "office": "50001"}',
    )  # fmt: skip
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    return (
        f"INSERT INTO tracking_trackingevent ({', '.join(names)}) SELECT {', '.join(names[:-1])}, raw::jsonb "
        f"FROM unnest({arrays}) AS u({', '.join(names)}) ON CONFLICT DO NOTHING",
        columns((shop.pk, s.pk, *said) for s in shipments),
    )


def columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def record_by_orm(shop: Any, shipments: Sequence[Any], scan: Any) -> None:
    """As one would write it first: a scan at a time, each in its transaction."""
    from tenants.isolation import shop_context
    from tracking.machine import fold
    from tracking.models import Order, Shipment, TrackingEvent, Transition
    from tracking.position import Stored, event_key

    for known in shipments:
        with shop_context(shop.pk):
            shipment = Shipment.objects.select_for_update().get(pk=known.pk)
            _event, made = TrackingEvent.objects.get_or_create(
                shop=shop, shipment=shipment, key=event_key(scan), detail="",
                defaults={
                    "occurred_at": scan.occurred_at, "received_at": NOW, "sub_status": scan.sub_status,
                    "code": scan.code, "text": scan.text, "place": scan.place, "country": scan.country,
                    "raw": scan.raw,
                },
            )  # fmt: skip
            if not made:
                continue
            position = fold(
                Stored(e.key, e.occurred_at, e.received_at, e.sub_status, e.source, e.reason, e.authority)
                for e in TrackingEvent.objects.filter(shipment=shipment)
            )
            before, order = shipment.status, Order.objects.select_for_update().get(pk=shipment.order_id)
            shipment.status, shipment.sub_status = position.status, position.sub_status
            shipment.status_since, shipment.last_event_at = position.since, position.last_event_at
            shipment.save()
            order.last_event_at, order.version = position.last_event_at, order.version + 1
            order.save()
            if before != position.status:
                Transition.objects.create(
                    shop=shop, order=order, shipment=shipment, kind="shipment", before=before,
                    after=position.status, episode=position.episode, occurred_at=position.since,
                )  # fmt: skip


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
