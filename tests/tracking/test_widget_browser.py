"""The widget in a real browser, on another site; and how long a page was looked at."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.utils import timezone

from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.models import Brand
from tests.tracking import pages as rows
from tests.tracking.callers import Caller
from tracking import opened, pages, visits
from tracking.counting import is_view
from tracking.models import PageVisit
from tracking.services import visits as service

pytestmark = pytest.mark.browser
PHONE = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"


class Elsewhere:
    """The shop's own site: one page, at another origin than ours."""

    def __init__(self) -> None:
        self.html = ""
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(site.html.encode())

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def shows(self, body: str) -> None:
        self.html = f'<!doctype html><html lang="es"><link rel="icon" href="data:,"><body><h1>Mi cuenta</h1>{body}</body></html>'


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    site = Elsewhere()
    yield site
    site.server.shutdown()
    site.server.server_close()


@pytest.fixture
def shop(site, elsewhere):
    forget_shops()
    made = rows.shop(slug="olmo")
    with shop_context(made.pk):
        Brand.objects.for_shop(made).update(frames=[elsewhere.origin])
    yield made
    forget_shops()


@pytest.fixture
def order(shop):
    with shop_context(shop.pk):
        return rows.order(shop, number="1042", state="shipped", state_since=timezone.now())


def frame_height(page):
    return page.evaluate("document.querySelector('iframe').getBoundingClientRect().height")


def test_the_form_finds_the_order_from_another_site(site, elsewhere, order, browser_page):
    elsewhere.shows(f'<script src="{site}/s/olmo/widget.js" async></script>')
    browser_page.goto(elsewhere.origin)
    box = browser_page.frame_locator("iframe")
    box.get_by_label("Número de pedido").fill("1042")
    box.get_by_label("Correo o teléfono").fill("marta@example.com")
    inner = box.locator("main").evaluate("e => Math.ceil(e.getBoundingClientRect().height)")
    browser_page.wait_for_function(
        f"document.querySelector('iframe').getBoundingClientRect().height === {inner}"
    )
    with browser_page.expect_popup() as opened:
        box.get_by_role("button").click()
    page = opened.value
    page.wait_for_url("**/t/*/")
    assert "1042" in page.locator("main").inner_text()
    assert page.evaluate("document.referrer") == ""
    kept = browser_page.context.cookies([elsewhere.origin, f"{site}/s/olmo/widget"])
    assert kept == []
    stored = "[localStorage.length, sessionStorage.length, document.cookie]"
    assert browser_page.evaluate(stored) == [0, 0, ""]


def test_an_order_is_shown_in_the_account_and_leads_on(site, elsewhere, shop, order, browser_page):
    address = Caller(shop).post("/orders/1042/embed").json()["url"]
    elsewhere.shows(f'<script src="{site}/s/olmo/widget.js" data-order="{address}" async></script>')
    browser_page.goto(elsewhere.origin)
    box = browser_page.frame_locator("iframe")
    assert "1042" in box.locator("main").inner_text()
    assert box.locator(".steps li").count() > 1
    assert rows.path(order).split("/")[2] not in browser_page.content()
    with browser_page.expect_popup() as opened:
        box.get_by_role("link").click()
    opened.value.wait_for_url(f"**{rows.path(order)}")


def test_a_plain_frame_works_without_scripts(site, elsewhere, order, chromium):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    elsewhere.shows(f'<iframe src="{site}/s/olmo/widget" style="width:100%;height:330px"></iframe>')
    page.goto(elsewhere.origin)
    box = page.frame_locator("iframe")
    box.locator("input").nth(0).fill("1042")
    box.locator("input").nth(1).fill("marta@example.com")
    with page.expect_popup() as opened:
        box.get_by_role("button").click()
    opened.value.wait_for_url("**/t/*/")
    context.close()


def test_a_site_that_was_not_named_shows_nothing(site, elsewhere, shop, order, chromium):
    with shop_context(shop.pk):
        Brand.objects.for_shop(shop).update(frames=["https://other.example"])
    page = chromium.new_page()
    elsewhere.shows(f'<script src="{site}/s/olmo/widget.js" async></script>')
    page.goto(elsewhere.origin)
    page.locator("iframe").wait_for()
    page.wait_for_timeout(500)
    assert page.frame_locator("iframe").locator("form").count() == 0
    page.close()


def test_only_our_frame_says_how_high_it_is(site, elsewhere, order, browser_page):
    elsewhere.shows(f'<script src="{site}/s/olmo/widget.js" async></script>')
    browser_page.goto(elsewhere.origin)
    browser_page.frame_locator("iframe").locator("form").wait_for()
    browser_page.wait_for_timeout(300)
    before = frame_height(browser_page)
    browser_page.evaluate("postMessage({rastroHeight: 1999}, '*')")
    browser_page.wait_for_timeout(200)
    assert frame_height(browser_page) == before


def test_how_long_a_page_was_looked_at_is_said_when_it_is_left(site, elsewhere, shop, order, chromium):
    context = chromium.new_context(user_agent=PHONE, locale="es-ES", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{site}{rows.path(order)}")
    page.wait_for_timeout(2200)
    # As when another tab is opened. (While a page is left for good, this browser forgets the phone it plays.)
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(500)
    visits.flush()
    service.drain()
    with shop_context(shop.pk):
        (row,) = PageVisit.objects.for_shop(shop)
    assert (row.device, row.country, row.reader, row.views, row.visits) == ("phone", "ES", "person", 1, 1)
    assert 2 <= row.dwell_s <= 6
    context.close()


def test_without_scripts_the_reload_of_an_open_page_is_no_view(site, shop, order, chromium, monkeypatch):
    sooner = pages.framed
    monkeypatch.setattr(
        pages, "framed", lambda *said, **more: sooner(*said, **more).replace('content="60"', 'content="1"')
    )
    judged = []
    monkeypatch.setattr(opened, "is_view", lambda headers: judged.append(is_view(headers)) or judged[-1])
    context = chromium.new_context(java_script_enabled=False, user_agent=PHONE)
    page = context.new_page()
    page.goto(f"{site}{rows.path(order)}")
    page.wait_for_timeout(3500)
    context.close()
    assert len(judged) >= 3
    assert judged[0] and not any(judged[1:])
