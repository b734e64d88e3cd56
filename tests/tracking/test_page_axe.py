"""Everybody can use every page of an order: by eye in any colours, by keyboard, by ear, with large letters, by thumb."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from django.urls import get_resolver
from django.utils import timezone

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.models import Brand
from tests.axe import violations
from tests.tracking import fullest
from tests.tracking import pages as rows
from tracking import pages
from tracking.models import Order
from tracking.states import OrderState

pytestmark = pytest.mark.browser

ON_SCHEME = ["color-contrast", "link-in-text-block"]  # what another colour scheme can spoil
ODD = {
    "neon yellow": "#ffff00",
    "near white": "#fefefe",
    "near black": "#050505",
    "mid grey": "#808080",
    "pure red": "#ff0000",
}
ONE = [(SubStatus.PICKED_UP, 40, "Recogido"), (SubStatus.IN_TRANSIT, 20, "En tránsito")]
# The last scans of the parcels of an order in this state; for all others, none.
PARCELS = {
    OrderState.PARTIALLY_SHIPPED: [SubStatus.IN_TRANSIT, SubStatus.LABEL_CREATED],
    OrderState.SHIPPED: [SubStatus.CUSTOMS_PROCESSING],
    OrderState.OUT_FOR_DELIVERY: [SubStatus.ON_VEHICLE],
    OrderState.READY_FOR_PICKUP: [SubStatus.PICKUP_POINT],
    OrderState.PARTIALLY_DELIVERED: [SubStatus.DELIVERED_NEIGHBOUR, SubStatus.FAILED_NOT_HOME],
    OrderState.DELIVERED: [SubStatus.DELIVERED],
    OrderState.DELIVERED_INCOMPLETE: [SubStatus.DELIVERED, SubStatus.EXCEPTION_LOST],
    OrderState.COMPLETED: [SubStatus.DELIVERED],
    OrderState.RETURNING: [SubStatus.RETURNING],
    OrderState.RETURNED: [SubStatus.RETURNED],
}
FOCUS = """() => {
  const at = document.activeElement
  if (!at || at === document.body) return null
  const box = at.getBoundingClientRect(), style = getComputedStyle(at), before = window.lastStop
  window.lastStop = at
  return {
    name: (at.textContent.trim() || at.id || at.name || at.tagName).replace(/\\s+/g, " ").slice(0, 50),
    follows: !before || !!(before.compareDocumentPosition(at) & Node.DOCUMENT_POSITION_FOLLOWING),
    seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    inside: box.bottom > 0 && box.top < innerHeight && box.width > 0,
    top: Math.round(box.bottom + scrollY), where: at.closest("header, main, footer")?.tagName ?? "",
  }
}"""
STOPS = """() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
  .filter(e => !e.disabled && e.checkVisibility()).filter((e, n, all) => e.type !== "radio" || e.checked
    || !all.some(o => o.type === "radio" && o.name === e.name && o.form === e.form && (o.checked || all.indexOf(o) < n)))
  .length"""
TOO_WIDE = """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? []
  : [...document.querySelectorAll("body *")].filter(e => e.checkVisibility() && !e.closest(".unseen, .skip"))
    .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map(e => `${e.tagName.toLowerCase()}.${e.className} ${e.textContent.trim().slice(0, 30)}`).slice(-3)"""
TOO_SMALL = """() => {
  const typed = "main input:not([type=hidden], [type=checkbox], [type=radio])"
  const primary = `main .btn, main summary, main button, main select, main textarea, nav a, a.mark, ${typed}`
  const small = (which, least) => [...document.querySelectorAll(which)]
    .filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.closest(".unseen"))
    .map(e => [e.textContent.trim() || e.id, e.getBoundingClientRect()])
    .filter(([, box]) => box.height > 1 && (box.height < least - .5 || box.width < 23.5))
    .map(([said, box]) => `${said.slice(0, 40)}: ${Math.round(box.width)}×${Math.round(box.height)}, not ${least}`)
  return [...small(primary, 44), ...small("main label:has(input[type=radio], input[type=checkbox])", 24)]
}"""


@pytest.fixture
def shop(site):
    return fullest.shop()


@pytest.fixture
def order(shop):
    return fullest.order(shop, now=timezone.now())


def in_state(shop, state, now):
    """An order as such an order looks."""
    last = PARCELS.get(state, [])
    with shop_context(shop.pk):
        made = rows.order(
            shop, number=str(state), state=state, state_since=now, cancel_reason="", restock_date=None
        )
        for meaning in last:
            rows.parcel(
                made,
                [*ONE, (meaning, 2, "En reparto")],
                now=now,
                pickup={"name": "Sol", "address": "Mayor 1"},
            )
        for number, after in enumerate(("received", "preparing", state)):
            rows.move(made, after, 60 - number, number)
        if any(meaning in (SubStatus.FAILED_NOT_HOME, SubStatus.EXCEPTION_LOST) for meaning in last):
            Order.objects.filter(pk=made.pk).update(health="attention", attention=last[-1])
    return made


def paint(shop, colour, background="#f6f5f2"):
    with shop_context(shop.pk):
        brand = Brand.objects.for_shop(shop).get()
        Brand.objects.for_shop(shop).update(colour=colour, background=background, version=brand.version + 1)
    pages.forget_look(shop.pk)


def in_both_schemes(page):
    """All there is to find by light; by dark, what colours alone decide."""
    page.emulate_media(color_scheme="light")
    found = violations(page)
    page.emulate_media(color_scheme="dark")
    return [*found, *(f"dark: {said}" for said in violations(page, only=ON_SCHEME))]


def come_as_owner(page, site, order):
    """With a fresh proof that the order is theirs. Gives a client that holds the same."""
    client = rows.reader()
    rows.prove_by_code(client, order)
    known = [
        {"name": name, "value": held.value, "domain": urlsplit(site).hostname, "path": held["path"] or "/"}
        for name, held in client.cookies.items()
    ]
    page.context.add_cookies(known)
    return client


def below(order, client):
    """Every page below this order's that its owner can open: by its name, or by a link on another of them."""
    start = rows.path(order)
    known = [f"{start}{name}" for name in _names_below()]
    waiting, seen, found = [start, *known], set(), []
    while waiting and len(seen) < 80:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        answer = client.get(path)
        if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
            continue
        if path != start:
            found.append(path)
        for link in re.findall(r'href="([^"#?]+)"', rows.said(answer)):
            leads = link if link.startswith("/") else start + link
            if leads.startswith(start) and ":" not in link:
                waiting.append(leads)
    return found


