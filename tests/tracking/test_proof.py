"""Who may see what of an order: the whole matrix, and what proves that an order is one's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import translation

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.models import Brand
from tests import make
from tests.tracking import pages
from tracking import proof
from tracking.models import Milestone, Review, Shipment
from tracking.proof import Field, Trust
from tracking.services.ticket_rows import Said
from tracking.services.tickets import write

MATRIX = """
status                  gift   link   proved fresh  faded
eta                     gift   link   proved fresh  faded
carrier                 gift   link   proved fresh
timeline                gift   link   proved fresh
map                     gift   link   proved fresh
lines                          link   proved fresh
prices                         link   proved fresh
town                    gift   link   proved fresh
pickup_point            gift   link   proved fresh
carrier_words                  link   proved fresh
carrier_words_on_people               proved fresh
requests                       link   proved fresh
tickets                        link   proved fresh
review                         link   proved fresh
promotion                      link   proved fresh  faded
name                                  proved fresh
address                               proved fresh
tracking_number                       proved fresh
carrier_page                          proved fresh
pickup_code                           proved fresh
proof_of_delivery                     proved fresh
invoice                               proved fresh
request_details                       proved fresh
thread                                proved fresh
delivery_picture                      proved fresh
delivery_options                             fresh
"""
# What each field looks like on a page that shows it.
SEEN = {
    Field.STATUS: "It waits for you",
    Field.ETA: "until Thursday 26",
    Field.CARRIER: "· DHL",
    Field.TIMELINE: "Waiting at the pickup point",
    Field.LINES: "Plate Arena",
    Field.PRICES: "64,00",
    Field.TOWN: "Madrid",
    Field.PICKUP_POINT: "Calle Mayor 14",
    Field.CARRIER_WORDS: "En tránsito a plataforma",
    Field.CARRIER_WORDS_ON_PEOPLE: "Aviso dejado a JUAN",
    Field.NAME: "Marta Ruiz",
    Field.ADDRESS: "Calle del Olmo 12",
    Field.TRACKING_NUMBER: "00340434CANARY",
    Field.CARRIER_PAGE: "https://www.dhl.com/",
    Field.PICKUP_CODE: "7431",
    Field.PROOF_OF_DELIVERY: "Nuria Vidal",
    Field.INVOICE: "https://olmo.example/F-311.pdf",
    Field.REVIEW: "Thank you for your stars",
    Field.PROMOTION: "For your next table",
    Field.DELIVERY_OPTIONS: "https://carrier.example/options",
    Field.TICKETS: "You wrote to us today",
    Field.THREAD: "“Something else”",
}


@pytest.fixture(autouse=True)
def _fresh():
    forget_shops()
    with time_machine.travel(make.NOW, tick=False):
        yield


@pytest.fixture
def order(db):
    """One that has everything a page could show: a parcel waits, another can still be sent elsewhere."""
    shop = pages.shop()
    with shop_context(shop.pk):
        order = pages.order(shop, state="ready_for_pickup")
        waiting = pages.parcel(
            order,
            [
                (SubStatus.IN_TRANSIT, 30, "En tránsito a plataforma"),
                (SubStatus.PICKUP_POINT, 3, "Aviso dejado a JUAN"),
            ],
            number="00340434CANARY",
            pickup={
                "name": "Papelería Sol",
                "address": "Calle Mayor 14",
                "until": "2026-11-26",
                "code": "7431",
            },
        )
        Shipment.objects.filter(pk=waiting.pk).update(direction="outbound", signed_by="Nuria Vidal")
        pages.parcel(
            order,
            [(SubStatus.IN_TRANSIT, 20, "")],
            options_url="https://carrier.example/options",
            direction="return",
        )
        Review.objects.create(shop=shop, order=order, shop_stars=5, language="en", written_at=make.NOW)
        Brand.objects.for_shop(shop).update(banner_title="For your next table")
        write(shop=shop, order=order, reason="other", said=Said("WRITTEN-CANARY", "page:1"), now=make.NOW)
        Milestone.objects.create(
            shop=shop, order=order, code="invoice_issued", at=make.NOW, reference="F-311",
            url="https://olmo.example/F-311.pdf",
        )  # fmt: skip
    return order


def visible(html: str) -> set[str]:
    return {str(field) for field, looks in SEEN.items() if looks in html}


def to_see(view: str) -> set[str]:
    return expected(view) & {str(field) for field in SEEN}


def expected(view: str) -> set[str]:
    rows = [line.split() for line in MATRIX.strip().splitlines()]
    return {name for name, *views in rows if view in views}


def test_the_matrix_is_the_one_we_agreed_on():
    assert set(SEEN) <= set(Field) == {Field(line.split()[0]) for line in MATRIX.strip().splitlines()}
    for view, trust, faded in (
        ("gift", Trust.GIFT, False),
        ("link", Trust.LINK, False),
        ("proved", Trust.PROVED, False),
        ("fresh", Trust.FRESH, False),
        ("faded", Trust.LINK, True),
    ):
        assert {str(f) for f in Field if proof.shows(f, trust, faded=faded)} == expected(view)


def test_a_bare_link_shows_what_a_stranger_may_know(order):
    assert visible(pages.said(pages.reader().get(pages.path(order)))) == to_see("link")


def test_whoever_proves_the_order_is_theirs_sees_all_and_may_change_the_delivery(order):
    client = pages.reader()
    pages.prove(client, order)
    assert visible(pages.said(client.get(pages.path(order)))) == to_see("proved")
    pages.prove_by_code(client, order)
    assert visible(pages.said(client.get(pages.path(order)))) == to_see("fresh")


def test_after_a_quarter_of_an_hour_a_change_wants_a_new_proof(order):
    client = pages.reader()
    pages.prove_by_code(client, order)
    with time_machine.travel(make.NOW + timedelta(minutes=16), tick=False):
        html = pages.said(client.get(pages.path(order)))
    assert visible(html) == to_see("proved")
    assert 'href="#prove"' in html


def test_a_proof_lasts_thirty_days(order):
    client = pages.reader()
    pages.prove(client, order)
    request = RequestFactory().get(
        "/", headers={"cookie": f"{proof.COOKIE}={client.cookies[proof.COOKIE].value}"}
    )
    assert proof.trust_of(request, order.token_hash, make.NOW + timedelta(days=30)) is Trust.PROVED
    assert proof.trust_of(request, order.token_hash, make.NOW + timedelta(days=31)) is Trust.LINK


@pytest.mark.parametrize("state", ["delivered", "completed", "returned", "cancelled"])
def test_a_month_after_an_order_was_over_its_link_tells_little(db, state):
    shop = pages.shop()
    with shop_context(shop.pk):
        order = pages.order(shop, state=state, state_since=make.NOW - timedelta(days=31))
        pages.parcel(
            order, [(SubStatus.IN_TRANSIT, 24 * 40, "En tránsito a plataforma")], number="00340434CANARY"
        )
    html = pages.said(pages.reader().get(pages.path(order)))
    assert visible(html) == set()
    assert "This order was over a month ago" in html
    client = pages.reader()
    pages.prove(client, order)
    assert {"lines", "address", "tracking_number"} <= visible(pages.said(client.get(pages.path(order))))


def test_what_is_on_its_way_never_fades(db):
    shop = pages.shop()
    with shop_context(shop.pk):
        order = pages.order(shop, state="shipped", state_since=make.NOW - timedelta(days=90))
    assert "Plate Arena" in pages.said(pages.reader().get(pages.path(order)))


def test_the_proof_goes_back_to_its_own_page_alone(order):
    client = pages.reader()
    response = pages.prove(client, order)
    cookie = response.cookies[proof.COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (pages.path(order), True, "Lax")
    assert order.customer_email not in cookie.value


def test_a_proof_of_one_order_opens_no_other(order):
    client = pages.reader()
    pages.prove(client, order)
    stolen = client.cookies[proof.COOKIE].value
    request = RequestFactory().get("/", headers={"cookie": f"{proof.COOKIE}={stolen}"})
    assert proof.trust_of(request, order.token_hash, make.NOW) is Trust.PROVED
    assert proof.trust_of(request, "0" * 64, make.NOW) is Trust.LINK


@pytest.mark.parametrize("value", ["", "x", "a~1:b", f"{'0' * 64}~1763726400~1763726400", "é"])
def test_a_proof_that_was_made_up_proves_nothing(value):
    request = RequestFactory().get("/", headers={"cookie": f"{proof.COOKIE}={value}"})
    assert proof.trust_of(request, "0" * 64, make.NOW) is Trust.LINK


def test_a_proof_can_be_given_up(order):
    client = pages.reader()
    pages.prove(client, order)
    client.post(pages.path(order), {"forget": "1"})
    assert visible(pages.said(client.get(pages.path(order)))) == to_see("link")


@pytest.mark.parametrize(
    "said",
    [
        "marta@example.com",
        " MARTA@Example.com ",
        "+34 600 111 222",
        "600111222",
        "0034600111222",
        "0600 11 12 22",
    ],
)
def test_e_mail_or_phone_prove_an_order_however_they_are_written(said):
    assert proof.knows(said, email_key="marta@example.com", phone_key="22211100643")


@pytest.mark.parametrize("said", ["", "marta", "marta@example.co", "222", "11222", "@", "600111223", "\x00"])
def test_nothing_else_does(said):
    assert not proof.knows(said, email_key="marta@example.com", phone_key="22211100643")


@pytest.mark.parametrize("said", ["", "0", "marta@example.com"])
def test_an_order_without_e_mail_and_phone_cannot_be_proved(said):
    assert not proof.knows(said, email_key="", phone_key="")


def test_a_wrong_answer_is_refused_beside_the_form_and_sets_nothing(order):
    client = pages.reader()
    with translation.override("de"):  # of somebody this thread served before
        response = pages.prove(client, order, "eve@example.com")
    html = pages.said(response)
    assert response.status_code == 422
    assert "That is not the e-mail or phone this order was placed with" in html
    assert visible(html) == to_see("link")
    assert not response.cookies
    assert "eve@example.com" not in html


def test_a_page_that_is_not_there_cannot_be_proved(db):
    shop = pages.shop()
    assert (
        pages.reader().post(f"/s/{shop.slug}/t/guessed/", {"contact": "marta@example.com"}).status_code == 404
    )


def test_a_clock_that_ran_ahead_gives_no_lasting_freshness():
    response = HttpResponse()
    proof.grant(response, path="/", token_hash="0" * 64, now=datetime(2026, 1, 1, tzinfo=UTC), by_code=True)
    request = RequestFactory().get(
        "/", headers={"cookie": f"{proof.COOKIE}={response.cookies[proof.COOKIE].value}"}
    )
    assert proof.trust_of(request, "0" * 64, datetime(2026, 1, 1, 0, 16, tzinfo=UTC)) is Trust.PROVED
