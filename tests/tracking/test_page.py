"""The shopper's page: what it says, what it costs, who may keep it, and how soon it is true again."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from carriers import shared
from carriers.types import SubStatus
from tenants.colours import contrast, palette
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.models import Brand, Host
from tests import make
from tests.tracking import pages as rows
from tracking import look, pages
from tracking.actions import web
from tracking.models import Milestone, Order, OrderLine, Poll, ShopState, TrackingEvent

WAY = [
    (SubStatus.LABEL_CREATED, 50, "Prerregistrado"),
    (SubStatus.PICKED_UP, 44, "Recogido"),
    (SubStatus.IN_TRANSIT, 30, "En tránsito"),
    (SubStatus.AT_DELIVERY_DEPOT, 6, "En delegación"),
]


@pytest.fixture(autouse=True)
def _fresh():
    forget_shops()
    with time_machine.travel(make.NOW, tick=False):
        yield


@pytest.fixture
def shop(db):
    return rows.shop(slug="olmo")


@pytest.fixture
def order(shop):
    """On its way with DHL, to arrive on Monday."""
    monday = make.NOW.date() + timedelta(days=2)
    with shop_context(shop.pk):
        order = rows.order(shop, number="1042", state="shipped", eta_first=monday, eta_last=monday)
        rows.parcel(order, WAY)
        for number, (after, hours) in enumerate([("received", 90), ("preparing", 70), ("shipped", 44)]):
            rows.move(order, after, hours, number)
    return order


def get(of, query="", **headers):
    return rows.reader(**headers).get(rows.path(of) + query)


def html(of, query="", **headers):
    return rows.said(get(of, query, **headers))


def text(of, query=""):
    """What a person reads, in one line."""
    plain = re.sub(r"<(script|style|svg).*?</\1>|<[^>]+>", " ", html(of, query), flags=re.S)
    return re.sub(r"\s+", " ", plain.replace("&#x27;", "'"))


def statements(queries):
    """Without the transaction's own."""
    return [q["sql"] for q in queries if not re.match(r"(BEGIN|COMMIT|SAVEPOINT|RELEASE|ROLLBACK)", q["sql"])]


# --- What it says ---


def test_the_answer_comes_first(order):
    said = text(order)
    assert (
        said.index("Arrives on Monday 23")
        < said.index("Last scan")
        < said.index("At the local delivery depot")
    )
    assert '<h1 id="answer">Arrives on Monday 23</h1>' in html(order)
    assert "<title>Arrives on Monday 23 · " in html(order)


def test_no_silence_is_unexplained(order):
    assert "Last scan: Madrid , today at 07:00 . The next one usually follows within a day." in text(order)
    with time_machine.travel(make.NOW + timedelta(days=2), tick=False):  # a Sunday lies between
        assert "Last scan: Madrid , Saturday 21, 07:00 . The next one should come soon" in text(order)
    with time_machine.travel(make.NOW + timedelta(days=5), tick=False):
        assert "Last scan: Madrid , Saturday 21, 07:00 . That is longer than usual." in text(order)


def test_the_steps_are_the_shops_own_with_what_is_done_now_and_to_come(order):
    steps = re.findall(
        r'<li class="(done|now|todo)"[^>]*><span>([^<]+)</span>.*?(?:<small>([^<]+)</small>)?</li>',
        html(order),
    )
    assert steps == [
        ("done", "Received", "17 Nov"),
        ("done", "Being prepared", "18 Nov"),
        ("now", "On its way", "19 Nov"),
        ("todo", "Delivered", ""),
    ]


def test_a_shops_words_for_a_step_are_shown_in_the_readers_language(order):
    assert "En camino" in html(order, "?lang=es")


def test_a_state_that_is_no_step_stands_between_the_steps(shop, order):
    with shop_context(shop.pk):
        ShopState.objects.for_shop(shop).filter(code="on_its_way").update(canonicals=["shipped"])
        ShopState.objects.for_shop(shop).filter(position__gte=3).update(position=4)
        ShopState.objects.create(
            shop=shop, code="pickup", labels={"en": "At a pickup point"}, canonicals=["ready_for_pickup"],
            kind="derived", position=3, step=False,
        )  # fmt: skip
        Order.objects.for_shop(shop).update(state="ready_for_pickup", version=2)
    steps = re.findall(r'<li class="(done|now|todo)"[^>]*><span>([^<]+)</span>', html(order))
    assert steps[-2:] == [("now", "At a pickup point"), ("todo", "Delivered")]


