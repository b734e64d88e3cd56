"""The shopper's page in a real browser: seen whole on a small phone, kept true, usable by everybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.models import Brand
from tests.tracking import pages as rows
from tracking import pages
from tracking.models import Order, OrderLine, Shipment

pytestmark = pytest.mark.browser

SIZES = {"a small phone": (360, 640), "a phone": (390, 844), "a desk": (1280, 900)}
SMALL_TARGETS = """
() => [...document.querySelectorAll("main .btn, main summary, main button:not([hidden]), nav a, .mark")]
  .map(e => [e.textContent.trim(), e.getBoundingClientRect()])
  .filter(([, box]) => box.height > 0 && (box.height < 44 || box.width < 24) )
  .map(([text, box]) => `${text}: ${Math.round(box.width)}×${Math.round(box.height)}`)
"""
SIDEWAYS = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def shop(site):
    forget_shops()
    yield rows.shop(slug="olmo", contact_phone="+34 960 123 456", help_url="https://olmo.example/ayuda")
    forget_shops()


@pytest.fixture
def order(shop):
    """With the driver, to arrive this afternoon."""
    now = timezone.now()
    with shop_context(shop.pk):
        Brand.objects.for_shop(shop).update(
            banner_title="For your next table", banner_text="10 % off the autumn collection", banner_code="OLMO10",
            links=[{"label": "Shop", "url": "https://olmo.example"}],
        )  # fmt: skip
        made = rows.order(
            shop, number="1042", state="out_for_delivery", state_since=now, eta_first=now, eta_last=now
        )
        rows.parcel(
            made,
            [
                (SubStatus.LABEL_CREATED, 60, "Prerregistrado"),
                (SubStatus.PICKED_UP, 50, "Recogido"),
                (SubStatus.IN_TRANSIT, 40, "En tránsito"),
                (SubStatus.AT_DELIVERY_DEPOT, 6, "En delegación"),
                (SubStatus.ON_VEHICLE, 1, "En reparto"),
            ],
            now=now,
            options_url="https://carrier.example/options",
        )
        rows.move(made, "shipped", 1)
    return made


def change(shop, **fields):
    with shop_context(shop.pk):
        known = Order.objects.for_shop(shop).get()
        Order.objects.for_shop(shop).update(version=known.version + 1, **fields)
    pages.forget([known.token_hash])


def violations(page):
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {node['html'][:120]}" for v in found for node in v["nodes"]]


@pytest.mark.parametrize("width,height", SIZES.values(), ids=SIZES.keys())
def test_where_and_when_are_seen_without_scrolling(site, order, browser_page, width, height):
    browser_page.set_viewport_size({"width": width, "height": height})
    browser_page.goto(site + rows.path(order))
    for seen in ("h1", ".fresh"):
        box = browser_page.locator(seen).bounding_box()
        assert box["y"] + box["height"] <= height, seen
    assert browser_page.locator("h1").inner_text() == "Arrives today"
    browser_page.wait_for_load_state()
    assert not browser_page.evaluate(SIDEWAYS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "colour,background", [("#1f5f4a", "#f6f5f2"), ("#ffe600", "#ffffff"), ("#0a0a0a", "#222222")]
)
def test_everybody_can_use_it_in_any_shops_colours(
    site, shop, order, browser_page, scheme, colour, background
):
    with shop_context(shop.pk):
        Brand.objects.for_shop(shop).update(colour=colour, background=background, version=2)
    pages.forget_look(shop.pk)
    browser_page.emulate_media(color_scheme=scheme)
    for address in (rows.path(order), "/s/olmo/", "/s/olmo/t/guessed", "/"):
        browser_page.goto(site + address)
        assert violations(browser_page) == []


def test_what_can_be_touched_is_large_enough(site, order, browser_page):
    browser_page.goto(site + rows.path(order))
    assert browser_page.evaluate(SMALL_TARGETS) == []


@pytest.mark.parametrize("width,letters", [(320, 16), (360, 16), (390, 32)])
def test_long_words_and_large_letters_break_nothing(site, shop, order, browser_page, width, letters):
    with shop_context(shop.pk):
        OrderLine.objects.for_shop(shop).update(
            title="Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüssel"
        )
        Shipment.objects.for_shop(shop).update(number="0" * 60)
    change(shop, city="Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch", customer_name="Ñ" * 80)
    browser_page.set_viewport_size({"width": width, "height": 800})
    browser_page.goto(site + rows.path(order))
    browser_page.fill("#contact", "marta@example.com")
    browser_page.click("button:has-text('Show')")
    browser_page.wait_for_selector(".number")
    browser_page.wait_for_load_state()  # with its style
    browser_page.evaluate(f"document.documentElement.style.fontSize = '{letters}px'")
    browser_page.wait_for_load_state()
    assert not browser_page.evaluate(SIDEWAYS)
    browser_page.evaluate("document.documentElement.dir = 'rtl'")
    browser_page.wait_for_load_state()
    assert not browser_page.evaluate(SIDEWAYS)


def test_an_open_page_changes_in_place_says_so_and_stays_as_it_was_left(site, shop, order, browser_page):
    browser_page.goto(site + rows.path(order))
    browser_page.evaluate("window.untouched = true")
    browser_page.click("summary:has-text('own words')")
    change(shop, state="delivered")
    browser_page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    browser_page.locator("h1", has_text="Delivered").wait_for()
    assert browser_page.evaluate("window.untouched")
    assert browser_page.title().startswith("Delivered · ")
    assert browser_page.locator("#news").inner_text() == "Delivered"
    assert browser_page.locator("details.words").get_attribute("open") is not None


def test_an_unchanged_page_is_not_sent_again(site, order, browser_page):
    browser_page.goto(site + rows.path(order))
    with browser_page.expect_response(lambda answer: answer.url == site + rows.path(order)) as told:
        browser_page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert told.value.status == 304


def test_what_somebody_is_typing_is_not_swept_away(site, shop, order, browser_page):
    browser_page.goto(site + rows.path(order))
    browser_page.fill("#contact", "mar")
    change(shop, state="delivered")
    with browser_page.expect_response(lambda answer: answer.url == site + rows.path(order)):
        browser_page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert browser_page.locator("#contact").input_value() == "mar"


def test_how_long_ago_is_told_by_the_readers_own_clock(site, order, browser_page):
    browser_page.goto(site + rows.path(order))
    assert browser_page.locator("time[data-ago]").inner_text().startswith("1 hour ago (")


def test_the_carriers_words_show_when_asked_for(site, order, browser_page):
    browser_page.goto(site + rows.path(order))
    words = browser_page.locator("q", has_text="En reparto")
    assert not words.is_visible()
    browser_page.click("summary:has-text('own words')")
    assert words.is_visible()


def test_it_is_complete_without_script(site, order, chromium):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(site + "/s/olmo/")
    page.fill("#number", "1042")
    page.fill("#contact", "marta@example.com")
    page.click("button[type=submit]")
    assert "/t/" in page.url
    assert page.locator("h1").inner_text() == "Arrives today"
    assert "Calle del Olmo 12" in page.inner_text("main")
    assert not page.locator("button:has-text('Copy')").first.is_visible()  # needs script: not offered
    page.click("summary:has-text('own words')")
    assert page.locator("q").first.is_visible()
    page.click("button:has-text('Hide them again')")
    assert "Calle del Olmo 12" not in page.inner_text("main")
    context.close()


def test_the_keyboard_reaches_the_answer_and_the_form(site, order, browser_page):
    browser_page.goto(site + rows.path(order))
    browser_page.keyboard.press("Tab")
    assert browser_page.evaluate("document.activeElement.textContent") == "Skip to the content"
    browser_page.keyboard.press("Enter")
    assert browser_page.evaluate("document.activeElement.id") == "content"
    browser_page.keyboard.press("Tab")
    assert "Change the delivery" in browser_page.evaluate("document.activeElement.textContent")
    assert browser_page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_all_of_it_is_three_requests_and_light(site, order, browser_page):
    asked = []
    browser_page.on("response", lambda answer: asked.append((answer.url, len(answer.body()))))
    browser_page.goto(site + rows.path(order))
    browser_page.wait_for_load_state("networkidle")
    asked = [(url, size) for url, size in asked if not url.endswith("map.svg")]  # which comes after all else
    assert len(asked) == 3
    assert sum(size for _url, size in asked) < 60_000  # bytes, before compression


def test_on_paper_there_is_the_answer_and_nothing_to_press(site, order, browser_page):
    browser_page.goto(site + rows.path(order))
    browser_page.emulate_media(media="print")
    assert browser_page.locator("h1").is_visible()
    for gone in (".actions", ".prove", ".promo", "summary"):
        assert not browser_page.locator(gone).first.is_visible()


def test_a_number_is_copied_and_that_is_said(site, order, browser_page):
    browser_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    browser_page.goto(site + rows.path(order))
    browser_page.click(".promo button:has-text('Copy')")
    browser_page.wait_for_selector("button:has-text('Copied')")
    assert browser_page.evaluate("navigator.clipboard.readText()") == "OLMO10"
    assert browser_page.locator("#news").inner_text() == "Copied"


def test_a_van_of_yesterday_is_not_promised_for_today(site, shop, order, browser_page):
    change(shop, eta_first=None, eta_last=None, state_since=timezone.now() - timedelta(days=2))
    browser_page.goto(site + rows.path(order))
    assert browser_page.locator("h1").inner_text().startswith("With the driver since")
