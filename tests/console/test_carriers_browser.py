"""The carriers' pages in a real browser: by keyboard alone, on a phone without JavaScript; and axe finds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from carriers.models import Account, AccountDay, CodeMeaning
from carriers.reading import events_of
from carriers.registry import CARRIERS
from carriers.services import note_unknown, store_push
from carriers.types import Answer, Scan, SubStatus
from tenants.isolation import shop_context
from tenants.models import Role, Shop
from tests import make
from tests.console.test_browser import complaints, sign_in
from tracking.services import rereading
from tracking.services.events import record_events

pytestmark = pytest.mark.browser
ODD = "ZX-9/ä 4"
LOCKER = str(SubStatus.PICKUP_LOCKER)
HOUR = timedelta(hours=1)
WIDE = {"width": 1280, "height": 900}


@pytest.fixture
def shop(site: str) -> Shop:
    """Casa Olmo with accounts in every condition, two weeks of questions, and two parcels with an unknown code."""
    shop = make.shop(slug="casa-olmo", name="Casa Olmo", language="es")
    make.member(shop, Role.OWNER, user=make.user(email="ana@example.com", name="Ana Olmo"))
    now = timezone.now()
    with shop_context(shop.pk):
        accounts = {code: make.account(shop, code) for code in ("dhl", "17track", "seur", "ups", "estafeta")}
        Account.objects.filter(pk=accounts["seur"].pk).update(
            last_error="auth_error: " + "401 Unauthorized " * 8, last_error_at=now, paused_until=now + HOUR
        )
        Account.objects.filter(pk=accounts["dhl"].pk).update(last_ok_at=now)
        for back in range(14):
            day = now.astimezone(UTC).date() - timedelta(days=back)
            AccountDay.objects.create(
                shop=shop, account=accounts["dhl"], day=day, asked=100 + back, found=80, not_found=15, failed=5 + back
            )  # fmt: skip
        store_push(account=accounts["17track"], body=b"{}", now=now)
        for _parcel in range(2):
            parcel = make.shipment(make.order(shop), polled=accounts["dhl"], created_at=now - 9 * HOUR)
            scans = Scan(now - 5 * HOUR, "transit", "In transit"), Scan(now - HOUR, ODD, "Vorgang 9")
            events = events_of(CARRIERS["dhl"], Answer(parcel.number, scans=scans))
            record_events(shop_id=shop.pk, shipment_id=parcel.pk, events=events, now=now)
        long = "The shipment was handed over to somebody whose name nobody tells, " * 3
        note_unknown(shop_id=shop.pk, seen={("17track", "Long_" * 14): (1200, long)}, now=now)
    return shop


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


def go(page: Any, site: str, path: str) -> None:
    page.goto(f"{site}/console/casa-olmo/{path}")


def account_of(shop: Shop, carrier: str) -> int:
    with shop_context(shop.pk):
        return int(Account.objects.get(carrier=carrier).pk)


def tab_to(page: Any, selector: str, most: int = 80) -> None:
    """Press Tab until that is reached: what cannot be reached so is no good to many."""
    for _press in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached by {most} tabs")


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_axe_finds_nothing_and_nothing_sticks_out(
    shop: Shop, site: str, browser_page: Any, width: int, scheme: str
) -> None:
    browser_page.set_viewport_size({"width": width, "height": 900})
    browser_page.emulate_media(color_scheme=scheme)
    sign_in(browser_page, site)
    one = f"carriers/codes/dhl/?{urlencode({'code': ODD})}"
    accounts = [
        f"carriers/{account_of(shop, code)}/" for code in ("dhl", "17track", "seur", "ups", "estafeta")
    ]
    found: dict[str, list[str]] = {}
    for path in (
        "carriers/", "carriers/?q=zzzq", "carriers/?q=jadlog", *accounts, "carriers/connect/aftership/",
        "carriers/connect/tipsa/", "carriers/connect/estafeta/", "carriers/connect/karrio/", "carriers/codes/",
        "carriers/codes/?tab=given", one, f"{one}&means={LOCKER}",
    ):  # fmt: skip
        go(browser_page, site, path)
        for drawer in browser_page.query_selector_all("main details"):
            drawer.evaluate("drawer => { drawer.open = true }")
        sticks_out = browser_page.evaluate("document.documentElement.scrollWidth > innerWidth")
        found[path] = [*complaints(browser_page), *(["sticks out"] if sticks_out else [])]
    assert {path: said for path, said in found.items() if said} == {}


def test_a_carrier_is_found_by_typing_and_opened_by_keyboard(
    shop: Shop, site: str, browser_page: Any
) -> None:
    browser_page.set_viewport_size(WIDE)
    sign_in(browser_page, site)
    go(browser_page, site, "carriers/")
    tab_to(browser_page, "#offers-q")
    browser_page.keyboard.type("tips")
    browser_page.locator("#offers-count", has_text="1 ").wait_for()
    browser_page.locator("#offers li:only-child .offer").wait_for()
    assert "q=tips" in browser_page.url
    assert browser_page.evaluate("document.activeElement.id") == "offers-q"
    tab_to(browser_page, "#offers .offer", most=6)
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_url("**/carriers/connect/tipsa/")
    browser_page.go_back()
    assert browser_page.input_value("#offers-q") == "tips"


def test_choosing_a_kind_narrows_the_list_at_once(shop: Shop, site: str, browser_page: Any) -> None:
    sign_in(browser_page, site)
    go(browser_page, site, "carriers/")
    browser_page.select_option("#offers-kind", "aggregator")
    browser_page.locator("#offers:not(:has(.offer .pill:not(.info)))").wait_for()
    assert browser_page.locator("#offers .offer").count() >= 5


def test_a_code_is_given_its_meaning_by_keyboard_alone(shop: Shop, site: str, browser_page: Any) -> None:
    browser_page.set_viewport_size(WIDE)
    sign_in(browser_page, site)
    go(browser_page, site, "carriers/codes/")
    tab_to(browser_page, "a[href*='/codes/dhl/']")
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_url("**/codes/dhl/?code=*")
    tab_to(browser_page, "#id_means")
    options = browser_page.locator("#id_means option").evaluate_all("all => all.map(one => one.value)")
    for _step in range(options.index(LOCKER)):
        browser_page.keyboard.press("ArrowDown")
    assert browser_page.input_value("#id_means") == LOCKER
    tab_to(browser_page, ".card-foot .btn.primary", most=2)
    browser_page.keyboard.press("Enter")
    browser_page.locator("#difference:focus").wait_for()  # read out, and gone on from
    assert browser_page.locator(".differences tbody tr").count() == 2
    tab_to(browser_page, ".difference-foot .btn.primary", most=3)
    browser_page.keyboard.press("Enter")
    browser_page.locator("#given[hx-trigger]").wait_for()
    with shop_context(shop.pk):
        assert CodeMeaning.objects.get().sub_status == LOCKER
    assert rereading.reread_due(now=timezone.now()) == 1
    browser_page.locator("#given:not([hx-trigger])").wait_for()
    assert browser_page.locator("#given .text-ok").count() == 1


def test_without_javascript_a_carrier_is_found_and_a_code_given_its_meaning(
    shop: Shop, site: str, plain_page: Any
) -> None:
    sign_in(plain_page, site)
    go(plain_page, site, "carriers/")
    plain_page.fill("#offers-q", "tipsa")
    plain_page.locator(".offers-by button").click()
    plain_page.wait_for_url("**q=tipsa**")
    plain_page.locator("#offers .offer").click()
    plain_page.locator("h1", has_text="TIPSA").wait_for()

    go(plain_page, site, "carriers/codes/")
    plain_page.locator("a[href*='/codes/dhl/']").click()
    plain_page.select_option("#id_means", LOCKER)
    plain_page.locator(".card-foot .btn.primary").click()
    plain_page.locator(".difference-foot .btn.primary").click()
    plain_page.locator("#given .muted").wait_for()
    rereading.reread_due(now=timezone.now())
    plain_page.locator("#given .text-ok").wait_for()  # the page asks again by itself