def test_what_is_the_shops_own_business_stays_there(shop):
    with shop_context(shop.pk):
        ShopState.objects.create(
            shop=shop, code="routed", labels={"en": "Routed to VLC-2"}, canonicals=["routed"], kind="linear",
            position=9, step=False, visible=False,
        )  # fmt: skip
        order = rows.order(shop, state="routed")
        rows.move(order, "routed", 3)
    said = text(order)
    assert "Routed" not in said
    assert "Your order is being prepared" in said


def test_the_timeline_is_told_by_day_in_the_destinations_time(shop):
    with shop_context(shop.pk):
        order = rows.order(shop, state="shipped", country="ES", postal_code="35001")
        rows.parcel(order, [(SubStatus.IN_TRANSIT, 12, "")])
    said = text(order)
    assert "Today, Saturday 21 November On its way 00:00" in said  # 01:00 in Madrid
    assert "Times are those of" in said


def test_the_same_scan_reported_twice_is_told_once_by_its_better_reading(shop, order):
    with shop_context(shop.pk):
        first = TrackingEvent.objects.for_shop(shop).get(sub_status="in_transit.at_delivery_depot")
        first.pk, first.detail, first.sub_status = None, "other", "in_transit.in_transit"
        first.save()
    assert text(order).count("At the local delivery depot") == 1
    assert text(order).count("On its way") == 2  # the step, and the scan of the day before


def test_a_scan_without_a_meaning_alarms_nobody(shop, order):
    with shop_context(shop.pk):
        rows.parcel(order, [(None, 1, "INC-77 <b>MARTA</b>")])
    assert "Update from the carrier" in text(order)
    assert "INC-77" not in html(order)


def test_the_carriers_words_are_one_tap_away(order):
    assert "<q>En tránsito</q>" in html(order)
    assert "In the carrier's own words" in text(order)


def test_several_parcels_have_a_card_each_and_the_counts_come_first(shop):
    with shop_context(shop.pk):
        order = rows.order(
            shop, state="partially_delivered", health="attention", attention="failed_attempt.not_home"
        )
        rows.parcel(order, [*WAY, (SubStatus.DELIVERED_NEIGHBOUR, 2, "")])
        rows.parcel(order, [*WAY, (SubStatus.FAILED_NOT_HOME, 1, "")], carrier="correos_es")
    said = text(order)
    assert "1 of 2 parcels delivered" in said
    assert "Parcel 1 of 2 · DHL Left with a neighbour" in said
    assert "Parcel 2 of 2 · Correos Nobody was in" in said
    assert said.index("Parcel 1 of 2 · Left with a neighbour today at 11:00") < said.index("Part of your")
    assert "Parcel 2 of 2 · The driver came, and nobody was in" in said


def test_a_voided_label_is_not_shown(shop):
    with shop_context(shop.pk):
        order = rows.order(shop, state="preparing")
        rows.parcel(order, [(SubStatus.CANCELLED_VOIDED, 2, "")])
    assert "Label cancelled" not in text(order)


@pytest.mark.parametrize(
    "fields,said",
    [
        ({"state": "awaiting_stock", "restock_date": make.NOW.date() + timedelta(days=24)}, "15 December"),
        ({"state": "awaiting_payment"}, "waits until your payment is confirmed"),
        ({"state": "cancelled", "cancel_reason": "payment"}, "The payment did not go through"),
        (
            {"state": "preparing", "promised_date": make.NOW.date() + timedelta(days=6)},
            "Arrives by Friday 27.",
        ),
        ({"state": "returned"}, "We will write to you about what happens next."),
    ],
)
def test_an_order_without_a_parcel_is_explained(shop, fields, said):
    with shop_context(shop.pk):
        order = rows.order(shop, **fields)
    assert said in text(order)


def test_a_delay_says_why(shop):
    with shop_context(shop.pk):
        order = rows.order(shop, state="shipped", health="delayed")
        rows.parcel(order, [*WAY, (SubStatus.DELAYED_WEATHER, 3, "")])
    said = text(order)
    assert "Held up by bad weather" in said
    assert "Bad weather is holding up deliveries." in said


