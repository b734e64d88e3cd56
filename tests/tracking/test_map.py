"""A map is drawn by ourselves: in the shop's colours, whole, with labels that can be read."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tests import make
from tests.tracking import pages
from tracking.land import clipped
from tracking.map import Colours, Mark, Route, draw
from tracking.models import TrackingEvent
from tracking.places import Point
from tracking.window import HEIGHT, WIDTH, Window, tiles

COLOURS = Colours(("#1f5f4a", "#8fd0b5"), ("#ffffff", "#1c1f1d"))
VALENCIA, ZARAGOZA, MADRID = Point(39.47, -0.38), Point(41.66, -0.88), Point(40.42, -3.7)
WAY = Route((Mark("Valencia", VALENCIA), Mark("Zaragoza", ZARAGOZA)), Mark("Madrid", MADRID))


def drawn(route=WAY, towns=(), **more):
    window = Window.around([m.point for m in (*route.passed, route.destination) if m])
    return draw(route, window, towns=towns, colours=COLOURS, said="A map", **more)


def parsed(svg):
    return ElementTree.fromstring(svg)  # noqa: S314  our own


def test_a_map_says_what_it_shows_and_names_the_towns():
    svg = parsed(drawn())
    words = [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert svg.find("{http://www.w3.org/2000/svg}title").text == "A map"
    assert words == ["Zaragoza", "Valencia", "Madrid"]


def test_it_is_in_the_shops_colours_light_and_dark_and_still_for_who_wants_it_still():
    svg = drawn()
    assert "#1f5f4a" in svg
    assert re.search(r"prefers-color-scheme:dark\)\{[^@]*#8fd0b5", svg)
    assert re.search(r"prefers-reduced-motion:no-preference\)\{\.halo\{animation", svg)


def test_the_way_to_come_is_dotted_and_done_when_it_has_arrived():
    assert 'class="way todo"' in drawn()
    assert 'class="way todo"' not in drawn(Route(WAY.passed, WAY.destination, arrived=True))


def test_names_of_towns_are_text_and_nothing_else():
    svg = drawn(Route((Mark("<script>&", VALENCIA),), None))
    assert "<script>" not in svg
    parsed(svg)


points = st.builds(Point, st.floats(-60, 70), st.floats(-170, 170))


@given(st.lists(points, min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_everything_a_route_passes_is_on_its_map(found):
    window = Window.around(found)
    for point in found:
        x, y = window.at(point)
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT


@given(st.lists(st.tuples(st.text("abcdefg", min_size=1, max_size=12), points), min_size=2, max_size=12))
@settings(max_examples=40, deadline=None)
def test_labels_never_lie_on_one_another(named):
    marks = tuple(Mark(name, point) for name, point in named)
    svg = parsed(drawn(Route(marks[:3], None), towns=marks[3:]))
    boxes = []
    for text in svg.iter("{http://www.w3.org/2000/svg}text"):
        x, y = float(text.get("x")), float(text.get("y"))
        boxes.append((x, y - 11, x + len(text.text) * 6, y + 3))
    for index, (a, b, c, d) in enumerate(boxes):
        for e, f, g, h in boxes[index + 1 :]:
            assert c <= e + 0.5 or g <= a + 0.5 or d <= f + 0.5 or h <= b + 0.5


def test_a_ring_is_cut_at_the_edges_of_a_map():
    square = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]
    assert sorted(set(clipped(square, (2, 2, 4, 20)))) == [(2, 2), (2, 10.0), (4, 2), (4, 10.0)]
    assert clipped(square, (20, 20, 30, 30)) == []


def test_tiles_cover_the_map_without_a_gap():
    found = list(tiles(Window.centred(VALENCIA, 4), "https://tiles.example/{z}/{x}/{y}.png"))
    assert 4 <= len(found) <= 24
    assert min(t.x for t in found) <= 0
    assert max(t.x + t.size for t in found) >= WIDTH
    assert min(t.y for t in found) <= 0
    assert max(t.y + t.size for t in found) >= HEIGHT
    assert re.fullmatch(r"https://tiles\.example/\d+/\d+/\d+\.png", found[0].url)


# --- On a page ---


@pytest.fixture(autouse=True)
def _fresh():
    forget_shops()
    with time_machine.travel(make.NOW, tick=False):
        yield


@pytest.fixture
def order(db):
    shop = pages.shop()
    with shop_context(shop.pk):
        made = pages.order(
            shop, state="shipped", address_line="Calle del Olmo 12", latitude=40.4, longitude=-3.6
        )
        pages.parcel(made, [(SubStatus.PICKED_UP, 30, "Recogido"), (SubStatus.IN_TRANSIT, 3, "En tránsito")])
        TrackingEvent.objects.filter(sub_status=SubStatus.PICKED_UP).update(place="CTA Valencia")
        TrackingEvent.objects.filter(sub_status=SubStatus.IN_TRANSIT).update(place="Zaragoza")
    return made


def test_the_page_shows_where_the_parcel_was_last_seen(order):
    page = pages.said(pages.reader().get(pages.path(order)))
    assert '<img src="map.svg" width="400" height="210" loading="lazy"' in page
    assert "Map of the way so far: Valencia → Zaragoza. It goes to Madrid." in page
    assert "<b>Last seen in Zaragoza</b>" in page
    assert "live.js" not in page


def test_the_map_is_kept_by_the_browser_and_asked_for_again(order):
    reader = pages.reader()
    first = reader.get(pages.path(order) + "map.svg")
    assert first["Content-Type"] == "image/svg+xml"
    assert first["Cache-Control"] == "private, no-cache"
    again = reader.get(pages.path(order) + "map.svg", headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304


def test_a_page_without_a_known_place_has_no_map(order):
    with shop_context(order.shop_id):
        TrackingEvent.objects.update(place="Almacén")
    assert "map.svg" not in pages.said(pages.reader().get(pages.path(order)))
    assert pages.reader().get(pages.path(order) + "map.svg").status_code == 404


def test_the_picture_of_a_delivery_is_for_who_proved_the_order_theirs(order):
    from tracking.models import Round, Shipment, Stop

    with shop_context(order.shop_id):
        shipment = Shipment.objects.get()
        day = Round.objects.create(shop_id=order.shop_id, name="Van", date=make.NOW.date(), key_hash="x")
        Stop.objects.create(
            shop_id=order.shop_id, round=day, shipment=shipment, position=1, status="delivered",
            picture=b"JPEG", picture_kind="photo",
        )  # fmt: skip
    reader, path = pages.reader(), f"{pages.path(order)}picture/{shipment.pk}"
    assert reader.get(path).status_code == 303
    assert f'src="picture/{shipment.pk}"' not in pages.said(reader.get(pages.path(order)))
    pages.prove(reader, order)
    assert reader.get(path).content == b"JPEG"
    assert f'src="picture/{shipment.pk}"' in pages.said(reader.get(pages.path(order)))
    assert reader.get(f"{pages.path(order)}picture/{shipment.pk + 1}").status_code == 404
