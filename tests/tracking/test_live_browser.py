"""A courier on the map of an open page, and a driver with a phone, in a real browser."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.utils import timezone
from PIL import Image

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.services import SYSTEM
from tests.config.test_streams import streams  # noqa: F401  a fixture
from tests.tracking import pages as rows
from tracking.models import Shipment, Stop
from tracking.services import rounds
from tracking.services.courier import PositionIn, take_position

pytestmark = pytest.mark.browser


@pytest.fixture
def shop(site):
    forget_shops()
    yield rows.shop(slug="olmo")
    forget_shops()


@pytest.fixture
def order(shop):
    now = timezone.now()
    with shop_context(shop.pk):
        made = rows.order(shop, number="1042", city="Valencia", latitude=39.4712, longitude=-0.3709,
                          state="out_for_delivery", state_since=now)  # fmt: skip
        made.parcel = rows.parcel(made, [(SubStatus.ON_VEHICLE, 1, "")], now=now, carrier="own_driver")
    return made


def drive(order, latitude, seconds=0):
    at = timezone.now() + timedelta(seconds=seconds)
    said = PositionIn(latitude, -0.39, at, stops_before=2)
    return take_position(shop=order.shop, shipment_id=order.parcel.pk, position=said, now=at)


def height(page):
    return page.locator("svg.courier").evaluate("e => parseFloat(e.style.top)")


def comes_lower(page, before):
    """Whether he is seen further south within ten seconds."""
    for _again in range(50):
        if height(page) > before + 1:
            return True
        page.wait_for_timeout(200)
    return False


def test_he_moves_on_the_map_as_the_stream_says(site, streams, order, settings, browser_page):  # noqa: F811
    settings.STREAM_URL = streams
    settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["connect-src"] = ["'self'", streams]
    drive(order, 39.495)
    asked = []
    browser_page.on("request", lambda request: asked.append(request.url))
    browser_page.goto(site + rows.path(order))
    browser_page.locator("svg.courier").wait_for()
    browser_page.wait_for_timeout(500)
    before = height(browser_page)
    assert any("/live/" in url for url in asked)
    drive(order, 39.49, seconds=30)
    assert comes_lower(browser_page, before)
    assert sum(url.endswith("/position") for url in asked) == 1
    assert browser_page.locator("figcaption b").inner_text() == "Your driver is on the way"
    assert "2 stops before yours" in browser_page.locator("figcaption small").inner_text()


def test_without_a_stream_the_page_asks(site, order, browser_page):
    drive(order, 39.495)
    browser_page.clock.install()
    browser_page.goto(site + rows.path(order))
    browser_page.locator("svg.courier").wait_for()
    before = height(browser_page)
    drive(order, 39.49, seconds=30)
    browser_page.clock.run_for(18_000)
    browser_page.clock.resume()
    assert comes_lower(browser_page, before)


def test_a_map_without_a_script_shows_where_he_is(site, order, chromium):
    drive(order, 39.495)
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(site + rows.path(order))
    page.locator(".map img").scroll_into_view_if_needed()
    assert page.locator(".map img").get_attribute("alt") == "Map: your driver is on the way to Valencia."
    svg = context.request.get(site + rows.path(order) + "map.svg").text()
    assert 'class="here"' in svg
    context.close()


@pytest.fixture
def link(shop, order):
    with shop_context(shop.pk):
        Shipment.objects.filter(pk=order.parcel.pk).delete()
        second = rows.order(shop, number="1043", city="Valencia", customer_email="ana@example.com")
    now = timezone.now()
    one, key = rounds.make_round(shop=shop, name="Van", driver="", day=now.date(), by=SYSTEM, now=now)
    rounds.add_orders(shop=shop, round_id=one.pk, orders=[order, second], by=SYSTEM, now=now)
    return f"/s/olmo/d/{key}/"


def photo():
    out = io.BytesIO()
    Image.new("RGB", (2400, 1800), "#a8472a").save(out, "JPEG")
    return {"name": "door.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def test_a_driver_delivers_with_a_photo_and_the_shoppers_page_says_so(site, order, link, browser_page):
    shopper = browser_page
    shopper.goto(site + rows.path(order))
    driver = browser_page.context.new_page()
    driver.goto(f"{site}{link}?lang=en")
    first = driver.locator(".stop").first
    first.get_by_role("button", name="I am going here next").click()
    driver.locator(".stop.next").wait_for()
    driver.locator(".stop.next input[type=file]").set_input_files(photo())
    driver.locator(".stop.next input[name=taken_by]").fill("Nuria Vidal")
    driver.locator(".stop.next").get_by_role("button", name="It is delivered").click()
    driver.locator(".stop.delivered").wait_for()
    shopper.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    shopper.locator("h1", has_text="Delivered").wait_for()
    shopper.fill("#contact", "marta@example.com")
    shopper.click("button:has-text('Show')")
    shopper.locator(".pod img").wait_for()
    with shop_context(order.shop_id):
        assert Stop.objects.get(status="delivered").picture_kind == "photo"


def test_a_driver_has_a_signature_drawn(site, order, link, browser_page):
    browser_page.goto(f"{site}{link}?lang=en")
    browser_page.locator(".stop").first.get_by_role("button", name="I am going here next").click()
    canvas = browser_page.locator(".stop.next canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    browser_page.mouse.move(box["x"] + 20, box["y"] + 20)
    browser_page.mouse.down()
    browser_page.mouse.move(box["x"] + 120, box["y"] + 60, steps=4)
    browser_page.mouse.up()
    browser_page.locator(".stop.next").get_by_role("button", name="It is delivered").click()
    browser_page.locator(".stop.delivered").wait_for()
    with shop_context(order.shop_id):
        assert Stop.objects.get(status="delivered").picture_kind == "signature"
        assert Shipment.objects.get(stops__status="delivered").sub_status == SubStatus.DELIVERED_SIGNED


def test_what_was_done_without_signal_is_sent_once_there_is(site, order, link, browser_page):
    browser_page.goto(f"{site}{link}?lang=en")
    browser_page.locator(".stop").first.get_by_role("button", name="I am going here next").click()
    browser_page.locator(".stop.next").wait_for()
    browser_page.context.set_offline(True)
    browser_page.locator(".stop.next").get_by_role("button", name="It is delivered").click()
    browser_page.locator("#said", has_text="No signal").wait_for()
    browser_page.context.set_offline(False)
    browser_page.locator(".stop.delivered").wait_for()


def test_a_driver_without_a_script_delivers_too(site, order, link, chromium):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{site}{link}?lang=en")
    page.locator(".stop").first.get_by_role("button", name="I am going here next").click()
    page.locator(".stop.next input[name=taken_by]").fill("Nuria Vidal")
    page.locator(".stop.next").get_by_role("button", name="It is delivered").click()
    page.locator(".stop.delivered").wait_for()
    page.locator(".stop.to_come").get_by_text("Could not deliver").click()
    page.get_by_text("No way in").click()
    page.get_by_role("button", name="It was not delivered").click()
    page.locator(".stop.failed").wait_for()
    context.close()


def test_the_drivers_page_fits_a_phone_and_its_targets_are_large(site, link, browser_page):
    browser_page.goto(f"{site}{link}?lang=en")
    small = browser_page.evaluate(
        "() => [...document.querySelectorAll('main .btn, main summary, main .pick')]"
        ".map(e => e.getBoundingClientRect()).filter(b => b.height > 0 && b.height < 44).length"
    )
    assert small == 0
    assert not browser_page.evaluate(
        "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
