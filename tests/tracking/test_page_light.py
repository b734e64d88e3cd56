"""The page is light enough for a slow line, reads without style or script, and stands when what is beside it falls."""

from __future__ import annotations

import gzip
import io
import re
import socket
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carriers import shared
from tenants.isolation import shop_context
from tests import make
from tests.tracking import fullest
from tests.tracking import pages as rows
from tests.tracking.broken_redis import BREAKDOWNS, broken_redis
from tracking import guesses
from tracking.models import Order, Poll, TrackingEvent

# Bytes, compressed as they are sent.
HTML, CSS, JS, ALL = 14 * 1024, 6 * 1024, 2560, 30 * 1024
FOUND_IN = {
    "script": "src",
    "link": "href",
    "img": "src",
    "iframe": "src",
    "source": "srcset",
    "video": "src",
}


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    monkeypatch.setattr(guesses, "_alone", guesses.counter_of_our_own())
    monkeypatch.setattr(shared, "_away_until", 0.0)  # of a test whose Redis was taken from it
    with time_machine.travel(make.NOW, tick=False):
        yield


@pytest.fixture
def order(db):
    return fullest.order(fullest.shop(), now=make.NOW)


class Reading(HTMLParser):
    """What a browser would ask for, and what a text browser would print, in the page's own order."""

    def __init__(self, html):
        super().__init__()
        self.asked, self.words, self.links, self.scripts, self._unread = [], [], [], [], 0
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        told = dict(attributes)
        if tag in ("script", "style", "head") or (tag == "svg"):
            self._unread += 1
        if tag == "script":
            self.scripts.append(told)
        if tag == "link" and told.get("rel") not in ("stylesheet", "icon", "preload", "modulepreload"):
            return
        if tag in FOUND_IN and told.get(FOUND_IN[tag]):
            self.asked.append((tag, told[FOUND_IN[tag]]))
        if tag in ("a", "form"):
            self.links.append(told.get("href") or told.get("action") or "")

    def handle_endtag(self, tag):
        if tag in ("script", "style", "head", "svg"):
            self._unread -= 1

    def handle_data(self, data):
        if not self._unread and data.strip():
            self.words.append(" ".join(data.split()))

    @property
    def text(self):
        return " ".join(self.words)


def squeezed(where):
    return len(gzip.compress(Path(settings.BASE_DIR, "static", where).read_bytes(), 9))


def opened(order, trust="link", **headers):
    client = rows.reader(**headers)
    if trust == "fresh":
        rows.prove_by_code(client, order)
    return client.get(rows.path(order))


def weight(response):
    assert response.status_code == 200
    assert response["Content-Encoding"] == "gzip"
    return len(response.content)


# --- What it weighs ---


def test_the_fullest_order_is_as_full_as_we_say(order):
    assert fullest.EVENTS == 30
    with shop_context(order.shop_id):
        assert TrackingEvent.objects.for_shop(order.shop_id).count() == 30
    assert rows.said(opened(order)).count('class="card parcel"') == 3


@pytest.mark.parametrize("trust", ["link", "fresh"])
@pytest.mark.parametrize("language", fullest.ALL_LANGUAGES)
def test_the_first_view_of_the_fullest_order_is_within_the_budget(order, trust, language):
    with shop_context(order.shop_id):
        Order.objects.for_shop(order.shop_id).update(language=language)
    response = opened(order, trust)
    assert f'<html lang="{language}"' in rows.said(response)
    asked = [url for tag, url in Reading(rows.said(response)).asked if tag in ("link", "script")]
    ours = [url.removeprefix("/static/") for url in asked if url.startswith("/static/")]
    assert weight(response) <= HTML
    assert weight(response) + sum(map(squeezed, ours)) <= ALL


@pytest.mark.parametrize("name,most", [("css/page.css", CSS), ("js/page.js", JS)])
def test_each_file_has_its_share(name, most):
    assert squeezed(name) <= most


def test_three_requests_make_the_page_and_none_leaves_our_host(order):
    asked = Reading(rows.said(opened(order, "fresh"))).asked
    made_of = [(tag, url) for tag, url in asked if tag != "img" and not url.startswith("data:")]
    assert 1 + len(made_of) <= 3, made_of
    assert [url for _tag, url in asked if re.match(r"(?:https?:)?//", url)] == []


def test_no_style_sheet_fetches_a_font_a_picture_or_another_sheet():
    for sheet in ("css/page.css", "css/page-more.css"):
        said = Path(settings.BASE_DIR, "static", sheet).read_text()
        assert not re.search(r"@import|@font-face|url\(", said), sheet


# --- Without style and script ---


def test_a_text_browser_reads_the_answer_first(order):
    """Two lines of a terminal: the link past the menu, the shop and its menu, and then the answer."""
    page = Reading(rows.said(opened(order)))
    headline = re.search(r'<h1 id="answer">([^<]+)</h1>', rows.said(opened(order))).group(1)
    assert page.words[0] == "Skip to the content"
    assert page.links[0] == "#content"
    assert page.text.index(headline) < 300
    order_of_reading = [
        headline,
        "Last scan:",
        "Parcel 1 of 3",
        "Parcel 2 of 3",
        "Parcel 3 of 3",
        "Your order",
    ]
    found = [page.text.index(said) for said in order_of_reading]
    assert found == sorted(found)


