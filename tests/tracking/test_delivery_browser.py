"""A delivery changed on a phone: with a script and without one, in two languages, by everybody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.vault import unseal
from tests.tracking import changes as rows
from tests.tracking import pages
from tracking.models import DeliveryRequest, Notice, PickupPlace

pytestmark = pytest.mark.browser

SIDEWAYS = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
SMALL_TARGETS = """
() => [...document.querySelectorAll("main .btn, main .wish, main .pick, main .back a")]
  .map(e => [e.textContent.trim(), e.getBoundingClientRect()])
  .filter(([, box]) => box.height > 0 && box.height < 44).map(([text]) => text)
"""


@pytest.fixture
def order(site):
    forget_shops()
    shop, now = pages.shop(slug="olmo"), timezone.now()
    with shop_context(shop.pk):
        rows.option(shop, "day", position=1, settings={"sundays": True, "holidays": True})
        rows.option(
            shop, "slot", position=2, price="3.90", settings=rows.SLOTS | {"sundays": True, "holidays": True}
        )
        rows.option(shop, "address", position=3, needs_approval=True)
        rows.option(shop, "pickup_point", position=4)
        rows.option(shop, "safe_place", position=5)
        rows.option(shop, "note", position=6)
        rows.option(shop, "hold", position=7)
        made = pages.order(shop, number="1042", state="shipped")
        eta = now.date() + timedelta(days=3)
        pages.parcel(
            made,
            [(SubStatus.IN_TRANSIT, 5, "EN TRÁNSITO")],
            now=now,
            carrier="seur",
            eta_first=eta,
            eta_last=eta,
        )
        PickupPlace.objects.create(
            shop=shop, carrier="seur", code="P1", name="Estanco Goya", address="Calle Goya 47", postal_code="28001",
            city="Madrid", country="ES", hours="9-21",
        )  # fmt: skip
    yield made
    forget_shops()


def code_of(order):
    with shop_context(order.shop_id):
        return unseal(Notice.objects.for_shop(order.shop_id).filter(kind="code").latest("id").sealed)["code"]


def wishes(order):
    with shop_context(order.shop_id):
        return list(
            DeliveryRequest.objects.for_shop(order.shop_id).order_by("id").values_list("kind", "status")
        )


def let_in(page, order, button="Send me the code", go_on="Continue"):
    page.click(f"button:has-text('{button}')")
    page.fill("#code", code_of(order))
    page.click(f"button:has-text('{go_on}')")


def test_a_shopper_chooses_another_day_and_thinks_better_of_it(site, order, browser_page):
    page = browser_page
    page.goto(site + pages.path(order))
    page.click("a:has-text('Change the delivery')")
    let_in(page, order)
    assert page.locator("h1").inner_text() == "Change the delivery"
    page.click("a.wish:has-text('Another day')")
    page.locator(".pick").nth(1).click()
    page.click("button:has-text('Ask for this')")
    assert page.locator("h1").inner_text() == "Your wish has been noted"
    page.click("a:has-text('See the order')")
    assert page.locator("main").inner_text().count("You asked for another day") >= 2  # the card, the timeline
    page.click("a:has-text('Withdraw')")
    page.click("button:has-text('Withdraw')")
    assert "Withdrawn" in page.locator("main").inner_text()
    assert wishes(order) == [("day", "withdrawn")]


def test_it_works_without_script_and_in_spanish(site, order, chromium):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(site + pages.path(order) + "delivery?lang=es")
    page.locator("main form button").first.click()
    page.fill("#code", code_of(order))
    page.locator("main form button.primary").click()
    assert page.url.endswith("delivery?lang=es")
    page.locator("a.wish").nth(2).click()
    page.fill("#line", "Calle Mayor 5")
    page.fill("#postal_code", "28")
    page.locator("main button.primary").click()
    assert page.input_value("#line") == "Calle Mayor 5"  # nothing typed is lost
    page.fill("#postal_code", "28013")
    page.fill("#city", "Madrid")
    page.locator("main button.primary").click()
    assert "/delivery/asked/" in page.url
    assert wishes(order) == [("address", "asked")]
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_every_screen_of_it(site, order, browser_page, scheme):
    page = browser_page
    page.emulate_media(color_scheme=scheme)
    page.goto(site + pages.path(order) + "delivery")
    let_in(page, order)
    for name in (
        "",
        "/1/day",
        "/1/slot",
        "/1/address",
        "/1/pickup-point",
        "/1/safe-place",
        "/1/note",
        "/1/hold",
    ):
        page.goto(site + pages.path(order) + "delivery" + name)
        found = Axe().run(page).response["violations"]
        assert [f"{v['id']}: {n['html'][:120]}" for v in found for n in v["nodes"]] == [], name
        page.wait_for_load_state()
        assert not page.evaluate(SIDEWAYS), name
        assert page.evaluate(SMALL_TARGETS) == [], name
