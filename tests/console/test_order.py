"""One order: what is wrong with it, why it stands where it stands, and what can be done about it."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from carriers.types import SubStatus
from console import advice
from console.clock import span
from console.decisions import FLAGS, WHY
from notifications.models import Message, Receipt
from tenants.isolation import shop_context
from tenants.models import AuditEntry, KeyHash, Role, Shop
from tests import make
from tests.console.clients import signed_in
from tracking.links import page_url
from tracking.models import Milestone, Order, OrderLine, Shipment, TrackingEvent
from tracking.position import Flag, Why
from tracking.services.events import record_events
from tracking.substatuses import DETAILS

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
S = SubStatus


@pytest.fixture
def shop() -> Shop:
    return make.shop(time_zone="UTC")


@pytest.fixture
def agent(shop: Shop) -> Client:
    return signed_in(shop)


@pytest.fixture
def order(shop: Shop) -> Order:
    with shop_context(shop.pk):
        return make.order(
            shop, number="1042", quiet_before=timezone.now() - 30 * DAY, address_line="Calle Mayor 5"
        )


def scanned(order: Order, *scans: tuple[SubStatus | None, timedelta], **fields: Any) -> Shipment:
    """A parcel of the order, scanned that long ago."""
    now = timezone.now()
    with shop_context(order.shop_id):
        parcel = make.shipment(order, created_at=now - 30 * DAY, **fields)
        for sub, ago in scans:  # heard of as they happened
            events = [make.event(sub, at=now - ago)]
            record_events(shop_id=order.shop_id, shipment_id=parcel.pk, events=events, now=now - ago)
    return parcel


def address(name: str, order: Order, *more: int) -> str:
    return reverse(f"console:{name}", args=[order.shop.slug, order.pk, *more])


def shown(client: Client, order: Order) -> str:
    """The words of the page, as they stand one after the other."""
    page = client.get(address("order", order)).content.decode()
    body = re.sub(r"<(script|style|svg).*?</\1>", "", page[page.index("<main") :], flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def do(client: Client, name: str, order: Order, *more: int, **said: Any) -> Any:
    answer = client.post(address(name, order, *more), said)
    with shop_context(order.shop_id):
        order.refresh_from_db()
    return answer


# --- What it says ---


def test_it_says_in_words_what_is_wrong_and_leads_to_the_form_that_helps(agent: Client, order: Order) -> None:
    scanned(order, (S.PICKED_UP, 2 * DAY), (S.EXCEPTION_ADDRESS, HOUR))
    page = agent.get(address("order", order)).content.decode()
    assert "DHL says the address is incomplete or wrong" in page
    assert "correct it here and tell the carrier" in page
    assert 'href="#do-customer"' in page
    assert 'id="do-customer"' in page


TROUBLE = [
    sub
    for sub, row in DETAILS.items()
    if row.status in ("exception", "failed_attempt", "returning", "expired")
]


@pytest.mark.parametrize("sub_status", TROUBLE)
def test_every_trouble_has_advice(sub_status: SubStatus) -> None:
    said = advice.of_sub_status(sub_status) or pytest.fail("no advice")
    assert str(said.what) % {"carrier": "DHL"}
    assert str(said.do)
    assert set(said.deeds) <= set(advice.DEEDS)


def test_every_rule_and_flag_of_the_fold_has_words() -> None:
    assert set(WHY) == set(Why)
    assert set(FLAGS) == set(Flag)


def test_a_parcel_that_is_fine_gets_no_callout(agent: Client, order: Order) -> None:
    scanned(order, (S.PICKED_UP, 5 * HOUR))
    assert 'class="callout' not in agent.get(address("order", order)).content.decode()


def test_silence_a_missed_promise_and_a_cancellation_under_way_are_said(
    agent: Client, order: Order, shop: Shop
) -> None:
    scanned(order, (S.PICKED_UP, 3 * DAY))
    assert "No scan in 48 hours" in shown(agent, order)
    do(agent, "order_cancel", order, reason="shopper")
    assert "The order is cancelled, and a parcel is under way" in shown(agent, order)


def test_one_timeline_holds_scans_steps_and_messages_newest_first(
    agent: Client, order: Order, shop: Shop
) -> None:
    scanned(order, (S.LABEL_CREATED, 50 * HOUR), (S.PICKED_UP, 26 * HOUR), (S.ON_VEHICLE, 3 * HOUR))
    with shop_context(shop.pk):
        sent = Message.objects.create(
            shop=shop, order=order, state="shipped", channel="email", dedupe_key="1", recipient="marta@example.com",
            language="es", subject="Va de camino", status="opened", sent_at=timezone.now() - 25 * HOUR,
        )  # fmt: skip
        Receipt.objects.create(shop=shop, message=sent, kind="opened", at=timezone.now() - 24 * HOUR)
    page = shown(agent, order)
    timeline = page[page.index("Timeline") : page.index("What can be done")]
    lines = [
        "Order: Out for delivery", "Out for delivery DHL", "E-mail “Va de camino” opened marta@example.com · opened",
        "Order: Shipped", "Picked up by the carrier", "Label created",
    ]  # fmt: skip
    places = [timeline.index(line) for line in lines]
    assert places == sorted(places)
    assert (
        f'href="{reverse("console:message", args=[shop.slug, sent.pk])}"'
        in agent.get(address("order", order)).content.decode()
    )


def test_the_carriers_words_stand_beside_our_reading(agent: Client, order: Order, shop: Shop) -> None:
    parcel = scanned(order)
    told = make.event(S.ON_VEHICLE, at=timezone.now(), text="En reparto <b>", place="Getafe")
    with shop_context(shop.pk):
        record_events(shop_id=shop.pk, shipment_id=parcel.pk, events=[told], now=timezone.now())
    page = agent.get(address("order", order)).content.decode()
    assert "“En reparto &lt;b&gt;”" in page
    assert "DHL · Getafe" in page


def test_a_scan_that_changed_nothing_says_why(agent: Client, order: Order) -> None:
    scanned(order, (S.PICKED_UP, 30 * HOUR), (S.DELIVERED_SIGNED, 5 * HOUR), (S.ARRIVED_FACILITY, HOUR))
    page = shown(agent, order)
    assert "Kept in the timeline only: Came after the delivery; a single straggler does not undo it." in page
    assert "Moved it to “Delivered” . The ordinary next step." in page


def test_a_code_without_a_meaning_is_shown_in_the_carriers_words(
    agent: Client, order: Order, shop: Shop
) -> None:
    parcel = scanned(order, (S.PICKED_UP, DAY))
    unread = make.event(None, at=timezone.now(), text="Zollamt Köln", code="Z9")
    with shop_context(shop.pk):
        record_events(shop_id=shop.pk, shipment_id=parcel.pk, events=[unread], now=timezone.now())
    page = shown(agent, order)
    assert "Zollamt Köln" in page
    assert "The carrier’s code has no meaning here yet" in page


def test_who_did_what_is_told_by_name(shop: Shop, order: Order) -> None:
    ana = make.user(name="Ana Olmo")
    make.member(shop, Role.AGENT, user=ana)
    client = signed_in(shop)
    client.force_login(ana)
    do(client, "order_state", order, state="preparing")
    page = shown(client, order)
    assert "Order: Being prepared Ana Olmo" in page
    assert "State changed" not in page[page.index("Timeline") :]  # once is enough
    scanned(order, (S.PICKED_UP, HOUR))
    do(client, "order_state", order, state="to_prepare")
    assert "State changed: Waiting to be prepared Ana Olmo" in shown(client, order)


def test_the_page_for_the_customer_can_be_opened_and_copied(agent: Client, order: Order, shop: Shop) -> None:
    page = agent.get(address("order", order)).content.decode()
    assert f'href="{page_url(shop, order)}"' in page
    assert f'data-copy="{page_url(shop, order)}"' in page


def test_beside_the_list_stands_the_same_shorter_and_without_a_frame(agent: Client, order: Order) -> None:
    scanned(order, (S.PICKED_UP, 30 * HOUR), (S.EXCEPTION_ADDRESS, HOUR))
    part = agent.get(address("order_peek", order)).content.decode()
    assert "<html" not in part
    assert "DHL says the address is incomplete or wrong" in part
    assert f'href="{address("order", order)}#do-customer"' in part


def test_the_page_takes_as_many_statements_for_much_as_for_little(
    agent: Client, order: Order, shop: Shop
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert agent.get(address("order", order)).status_code == 200
        return len(caught)

    def message(key: str) -> Message:
        return Message.objects.create(
            shop=shop,
            order=order,
            state="shipped",
            channel="email",
            dedupe_key=key,
            recipient="a@example.com",
            language="es",
        )

    scanned(order, (S.PICKED_UP, DAY))
    with shop_context(shop.pk):
        message("0")
    few = count()
    for n in range(5):
        scanned(order, *((S.ARRIVED_FACILITY, h * HOUR) for h in range(1, 9)))
        with shop_context(shop.pk):
            message(f"more {n}")
            OrderLine.objects.create(shop=shop, order=order, position=n + 5, title="Otro")
    assert count() == few
    assert few <= 26


# --- What can be done ---


def test_the_state_is_changed(agent: Client, order: Order) -> None:
    answer = do(agent, "order_state", order, state="preparing")
    assert (answer.status_code, answer["Location"]) == (302, address("order", order))
    assert (order.asserted, order.state) == ("preparing", "preparing")


def test_a_state_only_parcels_bring_about_cannot_be_asserted(agent: Client, order: Order) -> None:
    answer = do(agent, "order_state", order, state="delivered")
    assert answer.status_code == 422
    assert order.asserted == "received"
    page = answer.content.decode()
    drawer = page[page.index('id="do-state"') : page.index('id="do-parcel"')]
    assert re.match(r'id="do-state" name="do" open>', drawer)
    assert 'aria-invalid="true"' in drawer
    assert "Select a valid choice" in drawer


def test_a_state_is_set_by_hand_shown_as_such_and_taken_back(agent: Client, order: Order) -> None:
    scanned(order, (S.PICKED_UP, DAY))
    do(agent, "order_override", order, state="delivered", until="forever", reason="Collected in the shop")
    assert (order.state, order.override_state) == ("delivered", "delivered")
    page = shown(agent, order)
    assert "State set by hand by" in page
    assert "Collected in the shop" in page
    do(agent, "order_override_clear", order)
    assert (order.state, order.override_state) == ("shipped", "")
    do(agent, "order_override_clear", order)
    assert order.state == "shipped"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"until": "date"}, "Say until which day it holds."),
        ({"until": "date", "date": "2020-01-01"}, "This day has passed already."),
        ({"until": "forever", "reason": ""}, "This field is required."),
        ({"until": "whenever"}, "Select a valid choice"),
    ],
)
def test_a_state_by_hand_needs_a_reason_and_an_end(
    agent: Client, order: Order, said: dict[str, str], sentence: str
) -> None:
    answer = do(agent, "order_override", order, **{"state": "delivered", "reason": "Because", **said})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert order.override_state == ""


def test_an_order_is_cancelled_with_a_reason_once_and_taken_up_again(
    agent: Client, order: Order, shop: Shop
) -> None:
    assert do(agent, "order_cancel", order).status_code == 422
    assert order.cancelled_at is None
    do(agent, "order_cancel", order, reason="payment")
    first = order.cancelled_at
    do(agent, "order_cancel", order, reason="shopper")
    assert (order.state, order.cancel_reason, order.cancelled_at) == ("cancelled", "payment", first)
    with shop_context(shop.pk):
        assert AuditEntry.objects.filter(action="order.cancelled").count() == 1
    assert "Cancelled because the payment failed" in shown(agent, order)
    do(agent, "order_reopen", order)
    assert (order.state, order.cancelled_at) == ("received", None)


def test_a_parcel_is_added_by_its_carriers_name_once(agent: Client, order: Order, shop: Shop) -> None:
    for _twice in range(2):
        assert (
            do(
                agent, "order_parcel", order, carrier="dhl", number=" 0034 0434 ", direction="outbound"
            ).status_code
            == 302
        )
    with shop_context(shop.pk):
        (parcel,) = order.shipments.all()
        assert (parcel.carrier, parcel.number_key, parcel.direction) == ("dhl", "00340434", "outbound")
        assert AuditEntry.objects.filter(action="shipment.added", subject=f"order:{order.pk}").count() == 1


def test_a_parcel_of_a_carrier_nobody_knows_is_kept(agent: Client, order: Order, shop: Shop) -> None:
    do(agent, "order_parcel", order, carrier="Moto Pepe", number="7", direction="outbound")
    with shop_context(shop.pk):
        assert order.shipments.get().carrier == "moto_pepe"
    assert "MOTO PEPE" in shown(agent, order)


def test_a_parcel_without_a_number_is_refused_beside_the_field_and_what_was_typed_stays(
    agent: Client, order: Order
) -> None:
    answer = do(agent, "order_parcel", order, carrier="DHL", number="---", direction="outbound")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert re.search(r'id="parcel_number_error".{0,200}A parcel needs its tracking number', page, re.S)
    assert 'value="DHL"' in page
    assert 'value="---"' in page


def test_a_parcel_is_removed_and_removing_it_again_is_no_error(
    agent: Client, order: Order, shop: Shop
) -> None:
    parcel = scanned(order, (S.PICKED_UP, DAY))
    for _twice in range(2):
        assert do(agent, "parcel_remove", order, parcel.pk).status_code == 302
    with shop_context(shop.pk):
        assert not order.shipments.exists()
    assert order.state == "received"


def test_an_event_of_ones_own_moves_the_parcel_once(agent: Client, order: Order, shop: Shop) -> None:
    parcel = scanned(order, (S.PICKED_UP, DAY))
    said = {
        "shipment": parcel.pk, "sub_status": "delivered.delivered",
        "occurred_at": (timezone.now() - HOUR).strftime("%Y-%m-%dT%H:%M"), "place": "Tienda", "text": "Lo llevamos nosotros",
    }  # fmt: skip
    for _twice in range(2):
        assert do(agent, "order_event", order, **said).status_code == 302
    with shop_context(shop.pk):
        (told,) = TrackingEvent.objects.filter(source="agent")
        assert (told.text, told.place) == ("Lo llevamos nosotros", "Tienda")
        assert AuditEntry.objects.filter(action="shipment.event").count() == 1
    assert order.state == "delivered"
    assert "DHL, recorded by hand · Tienda" in shown(agent, order)


def test_an_event_of_another_orders_parcel_or_of_tomorrow_is_refused(
    agent: Client, order: Order, shop: Shop
) -> None:
    mine = scanned(order, (S.PICKED_UP, DAY))
    with shop_context(shop.pk):
        other = make.order(shop)
    theirs = scanned(other, (S.PICKED_UP, DAY))
    now = timezone.now()
    for shipment, at in ((theirs, now - HOUR), (mine, now + DAY)):
        said = {
            "shipment": shipment.pk,
            "sub_status": "delivered.delivered",
            "occurred_at": at.strftime("%Y-%m-%dT%H:%M"),
        }
        assert do(agent, "order_event", order, **said).status_code == 422
    with shop_context(shop.pk):
        assert not TrackingEvent.objects.filter(source="agent").exists()


def test_an_invoice_is_recorded_once_and_shown(agent: Client, order: Order, shop: Shop) -> None:
    said = {"reference": "F-2026-17", "at": "2026-11-20T10:00", "url": "https://facturas.example.com/17.pdf"}
    for _twice in range(2):
        assert do(agent, "order_invoice", order, **said).status_code == 302
    with shop_context(shop.pk):
        assert Milestone.objects.filter(order=order).count() == 1
    page = agent.get(address("order", order)).content.decode()
    assert 'href="https://facturas.example.com/17.pdf"' in page
    assert "Invoice issued" in page
    assert do(agent, "order_invoice", order, **{**said, "url": "javascript:alert(1)"}).status_code == 422


def test_customer_and_address_are_corrected_and_the_audit_keeps_no_personal_data(
    agent: Client, order: Order, shop: Shop
) -> None:
    said = {
        "customer_name": "Marta Ruiz", "customer_email": "marta.ruiz@example.com", "customer_phone": "600 123 456",
        "address_line": "Calle Mayor 15", "city": "Madrid", "postal_code": "28038", "country": "es",
    }  # fmt: skip
    assert do(agent, "order_customer", order, **said).status_code == 302
    assert (order.address_line, order.customer_phone, order.country) == (
        "Calle Mayor 15",
        "+34600123456",
        "ES",
    )
    with shop_context(shop.pk):
        (entry,) = AuditEntry.objects.filter(action="order.changed")
    assert "Calle" not in str(entry.after)
    assert "address_line" in entry.after["fields"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("customer_email", "marta@", "This is not an e-mail address: check it for typing errors."),
        ("customer_phone", "12", "write it with its country&#x27;s prefix"),
        ("country", "Spanien", "Write the country as its two letters"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field(
    agent: Client, order: Order, field: str, value: str, sentence: str
) -> None:
    answer = do(agent, "order_customer", order, customer_name="Marta Ruiz", city="Lugo", **{field: value})
    assert answer.status_code == 422
    assert re.search(
        rf'id="customer_{field}_error".{{0,220}}{re.escape(sentence)}', answer.content.decode(), re.S
    )
    assert order.city == "Madrid"


def test_a_new_address_for_the_page_is_made_once_a_form(agent: Client, order: Order, shop: Shop) -> None:
    old = order.token_hash
    for _twice in range(2):
        do(agent, "order_page_revoke", order, turn=0)
    assert order.token_turn == 1
    assert order.token_hash != old
    assert not KeyHash.objects.filter(hash=old).exists()


def test_coming_back_to_a_form_after_signing_in_leads_to_the_order(agent: Client, order: Order) -> None:
    answer = agent.get(address("order_cancel", order))
    assert (answer.status_code, answer["Location"]) == (302, address("order", order))


def test_forms_are_of_no_use_to_another_site(shop: Shop, order: Order) -> None:
    client = signed_in(shop)
    client.handler.enforce_csrf_checks = True
    assert client.post(address("order_cancel", order), {"reason": "shop"}).status_code == 403


# --- Adding one ---


def add(client: Client, shop: Shop, **said: Any) -> Any:
    lines = {"line-TOTAL_FORMS": 5, "line-INITIAL_FORMS": 0}
    fields = {
        "once": "drawn-once",
        "number": "2001",
        "placed_at": "2026-11-20T10:00",
        "state": "received",
        "language": "es",
    }
    return client.post(reverse("console:order_add", args=[shop.slug]), {**lines, **fields, **said})


def test_an_order_is_added_with_customer_lines_and_parcel(agent: Client, shop: Shop) -> None:
    answer = add(
        agent, shop, customer_name="Jean Morel", customer_email="jean@example.com", country="FR", total="41.50", carrier="UPS",
        tracking="1Z999", promised_date="2026-11-28",
        **{"line-0-title": "Jarrón", "line-0-quantity": "2", "line-0-unit_price": "20.75", "line-3-sku": "PLA-07"},
    )  # fmt: skip
    with shop_context(shop.pk):
        order = Order.objects.get(number="2001")
        assert answer["Location"] == address("order", order)
        assert (order.customer_name, order.country, order.total) == ("Jean Morel", "FR", Decimal("41.5"))
        assert [(line.title, line.quantity) for line in order.lines.all()] == [("Jarrón", 2), ("PLA-07", 1)]
        assert [(parcel.carrier, parcel.number) for parcel in order.shipments.all()] == [("ups", "1Z999")]


def test_a_form_sent_twice_adds_one_order(agent: Client, shop: Shop) -> None:
    first, second = add(agent, shop), add(agent, shop)
    assert first["Location"] == second["Location"]
    with shop_context(shop.pk):
        assert Order.objects.count() == 1
        assert AuditEntry.objects.filter(action="order.added").count() == 1


def test_a_number_that_is_taken_is_refused_and_leads_to_the_order(
    agent: Client, shop: Shop, order: Order
) -> None:
    answer = add(agent, shop, number="#1042", customer_name="Somebody Else")
    assert answer.status_code == 422
    assert "There is an order 1042 already." in answer.content.decode()
    assert address("order", order) in answer.content.decode()
    with shop_context(shop.pk):
        order.refresh_from_db()
    assert order.customer_name == "Marta Ruiz"


@pytest.mark.parametrize(
    ("said", "field", "sentence"),
    [
        ({"number": ""}, "id_number", "This field is required."),
        ({"customer_email": "x"}, "id_customer_email", "This is not an e-mail address"),
        ({"carrier": "DHL"}, "id_tracking", "A parcel needs its tracking number."),
        ({"total": "1.234567"}, "id_total", "Too many decimals"),
        (
            {"line-0-title": "Jarrón", "line-0-unit_price": "1.239"},
            "id_line-0-unit_price",
            "Too many decimals",
        ),
        ({"line-1-unit_price": "3"}, "id_line-1-title", "A line needs a title or an article code."),
        ({"placed_at": "2036-01-01T10:00"}, "id_placed_at", "This is in the future"),
    ],
)
def test_each_mistake_is_said_beside_its_field_and_nothing_is_added(
    agent: Client, shop: Shop, said: dict[str, str], field: str, sentence: str
) -> None:
    answer = add(agent, shop, **said)
    assert answer.status_code == 422
    assert re.search(rf'id="{field}_error".{{0,260}}{re.escape(sentence)}', answer.content.decode(), re.S)
    with shop_context(shop.pk):
        assert not Order.objects.exists()


# --- How it is said ---


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(minutes=12), "12 min"),
        (5 * HOUR, "5 h"),
        (2 * DAY, "2 d"),
        (2 * DAY + 3.5 * HOUR, "2 d 3 h"),
    ],
)
def test_a_span_is_said_by_its_two_largest_parts(length: timedelta, said: str) -> None:
    assert span(length) == said


def test_each_step_says_how_long_the_state_before_it_lasted(agent: Client, order: Order) -> None:
    scanned(order, (S.PICKED_UP, 50 * HOUR), (S.ON_VEHICLE, 3 * HOUR))
    assert "Order: Out for delivery after 1 d 23 h as “Shipped”" in shown(agent, order)


def test_the_carrier_is_asked_from_the_advice_itself(agent: Client, order: Order, shop: Shop) -> None:
    with shop_context(shop.pk):
        account = make.account(shop)
    parcel = scanned(order, (S.PICKED_UP, 2 * DAY), (S.FAILED_NOT_HOME, HOUR), account_id=account.pk)
    page = agent.get(address("order", order)).content.decode()
    assert f'form="ask-{parcel.pk}"' in page[: page.index('id="timeline-title"')]
    assert f'id="ask-{parcel.pk}" method="post" action="{address("parcel_ask", order, parcel.pk)}"' in page
