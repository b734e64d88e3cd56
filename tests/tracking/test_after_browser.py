"""Stars, invoice and one's own data in a real browser: with and without JavaScript, in two languages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tests.tracking import invoices as invoice_rows
from tests.tracking import pages as rows
from tracking.models import Invoice, OrderLine, Review

pytestmark = pytest.mark.browser
SIDEWAYS = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def shop(site):
    forget_shops()
    yield invoice_rows.invoicing_shop(shop={"slug": "olmo"})
    forget_shops()


@pytest.fixture
def order(shop):
    now = timezone.now()
    with shop_context(shop.pk):
        made = rows.order(
            shop, number="1042", state="delivered", state_since=now - timedelta(hours=2), total="64.00"
        )
        scans = [(SubStatus.IN_TRANSIT, 20, ""), (SubStatus.DELIVERED, 2, "")]
        rows.parcel(made, scans, now=now)
        OrderLine.objects.for_shop(shop).update(image_url="")
    return made


def violations(page):
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {node['html'][:120]}" for v in found for node in v["nodes"]]


def settled(page):
    assert violations(page) == []
    page.wait_for_load_state()
    assert not page.evaluate(SIDEWAYS)


@pytest.mark.parametrize("language,thanks", [("en", "Thank you"), ("es", "")])
def test_stars_a_word_and_an_invoice_by_tapping(site, shop, order, browser_page, language, thanks):
    page, asked = browser_page, f"?lang={language}"
    page.goto(site + rows.path(order) + asked)
    settled(page)
    page.locator("input[name=shop][value='5']").check()
    page.locator("input[name=carrier][value='4']").check()
    page.locator(".rate button").click()
    page.wait_for_url("**/review*")
    settled(page)
    assert thanks in page.locator("h1").inner_text()
    page.fill("#text", "Lovely plates")
    page.locator("form button.primary").first.click()
    page.wait_for_load_state()
    with shop_context(shop.pk):
        kept = Review.objects.for_shop(shop).get()
    assert (kept.shop_stars, kept.carrier_stars, kept.text) == (5, 4, "Lovely plates")

    page.goto(site + rows.path(order) + asked)
    page.fill("#contact", "marta@example.com")
    page.locator("#prove .btn.primary").click()
    page.wait_for_load_state()
    page.locator('a[href="invoice"]').click()
    settled(page)
    page.fill("#tax_id", "12345678Z")
    page.locator("form button.primary").click()
    page.wait_for_load_state()
    settled(page)
    with shop_context(shop.pk):
        assert Invoice.objects.for_shop(shop).get().buyer["tax_id"] == "12345678Z"
    page.goto(site + rows.path(order) + "data" + asked)
    settled(page)


def test_all_of_it_without_javascript(site, shop, order, chromium):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    page.goto(site + rows.path(order))
    page.locator("input[name=shop][value='2']").check()
    page.locator(".rate button").click()
    assert page.locator("h1").inner_text() == "What went wrong? We want to put it right"
    assert page.locator(".reasons a").count() == 5
    page.goto(site + rows.path(order))
    page.fill("#contact", "marta@example.com")
    page.locator("#prove .btn.primary").click()
    page.locator('a[href="receipt"]').click()
    assert "DHL" in page.locator("dl").inner_text()
    page.go_back()
    page.locator('a[href="data"]').click()
    page.locator("#erase button").click()
    assert page.locator("h1").inner_text() == "Confirm it is you"
    context.close()
