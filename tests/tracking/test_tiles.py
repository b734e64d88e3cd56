"""A real map under ours: every place lies on both at the same spot, and nobody is asked for it but by a shop's wish."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.services import SYSTEM, change_brand
from tests import make
from tests.tracking import pages
from tracking.models import Order, TrackingEvent
from tracking.pages import forget
from tracking.places import Point
from tracking.services.courier import PositionIn, take_position
from tracking.window import HEIGHT, REACHES_KM, SEAM, WIDTH, Window, tiles

URL, CREDIT = "https://tiles.example/{z}/{x}/{y}.png?key=a&v=2", "© Mapa <b>& hijos</b>"
points = st.builds(Point, st.floats(-60, 70), st.floats(-179, 179))


def named(point, zoom):
    """The tile a place is on, and where on it, as every provider counts: https://wiki.openstreetmap.org/wiki/Slippy_map_tilenames"""
    turns, latitude = 2**zoom, math.radians(point.latitude)
    x = (point.longitude + 180) / 360 * turns
    y = (1 - math.asinh(math.tan(latitude)) / math.pi) / 2 * turns
    return (int(x) % turns, int(y)), (x % 1, y % 1)


def by_address(window):
    found = {}
    for tile in tiles(window, URL):
        zoom, x, y = map(int, re.search(r"/(\d+)/(\d+)/(\d+)\.png", tile.url).groups())
        found.setdefault((x, y), []).append(tile)
    return zoom, found


def lies_where_it_is(point, window):
    zoom, found = by_address(window)
    which, (across, down) = named(point, zoom)
    x, y = window.at(point)
    return any(
        math.dist((x, y), (one.x + across * (one.size - SEAM), one.y + down * (one.size - SEAM))) < 0.2
        for one in found[which]
    )


@given(points, st.sampled_from(REACHES_KM))
def test_a_door_lies_on_the_map_where_it_lies_on_the_tiles(door, reach):
    assert lies_where_it_is(door, Window.centred(door, reach))


@given(points, st.floats(-0.4, 0.4), st.floats(-0.4, 0.4))
def test_so_does_a_courier_however_far_he_is(door, north, east):
    courier = Point(door.latitude + north, door.longitude + east)
    assert lies_where_it_is(courier, Window.following(door, courier))


@given(st.lists(points, min_size=1, max_size=5))
def test_and_all_the_towns_of_a_way(passed):
    window = Window.around(passed)
    assert all(lies_where_it_is(point, window) for point in passed)


@given(points, st.sampled_from(REACHES_KM))
def test_few_tiles_cover_a_map_and_no_word_on_them_is_too_small(door, reach):
    found = list(tiles(Window.centred(door, reach), URL))
    assert len(found) <= 15
    assert min(t.size for t in found) >= 140
    assert min(t.x for t in found) <= 0
    assert max(t.x + t.size for t in found) >= WIDTH
    assert min(t.y for t in found) <= 0
    assert max(t.y + t.size for t in found) >= HEIGHT


# --- On a page ---


@pytest.fixture(autouse=True)
def _fresh():
    forget_shops()
    with time_machine.travel(make.NOW, tick=False):
        yield


@pytest.fixture
def shop(db):
    made = pages.shop()
    with shop_context(made.pk):
        change_brand(shop=made, by=SYSTEM, fields={"tile_url": URL, "tile_credit": CREDIT})
    return made


@pytest.fixture
def order(shop):
    with shop_context(shop.pk):
        made = pages.order(shop, state="shipped", latitude=40.4, longitude=-3.6)
        pages.parcel(made, [(SubStatus.PICKED_UP, 30, "Recogido"), (SubStatus.IN_TRANSIT, 3, "En tránsito")])
        TrackingEvent.objects.filter(sub_status=SubStatus.PICKED_UP).update(place="Valencia")
        TrackingEvent.objects.filter(sub_status=SubStatus.IN_TRANSIT).update(place="Zaragoza")
    return made


@pytest.fixture
def followed(shop):
    with shop_context(shop.pk):
        made = pages.order(
            shop, city="Valencia", latitude=39.4712, longitude=-0.3709, state="out_for_delivery", number="7"
        )
        parcel = pages.parcel(made, [(SubStatus.ON_VEHICLE, 1, "")], carrier="own_driver")
    at = make.NOW - timedelta(minutes=1)
    take_position(shop=shop, shipment_id=parcel.pk, position=PositionIn(39.495, -0.39, at), now=make.NOW)
    return made


