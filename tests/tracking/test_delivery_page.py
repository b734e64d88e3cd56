"""Changing a delivery as the shopper does it: after a code, one choice a screen, honest to the end."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.models import KeyHash, Shop
from tenants.services import Actor
from tenants.vault import digest, unseal
from tests.tracking import changes as rows
from tests.tracking import pages
from tests.tracking.changes import FRIDAY, NOW, ask
from tracking.models import DeliveryRequest, DeliverySlot, Notice, Order, PickupPlace, Shipment
from tracking.services import settling

AGENT = Actor("user:1", "agent")


@pytest.fixture(autouse=True)
def clock():
    forget_shops()
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def shop(db):
    return pages.shop()


@pytest.fixture
def order(shop):
    with shop_context(shop.pk):
        rows.option(shop, "day", price="2.50", position=1)
        rows.option(shop, "address", needs_approval=True, position=2)
        rows.option(shop, "slot", position=3)
        rows.option(shop, "pickup_point", position=4)
        rows.option(shop, "note", cutoff_time=None, cutoff_days=0, position=5)
        return rows.order(shop)[0]


@pytest.fixture
def client(order):
    known = pages.reader()
    pages.prove_by_code(known, order)
    return known


def below(order, name=""):
    return pages.path(order) + "delivery" + name


def requests(order):
    with shop_context(order.shop_id):
        return list(
            DeliveryRequest.objects.for_shop(order.shop_id)
            .filter(order=order)
            .select_related("shipment")
            .order_by("id")
        )


def test_nothing_is_seen_or_changed_without_a_fresh_code(order):
    stranger = pages.reader()
    for name in ("", "/1/day"):
        answer = stranger.get(below(order, name))
        assert answer.status_code == 303
        assert answer["Location"].endswith(f"code?next=delivery{name}")
    pages.prove(stranger, order)  # knows the e-mail: not enough
    assert stranger.get(below(order)).status_code == 303
    answer = stranger.post(below(order, "/1/day"), {"day": FRIDAY.isoformat()})
    assert answer.status_code == 403
    assert requests(order) == []


def test_a_browser_without_a_session_can_send_the_form_and_another_site_cannot(order):
    strict = Client(enforce_csrf_checks=True, headers={"host": "testserver"})
    pages.prove_by_code(strict, order)
    evil = strict.post(
        below(order, "/1/note"),
        {"text": "Ring"},
        headers={"sec-fetch-site": "cross-site", "host": "testserver"},
    )
    assert evil.status_code == 403
    assert requests(order) == []
    assert strict.post(below(order, "/1/note"), {"text": "Ring"}).status_code == 303


def test_the_page_says_what_can_be_had_for_how_much_and_until_when(order, client):
    html = pages.said(client.get(below(order)))
    assert "Another day" in html
    assert "2,50" in html
    assert "Until Monday 23, 20:00" in html
    assert f'href="{below(order, "/1/pickup-point")}"' in html
    assert "SEUR" in html


def test_another_day_is_asked_for_confirmed_and_told_on_the_orders_page(order, client):
    html = pages.said(client.get(below(order, "/1/day")))
    assert "Nothing is paid here" in html
    assert "You can change this until Monday 23, 20:00." in html
    assert f'value="{FRIDAY}"' in html
    assert 'value="2026-11-29"' not in html  # a Sunday
    answer = client.post(below(order, "/1/day"), {"day": FRIDAY.isoformat()})
    (made,) = requests(order)
    assert (answer.status_code, answer["Location"]) == (303, below(order, f"/asked/{made.pk}"))
    told = pages.said(client.get(answer["Location"]))
    assert "Your wish has been noted" in told
    assert "Friday 27" in told
    page = pages.said(client.get(pages.path(order)))
    assert "You asked for another day" in page
    assert "Friday 27" in page
    assert f'href="delivery/withdraw/{made.pk}"' in page
    again = client.post(below(order, "/1/day"), {"day": FRIDAY.isoformat()})
    assert (again.status_code, again["Location"]) == (303, below(order))
    assert len(requests(order)) == 1


def test_a_bare_link_sees_that_something_was_asked_but_not_what(order, client):
    said = {"name": "Ana", "line": "Calle Canaria 5", "postal_code": "28013", "city": "Madrid"}
    client.post(below(order, "/1/address"), said)
    (made,) = requests(order)
    assert (made.status, made.details["line"]) == ("asked", "Calle Canaria 5")
    html = pages.said(pages.reader().get(pages.path(order)))
    assert "You asked for another address" in html
    assert "Waits for the shop" in html
    assert "Calle Canaria" not in html
    assert "Calle Canaria" in pages.said(client.get(pages.path(order)))


def test_what_is_wrong_is_said_beside_it_and_nothing_typed_is_lost(order, client):
    answer = client.post(
        below(order, "/1/address"), {"name": "Ana", "line": "Mayor 5", "postal_code": "2", "city": ""}
    )
    html = pages.said(answer)
    assert answer.status_code == 422
    assert "This is no postal code" in html
    assert "Write the town." in html
    assert 'value="Mayor 5"' in html
    assert requests(order) == []


def test_after_a_quarter_of_an_hour_of_typing_a_new_code_is_asked_for_and_nothing_is_lost(
    order, client, clock
):
    clock.shift(timedelta(minutes=16))
    answer = client.post(below(order, "/1/note"), {"text": "Second gate"})
    html = pages.said(answer)
    assert answer.status_code == 403
    assert "Second gate" in html
    assert "m••••@example.com" in html
    client.post(below(order, "/1/note"), {"text": "Second gate", "send_code": "1"})
    with shop_context(order.shop_id):
        sealed = Notice.objects.for_shop(order.shop_id).filter(kind="code").latest("id").sealed
    wrong = client.post(below(order, "/1/note"), {"text": "Second gate", "proof_code": "000000x"})
    assert "That is not the code" in pages.said(wrong)
    right = client.post(
        below(order, "/1/note"), {"text": "Second gate", "proof_code": unseal(sealed)["code"]}
    )
    assert right.status_code == 303
    assert [made.details for made in requests(order)] == [{"text": "Second gate"}]
    assert client.get(below(order)).status_code == 200  # the proof is fresh again


def test_once_the_hour_has_passed_the_page_says_so_and_offers_nothing(order, client, clock):
    assert 'href="delivery"' in pages.said(client.get(pages.path(order)))
    clock.move_to(NOW + timedelta(days=2, hours=8))
    pages.prove_by_code(client, order)
    html = pages.said(client.get(below(order)))
    assert "This could be changed until today 20:00." in html
    assert client.post(below(order, "/1/day"), {"day": FRIDAY.isoformat()}).status_code == 409


def test_with_the_driver_it_is_too_late_and_the_orders_page_offers_it_no_more(order, client):
    with shop_context(order.shop_id):
        Shipment.objects.update(status="out_for_delivery")
        Order.objects.update(version=9)
    assert 'href="delivery"' not in pages.said(pages.reader().get(pages.path(order)))
    assert "the driver has the parcel" in pages.said(client.get(below(order)))
    answer = client.post(below(order, "/1/day"), {"day": FRIDAY.isoformat()})
    assert answer.status_code == 409
    assert requests(order) == []


def test_the_hours_that_are_full_cannot_be_chosen(order, client):
    html = pages.said(client.get(below(order, "/1/slot")))
    assert "10:00–12:00" in html
    value = "2026-11-24T09:00:00+00:00"
    assert client.post(below(order, "/1/slot"), {"slot": value}).status_code == 303
    with shop_context(order.shop_id):
        other, _parcel = rows.order(_shop(order), number="77")
    second = pages.reader()
    pages.prove_by_code(second, other)
    assert "Full" in pages.said(second.get(below(other, "/1/slot")))
    answer = second.post(below(other, "/1/slot"), {"slot": value})
    assert (answer.status_code, requests(other)) == (422, [])
    with shop_context(order.shop_id):
        assert DeliverySlot.objects.get().taken == 1


def _shop(order):
    return Shop.objects.get(pk=order.shop_id)


def test_pickup_points_near_by_come_with_their_hours_and_others_can_be_looked_for(order, client):
    with shop_context(order.shop_id):
        for n, (code, town) in enumerate([("28013", "Madrid"), ("28050", "Madrid"), ("46001", "Valencia")]):
            PickupPlace.objects.create(
                shop_id=order.shop_id, carrier="seur", code=f"P{n}", name=f"Estanco {code}", address="Calle 1",
                postal_code=code, city=town, country="ES", hours="Mo-Fr 9-21",
            )  # fmt: skip
        PickupPlace.objects.create(
            shop_id=order.shop_id, carrier="ups", code="U", name="Of another carrier", address="Calle 1",
            postal_code="28013", city="Madrid", country="ES",
        )  # fmt: skip
    html = pages.said(client.get(below(order, "/1/pickup-point")))
    assert "Mo-Fr 9-21" in html
    assert html.index("Estanco 28050") < html.index("Estanco 28013")  # the order goes to 28038
    assert "Valencia" not in html
    assert "Of another carrier" not in html
    assert "Estanco 46001" in pages.said(client.get(below(order, "/1/pickup-point") + "?near=46002"))
    assert "no pickup point near" in pages.said(client.get(below(order, "/1/pickup-point") + "?near=01001"))
    with shop_context(order.shop_id):
        theirs = PickupPlace.objects.get(code="U").pk
        ours = PickupPlace.objects.get(code="P2").pk
    assert client.post(below(order, "/1/pickup-point"), {"place": theirs}).status_code == 422
    assert client.post(below(order, "/1/pickup-point"), {"place": ours, "near": "46002"}).status_code == 303
    assert requests(order)[0].details["code"] == "P2"


def test_what_was_asked_for_can_be_withdrawn_until_somebody_begins(order, client):
    client.post(below(order, "/1/note"), {"text": "Second gate"})
    (made,) = requests(order)
    assert "Withdraw what you asked for?" in pages.said(client.get(below(order, f"/withdraw/{made.pk}")))
    with shop_context(order.shop_id):
        settling.take(shop=_shop(order), request_id=made.pk, by=AGENT, now=NOW)
    late = client.post(below(order, f"/withdraw/{made.pk}"))
    assert late.status_code == 409
    assert "can no longer be withdrawn" in pages.said(late)
    client.post(below(order, "/1/day"), {"day": FRIDAY.isoformat()})
    other = requests(order)[1]
    assert client.post(below(order, f"/withdraw/{other.pk}")).status_code == 303
    assert [one.status for one in requests(order)] == ["sent", "withdrawn"]


def test_another_orders_request_is_not_there(order, client, shop):
    other_shop = pages.shop()
    with shop_context(shop.pk):
        mine, parcel = rows.order(shop, number="88")
    with shop_context(other_shop.pk):
        rows.option(other_shop)
        theirs, its = rows.order(other_shop)
    for made in (ask(mine, parcel), ask(theirs, its)):
        for name in (f"/asked/{made.pk}", f"/withdraw/{made.pk}"):
            assert client.get(below(order, name)).status_code == 404
        assert client.post(below(order, f"/withdraw/{made.pk}")).status_code == 404
    for name in ("/2/day", "/1/nonsense", "/1/pickup_point", "/99999999999999999999/day"):
        assert client.get(below(order, name)).status_code in (404, 409)


def test_the_gift_link_leads_nowhere_near(order, client):
    with shop_context(order.shop_id):
        Order.objects.filter(pk=order.pk).update(gift_hash=digest("gift-key"))
        KeyHash.objects.create(hash=digest("gift-key"), shop_id=order.shop_id, kind="page")
    for name in ("delivery", "delivery/1/day"):
        assert pages.reader().get(f"/t/gift-key/{name}").status_code == 404
        assert pages.reader().post(f"/t/gift-key/{name}").status_code in (404, 405)


def test_which_parcel_is_asked_where_there_are_several(order, client):
    with shop_context(order.shop_id):
        eta = NOW.date() + timedelta(days=4)
        pages.parcel(order, [], carrier="mrw", status="in_transit", eta_first=eta, eta_last=eta)
    html = pages.said(client.get(below(order)))
    assert "Parcel 1 of 2" in html
    assert "Parcel 2 of 2" in html
    client.post(below(order, "/2/note"), {"text": "Ring"})
    assert requests(order)[0].shipment.carrier == "mrw"


def test_before_there_is_a_parcel_the_order_itself_can_be_changed(shop):
    with shop_context(shop.pk):
        rows.option(shop, "note", cutoff_time=None, cutoff_days=0)
        order = pages.order(shop, state="preparing")
    client = pages.reader()
    pages.prove_by_code(client, order)
    assert f'href="{below(order, "/0/note")}"' in pages.said(client.get(below(order)))
    client.post(below(order, "/0/note"), {"text": "Ring"})
    (made,) = requests(order)
    assert made.shipment_id is None
