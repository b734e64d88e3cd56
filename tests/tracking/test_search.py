"""One search box: numbers, tracking numbers, e-mails, phones, names; by index, under row-level security."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.services import SYSTEM
from tests import make
from tracking import search
from tracking.search import find, name_words, number_key, parcel_key, phone_key
from tracking.services.intake import OrderIn, ShipmentIn, upsert_orders


@pytest.fixture
def shop(db) -> Iterator[Shop]:
    shop = make.shop()
    with shop_context(shop.pk):
        yield shop


def place(shop: Shop, *orders: OrderIn) -> None:
    said = upsert_orders(shop=shop, orders=orders, by=SYSTEM, now=make.NOW)
    assert [one.outcome for one in said] == ["created"] * len(orders)


def order_in(number: str, days_ago: float = 1, **said) -> OrderIn:
    return OrderIn(number, make.NOW - timedelta(days=days_ago), **said)


def found(shop: Shop, text: str, limit: int = 50) -> list[str]:
    return [order.number for order in find(shop, text, limit)]


@pytest.fixture
def orders(shop: Shop) -> None:
    place(
        shop,
        order_in(
            "ES-1042", 3, customer_name="María José Muñoz", customer_email="Marijo@Example.com",
            customer_phone="600 123 456", shipments=[ShipmentIn("dhl", "JD 0146-0000")],
        ),
        order_in("1042", 2, customer_name="Jose Ruiz", customer_email="pepe@example.org", customer_phone="+33612345678"),
        order_in("10420", 1, customer_name="Ana María Sanz", customer_email="ana@example.com", country="FR"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("ES-1042", ["ES-1042"]),
        ("es 10", ["ES-1042"]),
        ("#1042", ["1042", "10420"]),  # exactly that number first, then the latest
        ("104", ["10420", "1042"]),
        ("jd0146", ["ES-1042"]),
        ("JD-0146 0000", ["ES-1042"]),
        ("marijo@", ["ES-1042"]),
        ("MARIJO@EXAMPLE.COM", ["ES-1042"]),
        ("600123456", ["ES-1042"]),
        ("+34 600 123 456", ["ES-1042"]),
        ("0034600123456", ["ES-1042"]),
        ("123 456", ["ES-1042"]),
        ("06 12 34 56 78", ["1042"]),
        ("munoz", ["ES-1042"]),
        ("Muñoz", ["ES-1042"]),
        ("maria", ["10420", "ES-1042"]),
        ("mar mun", ["ES-1042"]),
        ("muñoz maría josé", ["ES-1042"]),
        ("jose", ["1042", "ES-1042"]),
        ("maria ruiz", []),
        ("345", []),
        ("nobody", []),
        ("", []),
        ("   ", []),
        ("%", []),
        ("_", []),
    ],
)
def test_the_box_finds(shop, orders, text, numbers):
    assert found(shop, text) == numbers


@pytest.mark.parametrize(
    "text", ["\x00", "\ud800x", "a" * 100_000, "'; DROP", "\\", "💥", "ﷺ" * 300, "+", "(((", "1\n2"]
)
def test_the_box_takes_whatever_is_typed(shop, orders, text):
    assert found(shop, text) == []


def test_the_box_gives_as_many_as_asked_the_latest_first(shop):
    place(shop, *(order_in(f"A{n}", n, customer_name="Marta Ruiz") for n in range(30, 0, -1)))

    assert found(shop, "marta", limit=3) == ["A1", "A2", "A3"]
    assert len(found(shop, "a", limit=10)) == 10


def test_a_shops_box_finds_only_its_own(db):
    ours, theirs = make.shop(), make.shop()
    with shop_context(theirs.pk):
        place(theirs, order_in("1042", customer_name="Marta"))
    with shop_context(ours.pk):
        assert found(ours, "1042") == []
        assert found(theirs, "1042") == []  # whatever the code asks, the database answers for one shop


@given(st.text(max_size=80))
def test_a_key_has_nothing_that_people_write_differently(text):
    key = number_key(text)

    assert key == number_key(key)
    assert all(c.isalnum() for c in key)
    assert parcel_key(text) == parcel_key(parcel_key(text))
    assert name_words(" ".join(name_words(text))) == name_words(text)


@given(st.integers(10**8, 10**9 - 1), st.sampled_from(["", "0", "+34", "0034", "00 34 "]))
def test_a_phone_is_found_with_prefix_and_without(number, prefix):
    assert phone_key(f"+34{number}").startswith(phone_key(f"{prefix}{number}"))


# --- By index ---

INDEXES = {
    "number": "order_find_number",
    "parcel": "shipment_find_number",
    "email": "order_find_email",
    "phone": "order_find_phone",
    "name": "order_word_once",
}


def test_each_probe_is_a_range_of_an_index_under_row_level_security(committed_db, servers, worker):
    big, small = make.shop(), make.shop()
    for shop, count in ((big, 4000), (small, 200)):
        with shop_context(shop.pk):
            for start in range(0, count, 1000):
                place(
                    shop,
                    *(
                        order_in(
                            f"{n}", 1 + n / 1000, customer_name=f"Nombre{n % 997} Apellido{n}",
                            customer_email=f"c{n}@example.com", customer_phone=f"+346{n:08d}",
                            shipments=[ShipmentIn("seur", f"SE{n:08d}")],
                        )
                        for n in range(start, min(count, start + 1000))
                    ),
                )  # fmt: skip
    analyse(servers, worker)
    with shop_context(big.pk), connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("rastro_app",)
        for text, kind in (("123", "number"), ("SE00000123", "parcel"), ("c123@", "email"), ("600000123", "phone"),
                           ("apellido123", "name")):  # fmt: skip
            plans = explained(big, text)
            assert f"Index Scan using {INDEXES[kind]}" in plans or f"Index Only Scan using {INDEXES[kind]}" in plans, (
                kind, plans,
            )  # fmt: skip
            assert "Seq Scan" not in plans, plans
        assert [o.number for o in find(big, "apellido1234 nombre237", 5)] == ["1234"]
        for text in ("123", "c123@", "600000123", "apellido123 nombre1"):
            assert rows_read(big, text) < 400, text


def analyse(servers, worker) -> None:
    import psycopg

    from config.database import url_as_admin

    with psycopg.connect(url_as_admin(servers.admin_url, servers.database(worker)), autocommit=True) as admin:
        admin.execute("ANALYZE")


def explained(shop: Shop, text: str) -> str:
    return "\n".join(probe.explain() for probe in search._probes(shop, text, number_key(text), 50))


def rows_read(shop: Shop, text: str) -> int:
    """Rows the probes touched, whether they were found or thrown away."""
    import json

    read = 0

    def walk(node: dict) -> None:
        nonlocal read
        if "Relation Name" in node:
            loops = node["Actual Loops"]
            read += (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * loops
        for part in node.get("Plans", []):
            walk(part)

    for probe in search._probes(shop, text, number_key(text), 50):
        walk(json.loads(probe.explain(format="json", analyze=True))[0]["Plan"])
    return read


def test_a_find_is_two_statements(shop, orders, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert [o.number for o in find(shop, "maria")] == ["10420", "ES-1042"]