def figure(order, **asked):
    page = pages.said(pages.reader().get(pages.path(order), asked))
    return re.search(r"<figure.*?</figure>", page, re.DOTALL).group()


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_page_lays_the_tiles_under_the_way_and_names_whom_they_are_by(order, language):
    shown = figure(order, lang=language)
    found = re.findall(r'<image href="([^"]+)" x="(-?[\d.]+)" y="(-?[\d.]+)" width="([\d.]+)"', shown)
    assert 4 <= len(found) <= 15
    assert re.fullmatch(r"https://tiles\.example/\d+/\d+/\d+\.png\?key=a&amp;v=2", found[0][0])
    assert '<small class="credit">© Mapa &lt;b&gt;&amp; hijos&lt;/b&gt;</small>' in shown
    assert re.search(r'<img src="map\.svg\?over=tiles&amp;of=[0-9a-f]+"', shown)
    assert " style=" not in shown


def test_the_page_may_ask_the_host_and_tells_it_no_address_of_a_page(order):
    answer = pages.reader().get(pages.path(order))
    images = re.search(r"img-src ([^;]+)", answer["Content-Security-Policy"]).group(1)
    assert "https:" in images.split()
    assert answer["Referrer-Policy"] == "no-referrer"


def test_over_tiles_the_map_is_without_land_and_with_the_way(order):
    reader, path = pages.reader(), pages.path(order) + "map.svg"
    over, plain = (reader.get(path + asked) for asked in ("?over=tiles", ""))
    svg = over.content.decode()
    ElementTree.fromstring(svg)  # noqa: S314  our own
    assert 'class="land"' not in svg
    assert 'class="water"' not in svg
    assert 'class="edging"' in svg
    assert ">Zaragoza</text>" in svg
    assert 'class="land"' in plain.content.decode()
    assert over["ETag"] != plain["ETag"]


def test_another_part_of_the_world_is_another_picture(order):
    before = re.search(r"of=[0-9a-f]+", figure(order)).group()
    with shop_context(order.shop_id):
        TrackingEvent.objects.filter(place="Valencia").update(place="Sevilla")
        Order.objects.filter(pk=order.pk).update(version=99)
    forget([order.token_hash])
    assert re.search(r"of=[0-9a-f]+", figure(order)).group() != before


def test_a_shop_without_tiles_asks_nobody(order):
    with shop_context(order.shop_id):
        change_brand(shop=order.shop, by=SYSTEM, fields={"tile_url": "", "tile_credit": ""})
    shown = figure(order)
    assert '<img src="map.svg" ' in shown
    assert "https://" not in shown
    assert "credit" not in shown


def test_a_followed_couriers_page_lays_its_tiles_itself_and_shows_ours_until_then(followed):
    shown = figure(followed)
    assert '<svg class="tiles" viewBox="0 0 400 210" aria-hidden="true"></svg>' in shown
    assert '<img src="map.svg" ' in shown
    assert '<small class="credit" hidden>' in shown


def test_the_tiles_it_lays_are_those_of_the_map_that_reaches_as_far(followed):
    reader, path = pages.reader(), pages.path(followed)
    state = reader.get(path + "position").json()
    answer = reader.get(path + f"tiles?reach={state['reach']}")
    found = answer.json()["tiles"]
    assert set(found[0]) == {"url", "x", "y", "size"}
    assert found[0]["url"].startswith("https://tiles.example/")
    svg = reader.get(path + f"map.svg?reach={state['reach']}&over=tiles").content.decode()
    assert 'class="land"' not in svg
    assert 'class="here"' not in svg


def test_who_has_only_the_link_is_told_no_tiles_around_the_door(followed):
    """They are those around the town's middle, as long as the order is not proved theirs."""
    reader, path = pages.reader(), pages.path(followed)
    before = reader.get(path + "tiles?reach=1").json()
    pages.prove(reader, followed)
    assert reader.get(path + "tiles?reach=1").json() != before


@pytest.mark.parametrize("asked", ["", "?reach=3", "?reach=x", "?reach=-1"])
def test_other_reaches_have_no_tiles(followed, asked):
    assert pages.reader().get(pages.path(followed) + f"tiles{asked}").status_code == 404


def test_where_nobody_is_followed_there_are_none_to_lay(order):
    assert pages.reader().get(pages.path(order) + "tiles?reach=4").status_code == 404


def test_a_page_made_of_a_way_never_gets_a_couriers_map_over_its_tiles(followed):
    assert (
        'class="land"'
        in pages.reader().get(pages.path(followed) + "map.svg?over=tiles&of=1").content.decode()
    )