def _names_below():
    """`t/<token>/<name>` of the shop's URLs, where nothing else is wanted in it."""
    from django.conf import settings

    routes = []

    def walk(patterns, prefix):
        for each in patterns:
            route = prefix + str(each.pattern).lstrip("^").rstrip("$")
            if hasattr(each, "url_patterns"):
                walk(each.url_patterns, route)
            else:
                routes.append(route)

    walk(get_resolver(settings.SHOP_URLCONF).url_patterns, "")
    below = [route.removeprefix("t/<str:token>/") for route in routes if route.startswith("t/<str:token>/")]
    return [name for name in below if name and not re.search(r"[<(\\]", name)]


# --- By eye ---


def test_an_order_in_any_state_can_be_read_by_light_and_by_dark(site, shop, browser_page):
    now, found = timezone.now(), {}
    for state in OrderState:
        if state == OrderState.INVOICE_ISSUED:
            continue  # a milestone, never an order's state
        browser_page.goto(site + rows.path(in_state(shop, state, now)))
        found[state] = in_both_schemes(browser_page)
    assert {state: said for state, said in found.items() if said} == {}


@pytest.mark.parametrize("name", ODD)
def test_any_brand_is_corrected_until_it_can_be_read_in_every_language(site, shop, order, browser_page, name):
    found = {}
    for background, language in zip(
        ("#ffffff", "#050505", "#ffff00", "#808080", "#fefefe", "#ff0000"), fullest.ALL_LANGUAGES, strict=True
    ):
        paint(shop, ODD[name], background)
        browser_page.goto(f"{site}{rows.path(order)}?lang={language}")
        assert browser_page.locator("html").get_attribute("lang") == language
        found[language, background] = in_both_schemes(browser_page)
    assert {which: said for which, said in found.items() if said} == {}


# --- Every page below, for whoever may open it ---


def test_every_page_of_an_order_can_be_used_by_everybody(site, order, browser_page):
    client = come_as_owner(browser_page, site, order)
    found = {}
    for path in [rows.path(order), *below(order, client)]:
        browser_page.set_viewport_size({"width": 390, "height": 844})
        browser_page.emulate_media(color_scheme="light")
        browser_page.goto(site + path)
        assert urlsplit(browser_page.url).path == path
        said = in_both_schemes(browser_page)
        said += [f"too small to tap: {small}" for small in browser_page.evaluate(TOO_SMALL)]
        browser_page.evaluate("document.documentElement.style.fontSize = '200%'")
        said += _sideways(browser_page, "letters of 200 %")
        browser_page.evaluate("document.documentElement.style.fontSize = ''")
        browser_page.set_viewport_size({"width": 320, "height": 640})
        said += _sideways(browser_page, "320 px")
        found[path.removeprefix(rows.path(order))] = said
    assert {name: said for name, said in found.items() if said} == {}


def _sideways(page, where):
    return [f"too wide at {where}: {which}" for which in page.evaluate(TOO_WIDE)]


# --- By keyboard ---


@pytest.mark.parametrize("width", [390, 1280])
def test_the_keyboard_goes_through_the_page_as_it_is_read_and_out_again(site, order, browser_page, width):
    browser_page.set_viewport_size({"width": width, "height": 844})
    come_as_owner(browser_page, site, order)
    browser_page.goto(site + rows.path(order))
    expected = browser_page.evaluate(STOPS)
    stops = []
    for _press in range(expected + 5):
        browser_page.keyboard.press("Tab")
        stop = browser_page.evaluate(FOCUS)
        if stop is None:
            break
        stops.append(stop)
    else:
        pytest.fail(f"trapped at {stops[-1]['name']}")
    assert stops[0]["name"] == "Skip to the content"
    assert [stop["name"] for stop in stops if not (stop["follows"] and stop["seen"] and stop["inside"])] == []
    assert len(stops) == expected
    if width == 390:  # one column: what comes next is never above
        for one, other in pairwise(stops[1:]):
            assert other["top"] >= one["top"] - 30 or one["where"] != other["where"], other["name"]


