"""Orders come in: checked, normalised, stored once; what is said twice writes nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.models import AuditEntry, KeyHash, Shop
from tenants.services import SYSTEM, Actor
from tenants.vault import digest, page_token
from tests import make
from tracking.models import (
    Order,
    OrderLine,
    OrderWord,
    Poll,
    Shipment,
    ShipmentLine,
    TrackingEvent,
    Transition,
)
from tracking.services.events import Heard, record_batch, record_events
from tracking.services.intake import (
    LineIn,
    OrderIn,
    Refused,
    ShipmentIn,
    add_shipment,
    remove_shipment,
    upsert_order,
    upsert_orders,
)
from tracking.services.watching import watch

AGENT = Actor("user:7", "agent", "10.0.0.1")
PLACED = make.NOW - timedelta(minutes=20)
LINES = (
    LineIn("Taza azul", sku="TAZ-1", quantity=2, unit_price=Decimal("12.50")),
    LineIn("Plato", sku="PLA-1", variant="24 cm", unit_price=Decimal("9.90")),
)


@pytest.fixture
def shop(db) -> Iterator[Shop]:
    shop = make.shop()
    with shop_context(shop.pk):
        yield shop


def order_in(number: str = "1042", **said) -> OrderIn:
    return OrderIn(**{"number": number, "placed_at": PLACED, "lines": LINES, **said})


def take(shop: Shop, *orders: OrderIn, now: datetime = make.NOW, **more):
    return upsert_orders(shop=shop, orders=orders, by=SYSTEM, now=now, **more)


def outcomes(taken) -> list[str]:
    return [one.outcome for one in taken]


def refused_fields(shop: Shop, **said) -> list[str]:
    (taken,) = take(shop, order_in(**said))
    assert taken.outcome == "refused", said
    assert not Order.objects.exists()
    return sorted(taken.refused.fields)


# --- What is kept ---


def test_an_order_is_kept_as_it_was_said(shop):
    (taken,) = take(
        shop,
        order_in(
            "#1042 ",
            total=Decimal("34.90"),
            tags=["vip", " vip ", ""],
            coupons=[" HELLO10 ", "HELLO10", ""],
            wants_marketing=False,
            customer_name=" Marta\tMuñoz  Ruiz ",
            customer_email="Marta@Example.com",
            customer_phone="600 123 456",
            language="pt_PT",
            country="uk",
            city="Leeds",
            promised_date=date(2026, 12, 1),
        ),
    )

    order = Order.objects.get(pk=taken.order_id)
    assert (taken.outcome, taken.number) == ("created", "1042")
    assert (order.number, order.channel, order.currency, order.total) == (
        "1042",
        "web",
        "EUR",
        Decimal("34.90"),
    )
    assert (order.customer_name, order.customer_email) == ("Marta Muñoz Ruiz", "Marta@Example.com")
    assert (order.country, order.language, order.tags) == ("GB", "es", ["vip"])
    assert (order.coupons, order.wants_marketing) == (["HELLO10"], False)
    assert (order.state, order.state_since, order.episode, order.version) == ("received", PLACED, 0, 1)
    assert (order.eta_first, order.eta_last) == (date(2026, 12, 1), date(2026, 12, 1))
    assert order.counts["total"] == 0
    lines = list(OrderLine.objects.values_list("position", "title", "sku", "quantity", "unit_price"))
    assert lines == [(0, "Taza azul", "TAZ-1", 2, Decimal("12.5")), (1, "Plato", "PLA-1", 1, Decimal("9.9"))]


def test_it_can_be_found_by_number_mail_phone_and_words_of_the_name(shop):
    take(
        shop,
        order_in(
            "A-10.42", customer_name="Iñaki O'Neill", customer_email="X@Y.es", customer_phone="+34600123456"
        ),
    )

    order = Order.objects.get()
    assert (order.number_key, order.email_key, order.phone_key) == ("a1042", "x@y.es", "65432100643")
    assert set(OrderWord.objects.values_list("word", flat=True)) == {"inaki", "o", "neill"}


def test_its_page_has_a_key_whose_hash_alone_is_kept(shop):
    take(shop, order_in())

    order = Order.objects.get()
    token = page_token(shop_id=shop.pk, order_id=order.pk, turn=0)
    assert order.token_hash == digest(token)
    assert list(KeyHash.objects.values_list("hash", "shop_id", "kind")) == [(digest(token), shop.pk, "page")]


@pytest.mark.parametrize(
    ("phone", "country", "kept"),
    [
        ("600 123 456", "", "+34600123456"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("+55 (11) 91234-5678", "ES", "+5511912345678"),
        ("0034 600123456", "ES", "+34600123456"),
        ("none", "ES", ""),
        ("٦٠٠١٢٣٤٥٦", "ES", "+34600123456"),
    ],
)
def test_a_phone_is_kept_with_its_country(shop, phone, country, kept):
    take(shop, order_in(customer_phone=phone, country=country))

    assert Order.objects.get().customer_phone == kept


@pytest.mark.parametrize(
    ("said", "kept"), [("es-ES", "es"), ("EN_us", "en"), ("fr", "es"), ("klingon" * 100, "es"), ("", "es")]
)
def test_a_language_is_one_the_shop_speaks(shop, said, kept):
    take(shop, order_in(language=said))

    assert Order.objects.get().language == kept


def test_money_is_exact_and_has_as_many_decimals_as_its_currency(shop):
    take(shop, order_in("1", total=Decimal("0.10"), currency="eur", lines=()))
    take(shop, order_in("2", total=Decimal("12000"), currency="PYG", lines=()))
    take(shop, order_in("3", total=Decimal("1.234"), currency="KWD", lines=()))

    assert list(Order.objects.order_by("number").values_list("total", flat=True)) == [
        Decimal("0.10"), Decimal("12000"), Decimal("1.234"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("total", "currency"),
    [
        (Decimal("1.001"), "EUR"),
        (Decimal("0.5"), "JPY"),
        (Decimal("NaN"), "EUR"),
        (Decimal("sNaN"), "EUR"),
        (Decimal("Infinity"), "EUR"),
        (Decimal("1E+999999"), "EUR"),
        (Decimal("1E-999999"), "EUR"),
        (Decimal("-1"), "EUR"),
        (12.5, "EUR"),
        ("12.50", "EUR"),
        (True, "EUR"),
    ],
)
def test_money_that_is_not_exact_is_refused(shop, total, currency):
    assert refused_fields(shop, total=total, currency=currency, lines=()) == ["total"]


# --- What is refused, and how ---


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"number": ""}, ["number"]),
        ({"number": "x" * 65}, ["number"]),
        ({"number": 1042}, ["number"]),
        ({"channel": "c" * 41}, ["channel"]),
        ({"placed_at": None}, ["placed_at"]),
        ({"placed_at": datetime(2026, 11, 20, 12)}, ["placed_at"]),  # noqa: DTZ001  that is the point
        ({"placed_at": make.NOW + timedelta(days=2)}, ["placed_at"]),
        ({"placed_at": datetime(1, 1, 1, tzinfo=UTC)}, ["placed_at"]),
        ({"placed_at": "2026-11-20"}, ["placed_at"]),
        ({"promised_date": make.NOW}, ["promised_date"]),
        ({"currency": "EURO"}, ["currency"]),
        ({"country": "España"}, ["country"]),
        ({"customer_email": "marta(at)example.com"}, ["customer_email"]),
        ({"customer_phone": "123"}, ["customer_phone"]),
        ({"customer_phone": "6" * 300}, ["customer_phone"]),
        ({"customer_name": "M" * 161}, ["customer_name"]),
        ({"asserted": "delivered"}, ["asserted"]),
        ({"asserted": "nonsense"}, ["asserted"]),
        ({"cancelled_at": make.NOW, "cancel_reason": "bored"}, ["cancel_reason"]),
        ({"expected_parcels": 0}, ["expected_parcels"]),
        ({"tags": ["t"] * 30}, ["tags"]),
        ({"coupons": ["c"] * 11}, ["coupons"]),
        ({"coupons": ["c" * 41]}, ["coupons"]),
        ({"wants_marketing": "yes"}, ["wants_marketing"]),
        ({"tags": ["t" * 41]}, ["tags"]),
        ({"clear": frozenset({"number"})}, ["clear"]),
        ({"lines": [LineIn("")]}, ["lines.0.title"]),
        ({"lines": [LineIn("x"), LineIn("y", quantity=0)]}, ["lines.1.quantity"]),
        ({"lines": [LineIn("x", quantity=True)]}, ["lines.0.quantity"]),
        ({"lines": [LineIn("x", quantity=2, cancelled=3)]}, ["lines.0.cancelled"]),
        ({"lines": [LineIn("x", image_url="javascript:alert(1)")]}, ["lines.0.image_url"]),
        ({"lines": [LineIn("x", image_url="http://[")]}, ["lines.0.image_url"]),
        ({"lines": [LineIn("x")] * 501}, ["lines"]),
        ({"shipments": [ShipmentIn("dhl", "--")]}, ["shipments.0.number"]),
        ({"shipments": [ShipmentIn("dhl", "1" * 65)]}, ["shipments.0.number"]),
        ({"shipments": [ShipmentIn("dhl", "1", direction="up")]}, ["shipments.0.direction"]),
        ({"shipments": [ShipmentIn("dhl", "1", lines={"NOPE": 1})]}, ["shipments.0.lines"]),
        ({"shipments": [ShipmentIn("dhl", "1", lines={"TAZ-1": 0})]}, ["shipments.0.lines"]),
        (
            {"shipments": [ShipmentIn("dhl", "1", lines={str(n): 1 for n in range(501)})]},
            ["shipments.0.lines"],
        ),
        ({"shipments": [ShipmentIn("c" * 81, "1")]}, ["shipments.0.carrier"]),
        (
            {"shipments": [ShipmentIn("dhl", "1", handed_over_at=datetime(2026, 11, 20))]},  # noqa: DTZ001
            ["shipments.0.handed_over_at"],
        ),
        (
            {"currency": "XX", "country": "??", "customer_email": "@"},
            ["country", "currency", "customer_email"],
        ),
    ],
)
def test_what_cannot_be_taken_is_refused_field_by_field(shop, said, fields):
    assert refused_fields(shop, **said) == fields


def test_a_refused_order_leaves_the_others_of_its_batch_alone(shop):
    taken = take(shop, order_in("1"), order_in("2", country="Spain"), order_in("3"), OrderIn(number=""))

    assert outcomes(taken) == ["created", "refused", "created", "refused"]
    assert taken[1].refused.fields == {
        "country": ["Write the country as its two letters, like ES, FR or BR."]
    }
    assert list(Order.objects.order_by("number").values_list("number", flat=True)) == ["1", "3"]


def test_one_order_that_cannot_be_taken_raises(shop):
    with pytest.raises(Refused) as refused:
        upsert_order(shop=shop, order=order_in(country="Spain"), by=SYSTEM, now=make.NOW)

    assert list(refused.value.fields) == ["country"]


TEXTS = (
    "customer_name", "customer_email", "customer_phone", "city", "address_line", "external_id", "region",
    "postal_code", "country", "language", "currency", "channel", "cancel_reason",
)  # fmt: skip
HOSTILE = [
    "\x00\x00\x00",
    "Robert'); DROP TABLE tracking_order;--",
    "<script>alert(1)</script>",
    "👩‍👩‍👧‍👦🇪🇸",
    "\u202eevil\u202c",
    "\ud800",
    "שלום عليكم",
    "a\nb\r\tc\x1b[31m",
    "%s %(x)s {0} {{x}}",
    "\\x00 \\u0000",
    "ﷺ" * 30,
    "Z͑ͫ̓a̴l̷g̸o̵" * 5,
]


@pytest.mark.parametrize("text", [*HOSTILE, "x" * 10_000_000], ids=lambda text: ascii(text[:12]))
def test_whatever_a_stranger_writes_is_kept_or_refused(shop, text):
    said = dict.fromkeys(TEXTS, text)
    lines = [LineIn(text, sku=text, variant=text, image_url=text)]

    taken = take(
        shop,
        order_in(text, **said, lines=lines, shipments=[ShipmentIn(text, text, service=text)], tags=[text]),
        *(order_in(f"{n}", **{name: value}) for n, (name, value) in enumerate(said.items())),
        order_in("l", lines=[LineIn(text)]),
        order_in("s", shipments=[ShipmentIn(text, "1Z")]),
    )

    assert set(outcomes(taken)) <= {"created", "refused"}
    for order in Order.objects.all():
        assert "\x00" not in order.customer_name
        assert "\u202e" not in order.customer_name


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.fixed_dictionaries(
        {"number": st.text(max_size=70)},
        optional={
            name: st.text(max_size=250)
            for name in ("channel", "customer_name", "customer_email", "customer_phone", "language", "country",
                         "currency", "city", "external_id", "asserted", "cancel_reason")
        }
        | {"total": st.decimals(), "tags": st.lists(st.text(max_size=50), max_size=25)},
    )
)  # fmt: skip
def test_any_input_at_all_is_kept_or_refused(shop, said):
    taken = take(shop, OrderIn(placed_at=PLACED, **said))

    assert outcomes(taken)[0] in ("created", "updated", "unchanged", "refused")


# --- Saying it again ---


FULL = {
    "total": Decimal("34.90"), "tags": ("b", "a"), "coupons": ("HELLO",), "wants_marketing": False,
    "customer_name": "Marta Ruiz",
    "customer_email": "m@example.com", "customer_phone": "600123456", "language": "en", "city": "Madrid",
    "country": "ES", "asserted": "preparing", "cancel_reason": "", "promised_date": date(2026, 12, 1),
    "shipments": (ShipmentIn("dhl", "JD 01", lines={"TAZ-1": 1}, handed_over_at=PLACED), ShipmentIn("seur", "9")),
}  # fmt: skip


def snapshot() -> list[object]:
    models = (Order, OrderLine, OrderWord, Shipment, ShipmentLine, Poll, Transition, KeyHash)
    return [sorted(model.objects.values_list(), key=repr) for model in models]


def test_the_same_order_said_twice_is_unchanged_and_writes_nothing(shop):
    take(shop, order_in(**FULL))
    before = snapshot()

    with CaptureQueriesContext(
        connection,
    ) as queries:
        taken = take(shop, order_in(**FULL), now=make.NOW + timedelta(hours=3))

    assert outcomes(taken) == ["unchanged"]
    assert snapshot() == before
    assert not [q for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def test_a_cancelled_order_said_twice_is_unchanged(shop):
    said = order_in(cancelled_at=PLACED + timedelta(minutes=1), cancel_reason="")

    assert outcomes(take(shop, said)) == ["created"]
    assert outcomes(take(shop, said, now=make.NOW + timedelta(days=1))) == ["unchanged"]
    assert list(Order.objects.values_list("state", "cancel_reason")) == [("cancelled", "shop")]


def test_none_leaves_a_value_as_it_is_and_empty_text_empties_it(shop):
    take(shop, order_in(**FULL))

    assert outcomes(take(shop, OrderIn("1042"))) == ["unchanged"]
    taken = take(
        shop, OrderIn("1042", city="", tags=(), customer_name="", clear=frozenset({"total", "promised_date"}))
    )

    order = Order.objects.get()
    assert outcomes(taken) == ["updated"]
    assert (order.city, order.tags, order.customer_name, order.total, order.promised_date) == (
        "",
        [],
        "",
        None,
        None,
    )
    assert (order.customer_email, order.country, order.placed_at) == ("m@example.com", "ES", PLACED)
    assert not OrderWord.objects.exists()
    assert (order.version, OrderLine.objects.count()) == (2, 2)


def test_a_new_name_is_found_and_the_old_one_is_not(shop):
    take(shop, order_in(customer_name="Marta Ruiz"))
    take(shop, OrderIn("1042", customer_name="Ana Ruiz"))

    assert sorted(OrderWord.objects.values_list("word", flat=True)) == ["ana", "ruiz"]


def test_named_twice_in_one_batch_the_later_changes_the_earlier(shop):
    taken = take(shop, order_in(city="Madrid"), order_in(city="Lugo"), order_in(city="Lugo"))

    assert outcomes(taken) == ["created", "updated", "unchanged"]
    assert Order.objects.get().city == "Lugo"


def test_the_same_number_on_another_channel_is_another_order(shop):
    assert outcomes(take(shop, order_in(), order_in(channel="amazon"))) == ["created", "created"]


def test_new_lines_replace_the_old_and_parcels_keep_what_they_hold(shop):
    take(shop, order_in(shipments=[ShipmentIn("dhl", "1", lines={"TAZ-1": 2})]))

    take(shop, OrderIn("1042", lines=[LINES[1], LINES[0], LineIn("Cuenco", sku="CUE-1")]))

    lines = list(OrderLine.objects.order_by("position").values_list("sku", flat=True))
    held = ShipmentLine.objects.values_list("line__sku", "quantity")
    assert lines == ["PLA-1", "TAZ-1", "CUE-1"]
    assert list(held) == [("TAZ-1", 2)]


def test_a_code_on_two_lines_fills_them_in_turn(shop):
    twice = [LineIn("Taza", sku="T", quantity=2), LineIn("Taza rebajada", sku="T", quantity=3)]
    take(shop, order_in(lines=twice, shipments=[ShipmentIn("dhl", "1", lines={"T": 4})]))

    assert list(ShipmentLine.objects.order_by("line__position").values_list("quantity", flat=True)) == [2, 2]


# --- What the shop asserts ---


def test_an_older_word_that_arrives_late_does_not_undo_a_newer_one(shop):
    take(shop, order_in(asserted="preparing", asserted_at=PLACED + timedelta(minutes=10)))

    late = take(shop, OrderIn("1042", asserted="awaiting_stock", asserted_at=PLACED + timedelta(minutes=5)))
    newer = take(shop, OrderIn("1042", asserted="to_prepare", asserted_at=PLACED + timedelta(minutes=15)))

    assert outcomes([*late, *newer]) == ["unchanged", "updated"]
    assert list(Transition.objects.order_by("pk").values_list("before", "after", "episode")) == [
        ("", "preparing", 0),
        ("preparing", "to_prepare", 1),
    ]


def test_a_hand_over_counts_as_shipped_and_a_label_alone_does_not(shop):
    take(shop, order_in("1", shipments=[ShipmentIn("dhl", "1")]))
    handed = PLACED + timedelta(minutes=10)
    take(shop, order_in("2", shipments=[ShipmentIn("dhl", "2", handed_over_at=handed)]))

    states = dict(Order.objects.values_list("number", "state"))
    assert states == {"1": "received", "2": "shipped"}
    assert Order.objects.get(number="2").state_since == handed


def test_a_cancelled_order_whose_parcel_has_left_keeps_its_state_and_asks_for_attention(shop):
    take(shop, order_in(shipments=[ShipmentIn("dhl", "2", handed_over_at=PLACED)]))

    take(shop, OrderIn("1042", cancelled_at=make.NOW, cancel_reason="shopper"))

    order = Order.objects.get()
    assert (order.state, order.health, order.cancel_reason) == ("shipped", "attention", "shopper")


def test_history_is_told_to_nobody(shop):
    take(shop, order_in("1", asserted="preparing"), history=True)
    take(shop, order_in("2", asserted="preparing"))
    take(shop, order_in("3", placed_at=make.NOW - timedelta(days=3)))

    told = Transition.objects.order_by("order__number").values_list("quiet", "announced_at")
    assert list(told) == [("history", make.NOW), ("", None), ("imported", make.NOW)]
    first, second = Order.objects.exclude(number="3").order_by("number")
    assert first.quiet_before == make.NOW
    assert second.quiet_before == make.NOW - timedelta(hours=1)


# --- Parcels ---


def test_a_parcel_is_asked_about_where_the_shop_has_an_account(shop):
    account = make.account(shop, "dhl")
    take(shop, order_in(shipments=[ShipmentIn("DHL", "jd-01 4"), ShipmentIn("ups", "1Z")]))

    ours, other = Shipment.objects.order_by("carrier")
    assert (ours.carrier, ours.number, ours.number_key) == ("dhl", "jd-01 4", "JD014")
    assert (ours.account_id, other.account_id) == (account.pk, None)
    assert list(Poll.objects.values_list("shipment_id", "account_id", "carrier", "next_at")) == [
        (ours.pk, account.pk, "dhl", make.NOW)
    ]


def test_a_parcel_of_a_carrier_nobody_knows_is_kept_and_flagged(shop):
    take(
        shop,
        order_in(
            shipments=[ShipmentIn("Mensajería Pepe", "77"), ShipmentIn("", "78"), ShipmentIn("ups", "9")]
        ),
    )

    kept = Shipment.objects.order_by("number").values_list("carrier", "sub_status", "account_id")
    assert list(kept) == [
        ("mensajeria_pepe", SubStatus.PENDING_CARRIER_UNKNOWN, None),
        ("auto", SubStatus.PENDING_CARRIER_UNKNOWN, None),
        ("ups", SubStatus.PENDING_REGISTERED, None),
    ]
    assert Order.objects.get().attention == SubStatus.PENDING_CARRIER_UNKNOWN
    assert not Poll.objects.exists()


def test_an_aggregator_is_asked_about_carriers_without_an_account(shop):
    aggregator = make.account(shop, "17track")
    take(shop, order_in(shipments=[ShipmentIn("seur", "77")]))

    assert list(Shipment.objects.values_list("carrier", "sub_status", "account_id")) == [
        ("seur", SubStatus.PENDING_REGISTERED, aggregator.pk)
    ]
    assert list(Poll.objects.values_list("carrier", "account_id")) == [("17track", aggregator.pk)]


def test_parcels_that_waited_for_an_account_are_watched_from_then_on(shop):
    take(shop, order_in(shipments=[ShipmentIn("seur", "77"), ShipmentIn("dhl", "78")]))
    account = make.account(shop, "17track")

    assert watch(shop=shop, account=account, now=make.NOW) == 2
    assert watch(shop=shop, account=account, now=make.NOW) == 0

    assert set(Shipment.objects.values_list("sub_status", "account_id")) == {
        ("pending.registered", account.pk)
    }
    assert Poll.objects.count() == 2
    assert Order.objects.get().attention == ""


def test_a_parcel_added_twice_is_added_once(shop):
    order = upsert_order(shop=shop, order=order_in(), by=SYSTEM, now=make.NOW)
    said = ShipmentIn("dhl", "JD 01", lines={"PLA-1": 1})

    first = add_shipment(shop=shop, order=order, shipment=said, by=AGENT, now=make.NOW)
    again = add_shipment(shop=shop, order=order, shipment=ShipmentIn("DHL", "jd01"), by=AGENT, now=make.NOW)

    assert first == again
    assert Shipment.objects.count() == 1
    assert list(AuditEntry.objects.values_list("action", "actor", "subject")) == [
        ("shipment.added", "user:7", f"order:{order.pk}")
    ]
    order.refresh_from_db()
    assert order.version == 2


def test_a_parcel_that_cannot_be_added_says_why(shop):
    order = upsert_order(shop=shop, order=order_in(), by=SYSTEM, now=make.NOW)

    with pytest.raises(Refused) as number:
        add_shipment(shop=shop, order=order, shipment=ShipmentIn("dhl", "?"), by=AGENT, now=make.NOW)
    with pytest.raises(Refused) as lines:
        add_shipment(
            shop=shop, order=order, shipment=ShipmentIn("dhl", "1", lines={"NO": 1}), by=AGENT, now=make.NOW
        )

    assert (list(number.value.fields), list(lines.value.fields)) == (["number"], ["lines"])
    assert not Shipment.objects.exists()


def test_a_removed_parcel_takes_all_that_was_said_of_it_along(shop):
    make.account(shop, "dhl")
    order = upsert_order(
        shop=shop,
        order=order_in(shipments=[ShipmentIn("dhl", "1", lines={"PLA-1": 1})]),
        by=SYSTEM,
        now=make.NOW,
    )
    parcel = Shipment.objects.get()
    record_events(shop_id=shop.pk, shipment_id=parcel.pk, events=[make.event()], now=make.NOW)
    assert Order.objects.get().state == "partially_shipped"

    for _time in range(2):
        remove_shipment(shop=shop, shipment=parcel, by=AGENT, now=make.NOW)

    order.refresh_from_db()
    assert (order.state, order.last_event_at) == ("received", None)
    assert not any(m.objects.exists() for m in (Shipment, ShipmentLine, Poll, TrackingEvent))
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["shipment.removed"]


# --- Many at once ---


def count_statements(shop: Shop, orders: list[OrderIn]) -> int:
    with CaptureQueriesContext(connection) as queries:
        take(shop, *orders)
    return len(queries)


def many(count: int, **said) -> list[OrderIn]:
    parcels = (ShipmentIn("dhl", "1", lines={"TAZ-1": 1}), ShipmentIn("seur", "2"))
    return [order_in(str(n), customer_name="Marta Ruiz", shipments=parcels, **said) for n in range(count)]


def test_statements_do_not_grow_with_the_batch(shop):
    make.account(shop, "dhl")

    assert count_statements(shop, many(2)) == count_statements(shop, many(50)[2:]) <= 16
    changed = count_statements(shop, many(2, city="Lugo")), count_statements(shop, many(50, city="Vigo"))
    assert changed[0] == changed[1] <= 16


def test_the_same_new_orders_said_by_two_at_once_are_taken_once(committed_db):
    shop = make.shop()
    batch = [order_in(str(n), shipments=[ShipmentIn("dhl", str(n))]) for n in range(30)]
    said: list[list[str]] = []
    errors: list[Exception] = []
    start = threading.Barrier(4)

    def run(orders: list[OrderIn]) -> None:
        try:
            start.wait()
            said.append(outcomes(take(shop, *orders)))
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(o,)) for o in (batch, batch[::-1], batch[10:], batch[::2])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert sorted(o for one in said for o in one if o != "unchanged") == ["created"] * 30
    with shop_context(shop.pk):
        assert (Order.objects.count(), Shipment.objects.count(), KeyHash.objects.count()) == (30, 30, 30)
        assert Transition.objects.count() == 30


def test_orders_are_changed_while_carriers_speak_and_nobody_waits_for_ever(committed_db):
    shop = make.shop()
    with shop_context(shop.pk):
        numbers = [str(n) for n in range(12)]
        take(shop, *(order_in(n, shipments=[ShipmentIn("dhl", n)]) for n in numbers))
        parcels = list(Shipment.objects.order_by("pk").values_list("pk", flat=True))
    errors: list[Exception] = []
    start = threading.Barrier(4)

    def run(work) -> None:
        try:
            start.wait()
            for turn in range(6):
                work(turn)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    def say(turn: int) -> None:
        event = make.event(SubStatus.PICKED_UP, make.NOW - timedelta(minutes=turn))
        record_batch(shop_id=shop.pk, heard=[Heard(pk, (event,)) for pk in parcels[::-1]], now=make.NOW)

    def change(turn: int) -> None:
        parcel = ShipmentIn("dhl", "x", service=f"{turn}")
        take(
            shop, *(order_in(n, city=f"{turn}", shipments=[replace(parcel, number=n)]) for n in numbers[::-1])
        )

    threads = [threading.Thread(target=run, args=(work,)) for work in (say, change, say, change)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    with shop_context(shop.pk):
        assert set(Order.objects.values_list("state", "city")) == {("shipped", "5")}
        assert set(Shipment.objects.values_list("status", "service")) == {("in_transit", "5")}


def test_another_shops_order_of_the_same_number_is_another_order(db):
    ours, theirs = make.shop(), make.shop()
    with shop_context(ours.pk):
        take(ours, order_in(city="Madrid"))
    with shop_context(theirs.pk):
        assert outcomes(take(theirs, order_in(city="Lugo"))) == ["created"]
    with shop_context(ours.pk):
        assert list(Order.objects.values_list("city", flat=True)) == ["Madrid"]
