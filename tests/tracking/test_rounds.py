"""A shop's own rounds: made, filled, driven from a phone by a link, ended."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.services import SYSTEM
from tests import make
from tests.tracking import pages
from tracking.models import CourierPosition, Order, Round, Shipment, Stop, TrackingEvent
from tracking.services import rounds


@pytest.fixture(autouse=True)
def clock():
    forget_shops()
    with time_machine.travel(make.NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def shop(db):
    return pages.shop(slug="olmo", time_zone="Europe/Madrid")


@pytest.fixture
def orders(shop):
    with shop_context(shop.pk):
        return [pages.order(shop, number=f"10{n}", city="Valencia") for n in (41, 42, 43)]


@pytest.fixture
def driven(shop, orders):
    """A round of three stops, and the path of its driver's link."""
    day = make.NOW.date()
    one, key = rounds.make_round(shop=shop, name="Van 2", driver="Pau", day=day, by=SYSTEM, now=make.NOW)
    assert rounds.add_orders(shop=shop, round_id=one.pk, orders=orders, by=SYSTEM, now=make.NOW) == []
    return one, f"/s/olmo/d/{key}/"


def stops(shop):
    with shop_context(shop.pk):
        return list(Stop.objects.order_by("position").values_list("shipment__order__number", "status"))


def stop_pk(shop, number):
    with shop_context(shop.pk):
        return Stop.objects.get(shipment__order__number=number).pk


def parcel(shop, number):
    with shop_context(shop.pk):
        return Shipment.objects.get(order__number=number)


def photo(size=(3000, 2000)):
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "CameraMaker"
    Image.new("RGB", size, "#a8472a").save(out, "JPEG", exif=exif)
    return SimpleUploadedFile("door.jpg", out.getvalue(), "image/jpeg")


def test_an_order_without_a_parcel_gets_one_of_the_shops_own_and_only_once(shop, orders, driven):
    one, _path = driven
    assert parcel(shop, "1041").carrier == "own_driver"
    assert parcel(shop, "1041").sub_status == SubStatus.PENDING_REGISTERED
    again = rounds.add_orders(shop=shop, round_id=one.pk, orders=orders, by=SYSTEM, now=make.NOW)
    assert [why for _order, why in again] == ["It is in a round already."] * 3
    assert stops(shop) == [("1041", "to_come"), ("1042", "to_come"), ("1043", "to_come")]


def test_what_goes_with_a_carrier_or_is_over_is_refused(shop, driven):
    one, _path = driven
    with shop_context(shop.pk):
        sent, over = pages.order(shop), pages.order(shop, state="delivered")
        pages.parcel(sent, [(SubStatus.IN_TRANSIT, 1, "")], carrier="dhl")
    refused = rounds.add_orders(shop=shop, round_id=one.pk, orders=[sent, over], by=SYSTEM, now=make.NOW)
    assert [why for _order, why in refused] == [
        "It goes with DHL.",
        "It is over: delivered, returned or cancelled.",
    ]


def test_stops_are_put_in_order(shop, driven):
    one, _path = driven
    rounds.move_stop(shop=shop, round_id=one.pk, stop_id=stop_pk(shop, "1043"), up=True)
    rounds.move_stop(shop=shop, round_id=one.pk, stop_id=stop_pk(shop, "1041"), up=True)
    assert [number for number, _s in stops(shop)] == ["1041", "1043", "1042"]
    rounds.order_stops(
        shop=shop, round_id=one.pk, stop_ids=[stop_pk(shop, "1042"), stop_pk(shop, "1043"), 999]
    )
    assert [number for number, _s in stops(shop)] == ["1042", "1043", "1041"]
    rounds.remove_stop(shop=shop, round_id=one.pk, stop_id=stop_pk(shop, "1043"))
    assert [number for number, _s in stops(shop)] == ["1042", "1041"]


def test_the_link_opens_the_round_and_no_more(shop, driven, clock):
    _one, path = driven
    driver = pages.reader()
    page = pages.said(driver.get(path))
    assert "Calle del Olmo 12" in page
    assert "tel:+34600111222" in page
    assert driver.get(path)["Cache-Control"] == "private, no-store"
    assert driver.get("/s/olmo/d/guessed/").status_code == 404
    other = pages.shop(slug="rival")
    assert driver.get(path.replace("/olmo/", f"/{other.slug}/")).status_code == 404


def test_the_link_is_good_until_six_hours_after_the_day(shop, driven, clock):
    _one, path = driven
    clock.move_to(make.NOW.replace(hour=23) + timedelta(hours=5, minutes=30))  # 05:30 in Madrid
    assert pages.reader().get(path).status_code == 200
    clock.shift(3600)
    answer = pages.reader().get(path)
    assert answer.status_code == 404
    assert "Calle del Olmo" not in pages.said(answer)


def test_an_ended_round_and_a_replaced_key_open_nothing(shop, driven):
    one, path = driven
    key = rounds.new_key(shop=shop, round_id=one.pk, by=SYSTEM)
    assert pages.reader().get(path).status_code == 404
    assert pages.reader().get(f"/s/olmo/d/{key}/").status_code == 200
    rounds.end_round(shop=shop, round_id=one.pk, by=SYSTEM, now=make.NOW)
    rounds.end_round(shop=shop, round_id=one.pk, by=SYSTEM, now=make.NOW)
    assert pages.reader().get(f"/s/olmo/d/{key}/").status_code == 404
    assert pages.reader().post(f"/s/olmo/d/{key}/stops/{stop_pk(shop, '1041')}/next").status_code == 404


