"""The answer in a real browser: the picture of a code, the lines of several parcels, with and without script."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tests.tracking import pages as rows

pytestmark = pytest.mark.browser
SIDEWAYS = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def shop(site):
    forget_shops()
    yield rows.shop(slug="olmo")
    forget_shops()


@pytest.fixture
def waiting(shop):
    now = timezone.now()
    point = {
        "name": "Papelería Sol", "address": "Calle Mayor 14", "hours": "9–20", "code": "4K7-209",
        "until": (now + timedelta(days=5)).date().isoformat(),
    }  # fmt: skip
    with shop_context(shop.pk):
        order = rows.order(shop, state="ready_for_pickup", state_since=now)
        rows.parcel(order, [(SubStatus.PICKUP_POINT, 3, "")], now=now, pickup=point)
    return order


@pytest.fixture
def several(shop):
    now = timezone.now()
    with shop_context(shop.pk):
        order = rows.order(shop, state="partially_delivered", state_since=now)
        for meaning in (
            SubStatus.DELIVERED_NEIGHBOUR,
            SubStatus.CUSTOMS_PROCESSING,
            SubStatus.FAILED_NOT_HOME,
        ):
            rows.parcel(order, [(SubStatus.PICKED_UP, 60, ""), (meaning, 2, "")], now=now)
    return order


def phone(chromium, *, script):
    return chromium.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=script, reduced_motion="reduce"
    )


@pytest.mark.parametrize("script", [True, False])
def test_the_code_is_shown_as_a_picture_once_the_order_is_proved(site, waiting, chromium, script):
    context = phone(chromium, script=script)
    page = context.new_page()
    page.goto(site + rows.path(waiting))
    assert page.locator(".qr").count() == 0
    page.click("text=Show the pickup code")
    page.fill("#contact", "marta@example.com")
    page.click("#prove button[type=submit]")
    page.locator(".qr").wait_for()
    box = page.locator(".qr").bounding_box()
    assert box["width"] == box["height"] >= 100
    assert page.get_by_role("img", name="The pickup code, to be scanned").is_visible()
    assert page.locator(".pickup .code").inner_text() == "4K7-209"
    context.close()


def test_the_picture_is_dark_on_light_at_night_too(site, waiting, browser_page):
    browser_page.emulate_media(color_scheme="dark")
    browser_page.goto(site + rows.path(waiting))
    browser_page.fill("#contact", "marta@example.com")
    browser_page.click("#prove button[type=submit]")
    browser_page.locator(".qr").wait_for()
    paths = browser_page.locator(".qr path")
    assert paths.nth(0).evaluate("e => getComputedStyle(e).fill") == "rgb(255, 255, 255)"
    assert paths.nth(1).evaluate("e => getComputedStyle(e).stroke") == "rgb(0, 0, 0)"
    browser_page.wait_for_load_state()  # with its style
    assert not browser_page.evaluate(SIDEWAYS)


@pytest.mark.parametrize("script", [True, False])
def test_the_line_of_a_parcel_is_above_the_fold_and_leads_to_its_card(site, several, chromium, script):
    context = phone(chromium, script=script)
    page = context.new_page()
    page.goto(site + rows.path(several))
    lines = page.locator(".parcels a")
    assert lines.count() == 3
    last = lines.nth(2).bounding_box()
    assert last["y"] + last["height"] <= 640 and last["height"] >= 44
    lines.nth(2).click()
    page.wait_for_timeout(300)
    assert page.url.endswith("#parcel-3")
    assert 0 <= page.locator("#parcel-3").bounding_box()["y"] < 844
    context.close()


def test_both_when_and_how_long_ago_can_be_read(site, waiting, browser_page):
    browser_page.goto(site + rows.path(waiting))
    said = browser_page.locator("time[data-ago]").inner_text()
    assert said.startswith("3 hours ago (") and said.endswith(")")
    browser_page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert browser_page.locator("time[data-ago]").inner_text() == said  # not said within itself
