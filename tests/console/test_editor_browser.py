"""The editor in a real browser: a message built by mouse, another by keys alone, one without scripts; and axe finds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse

from notifications.models import Coupon, Template, TemplateVersion
from notifications.services.drafts import make_own
from notifications.services.templates import design_of
from tenants.isolation import shop_context
from tenants.models import Role, Shop
from tenants.services import SYSTEM
from tests import make
from tests.axe import violations
from tests.console.test_browser import sign_in
from tracking.services.shops import apply_preset

pytestmark = pytest.mark.browser
WIDE = {"width": 1280, "height": 1000}


@pytest.fixture
def shop(site: str) -> Shop:
    """Casa Olmo, with an order on its way and a coupon to give away."""
    shop = make.shop(slug="casa-olmo", name="Casa Olmo", language="es")
    make.member(shop, Role.OWNER, user=make.user(email="ana@example.com", name="Ana Olmo"))
    apply_preset(shop=shop, preset="simple4", by=SYSTEM, now=make.NOW)
    with shop_context(shop.pk):
        make.order(shop, number="1042", state="shipped")
        Coupon.objects.create(shop=shop, name="OLMO10", code="OLMO10", worth="10 %")
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


def own_design(shop: Shop) -> str:
    """A design of theirs, with nothing in it."""
    with shop_context(shop.pk):
        return make_own(
            shop=shop, channel="email", name="Otoño", content={"blocks": []}, by=SYSTEM, now=make.NOW
        )


def editor(page: Any, site: str, key: str, channel: str = "email", query: str = "") -> None:
    page.goto(site + reverse("console:template", args=["casa-olmo", key, channel, "es"]) + query)
    page.locator("#editor.ready").wait_for()


def kinds(shop: Shop, key: str) -> list[str]:
    with shop_context(shop.pk):
        held = Template.objects.get(key=key, channel="email")
        return [block["kind"] for block in (held.draft or design_of(shop, key, "email").content)["blocks"]]


def saved(page: Any) -> None:
    page.locator("#editor[data-state=saved]").wait_for()


def drag(page: Any, start: Any, x: float, y: float) -> None:
    box = start.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(x, y, steps=12)
    page.mouse.up()


def test_a_message_is_built_from_nothing_by_mouse_and_published(
    shop: Shop, site: str, browser_page: Any
) -> None:
    page, key = browser_page, own_design(shop)
    page.set_viewport_size(WIDE)
    sign_in(page, site)
    editor(page, site, key)
    for n, kind in enumerate(("button", "headline", "coupon")):
        page.locator(f'[data-kind="{kind}"]').scroll_into_view_if_needed()
        home = page.locator("#blocks").bounding_box()
        drag(page, page.locator(f'[data-kind="{kind}"]'), home["x"] + 60, home["y"] + home["height"] + 20)
        page.locator(".block-row").nth(n).wait_for()
        saved(page)
    assert kinds(shop, key) == ["button", "headline", "coupon"]

    first = page.locator(".block-row").first.bounding_box()
    drag(page, page.locator('[data-block="headline"] .grip-button'), first["x"] + 14, first["y"] + 4)
    page.locator(".block-row:nth-child(1)[data-block=headline]").wait_for()
    saved(page)
    assert kinds(shop, key) == ["headline", "button", "coupon"]

    page.locator('[data-block="headline"] .block-link').click()
    page.locator("#f_text").fill("Llega hoy, ")
    page.locator("#f_text").press("End")
    page.keyboard.type("{{ customer.f")
    page.locator(".suggest [aria-selected=true]", has_text="Marta").wait_for()
    assert violations(page) == []
    page.keyboard.press("Enter")
    assert page.input_value("#f_text").startswith("Llega hoy, {{ customer.first_name | default: ")
    frame = page.frame_locator("#preview")
    frame.get_by_text("Llega hoy, Marta").wait_for()

    frame.get_by_text("Seguir mi pedido").click()  # chooses the block, leads nowhere
    page.locator('#fields[data-block="button"]').wait_for()

    page.locator(".head-link").click()
    page.locator("#f_subject").fill("Hoy llega {{ order.number }}")
    page.locator("#seen-subject", has_text="Hoy llega 1042").wait_for()
    page.locator("#publish summary").click()
    page.locator("#note").fill("Desde cero")
    page.locator("#publish button").click()
    page.locator(".toast").wait_for()
    with shop_context(shop.pk):
        version = TemplateVersion.objects.get()
        assert (version.number, version.note) == (1, "Desde cero")
        assert version.content["subject"] == {"es": "Hoy llega {{ order.number }}"}
    page.goto(site + reverse("console:template_versions", args=["casa-olmo", key, "email", "es"]))
    assert "Desde cero" in page.locator("main").inner_text()


def test_a_message_is_built_by_keys_alone_and_what_was_done_is_undone(
    shop: Shop, site: str, browser_page: Any
) -> None:
    page, key = browser_page, own_design(shop)
    page.set_viewport_size(WIDE)
    sign_in(page, site)
    editor(page, site, key)
    keys = page.keyboard
    for n, kind in enumerate(("text", "progress", "button")):
        page.locator(f'[data-kind="{kind}"]').focus()
        keys.press("Enter")
        page.locator(".block-row").nth(n).wait_for()
    page.locator("#said", has_text="3").wait_for()

    page.locator('[data-block="button"] .block-link').focus()
    keys.press("Alt+ArrowUp")
    page.locator("#said", has_text="2").wait_for()
    saved(page)
    assert kinds(shop, key) == ["text", "button", "progress"]
    assert page.evaluate("document.activeElement.closest('[data-block]').dataset.block") == "button"

    page.locator('[data-block="progress"] .grip-button').focus()
    for press in ("Enter", "ArrowUp", "ArrowUp", "Enter"):
        keys.press(press)
    saved(page)
    assert kinds(shop, key) == ["progress", "text", "button"]
    assert page.evaluate("document.activeElement.matches('.grip-button')")
    keys.press("Space")
    keys.press("ArrowDown")
    keys.press("Escape")
    assert page.locator(".block-row").first.get_attribute("data-block") == "progress"

    keys.press("Control+z")
    page.locator(".block-row:nth-child(1)[data-block=text]").wait_for()
    page.reload()
    page.locator("#editor.ready").wait_for()
    page.locator("h1").click()
    keys.press("Control+z")
    page.locator(".block-row:nth-child(2)[data-block=progress]").wait_for()
    keys.press("Control+Shift+z")
    page.locator(".block-row:nth-child(2)[data-block=button]").wait_for()

    page.locator('[data-block="text"] .block-link').press("Enter")
    page.locator("#f_text").focus()
    keys.type("Hola {{ nobody.knows }}")
    page.locator("#refused", has_text="nobody.knows").wait_for()
    for _sign in range(len("nobody.knows }}")):
        keys.press("Backspace")
    keys.type("order.num")
    keys.press("ArrowDown")
    keys.press("ArrowUp")
    keys.press("Tab")
    page.frame_locator("#preview").get_by_text("Hola 1042").wait_for()
    assert page.locator("#refused").count() == 0


def test_a_second_editor_is_told_and_puts_theirs_on_top(shop: Shop, site: str, browser_page: Any) -> None:
    page, key = browser_page, own_design(shop)
    page.set_viewport_size(WIDE)
    sign_in(page, site)
    editor(page, site, key)
    other = page.context.new_page()
    other.set_viewport_size(WIDE)
    editor(other, site, key)
    page.locator('[data-kind="text"]').click()
    page.locator("#f_text").fill("Del primero")
    saved(page)
    other.locator('[data-kind="button"]').click()
    other.locator("#conflict", has_text="Ana").wait_for()
    other.locator("[data-conflict=mine]").click()
    other.locator(".block-row").nth(1).wait_for()
    assert kinds(shop, key) == ["text", "button"]
    other.close()


def test_without_javascript_a_message_is_changed_and_published(
    shop: Shop, site: str, plain_page: Any
) -> None:
    page = plain_page
    sign_in(page, site)
    page.goto(site + reverse("console:template", args=["casa-olmo", "shipped", "email", "es"]))
    page.locator('[value="add:stars"]').click()
    page.locator('[value="up:stars"]').first.click()
    page.locator('[data-block="text"] .block-link').click()
    page.fill("#f_text", "Sin guiones, {{ order.number }}")
    page.locator("#fields button").click()
    page.frame_locator("#preview").get_by_text("Sin guiones, 1042").wait_for()
    page.locator("#publish summary").click()
    page.locator("#publish button").click()
    with shop_context(shop.pk):
        content = design_of(shop, "shipped", "email").content
        assert [b["kind"] for b in content["blocks"]][-3:] == ["stars", "banner", "footer"]


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_axe_finds_nothing_in_the_editor_and_nothing_sticks_out(
    shop: Shop, site: str, browser_page: Any, width: int, scheme: str
) -> None:
    page, key = browser_page, own_design(shop)
    page.set_viewport_size({"width": width, "height": 1000})
    page.emulate_media(color_scheme=scheme)
    sign_in(page, site)
    found: dict[str, list[str]] = {}
    pages = {
        "list": reverse("console:designs", args=["casa-olmo"]),
        "mail": reverse("console:template", args=["casa-olmo", "shipped", "email", "es"]) + "?block=text",
        "nothing": reverse("console:template", args=["casa-olmo", key, "email", "es"]),
        "sms": reverse("console:template", args=["casa-olmo", "shipped", "sms", "es"]),
        "whatsapp": reverse("console:template", args=["casa-olmo", "shipped", "whatsapp", "es"]),
        "versions": reverse("console:template_versions", args=["casa-olmo", key, "email", "es"]),
    }
    for name, path in pages.items():
        page.goto(site + path)
        page.wait_for_load_state("networkidle")
        for drawer in page.query_selector_all("main details:not(.drop)"):
            drawer.evaluate("drawer => { drawer.open = true }")
        for tab in ("blocks", "settings") if width == 390 and name == "mail" else ("",):
            if tab:
                page.locator(f"#tab-{tab}").click()
            page.evaluate("scrollTo(0, document.body.scrollHeight)")
            sticks_out = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            found[f"{name} {tab}"] = [*violations(page), *(["sticks out"] if sticks_out else [])]
    assert {path: said for path, said in found.items() if said} == {}