def test_a_return_says_why(shop):
    with shop_context(shop.pk):
        order = rows.order(shop, state="returning", health="attention", attention="returning.returning")
        rows.parcel(order, [*WAY, (SubStatus.RETURNING, 3, "")], reason="not_collected")
    assert "It was not collected in time." in text(order)


def test_only_what_does_something_is_offered(shop, order):
    page = html(order)
    assert 'href="write"' in page
    assert "Change the delivery" not in page and "Directions" not in page and "Call us" not in page
    with shop_context(shop.pk):
        waiting = rows.order(shop, number="2", state="ready_for_pickup")
        rows.parcel(waiting, [(SubStatus.PICKUP_POINT, 2, "")], pickup={"name": "Sol", "address": "Mayor 14"})
    assert "https://www.google.com/maps/dir/?api=1&amp;destination=Sol%2C+Mayor+14" in html(waiting)


def test_an_invoice_is_told_of_and_shown_to_its_owner(shop, order):
    with shop_context(shop.pk):
        Milestone.objects.create(
            shop=shop,
            order=order,
            code="invoice_issued",
            at=make.NOW,
            reference="F-1",
            url="https://olmo.example/f.pdf",
        )
    assert "Invoice F-1 · Show it" in text(order)
    client = rows.reader()
    rows.prove(client, order)
    assert 'href="https://olmo.example/f.pdf"' in rows.said(client.get(rows.path(order)))


def test_lines_no_longer_wanted_are_struck_out(shop, order):
    with shop_context(shop.pk):
        OrderLine.objects.create(
            shop=shop, order=order, position=1, title="Jug Salvia", quantity=1, cancelled=1
        )
    assert re.search(r'<li class="gone">.*?Jug Salvia', html(order), re.S)


def test_the_banner_comes_after_the_answer(shop, order):
    with shop_context(shop.pk):
        Brand.objects.for_shop(shop).update(
            banner_title="For your next table", banner_code="OLMO10", version=2
        )
    page = html(order)
    assert page.index('id="answer"') < page.index("For your next table")


def test_the_page_is_complete_without_script(order):
    page = html(order)
    assert '<noscript><meta http-equiv="refresh" content="60"></noscript>' in page
    assert page.count("<script") == 1 and 'type="module" src="/static/js/page.js"' in page


@pytest.mark.parametrize("state,every", [("out_for_delivery", 15), ("shipped", 20), ("completed", 60)])
def test_an_open_page_asks_as_often_as_things_may_move(shop, state, every):
    with shop_context(shop.pk):
        order = rows.order(shop, state=state)
    assert f'data-every="{every}"' in html(order)


def test_the_language_is_the_orders_unless_another_is_asked_for(shop):
    with shop_context(shop.pk):
        order = rows.order(shop, language="es")
    assert '<html lang="es"' in html(order)
    assert '<html lang="en"' in html(order, "?lang=en")
    assert '<html lang="es"' in html(order, "?lang=de")  # not offered
    assert '<html lang="es"' in html(order, "?lang=%00")


# --- Who may keep it ---


def test_nobody_keeps_finds_or_frames_the_page(order):
    response = get(order)
    assert response["Cache-Control"] == "private, no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert not response.cookies
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy


def test_the_one_style_block_is_admitted_by_its_hash(order):
    response = get(order)
    css = re.search(r"<style>(.*?)</style>", rows.said(response), re.S).group(1)
    sealed = b64encode(hashlib.sha256(css.encode()).digest()).decode()
    assert f"'sha256-{sealed}'" in response["Content-Security-Policy"]
    assert 'style="' not in rows.said(response)


def test_the_pages_key_is_in_no_link(order):
    assert make.token_of(order) not in html(order)


def test_nothing_is_asked_of_anybody_else_but_pictures_of_the_shop(shop, order):
    with shop_context(shop.pk):
        OrderLine.objects.for_shop(shop).update(image_url="https://cdn.olmo.example/p.jpg")
        Order.objects.for_shop(shop).update(version=2)
    page = html(order)
    asked = re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="([^"]+)"', page)
    assert {url for url in asked if not url.startswith(("/static/", "data:", "map.svg"))} == {
        "https://cdn.olmo.example/p.jpg"
    }
    assert 'loading="lazy"' in page and 'referrerpolicy="no-referrer"' in page


