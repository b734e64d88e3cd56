"""The address of a shopper's page: the shop's own host where it has one, else the installation's."""

from __future__ import annotations

import pytest

from tenants.isolation import shop_context
from tenants.models import Host
from tests import make
from tracking.links import page_path, page_url, shop_url


@pytest.mark.parametrize(
    ("site", "hosts", "address"),
    [
        ("https://rastro.example", [], "https://rastro.example/s/vega"),
        ("https://rastro.example", [("pedidos.vega.es", True, True)], "https://pedidos.vega.es"),
        ("http://127.0.0.1:8000", [("vega.localhost", True, True)], "http://vega.localhost:8000"),
        ("https://rastro.example", [("pedidos.vega.es", True, False)], "https://rastro.example/s/vega"),
        ("https://rastro.example", [("pedidos.vega.es", False, True)], "https://rastro.example/s/vega"),
    ],
)
def test_a_shop_is_at_its_own_verified_primary_host(db, settings, site, hosts, address):
    settings.SITE_URL = site
    shop = make.shop(slug="vega")
    for host, primary, verified in hosts:
        Host.objects.create(shop=shop, host=host, primary=primary, verified_at=make.NOW if verified else None)

    assert shop_url(shop) == address


def test_a_page_is_below_its_shop_by_a_key_that_nobody_guesses(db):
    shop = make.shop()
    with shop_context(shop.pk):
        order, other = make.order(shop), make.order(shop)

        assert page_url(shop, order) == f"http://testserver/s/{shop.slug}/t/{make.token_of(order)}/"
        assert page_path(order) != page_path(other)
        assert len(page_path(order)) == len("/t/") + 32 + len("/")