def test_going_to_a_stop_takes_all_out_and_says_who_is_next(shop, driven):
    _one, path = driven
    assert pages.reader().post(f"{path}stops/{stop_pk(shop, '1042')}/next").status_code == 303
    assert parcel(shop, "1042").sub_status == SubStatus.NEXT_STOP
    assert parcel(shop, "1041").sub_status == SubStatus.ON_VEHICLE
    assert stops(shop) == [("1041", "to_come"), ("1042", "next"), ("1043", "to_come")]
    with shop_context(shop.pk):
        assert set(TrackingEvent.objects.values_list("source", flat=True)) == {"driver"}
        assert Order.objects.get(number="1041").state == "out_for_delivery"


def test_where_the_phone_is_is_told_for_the_next_stop_alone(shop, driven, clock):
    _one, path = driven
    driver, here = pages.reader(), {"latitude": "39.4712345", "longitude": "-0.3765"}
    assert driver.post(f"{path}position", here).status_code == 204
    with shop_context(shop.pk):
        assert CourierPosition.objects.count() == 0
    driver.post(f"{path}stops/{stop_pk(shop, '1042')}/next")
    assert driver.post(f"{path}position", here).status_code == 204
    with shop_context(shop.pk):
        kept = CourierPosition.objects.get()
    assert (kept.shipment_id, kept.latitude, kept.stops_before) == (parcel(shop, "1042").pk, 39.471, 0)
    clock.shift(60)
    driver.post(f"{path}stops/{stop_pk(shop, '1043')}/next")
    with shop_context(shop.pk):
        assert CourierPosition.objects.count() == 0, "who was next is followed no more"
    assert driver.post(f"{path}position", {"latitude": "north"}).status_code == 422


def test_a_delivery_with_a_photo_is_one_to_the_shopper(shop, orders, driven):
    _one, path = driven
    said = {"how": "neighbour", "taken_by": "  Nuria Vidal ", "photo": photo()}
    assert pages.reader().post(f"{path}stops/{stop_pk(shop, '1041')}/delivered", said).status_code == 303
    with shop_context(shop.pk):
        stop = Stop.objects.get(pk=stop_pk(shop, "1041"))
    picture = Image.open(io.BytesIO(bytes(stop.picture)))
    assert max(picture.size) == 1600
    assert len(picture.getexif()) == 0
    assert (stop.status, stop.taken_by, stop.picture_kind) == ("delivered", "Nuria Vidal", "photo")
    made = parcel(shop, "1041")
    assert (made.sub_status, made.signed_by) == (SubStatus.DELIVERED_NEIGHBOUR, "Nuria Vidal")
    shopper = pages.reader()
    assert "picture/" not in pages.said(shopper.get(pages.path(orders[0])))
    pages.prove(shopper, orders[0])
    page = pages.said(shopper.get(pages.path(orders[0])))
    assert f'src="picture/{made.pk}"' in page
    assert "Nuria Vidal" in page


def test_a_phone_that_sends_it_twice_delivers_once(shop, driven):
    _one, path = driven
    for _again in range(2):
        answer = pages.reader(accept="application/json").post(
            f"{path}stops/{stop_pk(shop, '1041')}/delivered", {"how": "person"}
        )
        assert answer.json() == {"ok": True}
    with shop_context(shop.pk):
        assert TrackingEvent.objects.filter(sub_status=SubStatus.DELIVERED).count() == 1


def test_what_is_no_picture_is_refused_and_nothing_is_delivered(shop, driven):
    _one, path = driven
    said = {"how": "person", "photo": SimpleUploadedFile("x.jpg", b"<svg onload=alert(1)>", "image/jpeg")}
    answer = pages.reader(accept="application/json").post(
        f"{path}stops/{stop_pk(shop, '1041')}/delivered", said
    )
    assert answer.status_code == 422
    said = {"how": "person", "signature": "data:image/png;base64,!!!"}
    answer = pages.reader().post(f"{path}stops/{stop_pk(shop, '1041')}/delivered", said)
    assert answer["Location"].endswith(f"?error=1#stop-{stop_pk(shop, '1041')}")
    assert ("1041", "to_come") in stops(shop)


def test_what_could_not_be_delivered_says_why(shop, driven):
    _one, path = driven
    said = {"why": "access", "note": "Broken bell"}
    pages.reader().post(f"{path}stops/{stop_pk(shop, '1042')}/failed", said)
    assert parcel(shop, "1042").sub_status == SubStatus.FAILED_ACCESS
    with shop_context(shop.pk):
        assert Stop.objects.get(status="failed").note == "Broken bell"
    assert pages.reader().post(f"{path}stops/{stop_pk(shop, '1043')}/failed", {"why": "x"}).status_code == 404


def test_another_rounds_stop_is_none_of_this_links(shop, driven):
    one, _path = driven
    other, key = rounds.make_round(
        shop=shop, name="Van 3", driver="", day=make.NOW.date(), by=SYSTEM, now=make.NOW
    )
    assert pages.reader().post(f"/s/olmo/d/{key}/stops/{stop_pk(shop, '1041')}/next").status_code == 404
    assert stops(shop)[0] == ("1041", "to_come")
    with shop_context(shop.pk):
        assert Round.objects.count() == 2
    assert one.pk != other.pk


def test_another_site_cannot_make_the_driver_deliver(shop, driven):
    _one, path = driven
    answer = pages.reader(sec_fetch_site="cross-site").post(
        f"{path}stops/{stop_pk(shop, '1041')}/delivered", {"how": "person"}
    )
    assert answer.status_code == 403
