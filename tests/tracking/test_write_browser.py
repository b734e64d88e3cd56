"""Writing to the shop in a real browser, on a phone: with JavaScript and without, in English and in Spanish."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.services import SYSTEM
from tests.tracking import pages as rows
from tests.tracking import tickets
from tracking.models import Ticket
from tracking.services.tickets import answer

pytestmark = pytest.mark.browser
SIDEWAYS = """() => [...document.querySelectorAll("body *")]
  .filter(e => !e.closest(".unseen, .skip") && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map(e => e.outerHTML.slice(0, 120))"""


@pytest.fixture
def order(site):
    forget_shops()
    shop = rows.shop(slug="olmo")
    with shop_context(shop.pk):
        made = rows.order(shop, number="1042", state="shipped", state_since=timezone.now())
        rows.parcel(made, tickets.ON_ITS_WAY, now=timezone.now())
    yield made
    forget_shops()


def ask_and_read(page, address, order, plate):
    """The whole way: from the order's page to an answer in the thread."""
    page.goto(address)
    page.click(".actions a[href^='write']")
    if page.locator(".choose").count():
        page.click(".choose a[href*='reason=where']")
    else:
        page.goto(address.split("?")[0] + "write?reason=where" + ("&lang=es" if "lang=es" in address else ""))
    page.locator(".ask form button").wait_for()
    page.click(".ask a.primary")
    page.fill("#text", "Where is my plate?")
    page.set_input_files("#photos", [{"name": "plate.jpg", "mimeType": "image/jpeg", "buffer": plate}])
    page.wait_for_load_state("load")  # with its styles
    page.wait_for_load_state()
    assert page.evaluate(SIDEWAYS) == []
    page.click("form.write button.primary")
    page.locator("h1").wait_for()
    assert "m••••@example.com" in page.inner_text("main")
    assert "Where is my plate?" not in page.inner_text("main")
    with shop_context(order.shop_id):
        ticket = Ticket.objects.for_shop(order.shop_id).select_related("order").get()
    answer(shop=order.shop, ticket=ticket, said=tickets.said("It is in Zaragoza."), by=SYSTEM, author="Nuria",
           now=timezone.now())  # fmt: skip
    page.goto(address)
    page.locator("#ticket").wait_for()
    page.fill("#contact", "marta@example.com")
    page.press("#contact", "Enter")
    page.wait_for_url(lambda url: "#" in url or "content" in url)
    page.goto(address)
    page.click("section.talk a")
    assert "It is in Zaragoza." in page.inner_text(".said")
    assert page.locator(".pictures img").count() == 1
    page.fill("form.write textarea", "Thank you!")
    page.click("form.write button.primary")
    page.locator(".said .shopper", has_text="Thank you!").wait_for()
    page.wait_for_load_state("load")  # with its styles
    page.wait_for_load_state()
    assert page.evaluate(SIDEWAYS) == []
    page.click("form.write button[value=settled]")
    page.locator("form.quick button").wait_for()
    assert tickets.again(ticket).status == "closed"


@pytest.mark.parametrize("language", ["en", "es"])
def test_one_asks_reads_and_settles_with_script(site, order, browser_page, language):
    ask_and_read(
        browser_page, f"{site}{rows.path(order)}?lang={language}", order, tickets.picture(size=(900, 700))
    )


@pytest.mark.parametrize("language", ["en", "es"])
def test_one_asks_reads_and_settles_without_script(site, order, chromium, language):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(10_000)
    ask_and_read(page, f"{site}{rows.path(order)}?lang={language}", order, tickets.picture(size=(900, 700)))
    context.close()


def test_the_pages_can_be_used_by_everybody(site, order, browser_page):
    for below in ("write", "write?reason=where", "write?reason=other"):
        browser_page.goto(site + rows.path(order) + below)
        found = Axe().run(browser_page).response["violations"]
        assert [f"{v['id']}: {node['html'][:120]}" for v in found for node in v["nodes"]] == []


def test_a_photo_that_is_too_large_is_marked_before_it_is_sent(site, order, browser_page):
    browser_page.goto(site + rows.path(order) + "write?reason=other")
    big = {"name": "big.jpg", "mimeType": "image/jpeg", "buffer": b"\0" * (9 * 1024 * 1024)}
    browser_page.set_input_files("#photos", [big])
    assert "big.jpg" in browser_page.inner_text(".chosen .too-large")
