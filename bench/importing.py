"""Bringing orders from a file: rows read, understood, checked, taken in with their parcels and events, 500 at a time.

Floor: multi-row INSERT of the orders alone, which reads nothing, checks nothing and folds nothing. Beside it, the
same of every row ours leaves (orders, keys, parcels, events, transitions). Goal: at least 0.25 of the floor.
Times are the processor's, for this process and its PostgreSQL together. Run: python -m bench.importing [orders]
"""

from __future__ import annotations

import io
import statistics
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from bench.recording import backend_pid, busy_s
from bench.scratch import database

ORDERS, ROUNDS, CHUNK = 4_000, 5, 500
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HEAD = "number,date,paid at,shipped at,delivered at,expected delivery,status,total,name,email,city,postal code,country\n"
LATER = 1_000_000_000  # added to the ids of copies


def main(orders: int = ORDERS) -> None:
    with database():
        from tests import make

        rates: dict[str, list[float]] = {"ours": [], "orders": [], "all": []}
        for number in range(ROUNDS + 1):
            shop = make.shop()
            ours = measured(lambda: bring(shop, text_of(number, orders)), orders)  # noqa: B023
            written = left_by(shop)
            copy = make.shop()
            alone = measured(lambda: insert(copy, written[:1]), orders)  # noqa: B023
            copy = make.shop()
            everything = measured(lambda: insert(copy, written), orders)  # noqa: B023
            if number:  # the first warms up
                for name, rate in (("ours", ours), ("orders", alone), ("all", everything)):
                    rates[name].append(rate)
        ours, alone, everything = (statistics.median(rates[name]) for name in ("ours", "orders", "all"))
        print(f"{'orders a second of processor time':<40}{'floor':>10}{'ours':>10}{'ratio':>8}{'goal':>8}")
        line("INSERT of the orders alone", alone, ours, "≥ 0.25")
        line("INSERT of every row ours leaves", everything, ours, "")


def line(name: str, floor: float, ours: float, goal: str) -> None:
    print(f"{name:<40}{floor:>10,.0f}{ours:>10,.0f}{ours / floor:>8.2f}{goal:>8}")


def measured(work: Any, orders: int) -> float:
    backend = backend_pid()
    began = busy_s(backend)
    work()
    return orders / (busy_s(backend) - began)


def text_of(number: int, orders: int) -> bytes:
    """A file as shops have them: most orders delivered, some under way, some cancelled."""
    rows = []
    for n in range(orders):
        placed = NOW - timedelta(days=30 + n % 300, minutes=n)
        steps = [placed + timedelta(hours=h) for h in (1, 30, 80)]
        word = ("delivered", "delivered", "delivered", "shipped", "canceled")[n % 5]
        known = {"delivered": 3, "shipped": 2, "canceled": 1}[word]
        dates = [f"{at:%Y-%m-%d %H:%M:%S}" if k < known else "" for k, at in enumerate(steps)]
        promised = (placed + timedelta(days=6)).date()
        rows.append(
            f"{number}-{n},{placed:%Y-%m-%d %H:%M:%S},{','.join(dates)},{promised},{word},{n % 90 + 10}.90,"
            f"Marta Ruiz {n % 700},cliente{n}@example.com,Valencia,46{n % 1000:03},ES\n"
        )
    return (HEAD + "".join(rows)).encode()


def bring(shop: Any, text: bytes) -> None:
    from tracking.imports import files
    from tracking.imports.orders import readings
    from tracking.imports.plan import guess
    from tracking.services.importing import take

    layout = files.layout_of(files.unpacked(text))
    sample = files.read(io.BytesIO(text), layout)
    plan = guess(sample.columns, sample.records, time_zone="Europe/Madrid", country="ES", now=NOW)
    table = files.read(io.BytesIO(text), layout)
    found = readings(table.columns, table.records, plan)
    while chunk := list(islice(found, CHUNK)):
        outcome = take(shop=shop, found=chunk, now=NOW, history=True)
        assert not outcome.refused, outcome.refusals[0]


# --- The floor ---


def left_by(shop: Any) -> list[tuple[Any, Sequence[str], list[tuple[Any, ...]]]]:
    """Every row of a shop's orders: the table, its columns, the rows."""
    from tenants.isolation import shop_context
    from tenants.models import KeyHash
    from tracking.models import Order, OrderWord, Shipment, TrackingEvent, Transition

    found = []
    for model in (Order, KeyHash, OrderWord, Shipment, TrackingEvent, Transition):
        names = [field.attname for field in model._meta.concrete_fields]
        with shop_context(shop.pk):
            rows = model.objects.filter(shop_id=shop.pk).order_by("pk")
            if model is KeyHash:
                rows = rows.filter(kind="page")
            found.append((model, names, list(rows.values_list(*names))))
    return found


def insert(shop: Any, written: Sequence[tuple[Any, Sequence[str], list[tuple[Any, ...]]]]) -> None:
    """The same rows for another shop, in statements of 500 orders' worth."""
    from tenants import rows
    from tenants.isolation import shop_context

    for model, names, kept in written:
        for start in range(0, len(kept), CHUNK):
            copies = [
                tuple(copied(shop, name, value) for name, value in zip(names, row, strict=True))
                for row in kept[start : start + CHUNK]
            ]
            with shop_context(shop.pk):
                rows.insert(model, names, copies)


def copied(shop: Any, name: str, value: Any) -> Any:
    if name == "shop_id":
        return shop.pk
    if name in ("id", "order_id", "shipment_id") and value is not None:
        return value + LATER * shop.pk
    return f"{shop.pk}{value}"[:64] if name in ("hash", "token_hash") else value


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
