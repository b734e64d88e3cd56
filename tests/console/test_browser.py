"""The console in a real browser: by keyboard, on a phone, in the dark, without JavaScript; and axe finds nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.models import Role, Shop
from tests import make
from tracking.models import Order
from tracking.services.events import record_events

pytestmark = pytest.mark.browser
S = SubStatus
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WIDE = {"width": 1280, "height": 900}


@pytest.fixture
def shop(site: str) -> Shop:
    """Casa Olmo with three orders: one in trouble, one that is fine, one not sent yet."""
    shop = make.shop(slug="casa-olmo", name="Casa Olmo", language="es")
    make.member(shop, Role.AGENT, user=make.user(email="ana@example.com", name="Ana Olmo"))
    now = timezone.now()
    with shop_context(shop.pk):
        for number, scans in (
            ("1042", ((S.PICKED_UP, 2 * DAY), (S.EXCEPTION_ADDRESS, 2 * HOUR))),
            ("1043", ((S.PICKED_UP, DAY), (S.FAILED_NOT_HOME, 3 * HOUR))),
            ("1044", ()),
        ):
            order = make.order(shop, number=number, placed_at=now - 3 * DAY, quiet_before=now - 3 * DAY)
            for sub, ago in scans:
                parcel = order.shipments.first() or make.shipment(order, created_at=now - 3 * DAY)
                scan = make.event(sub, at=now - ago)
                record_events(shop_id=shop.pk, shipment_id=parcel.pk, events=[scan], now=now - ago)
    return shop


def order_of(shop: Shop, number: str) -> Order:
    with shop_context(shop.pk):
        return Order.objects.get(number=number)


def orders(site: str, query: str = "") -> str:
    return f"{site}{reverse('console:orders', args=['casa-olmo'])}{query}"


def sign_in(page: Any, site: str) -> None:
    page.goto(f"{site}/accounts/login/")
    page.fill("[name=login]", "ana@example.com")
    page.fill("[name=password]", make.PASSWORD)
    page.click("main button")
    page.wait_for_url("**/orders/**")


def opens(page: Any, number: str) -> None:
    """Wait until that order is shown beside the list."""
    page.locator("#peek:not(.peek-loading) h2", has_text=f"#{number}").wait_for()


def complaints(page: Any) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['target']} {v['nodes'][0]['failureSummary']}" for v in found]


@pytest.fixture
def plain_page(chromium: Any) -> Iterator[Any]:
    """A phone whose browser runs no scripts."""
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, locale="en-GB", java_script_enabled=False
    )
    page = context.new_page()
    page.set_default_timeout(10_000)  # milliseconds
    yield page
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_axe_finds_nothing_and_nothing_sticks_out(
    shop: Shop, site: str, browser_page: Any, width: int, scheme: str
) -> None:
    browser_page.set_viewport_size({"width": width, "height": 900})
    browser_page.emulate_media(color_scheme=scheme)
    order = order_of(shop, "1042").pk
    found: dict[str, list[str]] = {}

    def look(path: str) -> None:
        browser_page.goto(site + path)
        browser_page.wait_for_load_state("networkidle")
        for drawer in browser_page.query_selector_all("details.more, details.inline-more"):
            drawer.evaluate("drawer => { drawer.removeAttribute('name'); drawer.open = true }")
        sticks_out = browser_page.evaluate("document.documentElement.scrollWidth > innerWidth")
        found[path] = [*complaints(browser_page), *(["sticks out"] if sticks_out else [])]

    look("/accounts/login/")
    look("/accounts/password/reset/")
    sign_in(browser_page, site)
    base = "/console/casa-olmo/orders/"
    for path in (
        base,
        f"{base}?q=nothing",
        f"{base}{order}/",
        f"{base}add/",
        "/accounts/2fa/",
        "/accounts/password/change/",
    ):
        look(path)
    assert {path: said for path, said in found.items() if said} == {}


def test_the_first_order_in_need_is_open_beside_the_list(shop: Shop, site: str, browser_page: Any) -> None:
    browser_page.set_viewport_size(WIDE)
    sign_in(browser_page, site)
    opens(browser_page, "1042")
    assert "open=" not in browser_page.url


def test_choosing_a_row_opens_it_and_the_way_back_closes_it(shop: Shop, site: str, browser_page: Any) -> None:
    browser_page.set_viewport_size(WIDE)
    sign_in(browser_page, site)
    opens(browser_page, "1042")
    browser_page.click("text=#1043")
    opens(browser_page, "1043")
    assert browser_page.url.endswith(f"open={order_of(shop, '1043').pk}")
    browser_page.reload()
    opens(browser_page, "1043")
    browser_page.go_back()
    opens(browser_page, "1042")


def test_the_list_is_worked_by_keyboard_alone(shop: Shop, site: str, browser_page: Any) -> None:
    browser_page.set_viewport_size(WIDE)
    sign_in(browser_page, site)
    opens(browser_page, "1042")
    browser_page.keyboard.press("j")
    opens(browser_page, "1043")
    browser_page.keyboard.press("j")  # the last one stays
    browser_page.keyboard.press("k")
    opens(browser_page, "1042")
    browser_page.keyboard.press("ArrowDown")
    opens(browser_page, "1043")
    browser_page.keyboard.press("/")
    assert browser_page.evaluate("document.activeElement.id") == "search"
    browser_page.keyboard.type("1044/j")  # here letters are letters
    assert browser_page.input_value("#search") == "1044/j"
    browser_page.fill("#search", "1044")
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_url("**q=1044")
    opens(browser_page, "1044")
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_url(f"**/orders/{order_of(shop, '1044').pk}/")


def test_advice_leads_to_its_form_opened_with_the_cursor_in_it(
    shop: Shop, site: str, browser_page: Any
) -> None:
    browser_page.set_viewport_size(WIDE)
    sign_in(browser_page, site)
    browser_page.goto(site + reverse("console:order", args=["casa-olmo", order_of(shop, "1042").pk]))
    browser_page.click(".callout .btn.primary")
    browser_page.locator("[name=customer_name]:focus").wait_for()
    browser_page.fill("[name=customer_phone]", "1")
    browser_page.press("[name=customer_phone]", "Enter")
    browser_page.wait_for_selector("#customer_customer_phone_error")
    browser_page.locator("[name=customer_phone]:focus").wait_for()


def test_a_button_pressed_twice_is_sent_once(shop: Shop, site: str, browser_page: Any) -> None:
    browser_page.set_viewport_size(WIDE)
    sign_in(browser_page, site)
    browser_page.goto(
        site + reverse("console:order", args=["casa-olmo", order_of(shop, "1044").pk]) + "#do-state"
    )
    sent: list[str] = []
    browser_page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    browser_page.select_option("#do-state select", "preparing")
    browser_page.dblclick("#do-state button")
    browser_page.wait_for_selector(".toast")
    assert len(sent) == 1
    assert order_of(shop, "1044").state == "preparing"


def test_on_a_phone_a_row_is_a_way_to_the_orders_page(shop: Shop, site: str, browser_page: Any) -> None:
    sign_in(browser_page, site)
    assert not browser_page.is_visible("#peek")
    browser_page.click("text=#1042")
    browser_page.wait_for_url(f"**/orders/{order_of(shop, '1042').pk}/")
    assert not browser_page.is_visible(".phone-nav")
    browser_page.click(".phone-bar summary")
    assert browser_page.is_visible(".phone-nav >> text=Cerrar sesión")  # the browser of the tests is Spanish


def test_everything_is_done_without_javascript(shop: Shop, site: str, plain_page: Any) -> None:
    sign_in(plain_page, site)
    plain_page.fill("#search", "ruiz 1")
    plain_page.goto(orders(site, "?tab=all"))
    plain_page.click("text=#1044")
    assert "#1044" in plain_page.inner_text("h1")
    plain_page.click("summary:has-text('Add a parcel')")
    plain_page.fill("#do-parcel [name=carrier]", "DHL")
    plain_page.fill("#do-parcel [name=number]", "-")
    plain_page.click("#do-parcel button")
    assert "A parcel needs its tracking number" in plain_page.inner_text("#do-parcel")
    plain_page.fill("#do-parcel [name=number]", "0034 0434")
    plain_page.click("#do-parcel button")
    assert re.search(r"0034 0434", plain_page.inner_text("main"))
    plain_page.click("summary:has-text('Cancel the order')")
    plain_page.check("#do-cancel [value=shopper]")
    plain_page.click("#do-cancel button")
    assert order_of(shop, "1044").state == "cancelled"
    plain_page.click("summary:has-text('Menu')")
    plain_page.click(".phone-nav button:has-text('Sign out')")
    plain_page.goto(orders(site))
    assert "/accounts/login/" in plain_page.url
