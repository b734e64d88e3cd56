"""The widget on a shop's own site: who may show it, what it tells, and for how long."""

import gzip
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from tenants.isolation import shop_context
from tenants.models import Brand, Host
from tests.tracking import pages as rows
from tests.tracking.callers import Caller
from tracking import visits
from tracking.embedding import embed_url, make_pass, open_pass
from tracking.models import Order

pytestmark = pytest.mark.django_db
SITE = "https://www.olmo.example"


@pytest.fixture
def shop():
    made = rows.shop(slug="olmo")
    with shop_context(made.pk):
        Brand.objects.for_shop(made).update(frames=[SITE])
    return made


@pytest.fixture
def order(shop):
    with shop_context(shop.pk):
        return rows.order(shop, number="1042", state="shipped")


def path_of(shop, order, **ago):
    until = timezone.now() + timedelta(hours=1) - timedelta(**ago)
    return embed_url(shop, order, until=until).removeprefix("http://testserver")


def ancestors(answer):
    policy = dict(part.strip().partition(" ")[::2] for part in answer["Content-Security-Policy"].split(";"))
    return policy["frame-ancestors"]


# --- Who may show it ---


def test_sites_the_shop_named_may_show_the_frames_and_no_others(shop, order):
    for path in ("/s/olmo/widget", path_of(shop, order)):
        answer = rows.reader().get(path)
        assert answer.status_code == 200
        assert ancestors(answer) == f"'self' {SITE}"
        assert "X-Frame-Options" not in answer


def test_until_a_site_is_named_only_our_own_preview_may(shop, order):
    with shop_context(shop.pk):
        Brand.objects.for_shop(shop).update(frames=[])
    answer = rows.reader().get("/s/olmo/widget")
    assert (ancestors(answer), answer["X-Frame-Options"]) == ("'self'", "SAMEORIGIN")


def test_no_other_page_may_be_framed(shop, order):
    for path in (
        rows.path(order),
        "/s/olmo/",
        f"{rows.path(order)}code",
        f"{path_of(shop, order)}/open",
        "/accounts/login/",
    ):
        answer = rows.reader().get(path)
        assert ancestors(answer) == "'none'", path
        assert answer["X-Frame-Options"] == "DENY", path


# --- The script ---


def test_the_script_is_small_says_the_shops_words_and_may_be_kept(shop):
    answer = rows.reader().get("/s/olmo/widget.js")
    body = answer.content
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Cache-Control"] == "public, max-age=3600"
    assert len(gzip.compress(body)) < 3000
    assert b'title = "Where is my order?"' in body
    for stored in (b"cookie", b"localStorage", b"sessionStorage", b"indexedDB", b"eval", b"innerHTML"):
        assert stored not in body
    assert rows.reader(if_none_match=answer["ETag"]).get("/s/olmo/widget.js").status_code == 304


def test_nothing_of_it_leaves_a_cookie(shop, order):
    browser = rows.reader()
    for path in ("/s/olmo/widget.js", "/s/olmo/widget", path_of(shop, order), f"{path_of(shop, order)}/open"):
        browser.get(path)
    assert len(browser.cookies) == 0


# --- The box ---


def test_the_box_asks_in_the_readers_language_and_opens_a_tab_of_its_own(shop):
    said = rows.said(rows.reader(accept_language="es").get("/s/olmo/widget"))
    assert 'action="/s/olmo/"' in said and 'target="_blank"' in said
    asked = rows.said(rows.reader().get("/s/olmo/widget?lang=es"))
    assert 'lang="es"' in asked and 'action="/s/olmo/?lang=es"' in asked


# --- The status ---


def test_the_status_is_what_the_bare_link_shows_in_short(shop, order):
    said = rows.said(rows.reader().get(path_of(shop, order)))
    assert "Order #1042" in said and "shipped" in said.lower()
    token = rows.path(order).split("/")[2]
    for secret in (
        token,
        order.token_hash,
        "Marta",
        "Ruiz",
        "Calle del Olmo",
        "marta@example.com",
        "600111222",
    ):
        assert secret not in said


def test_it_leads_on_to_the_page(shop, order):
    answer = rows.reader().get(f"{path_of(shop, order)}/open")
    assert (answer.status_code, answer["Location"]) == (303, f"/s/olmo{rows.path(order)}")
    assert answer["Referrer-Policy"] == "no-referrer"


def test_after_an_hour_it_tells_nothing(shop, order):
    old = path_of(shop, order, hours=1)
    answer = rows.reader().get(old)
    assert answer.status_code == 410
    assert "1042" not in rows.said(answer)
    assert rows.reader().get(f"{old}/open")["Location"] == "/s/olmo/"


def test_it_ends_with_the_key_of_the_page(shop, order):
    address = path_of(shop, order)
    with shop_context(shop.pk):
        Order.objects.for_shop(shop).update(token_turn=1)
    assert rows.reader().get(address).status_code == 410
    assert rows.reader().get(f"{address}/open")["Location"] == "/s/olmo/"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: s[:-1],
        lambda s: s.replace("-", "--"),
        lambda s: f"x{s}",
        lambda s: "a.b",
        lambda s: "1-1-0-9999999999",
    ],
)
def test_a_pass_that_was_altered_opens_nothing(shop, order, spoil):
    made = make_pass(shop, order, until=timezone.now() + timedelta(hours=1))
    assert open_pass(shop, spoil(made), now=timezone.now()) is None
    assert rows.reader().get(f"/s/olmo/e/{spoil(made)}").status_code == 410


def test_a_pass_of_one_shop_opens_nothing_at_another(shop, order):
    rival = rows.shop(slug="rival")
    made = make_pass(shop, order, until=timezone.now() + timedelta(hours=1))
    assert rows.reader().get(f"/s/{rival.slug}/e/{made}").status_code == 410


def test_a_look_at_the_widget_is_no_visit(shop, order):
    visits.flush()
    rows.reader(sec_fetch_dest="iframe", user_agent="Mozilla/5.0 (iPhone)").get(path_of(shop, order))
    assert not visits._views


# --- From the shop's own server ---


def test_the_shops_server_gets_an_address_for_one_hour(shop, order):
    with time_machine.travel("2026-11-21T12:00:00Z", tick=False):
        answer = Caller(shop, "orders:read").post("/orders/1042/embed")
        assert answer.status_code == 200, answer.content
        told = answer.json()
        assert told["expires_at"] == "2026-11-21T13:00:00Z"
        assert told["url"].startswith("http://testserver/s/olmo/e/")
        assert rows.path(order).split("/")[2] not in told["url"]
        path = told["url"].removeprefix("http://testserver")
        assert rows.reader().get(path).status_code == 200
    with time_machine.travel("2026-11-21T13:00:00Z", tick=False):
        assert rows.reader().get(path).status_code == 410


def test_on_the_shops_own_name_the_address_is_there(shop, order):
    Host.objects.create(shop=shop, host="pedidos.olmo.example", verified_at=timezone.now(), primary=True)
    told = Caller(shop).post("/orders/1042/embed").json()
    assert told["url"].startswith("http://pedidos.olmo.example/e/")


def test_a_key_without_the_right_to_read_gets_none_nor_one_of_another_shop(shop, order):
    assert Caller(shop, "events:write").post("/orders/1042/embed").status_code == 403
    assert Caller(rows.shop(slug="rival")).post("/orders/1042/embed").status_code == 404