def test_what_people_wrote_cannot_become_markup(shop):
    bad = "<script>alert(1)</script>"
    with shop_context(shop.pk):
        Brand.objects.for_shop(shop).update(
            banner_title=bad,
            banner_url="javascript:alert(1)",
            banner_label="x",
            links=[{"label": bad, "url": "javascript:1"}],
        )
        order = rows.order(shop, number=bad, customer_name=bad, city=bad, state="shipped")
        rows.parcel(order, [(SubStatus.IN_TRANSIT, 2, bad)], options_url="javascript:alert(1)")
        OrderLine.objects.for_shop(shop).update(title=bad, image_url="http://x.example/a.png")
        Milestone.objects.create(
            shop=shop, order=order, code="invoice_issued", at=make.NOW, url="javascript:alert(1)"
        )
    client = rows.reader()
    rows.prove(client, order)
    page = rows.said(client.get(rows.path(order)))
    assert "<script>" not in page
    assert "javascript:" not in page
    assert "http://x.example" not in page


@given(st.text(max_size=30))
def test_no_text_becomes_a_look(said):
    try:
        style = look._style(said, "#ffffff", "system", 18)
    except ValueError:
        return
    assert re.fullmatch("#[0-9a-f]{6}", said)
    assert "<" not in style.css


@given(st.from_regex("#[0-9a-f]{6}", fullmatch=True), st.from_regex("#[0-9a-f]{6}", fullmatch=True))
def test_whatever_its_colours_a_shops_page_can_be_read(colour, background):
    shades = palette(colour, background)
    for ink, paper in (
        ("on_brand", "brand"), ("brand_text", "brand_soft"), ("ink", "page"), ("muted", "page"),
        ("dark_on_brand", "dark_brand"), ("dark_brand_text", "dark_brand_soft"),
    ):  # fmt: skip
        assert contrast(shades[ink], shades[paper]) >= 4.5
    assert contrast(shades["brand_text"], "#ffffff") >= 4.5


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "", "//x.example", "vbscript:x"])
def test_only_an_address_of_the_web_becomes_a_link(url):
    assert web(url) == ""


# --- What it costs ---


def test_the_first_sight_costs_three_statements_however_much_there_is_to_show(shop):
    with shop_context(shop.pk):
        small, large = (rows.order(shop, number=str(n), state="shipped") for n in (1, 2))
        rows.parcel(small, WAY[:1])
        for _parcel in range(6):
            rows.parcel(large, [(SubStatus.IN_TRANSIT, n, "x") for n in range(40)])
        for n in range(20):
            OrderLine.objects.create(shop=shop, order=large, position=n + 1, title=f"Cup {n}")
    get(small, "?lang=es")  # the process knows the shop, and its frame
    counted = []
    for order in (small, large):
        make_known = rows.reader()
        make_known.get(rows.path(order) + "/nothing")  # which shop the key belongs to
        with CaptureQueriesContext(connection) as queries:
            assert get(order).status_code == 200
        counted.append(len(statements(queries)))
    assert counted == [3, 3]


def test_a_page_seen_before_costs_none(order):
    first = get(order)
    with CaptureQueriesContext(connection) as queries:
        again = get(order)
    assert statements(queries) == []
    assert again.content == first.content


def test_what_has_not_changed_is_not_sent_again_and_costs_none(order):
    etag = get(order)["ETag"]
    with CaptureQueriesContext(connection) as queries:
        response = get(order, **{"if-none-match": etag})
    assert (response.status_code, response.content, response["ETag"]) == (304, b"", etag)
    assert response["Cache-Control"] == "private, no-store"
    assert statements(queries) == []


def test_the_page_is_light(order):
    response = get(order)
    assert response["Content-Encoding"] == "gzip"
    assert len(response.content) < 5_000  # bytes
    plain = rows.reader(**{"accept-encoding": "identity"}).get(rows.path(order))
    assert "Content-Encoding" not in plain
    assert plain.content.decode() == rows.said(response)


# --- How soon it is true again ---


def change(shop, **fields):
    """As the writers do, without telling anybody."""
    with shop_context(shop.pk):
        order = Order.objects.for_shop(shop).get()
        Order.objects.for_shop(shop).update(version=order.version + 1, **fields)


def test_a_change_that_was_told_of_is_seen_at_once(shop, order):
    etag = get(order)["ETag"]
    change(shop, state="delivered")
    pages.forget([order.token_hash])
    response = get(order, **{"if-none-match": etag})
    assert response.status_code == 200
    assert "Delivered" in rows.said(response)
    assert "Delivered" in text(order)