def test_what_is_folded_opens_with_a_key_and_the_focus_stays(site, order, browser_page):
    browser_page.goto(site + rows.path(order))
    folded = browser_page.locator("details.words > summary").first
    for key in ("Enter", "Space"):
        folded.focus()
        browser_page.keyboard.press(key)
        assert browser_page.evaluate("document.activeElement.matches('.words > summary')")
        opened = browser_page.locator("details.words").first.get_attribute("open")
        assert (opened is not None) is (key == "Enter")  # and Space folds it again


def test_the_skip_link_is_seen_when_it_is_reached_and_leads_past_the_menu(site, order, browser_page):
    browser_page.goto(site + rows.path(order))
    browser_page.keyboard.press("Tab")
    box = browser_page.locator(".skip").bounding_box()
    assert box["x"] >= 0 and box["y"] >= 0 and box["height"] >= 24
    browser_page.keyboard.press("Enter")
    browser_page.keyboard.press("Tab")
    assert browser_page.evaluate("!!document.activeElement.closest('main')")


# --- By ear ---


def test_read_aloud_the_answer_comes_first_the_steps_are_a_list_and_times_are_times(
    site, order, browser_page
):
    browser_page.goto(site + rows.path(order))
    heard = browser_page.locator("body").aria_snapshot()
    headings = re.findall(r'heading "([^"]+)" \[level=(\d)\]', heard)
    assert headings[0] == (browser_page.locator("h1").inner_text(), "1")
    assert [level for _said, level in headings].count("1") == 1
    steps = heard.split('list "Progress":', 1)[1].split("paragraph", 1)[0]
    assert re.findall(r"listitem: (.+)", steps) != []
    assert browser_page.locator(".steps [aria-current=step]").count() == 1
    assert "Received, done" in steps.replace("Received , done", "Received, done")
    times = re.findall(r"time: (.+)", heard)
    assert len(times) >= 3
    assert all(re.search(r"\d|now|yesterday|today", said) for said in times), times
    assert not re.search(r'- img(?! ")', heard)  # a picture says what it shows, and an icon nothing


def test_a_change_is_announced_once_and_nothing_else_is(site, shop, order, browser_page):
    browser_page.goto(site + rows.path(order))
    browser_page.evaluate("""() => {
      window.announced = []
      new MutationObserver(() => announced.push(document.getElementById("news").textContent))
        .observe(document.getElementById("news"), { childList: true, characterData: true, subtree: true })
    }""")

    def ask():
        with browser_page.expect_response(lambda answer: answer.url.endswith(rows.path(order))) as told:
            browser_page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        browser_page.wait_for_timeout(100)  # for what it does with the answer
        return told.value.status

    assert ask() == 304
    change(shop)  # nothing that is seen
    assert ask() == 200
    assert browser_page.evaluate("announced") == []
    change(shop, state="delivered", state_since=timezone.now())
    assert ask() == 200
    headline = browser_page.locator("h1").inner_text()
    assert ask() == 304
    assert browser_page.evaluate("announced") == [headline]


def test_what_was_typed_outlives_a_change_though_the_focus_is_elsewhere(site, shop, order, browser_page):
    browser_page.goto(site + rows.path(order))
    browser_page.fill("#contact", "marta@exam")
    browser_page.locator("details.words > summary").first.focus()
    change(shop, state="delivered", state_since=timezone.now())
    before = browser_page.locator("h1").inner_text()
    browser_page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    browser_page.wait_for_function(
        "before => document.querySelector('h1').textContent !== before", arg=before
    )
    assert browser_page.locator("#contact").input_value() == "marta@exam"
    assert browser_page.evaluate("document.activeElement.matches('.words > summary')")


def change(shop, **fields):
    with shop_context(shop.pk):
        known = Order.objects.for_shop(shop).get()
        Order.objects.for_shop(shop).update(version=known.version + 1, **fields)
    pages.forget([known.token_hash])


def test_a_page_left_open_asks_again_by_itself_and_sooner_than_it_promised(site, shop, order, browser_page):
    asked = []
    path = rows.path(order)
    browser_page.on("request", lambda request: asked.append(1) if request.url.endswith(path) else None)
    browser_page.clock.install(time=timezone.now() + timedelta(seconds=1))
    browser_page.goto(site + path)
    every = int(browser_page.locator("main").get_attribute("data-every"))
    assert every == 15
    browser_page.clock.run_for(every * 700)
    assert len(asked) == 1
    with browser_page.expect_response(lambda answer: answer.url.endswith(path)):
        browser_page.clock.run_for(every * 300)
    assert len(asked) == 2