def test_every_action_is_a_plain_link_or_a_form(order):
    page = rows.said(opened(order, "fresh"))
    assert all(link and not link.startswith("javascript") for link in Reading(page).links if link != "")
    for button in re.findall(r"<button[^>]*>", page):
        assert 'type="submit"' in button or " hidden" in button, button  # hidden: script alone shows it
    assert not re.search(r"<[^>]+ on[a-z]+=", page)


def test_the_answer_is_there_before_any_script_and_none_holds_it_up(order):
    page = rows.said(opened(order))
    assert all(
        told.get("type") == "module" or "defer" in told or "async" in told for told in Reading(page).scripts
    )
    assert page.count('rel="stylesheet"') == 1
    body = page.split("<body>", 1)[1]
    assert body.index('id="answer"') < body.find("<script") or "<script" not in body
    assert '<noscript><meta http-equiv="refresh" content="60"></noscript>' in page


def test_the_headline_comes_with_the_first_bytes(order):
    """The first ten packets a server sends before it waits for word from the phone hold all of it."""
    response = opened(order)
    assert weight(response) <= 10 * 1460
    part = gzip.GzipFile(fileobj=io.BytesIO(response.content)).read(9_000).decode(errors="ignore")
    assert 'id="answer"' in part


# --- How often an open page asks ---


def script():
    return Path(settings.BASE_DIR, "static/js/page.js").read_text()


def test_an_open_page_asks_no_later_than_it_says_and_never_in_step_with_others():
    """Jitter only shortens the wait: fifteen seconds are a promise."""
    low, spread = map(int, re.search(r"\((\d+) \+ Math\.random\(\) \* (\d+)\)", script()).groups())
    assert spread >= 100
    assert low + spread <= 1000


def test_an_open_page_that_nobody_looks_at_asks_nothing():
    assert "document.hidden" in script()
    assert "visibilitychange" in script()


# --- When what is beside it falls ---


def test_the_page_calls_nobody_but_redis(order, monkeypatch):
    """Carriers and mail may be down: whoever looks does not wait for them, however old their word is."""
    with shop_context(order.shop_id):
        parcel = order.shipments.first()
        Poll.objects.create(
            shop_id=order.shop_id, shipment=parcel, carrier="dhl", account_id=make.account(order.shop).pk,
            next_at=make.NOW + timedelta(hours=9), asked_at=make.NOW - timedelta(days=1),
        )  # fmt: skip
    called, connect = [], socket.socket.connect

    def noted(self, address):
        called.append(address)
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    assert opened(order).status_code == 200
    with shop_context(order.shop_id):
        assert Poll.objects.for_shop(order.shop_id).get().next_at == make.NOW
    redis = shared.client().connection_pool.connection_kwargs
    assert {address for address in called if address != redis.get("path")} <= {
        (redis.get("host"), redis.get("port"))
    }


@pytest.mark.parametrize("breakdown", BREAKDOWNS)
def test_the_page_survives_a_redis_that_is(breakdown, order, settings):
    etag = opened(order)["ETag"]
    with broken_redis(breakdown, settings):
        response = opened(order)
        assert "Arrives" in rows.said(response)
        with CaptureQueriesContext(connection) as queries:
            again = opened(order, **{"if-none-match": etag})
    assert again.status_code == 304
    assert len([q for q in queries if "tracking_page(" in q["sql"]]) == 1


@pytest.mark.parametrize("breakdown", BREAKDOWNS)
def test_the_form_that_finds_an_order_survives_a_redis_that_is(breakdown, order, settings):
    with broken_redis(breakdown, settings):
        client = rows.reader()
        found = client.post("/s/olmo/", {"number": "1042", "contact": "marta@example.com"})
        landed = client.get(found["Location"])
        assert (found.status_code, landed.status_code) == (303, 303)
        assert "Calle del Olmo 12" in rows.said(client.get(landed["Location"]))


@pytest.mark.parametrize("breakdown", BREAKDOWNS)
def test_guessing_is_still_counted_with_a_redis_that_is(breakdown, order, settings):
    with broken_redis(breakdown, settings):
        tries = [
            rows.reader().post("/s/olmo/", {"number": "1042", "contact": "eve@example.com"}) for _ in range(6)
        ]
    assert [answer.status_code for answer in tries] == [303] * 5 + [429]


@pytest.mark.parametrize("rubbish", [b"x", b"\xff\x00\xff", b"1.2.3", b"\n\n", b"9" * 400, b"-1"])
def test_rubbish_kept_in_redis_is_as_good_as_nothing(order, rubbish):
    etag = opened(order)["ETag"]
    link = shared.client()
    names = link.keys("rastro:pv:*") + link.keys("rastro:bv:*") + link.keys("rastro:page:*")
    assert len(names) == 3
    for spoilt in (names, names[:2], names[2:]):
        for name in spoilt:
            link.set(name, rubbish)
        assert "Arrives" in rows.said(opened(order))
        for name in spoilt:
            link.set(name, rubbish)
        assert opened(order, **{"if-none-match": etag}).status_code in (200, 304)


def test_an_etag_of_five_thousand_digits_is_answered(order):
    """Python refuses to read such a number."""
    for etag in (f'W/"{"9" * 5000}.1.1.en.1.x"', f'W/"1.1.{"9" * 5000}.en.1.x"'):
        assert opened(order, **{"if-none-match": etag}).status_code == 200
