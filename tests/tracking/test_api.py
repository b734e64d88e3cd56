"""The API: orders in, events in, everything out; clear problems; nothing done twice; nothing of another shop."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from carriers import shared
from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.services import SYSTEM
from tests import make
from tests.tracking.callers import Caller
from tracking.api import once, throttle
from tracking.models import IdempotencyKey, Milestone, Order, Poll, Shipment, TrackingEvent
from tracking.services.intake import OrderIn, ShipmentIn, upsert_orders

PLACED = "2026-11-20T18:04:00+01:00"
ORDER = {
    "number": "1042",
    "placed_at": PLACED,
    "total": "49.90",
    "customer_name": "Marta Ruiz",
    "customer_email": "marta@example.com",
    "country": "ES",
    "lines": [{"title": "Taza azul", "sku": "TAZ-1", "quantity": 2, "unit_price": 24.95}],
}


@pytest.fixture
def shop(db):
    return make.shop()


@pytest.fixture
def erp(shop):
    return Caller(shop)


def problem(answer) -> dict:
    assert answer.headers["Content-Type"] == "application/problem+json", answer.content
    body = json.loads(answer.content)
    assert body["status"] == answer.status_code
    assert body["type"].startswith(f"{settings.SITE_URL}/api/docs/problems/#")
    assert body["title"] and body["detail"]
    return body


def wrong(answer) -> dict[str, str]:
    """Field → what to do about it."""
    assert answer.status_code == 422, answer.content
    return {error["field"]: error["detail"] for error in problem(answer)["errors"]}


# --- Orders in ---


def test_a_new_order_is_created_and_answered_with_the_shoppers_page(shop, erp):
    answer = erp.post("/orders", ORDER)

    assert answer.status_code == 201
    body = answer.json()
    assert body["number"] == "1042"
    assert body["channel"] == "web"
    assert body["state"] == "received"
    assert body["health"] == "on_track"
    assert body["eta"] is None
    assert body["total"] == "49.90"
    assert body["lines"][0]["unit_price"] == "24.95"
    with shop_context(shop.pk):
        order = Order.objects.get()
        assert body["page_url"] == f"{settings.SITE_URL}/s/{shop.slug}/t/{make.token_of(order)}/"
        assert order.customer_email == "marta@example.com"
    assert body["id"] == f"ord_{order.pk}"
    assert answer.headers["Location"] == f"{settings.SITE_URL}/api/v1/orders/ord_{order.pk}"
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_the_same_order_again_is_the_same_order(shop, erp):
    first = erp.post("/orders", ORDER).json()

    again = erp.post("/orders", ORDER)

    assert again.status_code == 200
    assert again.json() == first


def test_what_is_not_said_stays_and_null_empties(erp):
    erp.post("/orders", {**ORDER, "promised_date": "2026-11-25", "city": "Valencia"})

    changed = erp.patch("/orders/1042", {"total": None, "customer_name": None, "promised_date": None}).json()

    assert changed["total"] is None
    assert changed["customer_name"] == ""
    assert changed["promised_date"] is None
    assert changed["city"] == "Valencia"
    assert changed["customer_email"] == "marta@example.com"
    assert [line["sku"] for line in changed["lines"]] == ["TAZ-1"]


def test_an_order_may_bring_its_parcels_and_its_carrier_is_asked(shop, erp):
    with shop_context(shop.pk):
        make.account(shop, "dhl")

    body = erp.post("/orders", {**ORDER, "shipments": [{"carrier": "DHL", "number": "0034 0434"}]}).json()

    parcel = body["shipments"][0]
    assert (parcel["carrier"], parcel["number"], parcel["status"]) == ("dhl", "0034 0434", "pending")
    assert parcel["events_count"] == 0
    with shop_context(shop.pk):
        assert Poll.objects.count() == 1


def test_a_trailing_slash_is_no_other_address(erp):
    assert erp.post("/orders/", ORDER).status_code == 201
    assert erp.get("/orders/1042/").json()["number"] == "1042"


def test_an_order_number_may_hold_a_slash(erp):
    erp.post("/orders", {**ORDER, "number": "2026/17"})
    assert erp.get("/orders/2026/17").json()["number"] == "2026/17"
    assert erp.post("/orders/2026/17/cancel").json()["state"] == "cancelled"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"placed_at": None}, "placed_at"),
        ({"placed_at": "2026-11-20T18:04:00"}, "placed_at"),
        ({"placed_at": "yesterday"}, "placed_at"),
        ({"placed_at": 17}, "placed_at"),
        ({"number": 1042}, "number"),
        ({"number": ""}, "number"),
        ({"total": "49,90"}, "total"),
        ({"total": "49.999"}, "total"),
        ({"total": True}, "total"),
        ({"total": [1]}, "total"),
        ({"currency": "EURO"}, "currency"),
        ({"country": "Spain"}, "country"),
        ({"customer_email": "marta"}, "customer_email"),
        ({"customer_phone": "12"}, "customer_phone"),
        ({"asserted": "delivered"}, "asserted"),
        ({"asserted": ["preparing"]}, "asserted"),
        ({"cancel_reason": {}}, "cancel_reason"),
        ({"expected_parcels": 0}, "expected_parcels"),
        ({"expected_parcels": 1.5}, "expected_parcels"),
        ({"tags": "vip"}, "tags"),
        ({"tags": [1]}, "tags"),
        ({"lines": {}}, "lines"),
        ({"lines": ["TAZ-1"]}, "lines.0"),
        ({"lines": [{}]}, "lines.0.title"),
        ({"lines": [{"sku": "A", "quantity": "2"}]}, "lines.0.quantity"),
        ({"lines": [{"sku": "A", "image_url": "javascript:alert(1)"}]}, "lines.0.image_url"),
        ({"shipments": [{"carrier": "dhl"}]}, "shipments.0.number"),
        ({"shipments": [{"carrier": "dhl", "number": "1", "lines": []}]}, "shipments.0.lines"),
        ({"shipments": [{"carrier": "dhl", "number": "1", "lines": {"NO": 1}}]}, "shipments.0.lines"),
        ({"shipments": [{"carrier": "dhl", "number": "1", "direction": "up"}]}, "shipments.0.direction"),
        ({"customer_nmae": "Marta"}, "customer_nmae"),
    ],
)
def test_what_cannot_be_taken_is_named_with_what_to_do(shop, erp, said, field):
    complaints = wrong(erp.post("/orders", {**ORDER, **said}))
    assert list(complaints) == [field]
    assert complaints[field].endswith((".", "…].", "}."))
    with shop_context(shop.pk):
        assert not Order.objects.exists()


def test_everything_wrong_is_said_at_once(erp):
    complaints = wrong(erp.post("/orders", {"number": 5, "total": "x", "nonsense": 1}))
    assert set(complaints) == {"number", "total", "nonsense"}


# --- Batches ---


def test_a_batch_takes_what_it_can_and_says_why_of_the_rest(shop, erp):
    erp.post("/orders", {**ORDER, "number": "2"})
    answer = erp.post(
        "/orders/batch",
        {
            "orders": [
                {**ORDER, "number": "1"},
                {**ORDER, "number": "2"},
                {**ORDER, "number": "3", "country": "Spain"},
                {**ORDER, "number": "2", "city": "Soria"},
                "nonsense",
                {"number": "1", "placed_at": "never"},
            ]
        },
    )

    assert answer.status_code == 200
    body = answer.json()
    lines = [(line["number"], line["outcome"], line["status"]) for line in body["results"]]
    assert lines == [
        ("1", "created", 201),
        ("2", "unchanged", 200),
        ("3", "refused", 422),
        ("2", "updated", 200),
        ("", "refused", 422),
        ("1", "refused", 422),
    ]
    assert [error["field"] for error in body["results"][2]["errors"]] == ["country"]
    assert [error["field"] for error in body["results"][5]["errors"]] == ["placed_at"]
    assert (body["created"], body["updated"], body["unchanged"], body["refused"]) == (1, 1, 1, 3)
    with shop_context(shop.pk):
        assert sorted(Order.objects.values_list("number", "city")) == [("1", ""), ("2", "Soria")]
        first = Order.objects.get(number="1")
        assert body["results"][0]["page_url"].endswith(f"/t/{make.token_of(first)}/")


def test_a_batch_costs_the_same_statements_however_long(shop, erp):
    erp.get("/orders")  # notes that the key is used
    counts = []
    for size in (1, 60):
        orders = [{**ORDER, "number": f"{size}-{n}", "shipments": [{"carrier": "x", "number": f"{size}{n}"}]}
                  for n in range(size)]  # fmt: skip
        with CaptureQueriesContext(connection) as captured:
            assert erp.post("/orders/batch", {"orders": orders}).json()["created"] == size
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_batch_has_an_end(shop, erp):
    orders = [{"number": str(n), "placed_at": PLACED} for n in range(501)]
    assert wrong(erp.post("/orders/batch", {"orders": orders})) == {
        "orders": "No more than 500 orders in one call."
    }
    assert wrong(erp.post("/orders/batch", {})) == {"orders": "This is needed."}
    with shop_context(shop.pk):
        assert not Order.objects.exists()


# --- Reading ---


def test_an_order_is_found_by_its_number_and_by_its_identifier(erp):
    made = erp.post("/orders", ORDER).json()
    assert erp.get("/orders/1042").json() == made
    assert erp.get("/orders/%231042").json() == made
    assert erp.get(f"/orders/{made['id']}").json() == made
    assert problem(erp.get("/orders/1043"))["detail"] == "There is no order “1043” here."
    assert erp.get("/orders/ord_999999").status_code == 404


def test_a_number_of_two_channels_has_to_be_told_apart(erp):
    erp.post("/orders", {**ORDER, "channel": "web"})
    erp.post("/orders", {**ORDER, "channel": "Etsy", "city": "Lyon"})

    unclear = erp.get("/orders/1042")

    assert unclear.status_code == 409
    assert "Etsy, web" in problem(unclear)["detail"]
    assert erp.get("/orders/1042", channel="Etsy").json()["city"] == "Lyon"
    assert erp.patch("/orders/1042?channel=Etsy", {"city": "Nice"}).json()["channel"] == "Etsy"
    assert erp.get("/orders/1042", channel="web").json()["city"] == ""


def test_the_list_goes_on_page_after_page_without_a_gap(erp):
    for n in range(7):
        placed = f"2026-11-1{n // 2}T10:00:00Z"  # pairs of the same instant
        erp.post("/orders", {"number": str(n), "placed_at": placed})
    seen, address = [], f"{settings.SITE_URL}/api/v1/orders?limit=2"
    while address:
        page = erp.client.get(address.removeprefix(settings.SITE_URL)).json()
        assert len(page["results"]) <= 2
        seen += [order["number"] for order in page["results"]]
        address = page["next"]
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]


def test_the_list_can_be_narrowed(shop, erp):
    for number, state in (("A-1", "received"), ("A-2", "preparing"), ("B-1", "preparing")):
        erp.post("/orders", {**ORDER, "number": number, "asserted": state, "asserted_at": PLACED})
    erp.post("/orders", {**ORDER, "number": "A-1", "channel": "Etsy", "customer_name": "Luis Gil"})

    def numbers(**query):
        return [(o["number"], o["channel"]) for o in erp.get("/orders", **query).json()["results"]]

    assert sorted(numbers(state="preparing")) == [("A-2", "web"), ("B-1", "web")]
    assert len(numbers(state="preparing,received")) == 4
    assert sorted(numbers(number="#A-1")) == [("A-1", "Etsy"), ("A-1", "web")]
    assert numbers(number="A-1", channel="Etsy") == [("A-1", "Etsy")]
    assert numbers(q="gil") == [("A-1", "Etsy")]
    assert sorted(numbers(q="a-")) == [("A-1", "Etsy"), ("A-1", "web"), ("A-2", "web")]
    assert numbers(q="nobody") == []


def test_a_program_finds_what_changed_since_it_last_asked(shop, erp):
    for number in ("1", "2", "3"):
        erp.post("/orders", {**ORDER, "number": number})
    with shop_context(shop.pk):
        long_ago = timezone.now() - timedelta(days=2)
        Order.objects.exclude(number="2").update(updated_at=long_ago)
        Order.objects.filter(number="3").update(updated_at=long_ago + timedelta(hours=1))

    since = (timezone.now() - timedelta(days=1)).isoformat()
    assert [o["number"] for o in erp.get("/orders", updated_since=since).json()["results"]] == ["2"]
    since = (timezone.now() - timedelta(days=3)).isoformat()
    first = erp.get("/orders", updated_since=since, limit=2).json()
    rest = erp.client.get(first["next"].removeprefix(settings.SITE_URL)).json()
    assert [o["number"] for o in first["results"] + rest["results"]] == ["1", "3", "2"]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"state": "gone"}, "state"),
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "WzFd"}, "cursor"),
        ({"cursor": "WyIyMDI2LTExLTIwVDEwOjAwOjAwIiwgMV0"}, "cursor"),  # a time without a zone
        ({"cursor": "WyIyMDI2LTExLTIwVDEwOjAwOjAwWiIsIDFlOTk5XQ"}, "cursor"),
        ({"updated_since": "yesterday"}, "updated_since"),
        ({"updated_since": "2026-11-20"}, "updated_since"),
        ({"status": "preparing"}, "status"),
    ],
)
def test_a_list_says_what_it_cannot_understand(erp, query, field):
    assert list(wrong(erp.get("/orders", **query))) == [field]


def test_lists_cost_the_same_statements_however_long(shop, erp):
    def statements(path):
        with CaptureQueriesContext(connection) as captured:
            assert erp.get(path).status_code == 200
        return len(captured)

    def fill(count):
        orders = [
            OrderIn(
                number=f"{count}-{n}",
                placed_at=make.NOW - timedelta(hours=n),
                shipments=tuple(ShipmentIn("dhl", f"{count}{n}{k}") for k in range(2)),
            )
            for n in range(count)
        ]
        upsert_orders(shop=shop, orders=orders, by=SYSTEM, now=make.NOW)

    erp.get("/orders")  # notes that the key is used
    fill(1)
    few = [statements(path) for path in ("/orders?limit=100", "/shipments?limit=100")]
    fill(40)
    many = [statements(path) for path in ("/orders?limit=100", "/shipments?limit=100")]
    assert few == many
    # Of the key and the two transactions nine; of the list itself three or four.
    assert many == [13, 12]


# --- Parcels and events ---


@pytest.fixture
def parcel(erp):
    return erp.post(
        "/orders", {**ORDER, "shipments": [{"carrier": "dhl", "number": "00340434161094042557"}]}
    ).json()["shipments"][0]


def test_a_parcel_is_added_once(shop, erp):
    erp.post("/orders", ORDER)
    body = {"carrier": "gls_es", "number": "61771001", "lines": {"TAZ-1": 1}}

    first = erp.post("/orders/1042/shipments", body)
    again = erp.post("/orders/1042/shipments", body)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["lines"] == {"TAZ-1": 1}
    assert first.json()["order_number"] == "1042"
    assert first.json()["events"] == []


def test_an_event_of_the_shops_own_moves_the_parcel_and_the_order(shop, erp, parcel):
    at = timezone.now() - timedelta(minutes=30)
    body = {
        "status": "delivered.collected",
        "occurred_at": at.isoformat(),
        "place": "Valencia",
        "text": "En tienda",
    }

    first = erp.post(f"/shipments/{parcel['id']}/events", body)
    again = erp.post(f"/shipments/{parcel['id']}/events", body)

    assert (first.status_code, again.status_code) == (201, 200)
    said = first.json()
    assert (said["status"], said["sub_status"]) == ("delivered", "delivered.collected")
    assert [(e["source"], e["place"], e["text"]) for e in said["events"]] == [
        ("shop", "Valencia", "En tienda")
    ]
    assert again.json()["events_count"] == 1
    assert erp.get("/orders/1042").json()["state"] == "delivered"
    with shop_context(shop.pk):
        assert TrackingEvent.objects.get().occurred_at == at


def test_the_same_event_in_the_same_minute_is_one_event(shop, erp, parcel, time_machine_minute):
    address = f"/shipments/{parcel['id']}/events"
    codes = [erp.post(address, {"status": "out_for_delivery"}).status_code for _n in range(3)]
    at = time_machine_minute
    for second in (5, 40):
        body = {"status": "in_transit", "occurred_at": at.replace(second=second).isoformat()}
        codes.append(erp.post(address, body).status_code)
    assert codes == [201, 200, 200, 201, 200]
    said = erp.get(f"/shipments/{parcel['id']}").json()
    assert said["events_count"] == len(said["events"]) == 2


@pytest.fixture
def time_machine_minute():
    """The clock stands still in the middle of a minute; a minute before it is given."""
    import time_machine

    now = timezone.now().replace(second=30, microsecond=0)
    with time_machine.travel(now, tick=False):
        yield now - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "status"),
        ({"status": "teleported"}, "status"),
        ({"status": "in_transit.unmapped"}, "status"),
        ({"status": "pending"}, "status"),
        ({"status": 5}, "status"),
        ({"status": "delivered", "occurred_at": "2031-01-01T00:00:00Z"}, "occurred_at"),
        ({"status": "delivered", "occurred_at": "2026-11-20T10:00:00"}, "occurred_at"),
        ({"status": "delivered", "text": "x" * 600}, "text"),
        ({"status": "delivered", "country": "Spain"}, "country"),
        ({"status": "delivered", "who": "me"}, "who"),
    ],
)
def test_an_event_nobody_can_understand_is_refused(shop, erp, parcel, body, field):
    assert field in wrong(erp.post(f"/shipments/{parcel['id']}/events", body))
    with shop_context(shop.pk):
        assert not TrackingEvent.objects.exists()


def test_parcels_are_listed_and_found_by_tracking_number(erp, parcel):
    erp.post("/orders", {**ORDER, "number": "7", "shipments": [{"carrier": "ups", "number": "1Z 999"}]})

    def numbers(**query):
        return [one["number"] for one in erp.get("/shipments", **query).json()["results"]]

    assert numbers() == ["1Z 999", "00340434161094042557"]
    assert numbers(number="1z999") == ["1Z 999"]
    assert numbers(order="1042") == ["00340434161094042557"]
    assert numbers(status="delivered") == []
    assert numbers(order="no") == []
    assert numbers(order="1042", channel="Etsy") == []


def test_a_parcel_is_taken_off(shop, erp, parcel):
    assert erp.delete(f"/shipments/{parcel['id']}").status_code == 204
    assert erp.delete(f"/shipments/{parcel['id']}").status_code == 404
    assert erp.get("/orders/1042").json()["shipments"] == []


def test_a_parcel_says_when_it_should_arrive(shop, erp, parcel):
    with shop_context(shop.pk):
        Shipment.objects.update(eta_first="2026-11-24", eta_last="2026-11-25")
    assert erp.get(f"/shipments/{parcel['id']}").json()["eta"] == {
        "first_date": "2026-11-24", "last_date": "2026-11-25", "slot_from": None, "slot_to": None,
    }  # fmt: skip


# --- What the shop says of an order ---


def test_the_shop_says_where_an_order_is(erp):
    erp.post("/orders", ORDER)
    assert erp.post("/orders/1042/state", {"state": "preparing"}).json()["state"] == "preparing"
    assert list(wrong(erp.post("/orders/1042/state", {"state": "delivered"}))) == ["state"]
    assert list(wrong(erp.post("/orders/1042/state", {}))) == ["state"]
    in_two_years = (timezone.now() + timedelta(days=700)).isoformat()
    assert list(wrong(erp.post("/orders/1042/state", {"state": "routed", "occurred_at": in_two_years}))) == [
        "occurred_at"
    ]


def test_an_order_is_cancelled_once(erp):
    erp.post("/orders", ORDER)
    first = erp.post("/orders/1042/cancel", {"reason": "shopper"}).json()
    again = erp.post("/orders/1042/cancel", {"reason": "shop"}).json()
    assert (first["state"], first["cancel_reason"]) == ("cancelled", "shopper")
    assert again == first
    assert list(wrong(erp.post("/orders/1042/cancel", {"reason": "mood"}))) == ["reason"]


def test_an_invoice_is_noted_once(shop, erp):
    erp.post("/orders", ORDER)
    body = {"reference": "F-118", "url": "https://shop.example/F-118.pdf"}
    erp.post("/orders/1042/milestones", body)
    said = erp.post("/orders/1042/milestones", body).json()
    assert [(m["code"], m["reference"]) for m in said["milestones"]] == [("invoice_issued", "F-118")]
    with shop_context(shop.pk):
        assert Milestone.objects.count() == 1
    assert list(wrong(erp.post("/orders/1042/milestones", {"code": "party"}))) == ["code"]


# --- Asked twice, done once ---


def test_the_same_key_and_body_are_done_once_and_answered_the_same(shop, erp):
    first = erp.post("/orders", ORDER, Idempotency_Key="a-1")
    with shop_context(shop.pk):
        Order.objects.update(customer_name="changed meanwhile")
    again = erp.post("/orders", ORDER, Idempotency_Key="a-1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    with shop_context(shop.pk):
        assert Order.objects.get().customer_name == "changed meanwhile"


def test_the_same_key_with_another_request_is_refused(erp):
    erp.post("/orders", ORDER, Idempotency_Key="a-1")
    other = erp.post("/orders", {**ORDER, "number": "7"}, Idempotency_Key="a-1")
    assert list(wrong(other)) == ["Idempotency-Key"]
    assert erp.get("/orders/7").status_code == 404
    assert erp.post("/orders/1042/cancel", {}, Idempotency_Key="a-1").status_code == 422


def test_what_failed_may_be_asked_again_with_the_same_key(erp):
    assert erp.post("/orders", {**ORDER, "total": "x"}, Idempotency_Key="a-1").status_code == 422
    assert erp.post("/orders", ORDER, Idempotency_Key="a-1").status_code == 201


def test_a_key_is_forgotten_after_a_day(shop, erp):
    erp.post("/orders", ORDER, Idempotency_Key="a-1")
    with shop_context(shop.pk):
        IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    again = erp.post("/orders", {**ORDER, "number": "7"}, Idempotency_Key="a-1")
    assert again.status_code == 201


def test_keys_of_two_shops_have_nothing_to_do_with_each_other(erp):
    other = Caller(make.shop())
    assert erp.post("/orders", ORDER, Idempotency_Key="a-1").status_code == 201
    assert other.post("/orders", ORDER, Idempotency_Key="a-1").status_code == 201


@pytest.mark.parametrize("key", ["", "two words", "x" * 129, "ñ"])
def test_a_key_that_is_none_is_refused(erp, key):
    answer = erp.post("/orders", ORDER, Idempotency_Key=key)
    assert answer.status_code == 400
    assert "Idempotency-Key" in problem(answer)["detail"]


def test_a_request_that_is_being_answered_is_not_begun_again(shop, erp):
    lock = once._lock
    with shop_context(shop.pk):
        # Held by another connection, as by the request that came first.
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("BEGIN")
                original, once.connection = once.connection, other
                try:
                    assert lock(shop, "a-1")
                finally:
                    once.connection = original
            answer = erp.post("/orders", ORDER, Idempotency_Key="a-1")
            assert answer.status_code == 409
            assert answer.headers["Retry-After"] == "1"
            problem(answer)
        finally:
            other.close()
    assert erp.post("/orders", ORDER, Idempotency_Key="a-1").status_code == 201


def test_of_many_at_once_one_does_it(committed_db):
    shop = make.shop()
    caller = Caller(shop)
    answers = []

    def ask():
        answers.append(caller.post("/orders", ORDER, Idempotency_Key="a-1"))
        connections.close_all()

    threads = [threading.Thread(target=ask) for _n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    codes = sorted(answer.status_code for answer in answers)
    assert set(codes) <= {201, 409}
    done = [answer for answer in answers if answer.status_code == 201]
    assert done
    assert len({answer.content for answer in done}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in done) == 1
    with shop_context(shop.pk):
        assert Order.objects.count() == 1


# --- Problems ---


def test_without_a_key_or_with_a_wrong_one_nothing_is_said(shop, erp):
    erp.client.defaults.pop("HTTP_AUTHORIZATION")
    without = erp.get("/orders")
    assert without.status_code == 401
    assert without.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert "Authorization: Bearer" in problem(without)["detail"]
    erp.client.defaults["HTTP_AUTHORIZATION"] = "Bearer rastro_live_wrong"
    assert "not valid" in problem(erp.get("/orders"))["detail"]
    assert erp.get("/orders").status_code == 401


def test_a_key_does_what_its_scopes_say(shop):
    reader, writer = Caller(shop, "orders:read"), Caller(shop, "orders:write")
    assert reader.get("/orders").status_code == 200
    assert problem(reader.post("/orders", ORDER))["status"] == 403
    made = writer.post("/orders", {**ORDER, "shipments": [{"carrier": "x", "number": "1"}]})
    assert made.status_code == 201
    assert writer.get("/orders").status_code == 403
    parcel = made.json()["shipments"][0]["id"]
    assert writer.post(f"/shipments/{parcel}/events", {"status": "delivered"}).status_code == 403
    driver = Caller(shop, "events:write")
    assert driver.post(f"/shipments/{parcel}/events", {"status": "delivered"}).status_code == 201
    assert driver.get(f"/shipments/{parcel}").status_code == 403


def test_the_wrong_method_is_told_the_right_ones(erp):
    answer = erp.delete("/orders")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, POST"
    assert problem(answer)["detail"] == "This address answers GET, POST."
    assert erp.get("/orders/batch").status_code == 405


def test_an_address_without_anything_is_a_problem_too(erp):
    assert problem(erp.get("/ordres"))["status"] == 404
    assert problem(erp.get("/"))["status"] == 404
    assert problem(erp.get("/orders/1/2/3/"))["status"] == 404


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "line 1, column 2"),
        (b"\xff\xfe", "UTF-8"),
        (b'{"total": NaN}', "number"),
        (b"[" * 100_000, "deeply"),
        (b'{"total": ' + b"9" * 5_000 + b"}", "number"),
    ],
)
def test_what_is_no_json_is_said_to_be_none(erp, body, said):
    answer = erp.post("/orders", body)
    assert answer.status_code == 400
    assert said in problem(answer)["detail"]


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"x"', b"5", b"{}"])
def test_what_is_no_order_is_refused(erp, body):
    assert erp.post("/orders", body).status_code == 422


def test_only_json_is_taken(erp):
    answer = erp.client.post("/api/v1/orders", {"number": "1"})
    assert answer.status_code == 415
    assert "application/json" in problem(answer)["detail"]
    utf8 = erp.client.post(
        "/api/v1/orders", json.dumps(ORDER), content_type="application/json; charset=utf-8"
    )
    assert utf8.status_code == 201


def test_a_body_too_large_is_not_read(erp):
    body = json.dumps({"number": "1", "city": "x" * (5 * 1024 * 1024)}).encode()
    answer = erp.post("/orders", body)
    assert answer.status_code == 413
    assert "4 MB" in problem(answer)["detail"]


def test_a_key_that_asks_too_much_is_told_when_to_come_back(erp, monkeypatch):
    monkeypatch.setattr(throttle, "RATE", throttle.RateLimitItemPerSecond(3, 60))
    codes = [erp.get("/orders").status_code for _n in range(4)]
    assert codes == [200, 200, 200, 429]
    refused = erp.get("/orders")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert problem(refused)["title"] == "Too many requests"


def test_without_redis_a_process_counts_alone(erp, monkeypatch, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(throttle, "RATE", throttle.RateLimitItemPerSecond(2, 60))
    monkeypatch.setattr(throttle, "_alone", throttle.MovingWindowRateLimiter(throttle.MemoryStorage()))
    assert [erp.get("/orders").status_code for _n in range(3)] == [200, 200, 429]
    shared.client()


def test_an_error_of_ours_leaves_nothing_written(shop, erp, monkeypatch):
    from tracking.api import orders

    def broken(*args, **kwargs):
        raise RuntimeError("a fault")

    monkeypatch.setattr(orders.answers, "orders", broken)
    answer = erp.post("/orders", ORDER, Idempotency_Key="a-1")
    assert answer.status_code == 500
    assert "a fault" not in answer.content.decode()
    problem(answer)
    with shop_context(shop.pk):
        assert not Order.objects.exists()
        assert not IdempotencyKey.objects.exists()


def test_a_busy_database_is_no_fault_of_the_callers(erp, monkeypatch):
    from django.db import OperationalError

    from tracking.api import orders

    def busy(*args, **kwargs):
        raise OperationalError("canceling statement due to statement timeout")

    monkeypatch.setattr(orders.answers, "orders", busy)
    answer = erp.get("/orders")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"


@pytest.mark.parametrize(
    "name",
    [
        "%00",
        "ord_%00",
        "a%00b",
        "%ff",
        "ord_99999999999999999999",
        "%F0%9F%93%A6",
        "..%2f..",
        "'; DROP TABLE x;--",
    ],
)
def test_a_hostile_address_finds_nothing(erp, name):
    assert erp.get(f"/orders/{name}").status_code == 404
    assert erp.get(f"/shipments/{name}").status_code == 404
    assert (
        erp.get("/orders", number="\x00", q="\x00\ud800".encode("utf-8", "replace").decode()).status_code
        == 200
    )


def test_half_characters_do_not_break_the_answer(erp):
    for body in (
        b'{"number": "\\ud800", "placed_at": "2026-11-20T10:00:00Z"}',
        b'{"\\ud800": 1}',
        b'{"number": "1", "placed_at": "2026-11-20T10:00:00Z", "tags": ["\\udfff"], "city": "\\u0000Soria"}',
    ):
        assert erp.post("/orders", body).status_code in (201, 422)
        assert erp.post("/orders/batch", b'{"orders": [' + body + b"]}").status_code == 200
    assert erp.get("/orders/1").json()["city"] == "Soria"


# --- Another shop's ---


def test_nothing_of_another_shop_exists(shop, erp):
    rival = Caller(make.shop())
    made = erp.post("/orders", {**ORDER, "shipments": [{"carrier": "dhl", "number": "123"}]}).json()
    order, parcel = made["id"], made["shipments"][0]["id"]

    for path in (f"/orders/{order}", "/orders/1042", f"/shipments/{parcel}"):
        assert rival.get(path).status_code == 404, path
    assert rival.patch(f"/orders/{order}", {"city": "Soria"}).status_code == 404
    assert rival.delete(f"/shipments/{parcel}").status_code == 404
    for path in (f"/orders/{order}/cancel", f"/orders/{order}/shipments", f"/shipments/{parcel}/events"):
        body = {"carrier": "x", "number": "1", "status": "delivered"}
        assert rival.post(path, body).status_code == 404, path
    for query in ({}, {"q": "1042"}, {"number": "1042"}):
        assert rival.get("/orders", **query).json() == {"results": [], "next": None}
    for query in ({}, {"number": "123"}, {"order": order}, {"order": "1042"}):
        assert rival.get("/shipments", **query).json()["results"] == []
    # The same number is an order of its own there.
    assert rival.post("/orders", ORDER).status_code == 201
    assert erp.get("/orders/1042").json() == made


def test_an_event_of_a_carrier_counts_beside_the_shops(shop, erp, parcel):
    from tracking.services.events import record_events

    pk = int(parcel["id"].removeprefix("shp_"))
    now = timezone.now()
    record_events(
        shop_id=shop.pk,
        shipment_id=pk,
        now=now,
        events=[make.event(SubStatus.PICKED_UP, now - timedelta(hours=3))],
    )
    erp.post(f"/shipments/{parcel['id']}/events", {"status": "out_for_delivery"})
    said = erp.get(f"/shipments/{parcel['id']}").json()
    assert [event["source"] for event in said["events"]] == ["shop", "carrier"]
    assert said["events_count"] == 2
    assert said["status"] == "out_for_delivery"
