"""The pictures of mails: behind addresses nobody can make, showing no more than the mail may."""

import io

import pytest
from PIL import Image

from notifications.fronts import front_of
from notifications.models import Picture
from notifications.pictures import code_url, map_url, size_of, url_of
from tenants.isolation import shop_context
from tests import make
from tests.tracking import pages
from tracking.models import Order

pytestmark = pytest.mark.django_db
HERE = "http://testserver"


@pytest.fixture
def shop():
    return pages.shop()


def get(url):
    return pages.reader().get(url.removeprefix(HERE))


def addresses(shop, **fields):
    with shop_context(shop.pk):
        order = pages.order(shop, city="Sevilla", **fields)
        parcel = make.shipment(order, moved_at=make.NOW, pickup={"name": "La Plaza", "code": "4471 9083"})
        front = front_of(shop)
        return (
            order,
            map_url(front, order),
            map_url(front, order, for_others=True),
            code_url(front, order, parcel.pk),
        )


def test_a_map_is_a_png_of_the_way_and_says_nothing_but_towns(shop):
    _order, to_map, for_others, _code = addresses(shop)
    for url in (to_map, for_others):
        answer = get(url)
        assert answer.status_code == 200 and answer["Content-Type"] == "image/png"
        image = Image.open(io.BytesIO(answer.content))
        assert image.size == (1008, 529) and len(answer.content) < 40_000
    again = pages.reader().get(to_map.removeprefix(HERE), headers={"if-none-match": get(to_map)["ETag"]})
    assert again.status_code == 304


def test_a_code_is_a_png_and_its_address_does_not_tell_it(shop):
    _order, _map, _others, url = addresses(shop)
    assert "4471" not in url
    answer = get(url)
    assert answer.status_code == 200 and answer["Cache-Control"].startswith("private")
    assert Image.open(io.BytesIO(answer.content)).format == "PNG"


def test_nobody_makes_an_address_and_another_shop_has_none_of_it(shop):
    _order, to_map, _others, code = addresses(shop)
    other = pages.shop()
    for url in (to_map, code):
        assert get(url[:-6] + "x.png").status_code == 404
        assert get(url.replace(f"/s/{shop.slug}/", f"/s/{other.slug}/")).status_code == 404
    assert get(to_map.replace("/map/", "/code/")).status_code == 404


def test_of_an_order_that_was_erased_there_is_no_picture(shop):
    order, to_map, _others, code = addresses(shop)
    with shop_context(shop.pk):
        Order.objects.filter(pk=order.pk).update(erased_at=make.NOW)
    assert get(to_map).status_code == get(code).status_code == 404


def test_a_picture_of_the_shops_is_kept_for_ever(shop):
    digest = "cd" * 16
    with shop_context(shop.pk):
        Picture.objects.create(shop=shop, digest=digest, kind="jpeg", content=b"JPEG", width=600, height=300)
        url = url_of(front_of(shop), size_of(shop.pk, digest))
    answer = get(url)
    assert (answer.content, answer["Content-Type"]) == (b"JPEG", "image/jpeg")
    assert "immutable" in answer["Cache-Control"] and answer["X-Content-Type-Options"] == "nosniff"
    assert get(url.replace(".jpg", ".png")).status_code == 404
    assert get(url.replace(shop.slug, pages.shop().slug)).status_code == 404
