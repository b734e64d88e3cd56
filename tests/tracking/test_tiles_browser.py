"""A real map under ours in a real browser: what is drawn on the tiles at a place lies under our mark of it."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from PIL import Image, ImageDraw

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.services import SYSTEM, change_brand
from tests.tracking import pages as rows
from tests.tracking.test_tiles import named
from tracking.models import CourierPosition, TrackingEvent
from tracking.places import Point
from tracking.services.courier import PositionIn, take_position

pytestmark = pytest.mark.browser
URL, CREDIT = "https://tiles.example/{z}/{x}/{y}.png", "© The makers of this map"
GROUNDS = ("#dfe8d8", "#d6e2ee", "#efe6d4", "#e9dcea")
DISC = (255, 0, 255)


class Provider:
    """Draws squares, and a disc wherever `point` is; remembers what was asked."""

    def __init__(self, page, point, radius=9):
        self.point, self.radius, self.asked = point, radius, []
        page.route("https://tiles.example/**", self._answer)

    def _answer(self, route):
        self.asked.append(route.request)
        zoom, x, y = map(int, re.search(r"/(\d+)/(\d+)/(\d+)\.png", route.request.url).groups())
        picture = Image.new("RGB", (256, 256), GROUNDS[x % 2 + 2 * (y % 2)])
        draw = ImageDraw.Draw(picture)
        draw.rectangle((0, 0, 255, 255), outline="#9aa39d")
        draw.text((100, 120), f"{zoom}/{x}/{y}", "#59635d")
        (column, row), (across, down) = named(self.point, zoom)
        left, top = (column - x + across) * 256, (row - y + down) * 256
        radius = self.radius
        draw.ellipse((left - radius, top - radius, left + radius, top + radius), DISC)
        out = io.BytesIO()
        picture.save(out, "PNG")
        route.fulfill(body=out.getvalue(), content_type="image/png")


@pytest.fixture
def shop(site):
    forget_shops()
    made = rows.shop(slug="olmo")
    with shop_context(made.pk):
        change_brand(shop=made, by=SYSTEM, fields={"tile_url": URL, "tile_credit": CREDIT})
    yield made
    forget_shops()


@pytest.fixture
def followed(shop):
    now = timezone.now()
    with shop_context(shop.pk):
        made = rows.order(shop, number="1042", city="Valencia", latitude=39.4712, longitude=-0.3709,
                          state="out_for_delivery", state_since=now)  # fmt: skip
        made.parcel = rows.parcel(made, [(SubStatus.ON_VEHICLE, 1, "")], now=now, carrier="own_driver")
    return made


@pytest.fixture
def seen(shop):
    now = timezone.now()
    with shop_context(shop.pk):
        made = rows.order(shop, number="1043", state="shipped", state_since=now)
        rows.parcel(made, [(SubStatus.PICKED_UP, 30, ""), (SubStatus.IN_TRANSIT, 3, "")], now=now)
        TrackingEvent.objects.filter(sub_status=SubStatus.PICKED_UP).update(place="Valencia")
        TrackingEvent.objects.filter(sub_status=SubStatus.IN_TRANSIT).update(place="Zaragoza")
    return made


def drive(order, latitude, longitude=-0.39, seconds=0):
    at = timezone.now() + timedelta(seconds=seconds)
    said = PositionIn(latitude, longitude, at, stops_before=2)
    take_position(shop=order.shop, shipment_id=order.parcel.pk, position=said, now=at)
    with shop_context(order.shop_id):
        return Point(*CourierPosition.objects.values_list("latitude", "longitude").get())


def colour_at(page, x, y):
    """Of the page as it is painted."""
    shot = page.screenshot(clip={"x": x - 1, "y": y - 1, "width": 3, "height": 3})
    return Image.open(io.BytesIO(shot)).convert("RGB").getpixel((1, 1))


def under_the_courier(page):
    spot = page.locator("svg.courier")
    spot.scroll_into_view_if_needed()
    box = spot.bounding_box()
    spot.evaluate("e => e.setAttribute('visibility', 'hidden')")
    found = colour_at(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    spot.evaluate("e => e.removeAttribute('visibility')")
    return found


def is_laid(page):
    page.locator("svg.tiles image").first.wait_for(state="attached")
    page.locator(".map img[src*='over=tiles']").scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_live_courier_is_on_the_tiles_where_he_is(site, followed, browser_page, width):
    browser_page.set_viewport_size({"width": width, "height": 900})
    provider = Provider(browser_page, drive(followed, 39.495))
    browser_page.goto(site + rows.path(followed))
    browser_page.locator("svg.courier").wait_for()
    is_laid(browser_page)
    assert under_the_courier(browser_page) == DISC
    assert browser_page.get_by_text(CREDIT).is_visible()
    assert all("referer" not in request.all_headers() for request in provider.asked)
    assert all("cookie" not in request.all_headers() for request in provider.asked)


def test_he_still_is_when_he_moved_near_and_the_map_with_him(site, followed, browser_page):
    Provider(browser_page, drive(followed, 39.6))
    browser_page.clock.install()
    browser_page.goto(site + rows.path(followed))
    browser_page.locator("svg.courier").wait_for()
    before = browser_page.locator(".map img").get_attribute("src")
    browser_page.unroute("https://tiles.example/**")
    Provider(browser_page, drive(followed, 39.478, -0.375, seconds=30))
    browser_page.clock.run_for(18_000)
    browser_page.clock.resume()
    browser_page.locator(f".map img:not([src='{before}'])").wait_for()
    is_laid(browser_page)
    assert under_the_courier(browser_page) == DISC


def test_where_tiles_cannot_be_had_the_map_is_ours(site, followed, browser_page):
    drive(followed, 39.495)
    browser_page.route("**/tiles?reach=*", lambda route: route.abort())
    browser_page.goto(site + rows.path(followed))
    browser_page.locator("svg.courier").wait_for()
    browser_page.locator(".map img[src*='reach=']").wait_for()
    assert "over=tiles" not in browser_page.locator(".map img").get_attribute("src")
    assert not browser_page.get_by_text(CREDIT).is_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_a_way_lies_on_tiles_without_a_script(site, seen, chromium, width):
    """The last town's disc is seen around our smaller mark of it."""
    context = chromium.new_context(java_script_enabled=False, viewport={"width": width, "height": 900})
    page = context.new_page()
    svg = context.request.get(f"{site}{rows.path(seen)}map.svg?over=tiles").text()
    x, y = map(float, re.search(r'class="stop" cx="([\d.]+)" cy="([\d.]+)"', svg).groups())
    Provider(page, Point(39.47, -0.376), radius=26)  # Valencia
    page.goto(site + rows.path(seen))
    is_laid(page)
    box = page.locator(".map img").bounding_box()
    at = box["x"] + x * box["width"] / 400, box["y"] + y * box["height"] / 210
    assert colour_at(page, at[0], at[1] + box["width"] / 400 * 8) == DISC
    assert page.get_by_text(CREDIT).is_visible()
    context.close()


def test_in_the_dark_tiles_are_dimmed(site, seen, chromium):
    brightness = {}
    for scheme in ("light", "dark"):
        context = chromium.new_context(color_scheme=scheme, viewport={"width": 390, "height": 900})
        page = context.new_page()
        Provider(page, Point(0, 0))
        page.goto(site + rows.path(seen))
        is_laid(page)
        box = page.locator(".map img").bounding_box()
        brightness[scheme] = sum(colour_at(page, box["x"] + 12, box["y"] + 60))
        context.close()
    assert brightness["dark"] < 0.7 * brightness["light"]
