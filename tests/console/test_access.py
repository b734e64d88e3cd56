"""Who gets in: each role sees and does what it may, and another shop's orders do not exist."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import NoReverseMatch, reverse

from console.menu import MENU
from console.orders_urls import urlpatterns
from tenants.isolation import shop_context
from tenants.models import Membership, Role, Shop
from tests import make
from tests.console.clients import signed_in, visitor

pytestmark = pytest.mark.django_db


def addresses(slug: str, order_pk: int, shipment_pk: int) -> list[str]:
    """Every address of orders_urls, filled in."""
    values = {"slug": slug, "pk": order_pk, "shipment_pk": shipment_pk}
    found = []
    for pattern in urlpatterns:
        names = ["slug", *pattern.pattern.converters]
        found.append(reverse(f"console:{pattern.name}", kwargs={name: values[name] for name in names}))
    return found


@pytest.fixture
def ours() -> dict[str, Any]:
    shop = make.shop()
    with shop_context(shop.pk):
        order = make.order(
            shop,
            customer_name="Marta Ruiz",
            customer_email="marta@example.com",
            customer_phone="+34600123456",
            address_line="Calle Mayor 5",
        )
        shipment = make.shipment(order)
    return {"shop": shop, "order": order, "shipment": shipment}


def test_a_stranger_is_asked_to_sign_in(ours: dict[str, Any]) -> None:
    for address in addresses(ours["shop"].slug, ours["order"].pk, ours["shipment"].pk):
        answer = visitor().get(address)
        if answer.status_code != 405:
            assert answer.status_code == 302
            assert answer["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("method", ["get", "post"])
def test_to_the_owner_of_another_shop_no_page_of_ours_exists(ours: dict[str, Any], method: str) -> None:
    rival = signed_in(make.shop(), Role.OWNER)
    for address in addresses(ours["shop"].slug, ours["order"].pk, ours["shipment"].pk):
        assert getattr(rival, method)(address).status_code in (404, 405)


def test_another_shops_order_does_not_exist_below_ones_own_slug(ours: dict[str, Any]) -> None:
    theirs = make.shop()
    rival = signed_in(theirs, Role.OWNER)
    of_one = [
        a
        for a in addresses(theirs.slug, ours["order"].pk, ours["shipment"].pk)
        if f"/{ours['order'].pk}/" in a
    ]
    assert len(of_one) >= 13
    for address in of_one:
        assert rival.get(address).status_code in (404, 405)
        assert rival.post(address, {"turn": "0", "reason": "shop", "state": "shipped"}).status_code in (
            404,
            405,
        )
    with shop_context(ours["shop"].pk):
        ours["order"].refresh_from_db()
        assert (ours["order"].cancelled_at, ours["order"].token_turn) == (None, 0)
        assert ours["order"].shipments.count() == 1


def test_a_suspended_shop_is_nobodys(ours: dict[str, Any], settings: Any) -> None:
    client = signed_in(ours["shop"], Role.OWNER)
    Shop.objects.filter(pk=ours["shop"].pk).update(suspended_at=make.NOW)
    assert client.get(reverse("console:orders", args=[ours["shop"].slug])).status_code == 404


def test_a_viewer_sees_orders_and_changes_nothing(ours: dict[str, Any]) -> None:
    viewer = signed_in(ours["shop"], Role.VIEWER)
    for address in addresses(ours["shop"].slug, ours["order"].pk, ours["shipment"].pk):
        assert viewer.post(address, {"state": "preparing"}).status_code in (404, 405)
    page = viewer.get(reverse("console:order", args=[ours["shop"].slug, ours["order"].pk])).content.decode()
    assert re.findall(r'<form[^>]+action="(/console/[^"]+)"', page) == [
        reverse("console:orders", args=[ours["shop"].slug])
    ]
    assert "do-cancel" not in page
    assert viewer.get(reverse("console:order_add", args=[ours["shop"].slug])).status_code == 404


@pytest.mark.parametrize("page", ["orders", "order", "order_peek", "found"])
def test_a_viewer_sees_a_customers_data_only_in_part(ours: dict[str, Any], page: str) -> None:
    slug, pk = ours["shop"].slug, ours["order"].pk
    address = {
        "orders": reverse("console:orders", args=[slug]),
        "found": reverse("console:orders", args=[slug]) + f"?q={ours['order'].number}",
        "order": reverse("console:order", args=[slug, pk]),
        "order_peek": reverse("console:order_peek", args=[slug, pk]),
    }[page]
    seen = signed_in(ours["shop"], Role.VIEWER).get(address).content.decode()
    assert "Marta R." in seen
    for secret in ("Ruiz", "marta@example.com", "600123456", "Calle Mayor"):
        assert secret not in seen
    whole = signed_in(ours["shop"], Role.AGENT).get(address).content.decode()
    assert "Marta Ruiz" in whole


@pytest.mark.parametrize("role", list(Role))
def test_the_menu_offers_only_what_a_role_may_open(ours: dict[str, Any], role: Role) -> None:
    client = signed_in(ours["shop"], role)
    slug = ours["shop"].slug
    page = client.get(reverse("console:orders", args=[slug])).content.decode()
    for entry in [entry for group in MENU for entry in group.entries]:
        try:
            address = reverse(entry.url_name, args=[slug])
        except NoReverseMatch:
            continue
        if role.includes(entry.role):
            assert f'href="{address}' in page
            assert client.get(address).status_code == 200
        else:
            assert f'href="{address}"' not in page
            assert client.get(address).status_code == 404


def test_the_menu_counts_what_needs_somebody_up_to_99(ours: dict[str, Any]) -> None:
    client = signed_in(ours["shop"], Role.OWNER)
    address = reverse("console:orders", args=[ours["shop"].slug])
    assert "waiting:" not in client.get(address).content.decode()
    with shop_context(ours["shop"].pk):
        for _n in range(2):
            make.order(ours["shop"], health="attention")
    assert re.search(r"waiting: </span>2</b>", client.get(address).content.decode())


def test_pages_with_customers_data_are_kept_by_nobody_on_the_way(ours: dict[str, Any]) -> None:
    client = signed_in(ours["shop"], Role.AGENT)
    for name, args in (("orders", ()), ("order", (ours["order"].pk,)), ("order_peek", (ours["order"].pk,))):
        answer = client.get(reverse(f"console:{name}", args=[ours["shop"].slug, *args]))
        assert "no-store" in answer["Cache-Control"]
        assert "private" in answer["Cache-Control"]


def test_a_role_taken_away_closes_the_door_at_once(ours: dict[str, Any]) -> None:
    member = make.member(ours["shop"], Role.OWNER)
    client = visitor()
    client.force_login(member.user)
    address = reverse("console:orders", args=[ours["shop"].slug])
    assert client.get(address).status_code == 200
    Membership.objects.filter(pk=member.pk).delete()
    assert client.get(address).status_code == 404
