"""The list of orders: what needs somebody first, what is found, page after page, and what it costs."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from carriers.types import Answer, Event, PickupPoint, SubStatus
from tenants.isolation import shop_context
from tenants.models import Role, Shop
from tests import make
from tests.console.clients import signed_in
from tracking.models import Order, ShopState
from tracking.services.events import record_events

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def shop() -> Shop:
    return make.shop(time_zone="UTC")


@pytest.fixture
def agent(shop: Shop) -> Client:
    return signed_in(shop)


def numbers(client: Client, shop: Shop, query: str = "") -> list[str]:
    """The orders listed, in the order they stand."""
    page = client.get(f"{reverse('console:orders', args=[shop.slug])}?{query}").content.decode()
    return re.findall(r'class="row-link"[^>]*>#([^<]+)<', page)


def listed(client: Client, shop: Shop, query: str = "") -> Any:
    return client.get(f"{reverse('console:orders', args=[shop.slug])}?{query}")


def at(of: Shop, number: str, state: str = "shipped", **fields: Any) -> Order:
    now = timezone.now()
    defaults = {
        "placed_at": now - 2 * DAY,
        "state_since": now - DAY,
        "last_event_at": now - timedelta(hours=3),
    }
    return make.order(of, number=number, state=state, **{**defaults, **fields})


def test_without_any_order_the_page_says_how_to_begin(shop: Shop, agent: Client) -> None:
    page = listed(agent, shop).content.decode()
    assert "No orders yet" in page
    assert reverse("console:order_add", args=[shop.slug]) in page
    assert "<table" not in page


def test_what_needs_attention_comes_first_the_newest_trouble_on_top(shop: Shop, agent: Client) -> None:
    now = timezone.now()
    with shop_context(shop.pk):
        at(shop, "fine")
        at(shop, "old", health="attention", last_event_at=now - 3 * DAY)
        at(shop, "new", health="attention", last_event_at=now - HOUR, state_since=now - 5 * DAY)
        at(shop, "never scanned", health="attention", last_event_at=None, state_since=now - 2 * DAY)
    assert numbers(agent, shop) == ["new", "never scanned", "old"]
    assert len(numbers(agent, shop, "tab=all")) == 4


def test_when_nothing_needs_attention_all_orders_are_listed_the_latest_on_top(
    shop: Shop, agent: Client
) -> None:
    now = timezone.now()
    with shop_context(shop.pk):
        at(shop, "before", placed_at=now - 5 * DAY)
        at(shop, "after", placed_at=now - DAY)
    assert numbers(agent, shop) == ["after", "before"]
    assert "Nothing needs you" in listed(agent, shop, "tab=attention").content.decode()


def test_late_is_what_is_overdue_and_not_there_yet_the_longest_overdue_first(
    shop: Shop, agent: Client
) -> None:
    today = timezone.localdate()
    with shop_context(shop.pk):
        at(shop, "two days", eta_last=today - 2 * DAY)
        at(shop, "promised", "preparing", promised_date=today - 3 * DAY)
        at(shop, "slowed", health="delayed", eta_last=today + DAY)
        at(shop, "in time", eta_last=today + DAY)
        at(shop, "arrived", "delivered", eta_last=today - 2 * DAY)
        at(shop, "history", placed_at=timezone.now() - 400 * DAY, eta_last=today - 390 * DAY)
    assert numbers(agent, shop, "tab=late") == ["promised", "two days", "slowed"]


def test_at_the_pickup_point_the_longest_waiting_come_first(shop: Shop, agent: Client) -> None:
    now = timezone.now()
    with shop_context(shop.pk):
        at(shop, "yesterday", "ready_for_pickup", state_since=now - DAY)
        at(shop, "last week", "ready_for_pickup", state_since=now - 6 * DAY)
        at(shop, "on its way")
    assert numbers(agent, shop, "tab=pickup") == ["last week", "yesterday"]


def test_silent_is_what_is_under_way_and_unscanned_for_48_hours(shop: Shop, agent: Client) -> None:
    now = timezone.now()
    with shop_context(shop.pk):
        at(shop, "silent", last_event_at=now - timedelta(hours=49))
        at(shop, "handed over, never scanned", last_event_at=None, state_since=now - 4 * DAY)
        at(shop, "heard of", last_event_at=now - timedelta(hours=47))
        at(shop, "there", "delivered", last_event_at=now - 9 * DAY)
        at(shop, "not gone", "preparing", last_event_at=None, state_since=now - 9 * DAY)
    assert numbers(agent, shop, "tab=silent") == ["handed over, never scanned", "silent"]
    assert listed(agent, shop, "tab=silent").content.decode().count(">No scan in 48 h</span>") == 2


def test_out_for_delivery_is_what_is_on_a_van(shop: Shop, agent: Client) -> None:
    with shop_context(shop.pk):
        at(shop, "van", "out_for_delivery")
        at(shop, "depot")
    assert numbers(agent, shop, "tab=van") == ["van"]


def test_the_figures_are_counted_not_made_up(shop: Shop, agent: Client) -> None:
    now, today = timezone.now(), timezone.localdate()
    with shop_context(shop.pk):
        at(shop, "1")
        at(shop, "2", "partially_delivered", eta_last=today - DAY)
        at(shop, "3", "out_for_delivery")
        kept = at(shop, "4", "ready_for_pickup")
        make.shipment(kept, status="available_for_pickup", pickup={"until": (today + DAY).isoformat()})
        troubled = at(shop, "5", "shipped", health="attention", attention="exception.lost")
        make.shipment(troubled, status="exception", sub_status="exception.lost", status_since=now - 2 * DAY)
        for number, promised in (("6", today + DAY), ("7", today - 3 * DAY), ("8", None)):
            at(shop, number, "delivered", state_since=now - timedelta(minutes=1), promised_date=promised)
        at(shop, "9", "delivered", state_since=now - 20 * DAY, last_event_at=now - 20 * DAY)
    context = listed(agent, shop).context
    figures = context["figures"]
    assert (figures["in_transit"], figures["late"], figures["on_van"]) == ("3", "1", "1")
    assert (figures["exceptions"], figures["old_trouble"]) == ("1", "1")
    assert (figures["pickup"], figures["leaving_soon"]) == ("1", "1")
    assert (figures["delivered"], figures["on_time_share"]) == ("3", 50)
    assert {tab.code: tab.count for tab in context["tabs"]} == {
        "attention": "1", "late": "1", "pickup": "1", "silent": "0", "van": "1", "all": "9",
    }  # fmt: skip


def test_without_a_promise_no_share_on_time_is_claimed(shop: Shop, agent: Client) -> None:
    with shop_context(shop.pk):
        at(shop, "1", "delivered", state_since=timezone.now())
    page = listed(agent, shop).content.decode()
    assert "by the day promised" not in page
    assert "no day was promised" in page


def test_a_row_says_what_is_wrong_since_when_and_how_late(shop: Shop, agent: Client) -> None:
    today = timezone.localdate()
    with shop_context(shop.pk):
        order = at(
            shop, "1042", health="attention", attention="exception.address_invalid", promised_date=today,
            eta_last=today + 2 * DAY, last_event_at=timezone.now() - timedelta(hours=2), customer_name="Íñigo Ruiz",
        )  # fmt: skip
        make.shipment(order, carrier="ups", number="1Z9", status="in_transit")
        make.shipment(
            order, carrier="dhl", number="0034", status="exception", sub_status="exception.address_invalid"
        )
        make.shipment(order, carrier="dhl", number="gone", status="cancelled", sub_status="cancelled.voided")
        make.shipment(order, carrier="dhl", number="back", direction="return")
    (row,) = listed(agent, shop).context["rows"]
    assert (row.customer, row.place, row.carrier, row.tracking) == (
        "Íñigo Ruiz",
        "28038 Madrid, ES",
        "DHL",
        "0034",
    )
    assert row.more_parcels == 1
    assert (row.status, row.tone, row.since, row.late) == (
        "Address incomplete or wrong",
        "bad",
        "2 h ago",
        "+2 days",
    )


def test_the_shops_own_words_name_its_states(shop: Shop, agent: Client) -> None:
    with shop_context(shop.pk):
        labels = {"es": "En el taller", "en": "In the workshop"}
        ShopState.objects.create(
            shop=shop, code="preparing", labels=labels, canonicals=["preparing"], kind="linear"
        )
        at(shop, "1", "preparing")
        at(shop, "2", "out_for_delivery")
    assert [row.status for row in listed(agent, shop, "tab=all").context["rows"]] == [
        "Out for delivery",
        "In the workshop",
    ]
    agent.cookies["django_language"] = "es"
    assert listed(agent, shop, "tab=all").context["rows"][1].status == "En el taller"


def test_a_delivery_refuted_by_scans_is_called_what_it_is(shop: Shop, agent: Client) -> None:
    now = timezone.now()
    with shop_context(shop.pk):
        order = make.order(shop, quiet_before=now - 9 * DAY)
        parcel = make.shipment(order, created_at=now - 9 * DAY)
        told = [
            (SubStatus.PICKED_UP, 5), (SubStatus.DELIVERED, 4), (SubStatus.IN_TRANSIT, 3), (SubStatus.ARRIVED_FACILITY, 2),
        ]  # fmt: skip
        events = [make.event(sub, at=now - days * DAY) for sub, days in told]
        record_events(shop_id=shop.pk, shipment_id=parcel.pk, events=events, now=now)
    (row,) = listed(agent, shop).context["rows"]
    assert (row.status, row.tone) == ("False delivery?", "bad")


def test_at_a_pickup_point_the_row_says_until_when(shop: Shop, agent: Client) -> None:
    now = timezone.now()
    point = PickupPoint(name="Papelería Luna", until=date(2031, 3, 5))
    with shop_context(shop.pk):
        order = make.order(shop)
        parcel = make.shipment(order)
        waits = Event(now - timedelta(hours=2), SubStatus.PICKUP_POINT)
        record_events(
            shop_id=shop.pk, shipment_id=parcel.pk, events=[waits], now=now, answer=Answer("1", pickup=point)
        )
    (row,) = listed(agent, shop).context["rows"]
    assert (row.eta, row.eta_more, row.tone) == ("Ready", "until 5 Mar 2031", "ok")


# --- The search box ---


@pytest.mark.parametrize(
    "asked", ["1042", "%231042", "marta", "RUIZ", "marta%40ex", "600123456", "1z99", "1Z 99-9"]
)
def test_one_box_finds_an_order_by_number_name_mail_phone_or_parcel(
    shop: Shop, agent: Client, asked: str
) -> None:
    from tenants.services import SYSTEM
    from tracking.services.intake import OrderIn, ShipmentIn, upsert_order

    now = timezone.now()
    for number, name, mail, phone, parcel in (
        ("1042", "Marta Ruiz", "marta@example.com", "+34600123456", "1Z999"),
        ("2077", "Jean Morel", "jean@example.com", "+33612345678", "6A123"),
    ):
        order = OrderIn(
            number,
            now,
            customer_name=name,
            customer_email=mail,
            customer_phone=phone,
            shipments=(ShipmentIn("ups", parcel),),
        )
        upsert_order(shop=shop, order=order, by=SYSTEM, now=now)
    assert numbers(agent, shop, f"q={asked}") == ["1042"]


def test_nothing_found_says_how_to_search(shop: Shop, agent: Client) -> None:
    with shop_context(shop.pk):
        at(shop, "1")
    page = listed(agent, shop, "q=%3Cscript%3E").content.decode()
    assert "Nothing found for “&lt;script&gt;”" in page
    assert "<script>" not in page


def test_a_search_finds_nothing_of_another_shop(shop: Shop, agent: Client) -> None:
    other = make.shop()
    with shop_context(other.pk):
        make.order(other, number="777")
    with shop_context(shop.pk):
        at(shop, "1")
    assert numbers(agent, shop, "q=777") == []
    assert "777" not in numbers(agent, shop, "tab=all")


# --- Filters ---


def test_filters_narrow_and_are_taken_away_one_by_one(shop: Shop, agent: Client) -> None:
    with shop_context(shop.pk):
        wanted = at(shop, "wanted", channel="amazon", country="FR")
        make.shipment(wanted, carrier="ups")
        at(shop, "own shop", country="FR")
        at(shop, "at home", channel="amazon", country="ES")
    assert numbers(agent, shop, "channel=amazon&country=fr") == ["wanted"]
    assert numbers(agent, shop, "carrier=ups") == ["wanted"]
    assert numbers(agent, shop, "state=delivered") == []
    chips = {
        chip.label: chip.query for chip in listed(agent, shop, "channel=amazon&country=fr").context["chips"]
    }
    assert chips == {"Sales channel": "country=fr", "Country": "channel=amazon"}
    assert "No order fits these filters" in listed(agent, shop, "state=delivered").content.decode()


def test_days_of_a_filter_are_the_shops_days() -> None:
    shop = make.shop(time_zone="Europe/Madrid")
    agent = signed_in(shop)
    with shop_context(shop.pk):
        at(shop, "last minute", placed_at=datetime.fromisoformat("2026-11-20T23:59:00+01:00"))
        at(shop, "next day", placed_at=datetime.fromisoformat("2026-11-21T00:01:00+01:00"))
    assert numbers(agent, shop, "placed_from=2026-11-20&placed_to=2026-11-20") == ["last minute"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("country=Spain", "at most 2 characters"),
        ("country=XX", "two letters, like ES"),
        ("placed_from=yesterday", "Enter a valid date"),
        ("placed_from=2026-11-20&placed_to=2026-11-01", "before the first one"),
    ],
)
def test_a_filter_that_makes_no_sense_says_so_and_shows_all(
    shop: Shop, agent: Client, query: str, said: str
) -> None:
    with shop_context(shop.pk):
        at(shop, "1", placed_at=datetime.fromisoformat("2026-11-25T12:00:00+01:00"))
    answer = listed(agent, shop, query)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert numbers(agent, shop, query) == ["1"]


@pytest.mark.parametrize(
    "query",
    [
        "tab=nonsense",
        "after=nonsense",
        "before=WyJ4IiwgMV0",
        "after=W10",
        "open=x",
        "q=%00",
        "state=%00&channel=x",
    ],
)
def test_an_address_typed_wrong_shows_the_list_all_the_same(shop: Shop, agent: Client, query: str) -> None:
    with shop_context(shop.pk):
        at(shop, "1")
    assert listed(agent, shop, query).status_code == 200


# --- Page after page ---


def test_pages_follow_one_another_without_a_gap_and_back(
    shop: Shop, agent: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.orders.PAGE", 3)
    now = timezone.now()
    with shop_context(shop.pk):
        for n in range(8):  # in pairs of the same instant
            at(shop, str(n), placed_at=now - DAY - timedelta(hours=n // 2))
    seen, query, pages = [], "tab=all", []
    while query:
        context = listed(agent, shop, query).context
        pages.append([row.number for row in context["rows"]])
        seen += pages[-1]
        query = context["older"]
    assert len(pages) == 3
    assert seen == ["1", "0", "3", "2", "5", "4", "7", "6"]
    back = listed(
        agent, shop, listed(agent, shop, listed(agent, shop, "tab=all").context["older"]).context["newer"]
    ).context
    assert [row.number for row in back["rows"]] == pages[0]
    assert back["newer"] == ""
    assert back["older"]


def test_a_row_that_goes_while_one_leafs_takes_no_other_with_it(
    shop: Shop, agent: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.orders.PAGE", 2)
    now = timezone.now()
    with shop_context(shop.pk):
        made = [at(shop, str(n), health="attention", last_event_at=now - n * DAY) for n in range(4)]
    older = listed(agent, shop).context["older"]
    with shop_context(shop.pk):
        Order.objects.filter(pk=made[0].pk).update(health="on_track")
    assert numbers(agent, shop, older) == ["2", "3"]


def test_filters_stay_from_page_to_page(shop: Shop, agent: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.orders.PAGE", 1)
    with shop_context(shop.pk):
        at(shop, "1", country="FR")
        at(shop, "2", country="ES")
        at(shop, "3", country="FR")
    assert numbers(agent, shop, listed(agent, shop, "country=FR").context["older"]) == ["1"]


# --- What it costs ---


def statements(client: Client, address: str) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in caught.captured_queries]


@pytest.mark.parametrize(
    "query", ["tab=attention", "tab=late", "tab=silent", "tab=all", "tab=all&carrier=dhl&country=ES"]
)
def test_the_list_takes_as_many_statements_for_fifty_rows_as_for_one(
    shop: Shop, agent: Client, query: str
) -> None:
    overdue = {"eta_last": date(2026, 1, 1), "last_event_at": timezone.now() - 5 * DAY}

    def fill(count: int) -> None:
        with shop_context(shop.pk):
            for n in range(count):
                make.shipment(at(shop, f"{count}-{n}", health="attention", **overdue))

    address = f"{reverse('console:orders', args=[shop.slug])}?{query}"
    fill(1)
    few = statements(agent, address)
    fill(20)
    many = statements(agent, address)
    assert len(many) == len(few)
    in_shop = [sql for sql in many if "tracking_" in sql or "tenants_brand" in sql]
    assert len(in_shop) <= 6


def test_a_search_takes_a_fixed_number_of_statements(shop: Shop, agent: Client) -> None:
    with shop_context(shop.pk):
        for n in range(5):
            make.shipment(at(shop, f"77{n}"))
    address = f"{reverse('console:orders', args=[shop.slug])}?q=77"
    assert len([sql for sql in statements(agent, address) if "tracking_" in sql]) <= 8


def test_no_count_looks_further_than_it_says(shop: Shop, agent: Client) -> None:
    with shop_context(shop.pk):
        at(shop, "1")
    sent = statements(agent, reverse("console:orders", args=[shop.slug]))
    (counting,) = [sql for sql in sent if "cardinality" in sql and "tenants_shop" in sql]
    assert counting.count("cardinality(ARRAY(") == counting.count("LIMIT 1001") + counting.count(
        "LIMIT 10001"
    )


def test_of_many_it_says_a_thousand_and_more() -> None:
    from console.orders import bounded

    assert bounded(1000, 1000) == "1,000"
    assert bounded(1001, 1000) == "1,000+"


def test_a_viewer_is_not_offered_to_add_orders(shop: Shop) -> None:
    assert "orders/add/" not in listed(signed_in(shop, Role.VIEWER), shop).content.decode()
