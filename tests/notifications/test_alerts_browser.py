"""Alerts, a follower and a present in a real browser: at 390 px, with and without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from notifications.models import Follower, Preference
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tests.tracking import pages
from tracking.models import Order

pytestmark = pytest.mark.browser


@pytest.fixture
def order(site: str) -> Iterator[Order]:
    forget_shops()
    shop = pages.shop(name="Casa Olmo")
    with shop_context(shop.pk):
        made = pages.order(shop, number="1042")
    yield made
    forget_shops()


def prove(page: Any, site: Any, order: Order) -> None:
    """From the button on the page, over the proof, to the switches."""
    page.goto(f"{site}{pages.path(order)}")
    page.get_by_role("link", name="Alerts").click()
    page.get_by_label("E-mail or phone of the order").fill("marta@example.com")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/alerts*")


def choose_and_add(page: Any, order: Order) -> None:
    page.get_by_label("Shipped: E-mail").uncheck()
    page.get_by_label("Out for delivery: E-mail").check()
    page.get_by_role("button", name="Save my choice").click()
    page.get_by_text("Saved. That is how you will hear from us.").wait_for()
    assert not page.get_by_label("Shipped: E-mail").is_checked()
    page.get_by_label("Their e-mail").fill("ana@example.com")
    page.get_by_role("button", name="Ask them").click()
    page.get_by_text("Asked, no answer yet").wait_for()
    with shop_context(order.shop_id):
        assert dict(Preference.objects.values_list("state", "wanted")) == {
            "shipped": False,
            "out_for_delivery": True,
        }
        assert list(Follower.objects.values_list("email", flat=True)) == ["ana@example.com"]
    page.get_by_role("button", name="Remove a••••@example.com").click()
    page.get_by_text("Done. Nothing more goes there.").wait_for()


def test_a_shopper_chooses_adds_somebody_and_takes_them_off(site, browser_page, order):
    prove(browser_page, site, order)
    assert browser_page.evaluate("document.documentElement.scrollWidth") == 390
    for box in browser_page.locator(".switches label:visible").all():
        assert box.bounding_box()["height"] >= 44
    assert browser_page.get_by_role("button", name="Tell this device", exact=True).is_visible()
    choose_and_add(browser_page, order)


def test_all_of_it_works_without_javascript(site, chromium, order):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(10_000)
    prove(page, site, order)
    assert not page.get_by_role("button", name="Tell this device", exact=True).is_visible()
    choose_and_add(page, order)
    page.get_by_role("link", name="Back to the order").click()
    page.get_by_role("link", name="Send as a gift link").click()
    page.get_by_role("button", name="Make the link").click()
    url = page.get_by_label("The link").input_value()
    context.close()
    stranger = chromium.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=False
    ).new_page()
    stranger.goto(site + "/t/" + url.split("/t/")[1])
    assert stranger.get_by_role("heading", level=1).is_visible()
    assert "Plate" not in stranger.content() and "64" not in stranger.locator("main").inner_text()
    stranger.context.close()


def test_a_present_s_link_is_copied_and_made_void(site, browser_page, order):
    prove(browser_page, site, order)
    browser_page.goto(f"{site}{pages.path(order)}gift")
    browser_page.get_by_role("button", name="Make the link").click()
    browser_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    browser_page.get_by_role("button", name="Copy").click()
    browser_page.get_by_text("Copied.").wait_for()
    assert (
        browser_page.evaluate("navigator.clipboard.readText()")
        == browser_page.get_by_label("The link").input_value()
    )
    browser_page.get_by_role("button", name="Make this link void").click()
    browser_page.get_by_role("button", name="Make the link").wait_for()
    with shop_context(order.shop_id):
        assert Order.objects.get(pk=order.pk).gift_hash == ""


def test_the_worker_registers_and_shows_what_is_pushed(site, chromium, order):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, permissions=["notifications"])
    page = context.new_page()
    page.goto(f"{site}/s/{order.shop.slug}/")
    scope = page.evaluate(
        "async path => { const r = await navigator.serviceWorker.register(path); return new URL(r.scope).pathname }",
        f"/s/{order.shop.slug}/sw.js",
    )
    assert scope == f"/s/{order.shop.slug}/"
    context.close()
