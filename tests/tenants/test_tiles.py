"""A real map's address is a host with a name and three places to fill in; whoever makes it is named."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from tenants import services
from tenants.isolation import shop_context
from tenants.models import Brand
from tenants.services import SYSTEM
from tenants.tiles import plain_tiles
from tests import make

CREDIT = "© OpenStreetMap contributors"
TAKEN = [
    "https://tiles.example/{z}/{x}/{y}.png",
    "https://a.tiles.example.com/styles/light/{z}/{x}/{y}@2x.webp",
    "https://api.tiles.example/maps/streets-v2/{z}/{x}/{y}.png?key=aB3_-.~",
    "https://xn--mapas-pta.xn--p1ai/{z}/{x}/{y}.png",
]
REFUSED = [
    "http://tiles.example/{z}/{x}/{y}.png",
    "//tiles.example/{z}/{x}/{y}.png",
    "javascript:alert(1)//{z}/{x}/{y}.png",
    "https://ana:secret@tiles.example/{z}/{x}/{y}.png",
    "https://127.0.0.1/{z}/{x}/{y}.png",
    "https://[::1]/{z}/{x}/{y}.png",
    "https://localhost/{z}/{x}/{y}.png",
    "https://tiles.example:8443/{z}/{x}/{y}.png",
    "https://tiles..example/{z}/{x}/{y}.png",
    "https://-tiles.example/{z}/{x}/{y}.png",
    "https://{s}.tiles.example/{z}/{x}/{y}.png",
    "https://tiles.example/{z}/{x}.png",
    "https://tiles.example/{z}/{y}/{x}.png",
    "https://tiles.example/{z}/{x}/{y}.svg",
    "https://tiles.example/{z}/{x}/{y}.png#x",
    'https://tiles.example/{z}/{x}/{y}.png?"onload="x',
    "https://tiles.example/{z}/{x}/{y}.png\nx",
    f"https://tiles.example/{'a' * 170}/{{z}}/{{x}}/{{y}}.png",
]


@pytest.mark.parametrize("url", TAKEN)
def test_what_providers_give_is_taken(url):
    assert plain_tiles(f" {url} ", CREDIT) == (url, CREDIT)


def test_a_host_is_kept_in_small_letters():
    assert plain_tiles("HTTPS://Tiles.Example/{z}/{x}/{y}.png", CREDIT)[0] == TAKEN[0]


@pytest.mark.parametrize("url", REFUSED)
def test_everything_else_is_refused_and_said_beside_the_address(url):
    with pytest.raises(ValidationError) as refused:
        plain_tiles(url, CREDIT)
    assert list(refused.value.message_dict) == ["tile_url"]


def test_whom_a_map_is_by_is_said():
    with pytest.raises(ValidationError) as refused:
        plain_tiles(TAKEN[0], "  ")
    assert list(refused.value.message_dict) == ["tile_credit"]


@pytest.mark.django_db
def test_a_map_is_kept_and_every_page_is_made_anew():
    shop = make.shop()
    with shop_context(shop.pk):
        brand = services.change_brand(
            shop=shop, by=SYSTEM, fields={"tile_url": TAKEN[2], "tile_credit": CREDIT}
        )
    assert (brand.tile_url, brand.tile_credit, brand.version) == (TAKEN[2], CREDIT, 2)


@pytest.mark.django_db
@pytest.mark.parametrize(("url", "credit"), [*((url, CREDIT) for url in REFUSED[:-1]), (TAKEN[0], "")])
def test_the_database_refuses_what_we_do(url, credit):
    shop = make.shop()
    with shop_context(shop.pk), pytest.raises(IntegrityError), transaction.atomic():
        Brand.objects.for_shop(shop).update(tile_url=url, tile_credit=credit)


@pytest.mark.django_db
@pytest.mark.parametrize("url", TAKEN)
def test_the_database_takes_what_we_do(url):
    shop = make.shop()
    with shop_context(shop.pk):
        assert Brand.objects.for_shop(shop).update(tile_url=url, tile_credit=CREDIT) == 1
