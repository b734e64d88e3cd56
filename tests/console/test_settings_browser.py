"""The settings pages in a real browser: previews that follow, order by keyboard, everything without JavaScript too."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from notifications.conditions import Condition
from notifications.models import Message
from notifications.rules import Rule as Said
from notifications.services.own_rules import add_rule
from notifications.services.own_rules import own_rules as in_order
from notifications.services.ruling import switches_of
from tenants.isolation import shop_context
from tenants.models import ApiKey, Brand, Role, Shop
from tenants.services import SYSTEM
from tests import make
from tests.console.test_browser import complaints, sign_in
from tracking.models import ShopState
from tracking.services.shops import apply_preset

pytestmark = pytest.mark.browser
WIDE = {"width": 1280, "height": 900}


@pytest.fixture
def shop(site: str) -> Shop:
    """Casa Olmo with four states, an order, a carrier and a message nobody knows the fate of."""
    shop = make.shop(slug="casa-olmo", name="Casa Olmo", language="es")
    make.member(shop, Role.OWNER, user=make.user(email="ana@example.com", name="Ana Olmo"))
    apply_preset(shop=shop, preset="simple4", by=SYSTEM, now=make.NOW)
    with shop_context(shop.pk):
        order = make.order(shop, number="1042")
        make.account(shop, "17track")
        Message.objects.create(
            shop=shop, order=order, state="shipped", channel="email", dedupe_key="x", recipient="marta@example.com",
            language="es", text="Hola", why="rule:shipped", status="unknown", created_at=timezone.now(), id=uuid.UUID(int=7),
        )  # fmt: skip
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


def within(shop: Shop) -> Any:
    return shop_context(shop.pk)


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_axe_finds_nothing_and_nothing_sticks_out(
    shop: Shop, site: str, browser_page: Any, width: int, scheme: str
) -> None:
    browser_page.set_viewport_size({"width": width, "height": 900})
    browser_page.emulate_media(color_scheme=scheme)
    sign_in(browser_page, site)
    with within(shop):
        account = shop_account(shop)
        own_rules(shop)
    found: dict[str, list[str]] = {}
    for path in (
        "notifications/", "rules/new/", "rules/own-amazon/", "rules/try/", "rules/bounds/",
        "brand/", "carriers/", f"carriers/{account}/",
        "carriers/connect/ups/", "messages/", f"messages/{uuid.UUID(int=7)}/", "states/", "team/", "keys/", "settings/",
    ):  # fmt: skip
        go(browser_page, site, path)
        browser_page.wait_for_load_state("networkidle")
        for drawer in browser_page.query_selector_all("main details"):
            drawer.evaluate("drawer => { drawer.open = true }")
        sticks_out = browser_page.evaluate("document.documentElement.scrollWidth > innerWidth")
        found[path] = [*complaints(browser_page), *(["sticks out"] if sticks_out else [])]
    assert {path: said for path, said in found.items() if said} == {}


def own_rules(shop: Shop) -> None:
    asked = (Condition("sales_channel", "in", ("amazon",)),)
    silent = Said("own-amazon", "any", "email", conditions=asked, sends=False)
    for rule in (silent, Said("own-care", "delivered", "email", delay_days=3, name="Care")):
        add_rule(shop=shop, rule=rule, by=SYSTEM, now=make.NOW)


def test_a_rule_is_said_while_it_is_written_and_rules_change_places_by_key_and_by_hand(
    shop: Shop, site: str, browser_page: Any
) -> None:
    with within(shop):
        own_rules(shop)
    browser_page.set_viewport_size(WIDE)
    sign_in(browser_page, site)
    go(browser_page, site, "rules/new/")
    browser_page.select_option("[name=occasion]", "eta_moved")
    browser_page.fill("[name=moved_days]", "2")
    browser_page.select_option("[name=ask-0]", "country:in")
    browser_page.fill("[name=values-0]", "FR")
    browser_page.locator("#more-asks").press("Enter")
    browser_page.select_option("[name=ask-1]", "customer:is:first")
    browser_page.locator("#rule-words", has_text=re.compile(r"\b2\b.*(Francia|France)")).wait_for()
    browser_page.locator("[name=try]").first.click()
    browser_page.locator("#trial .trial-lead").wait_for()
    assert browser_page.input_value("[name=values-0]") == "FR"
    browser_page.locator(".rule-aside .btn.primary").click()
    browser_page.locator(".toast").wait_for()

    def keys() -> list[str]:
        with within(shop):
            return [rule.key for rule in in_order(shop.pk)]

    *_others, new = keys()
    with browser_page.expect_response("**/rules/order/"):
        browser_page.locator(f'[data-rule="{new}"] [data-move=up]').press("Enter")
    assert keys() == ["own-amazon", new, "own-care"]
    assert browser_page.evaluate("document.activeElement.dataset.move") == "up"
    grip, first = browser_page.locator("[data-grip]").nth(2), browser_page.locator("[data-rule]").first
    grip.scroll_into_view_if_needed()
    start, end = grip.bounding_box(), first.bounding_box()
    browser_page.mouse.move(start["x"] + 5, start["y"] + 8)
    browser_page.mouse.down()
    browser_page.mouse.move(end["x"] + 40, end["y"] + 6, steps=6)
    with browser_page.expect_response("**/rules/order/"):
        browser_page.mouse.up()
    assert keys() == ["own-care", "own-amazon", new]


def shop_account(shop: Shop) -> int:
    from carriers.models import Account

    return int(Account.objects.for_shop(shop).get().pk)


def test_the_page_follows_the_colours_and_the_save_goes_through(
    shop: Shop, site: str, browser_page: Any
) -> None:
    browser_page.set_viewport_size(WIDE)
    sign_in(browser_page, site)
    go(browser_page, site, "brand/")
    browser_page.fill("#id_banner_title", "Rebajas de enero")
    browser_page.fill("#id_colour", "#ffee88")
    browser_page.frame_locator("#preview").get_by_text("Rebajas de enero").wait_for()
    browser_page.locator(".readings .text-warn").first.wait_for()
    assert browser_page.input_value("[data-colour-of=id_colour]") == "#ffee88"
    browser_page.locator("[data-width=desk]").click()
    assert browser_page.locator("#preview.phone").count() == 0
    browser_page.locator("#brand-form .btn.primary").click()
    browser_page.locator(".toast").wait_for()
    with within(shop):
        assert Brand.objects.get().colour == "#ffee88"


def test_states_are_ordered_by_keyboard_alone(shop: Shop, site: str, browser_page: Any) -> None:
    sign_in(browser_page, site)
    go(browser_page, site, "states/")
    up = browser_page.locator('[data-move="up"]').nth(1)
    up.focus()
    browser_page.keyboard.press("Enter")
    assert browser_page.locator("#step-bar li").first.inner_text() == "En preparación"
    browser_page.locator(".save-bar .btn.primary").press("Enter")
    browser_page.locator(".toast").wait_for()
    with within(shop):
        assert [s.code for s in ShopState.objects.order_by("position")][:2] == ["preparing", "received"]


def test_states_are_dragged(shop: Shop, site: str, browser_page: Any) -> None:
    browser_page.set_viewport_size(WIDE)
    sign_in(browser_page, site)
    go(browser_page, site, "states/")
    grips = browser_page.locator("[data-grip]")
    start, end = grips.nth(0).bounding_box(), grips.nth(2).bounding_box()
    browser_page.mouse.move(start["x"] + 5, start["y"] + 8)
    browser_page.mouse.down()
    browser_page.mouse.move(start["x"] + 5, end["y"] + 8, steps=12)
    browser_page.mouse.up()
    said = browser_page.locator("#states .state-head b").all_inner_texts()
    assert said[:3] == ["En preparación", "En camino", "Recibido"]


def test_without_javascript_everything_still_works(shop: Shop, site: str, plain_page: Any) -> None:
    sign_in(plain_page, site)
    go(plain_page, site, "notifications/")
    plain_page.locator('[value="out_for_delivery:email"]').check()
    plain_page.locator(".save-bar .btn.primary").click()
    plain_page.wait_for_load_state()
    with within(shop):
        assert switches_of(shop.pk)["out_for_delivery", "email"]  # type: ignore[index]

    go(plain_page, site, "states/")
    plain_page.locator('[data-move="down"]').first.click()
    plain_page.wait_for_load_state()
    with within(shop):
        assert ShopState.objects.order_by("position").first().code == "preparing"

    go(plain_page, site, "keys/")
    plain_page.fill("[name=name]", "ERP")
    plain_page.locator("main form .btn.primary").last.click()
    assert plain_page.input_value(".code-input").startswith("rastro_live_")
    with within(shop):
        assert ApiKey.objects.count() == 1