def test_a_change_nobody_told_of_is_seen_within_a_minute(shop, order):
    etag = get(order)["ETag"]
    names = shared.client().keys("rastro:?v:*")
    assert len(names) == 2
    assert all(0 < shared.client().ttl(name) <= 45 for name in names)
    change(shop, state="delivered")
    shared.client().delete(*names)  # their time is up
    assert get(order, **{"if-none-match": etag}).status_code == 200


def test_a_slow_reader_does_not_put_back_what_was_before_the_change(shop, order, monkeypatch):
    read = pages.snapshots.read

    def overtaken(*args, **kwargs):
        told = read(*args, **kwargs)
        change(shop, state="delivered")  # between its reading and its keeping
        pages.forget([order.token_hash])
        return told

    monkeypatch.setattr(pages.snapshots, "read", overtaken)
    assert "Arrives on Monday" in text(order)
    monkeypatch.undo()
    assert "Delivered" in text(order)


def test_a_new_look_is_on_every_page_at_once(shop, order):
    etag = get(order)["ETag"]
    with shop_context(shop.pk):
        Brand.objects.for_shop(shop).update(colour="#aa0000", version=2)
    pages.forget_look(shop.pk)
    response = get(order, **{"if-none-match": etag})
    assert "--brand:#aa0000" in rows.said(response)


def test_at_midnight_today_becomes_yesterday(shop):
    with shop_context(shop.pk):
        order = rows.order(shop, state="delivered")
        rows.parcel(order, [(SubStatus.DELIVERED, 2, "")])
    etag = get(order)["ETag"]
    assert "Delivered today at 11:00" in text(order)
    with time_machine.travel(make.NOW + timedelta(hours=11, minutes=1), tick=False):  # 00:01 in Madrid
        assert get(order, **{"if-none-match": etag}).status_code == 200
        assert "Delivered yesterday at 11:00" in text(order)


def test_a_slot_that_is_over_is_not_promised_any_longer(shop):
    slot = {"slot_from": make.NOW + timedelta(hours=1), "slot_to": make.NOW + timedelta(hours=2)}
    with shop_context(shop.pk):
        order = rows.order(shop, state="out_for_delivery", state_since=make.NOW, **slot)
        rows.parcel(order, [(SubStatus.ON_VEHICLE, 1, "")], **slot)
    assert "Arrives today, between 14:00 and 15:00" in text(order)
    with time_machine.travel(make.NOW + timedelta(hours=2, minutes=1), tick=False):
        assert "between" not in text(order)


def test_the_views_of_two_readers_do_not_mix(order):
    client = rows.reader()
    rows.prove(client, order)
    assert "Calle del Olmo 12" in rows.said(client.get(rows.path(order)))
    assert "Calle del Olmo 12" not in html(order)
    proved = client.get(rows.path(order))["ETag"]
    assert get(order, **{"if-none-match": proved}).status_code == 200


def test_a_page_kept_for_one_host_does_not_lead_to_another(shop, order):
    Host.objects.create(shop=shop, host="pedidos.olmo.example", verified_at=make.NOW)
    with shop_context(shop.pk):
        Brand.objects.for_shop(shop).update(logo_hash="a" * 16, logo_width=100, logo_height=50, version=2)
    pages.forget_look(shop.pk)
    here = html(order)
    there = rows.said(rows.reader(host="pedidos.olmo.example").get(rows.path(order)))
    assert 'src="/s/olmo/brand/aaaaaaaaaaaaaaaa.png"' in here
    assert 'src="/brand/aaaaaaaaaaaaaaaa.png"' in there


@pytest.mark.parametrize(
    "etag",
    ["", '"', 'W/""', 'W/"1.1.1.en.1"', 'W/"1.1.99999999999.en.1.00000000"', "x" * 5000, 'W/"²."', "*"],
)
def test_any_etag_is_answered(order, etag):
    assert get(order, **{"if-none-match": etag}).status_code == 200


