"""The form that finds an order tells strangers nothing, and lets nobody guess for long."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from carriers import shared
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tests import make
from tests.tracking import pages
from tracking import guesses, lookup, proof

RIGHT = {"number": "1042", "contact": "marta@example.com"}
WRONG = {
    "another e-mail": {**RIGHT, "contact": "eve@example.com"},
    "another number": {**RIGHT, "number": "1043"},
    "neither": {"number": "7", "contact": "eve@example.com"},
    "somebody else's number": {**RIGHT, "number": "2000"},
}


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    forget_shops()
    monkeypatch.setattr(guesses, "_alone", guesses.counter_of_our_own())
    with time_machine.travel(make.NOW, tick=False):
        yield


@pytest.fixture
def shop(db):
    made = pages.shop(slug="olmo")
    with shop_context(made.pk):
        pages.order(made, number="1042")
        pages.order(made, number="2000", customer_email="lucas@example.com", phone_key="")
    return made


def ask(form, address="203.0.113.7", **headers):
    client = pages.reader(**headers)
    return client.post("/s/olmo/", form, REMOTE_ADDR=address)


def follow(response, client=None):
    return (client or pages.reader()).get(response["Location"])


# --- Finding ---


@pytest.mark.parametrize(
    "form",
    [
        RIGHT,
        {"number": " #1042 ", "contact": "MARTA@example.com"},
        {"number": "1042", "contact": "600 111 222"},
        {"number": "1042", "contact": "+34 600-111-222"},
    ],
)
def test_the_right_pair_leads_to_the_page_and_proves_the_order(shop, form):
    client = pages.reader()
    landed = follow(client.post("/s/olmo/", form), client)
    assert landed.status_code == 303
    assert landed["Location"].startswith("/s/olmo/t/")
    html = pages.said(client.get(landed["Location"]))
    assert "Calle del Olmo 12" in html


def test_of_two_orders_with_one_number_the_one_with_that_e_mail_is_found(shop):
    with shop_context(shop.pk):
        other = pages.order(
            shop, number="1042", channel="market", customer_email="lucas@example.com", phone_key=""
        )
    client = pages.reader()
    landed = follow(client.post("/s/olmo/", {"number": "1042", "contact": "lucas@example.com"}), client)
    assert landed["Location"] == f"/s/olmo/t/{make.token_of(other)}/"


@pytest.mark.parametrize("form", WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_not_said(shop, form):
    html = pages.said(follow(ask(form)))
    assert "We found no order with that number and that e-mail or phone." in html
    assert f'value="{form["contact"]}"' in html  # to be corrected, not typed again


def test_right_and_wrong_get_the_same_answer(shop):
    told = {}
    pages.reader().get("/s/olmo/")  # from now on the process knows the shop
    for name, form in {"right": RIGHT, **WRONG}.items():
        form = {**form, "number": form["number"].rjust(4, "0")}
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = ask(form, address=f"203.0.113.{len(told) + 1}")
        sealed = parse_qs(urlsplit(response["Location"]).query)["r"][0]
        headers = {k: v for k, v in response.headers.items() if k != "Location"}
        told[name] = (response.status_code, response.content, headers, dict(response.cookies), len(queries))
        assert form["contact"] not in response["Location"]
        assert len(sealed) > 100
    assert len({repr(answer) for answer in told.values()}) == 1, told


def test_the_sealed_answers_of_right_and_wrong_are_of_one_length(shop):
    lengths = {
        len(lookup.look_up(shop, number=number, contact=RIGHT["contact"], now=make.NOW))
        for number in ("1042", "1043")
    }
    assert len(lengths) == 1


def test_a_sealed_answer_is_good_for_ten_minutes_and_for_its_shop_alone(shop):
    sealed = lookup.look_up(shop, **RIGHT, now=make.NOW)
    assert lookup.open_answer(shop, sealed, make.NOW).token
    assert lookup.open_answer(shop, sealed, make.NOW + lookup.LASTS * 1.1) is None
    assert lookup.open_answer(pages.shop(slug="vega"), sealed, make.NOW) is None
    assert lookup.open_answer(shop, sealed[:-4] + "AAAA", make.NOW) is None
    assert lookup.open_answer(shop, "é", make.NOW) is None


def test_another_shops_order_is_not_found_here(shop):
    pages.shop(slug="vega")
    response = pages.reader().post("/s/vega/", RIGHT)
    assert "We found no order" in pages.said(follow(response))


def test_an_empty_form_says_what_to_write(shop):
    response = ask({"number": "", "contact": ""})
    html = pages.said(response)
    assert response.status_code == 422
    assert "Write the order number" in html
    assert 'aria-describedby="number-error"' in html


def test_a_number_in_the_address_is_filled_in(shop):
    html = pages.said(pages.reader().get("/s/olmo/?number=1042%22%3E"))
    assert 'value="1042&quot;&gt;"' in html


def test_a_form_another_site_sent_is_not_taken(shop):
    assert ask(RIGHT, **{"sec-fetch-site": "cross-site"}).status_code == 403
    assert ask(RIGHT, **{"sec-fetch-site": "same-origin"}).status_code == 303


def test_nobody_keeps_or_indexes_the_form(shop):
    response = pages.reader().get("/s/olmo/")
    assert response["Cache-Control"] == "private, no-store"
    assert "noindex" in response["X-Robots-Tag"]
    assert not response.cookies


@pytest.mark.parametrize("asked,said", [("es", 'lang="es"'), ("de", 'lang="en"')])
def test_the_form_speaks_a_language_of_the_shop(shop, asked, said):
    assert said in pages.said(pages.reader(**{"accept-language": asked}).get("/s/olmo/"))


# --- Guessing ---


def test_an_address_may_try_ten_times_a_minute(shop):
    tries = [ask({"number": str(n), "contact": f"eve{n}@example.com"}).status_code for n in range(11)]
    assert tries == [303] * 10 + [429]
    assert ask({"number": "50", "contact": "x@example.com"}, address="203.0.113.8").status_code == 303


def test_an_address_may_try_fifty_times_an_hour(shop, monkeypatch):
    monkeypatch.setattr(shared, "client", lambda: None)  # Redis keeps a time of its own
    taken = 0
    for minute in range(8):
        with time_machine.travel(make.NOW + timedelta(minutes=2 * minute), tick=False):
            for n in range(9):
                form = {"number": f"{minute}{n}", "contact": f"eve{minute}{n}@example.com"}
                taken += ask(form).status_code == 303
    assert taken == 50


def test_an_order_number_may_be_tried_five_times_an_hour_from_anywhere(shop):
    tries = [
        ask({"number": "1042", "contact": f"eve{n}@example.com"}, address=f"203.0.113.{n}").status_code
        for n in range(6)
    ]
    assert tries == [303] * 5 + [429]
    response = ask(RIGHT, address="203.0.113.99")
    assert response.status_code == 429
    assert "too many tries" in pages.said(response)


def test_a_number_that_does_not_exist_is_counted_alike(shop):
    tries = [
        ask({"number": "9999", "contact": f"eve{n}@example.com"}, address=f"203.0.113.{n}").status_code
        for n in range(6)
    ]
    assert tries == [303] * 5 + [429]


def test_whose_e_mail_it_is_cannot_be_asked_number_by_number(shop):
    tries = [
        ask({"number": str(n), "contact": "marta@example.com"}, address=f"203.0.113.{n}").status_code
        for n in range(11)
    ]
    assert tries == [303] * 10 + [429]


def test_proofs_on_the_page_are_counted_too(shop):
    with shop_context(shop.pk):
        order = pages.order(shop, number="3000")
    tries = [
        pages.reader()
        .post(pages.path(order), {"contact": f"e{n}@example.com"}, REMOTE_ADDR=f"203.0.113.{n}")
        .status_code
        for n in range(6)
    ]
    assert tries == [422] * 5 + [429]


@pytest.mark.parametrize("redis_is_up", [True, False])
def test_two_hundred_at_once_get_no_more_than_one_after_another(shop, monkeypatch, redis_is_up):
    if not redis_is_up:
        monkeypatch.setattr(shared, "client", lambda: None)
    request = RequestFactory().post("/", REMOTE_ADDR="203.0.113.7")

    def guess(n):
        return guesses.may_guess(request, shop_id=shop.pk, number_key=str(n), contact_key=str(n))

    with ThreadPoolExecutor(20) as many:
        allowed = sum(many.map(guess, range(200)))
    assert allowed == 10


def test_a_redis_that_breaks_off_does_not_open_the_door(shop, monkeypatch):
    class Broken:
        connection_pool = None

        def __getattr__(self, name):
            raise shared.redis.ConnectionError

    monkeypatch.setattr(shared, "client", lambda: Broken())
    monkeypatch.setattr(shared, "leave_alone", lambda error: None)
    tries = [ask({"number": str(n), "contact": f"eve{n}@example.com"}).status_code for n in range(11)]
    assert tries == [303] * 10 + [429]


@pytest.mark.parametrize(
    "address,counted",
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_an_ipv6_visitor_is_their_whole_network(address, counted):
    assert guesses.neighbourhood(address) == counted


@pytest.mark.parametrize(
    "proxies,forwarded,address",
    [
        (0, "6.6.6.6", "10.0.0.1"),
        (1, "6.6.6.6, 203.0.113.7", "203.0.113.7"),
        (2, "6.6.6.6, 203.0.113.7, 10.0.0.9", "203.0.113.7"),
        (2, "203.0.113.7", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_a_visitors_address_is_believed_from_our_own_proxies_alone(settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers={"x-forwarded-for": forwarded})
    assert guesses.client_address(request) == address


# --- Beside it ---


def test_where_nothing_is_the_form_stands(shop):
    response = pages.reader().get("/s/olmo/t/guessed/")
    assert response.status_code == 404
    html = pages.said(response)
    assert "There is nothing at this address" in html
    assert 'action="/s/olmo/"' in html


def test_the_style_of_the_form_is_the_shops_and_admitted_by_its_hash(shop):
    response = pages.reader().get("/s/olmo/")
    assert "'unsafe-inline'" not in response["Content-Security-Policy"]
    assert "'sha256-" in response["Content-Security-Policy"]
    assert "--brand:#1f5f4a" in pages.said(response)


def test_robots_are_sent_away(shop):
    assert b"Disallow: /" in pages.reader().get("/s/olmo/robots.txt").content


def test_the_cookie_of_a_found_order_is_for_its_page_alone(shop):
    client = pages.reader()
    landed = follow(client.post("/s/olmo/", RIGHT), client)
    assert landed.cookies[proof.COOKIE]["path"] == landed["Location"]
