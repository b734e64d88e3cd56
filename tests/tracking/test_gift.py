"""The link for whom it is a present: when it comes, and neither what it is, nor what it cost, nor who gives it."""

import pytest
import time_machine

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.models import Brand, KeyHash
from tenants.services import SYSTEM
from tests import make
from tests.tracking import pages
from tracking.links import gift_path
from tracking.models import Order
from tracking.services.gifts import make_gift_link
from tracking.services.orders import revoke_page

SECRETS = ("Plate Arena", "Set of 4", "64", "Marta", "Ruiz", "Calle del Olmo", "marta", "OTOÑO15", "28038")


@pytest.fixture(autouse=True)
def _now():
    forget_shops()
    with time_machine.travel(make.NOW, tick=False):
        yield


@pytest.fixture
def order(committed_db):
    shop = pages.shop()
    with shop_context(shop.pk):
        Brand.objects.update(banner_title="Autumn", banner_code="OTOÑO15")
        made = pages.order(
            shop, number="1042", state="shipped", eta_first=make.NOW.date(), eta_last=make.NOW.date()
        )
        pages.parcel(made, [(SubStatus.IN_TRANSIT, 3, "Left for Marta Ruiz")], number="00340434000000009999")
        return made


@pytest.fixture
def owner(order):
    client = pages.reader()
    pages.prove(client, order)
    return client


def held(order):
    with shop_context(order.shop_id):
        return Order.objects.get(pk=order.pk)


def make_link(client, order):
    client.post(pages.path(order) + "gift", {"make": "1"})
    return gift_path(held(order))


def test_only_who_proved_it_makes_a_link(order):
    assert (
        pages.reader()
        .post(pages.path(order) + "gift", {"make": "1"})["Location"]
        .endswith("?next=gift#prove")
    )
    assert held(order).gift_hash == ""


def test_no_link_leads_anywhere_before_it_is_made(order):
    assert pages.reader().get(gift_path(order)).status_code == 404


def test_the_link_shows_when_it_comes_and_nothing_of_the_present(order, owner):
    link = make_link(owner, order)
    assert link in pages.said(owner.get(pages.path(order) + "gift"))
    html = pages.said(pages.reader().get(link))
    assert "Madrid" in html and "delivery.ics" in html
    for secret in (*SECRETS, "9999", make.token_of(order), 'href="gift"', 'href="alerts"', "Autumn"):
        assert secret not in html, secret


def test_a_gift_link_is_no_way_to_prove_or_to_go_further(order, owner):
    link = make_link(owner, order)
    stranger = pages.reader()
    for below in ("gift", "alerts", "code", "delivery", "write", "messages", "invoice", "alerts/browser"):
        for method in (stranger.get, stranger.post):
            assert method(link + below).status_code in (404, 405), below
    stranger.post(link, {"contact": "marta@example.com"})
    html = pages.said(stranger.get(link))
    for secret in SECRETS:
        assert secret not in html, secret


def test_who_proved_the_order_sees_the_gift_page_as_it_is(order, owner):
    link = make_link(owner, order)
    assert "Plate" not in pages.said(owner.get(link))


def test_the_calendar_of_a_present_tells_no_more(order, owner):
    said = pages.reader().get(make_link(owner, order) + "delivery.ics").content.decode()
    assert "1042" in said and "BEGIN:VEVENT" in said
    for secret in (*SECRETS, make.token_of(order)):
        assert secret not in said, secret


def test_a_link_made_void_leads_nowhere_and_the_next_is_another(order, owner):
    first = make_link(owner, order)
    pages.reader().get(first)  # kept, now
    owner.post(pages.path(order) + "gift", {"revoke": "1"})
    assert pages.reader().get(first).status_code == 404
    second = make_link(owner, order)
    assert second != first
    assert (pages.reader().get(second).status_code, pages.reader().get(first).status_code) == (200, 404)
    assert KeyHash.objects.filter(shop=order.shop, kind="page").count() == 2


def test_making_it_twice_makes_one_and_the_page_is_shown_anew(order, owner):
    before = held(order).version
    assert make_link(owner, order) == make_link(owner, order)
    assert held(order).version == before + 1


def test_with_the_page_s_own_address_the_gift_s_is_made_void(order, owner):
    link = make_link(owner, order)
    with shop_context(order.shop_id):
        revoke_page(shop=order.shop, order=held(order), by=SYSTEM)
    assert pages.reader().get(link).status_code == 404
    with shop_context(order.shop_id):
        make_gift_link(order=held(order))
    assert pages.reader().get(gift_path(held(order))).status_code == 200