def test_without_redis_the_page_still_stands(shop, order, monkeypatch):
    monkeypatch.setattr(shared, "client", lambda: None)
    response = get(order)
    assert "Arrives on Monday 23" in rows.said(response)
    with CaptureQueriesContext(connection) as queries:
        again = get(order, **{"if-none-match": response["ETag"]})
    assert again.status_code == 304
    assert len(statements(queries)) == 3
    change(shop, state="delivered")
    assert get(order, **{"if-none-match": response["ETag"]}).status_code == 200


def test_a_look_at_an_old_word_has_the_carrier_asked_once_a_minute(shop, order):
    with shop_context(shop.pk):
        parcel = order.shipments.get()
        account = make.account(shop)
        later = make.NOW + timedelta(hours=5)
        poll = Poll.objects.create(
            shop=shop, shipment=parcel, carrier="dhl", account_id=account.pk, next_at=later,
            asked_at=make.NOW - timedelta(hours=2),
        )  # fmt: skip
    get(order)
    with shop_context(shop.pk):
        poll.refresh_from_db()
        assert (poll.next_at, poll.pulls) == (make.NOW, 1)
        Poll.objects.for_shop(shop).update(next_at=later)
    pages.forget([order.token_hash])
    get(order)
    with shop_context(shop.pk):
        poll.refresh_from_db()
        assert poll.pulls == 1


def test_a_fresh_word_is_not_asked_for_again(shop, order):
    with shop_context(shop.pk):
        account = make.account(shop)
        poll = Poll.objects.create(
            shop=shop, shipment=order.shipments.get(), carrier="dhl", account_id=account.pk,
            next_at=make.NOW + timedelta(hours=5), asked_at=make.NOW - timedelta(minutes=5),
        )  # fmt: skip
    get(order)
    with shop_context(shop.pk):
        poll.refresh_from_db()
    assert poll.pulls == 0


# --- Where it is not ---


def test_another_shop_has_not_this_page(order):
    rows.shop(slug="vega")
    assert rows.reader().get(f"/s/vega{rows.path(order)}").status_code == 404


def test_a_key_that_was_turned_leads_nowhere(shop, order):
    old = rows.path(order)
    get(order)
    with shop_context(shop.pk):
        Order.objects.for_shop(shop).update(token_hash="turned", version=9)
    pages.forget([order.token_hash])
    assert rows.reader().get(f"/s/olmo{old}").status_code == 404


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_a_page_is_read_or_proved_and_nothing_else(order, method):
    assert getattr(rows.reader(), method)(rows.path(order)).status_code == 405


def test_a_logo_is_kept_for_ever_by_whoever_asks(shop):
    with shop_context(shop.pk):
        Brand.objects.for_shop(shop).update(logo=b"\x89PNG", logo_type="image/png", logo_hash="b" * 16)
    response = rows.reader().get(f"/s/olmo/brand/{'b' * 16}.png")
    assert (response.status_code, response.content, response["Content-Type"]) == (
        200,
        b"\x89PNG",
        "image/png",
    )
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["X-Content-Type-Options"] == "nosniff"
    known = rows.reader(**{"if-none-match": response["ETag"]}).get(f"/s/olmo/brand/{'b' * 16}.png")
    assert known.status_code == 304
    assert rows.reader().get(f"/s/olmo/brand/{'c' * 16}.png").status_code == 404


# --- The installation's own pages ---


def test_the_front_says_what_this_is_and_where_to_sign_in(db):
    page = rows.reader().get("/").content.decode()
    assert '<h1 id="answer">Order tracking in the shop\'s own name</h1>' in page.replace("&#x27;", "'")
    assert "/accounts/login/" in page


@pytest.mark.parametrize("path", ["/nothing", "/t/guessed/", "/s/nobody/"])
def test_a_dead_link_is_answered_kindly_and_in_the_readers_language(db, path):
    response = rows.reader(**{"accept-language": "de"}).get(path)
    assert response.status_code == 404
    assert '<html lang="de">' in response.content.decode()


def test_the_function_that_reads_a_page_is_bound_to_one_shop_like_everything(shop, order):
    other = rows.shop(slug="vega")
    asked = {
        "shop": shop.pk, "token_hash": order.token_hash, "now": make.NOW, "stale_before": make.NOW,
        "known_order": None, "known_brand": None,
    }  # fmt: skip
    found = []
    for bound in (shop, other):
        with shop_context(bound.pk), connection.cursor() as cursor:
            cursor.execute(pages.snapshots.READ, asked)
            found.append(len(cursor.fetchall()))
    assert found == [1, 0]
