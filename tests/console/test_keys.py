"""API keys: shown once, made once, revoked for good."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tenants.isolation import shop_context
from tenants.keys import issue, live_key
from tenants.models import ApiKey, AuditEntry, Role, Shop
from tests import make
from tests.console.clients import signed_in

pytestmark = pytest.mark.django_db
SAID = {"once": "abcdefgh1234", "name": "ERP", "scopes": ["orders:read"], "expires": "90"}


@pytest.fixture
def shop() -> Shop:
    return make.shop()


@pytest.fixture
def admin(shop: Shop) -> Client:
    return signed_in(shop, Role.ADMIN)


def address(shop: Shop, name: str = "keys", *parts: object) -> str:
    return reverse(f"console:{name}", args=[shop.slug, *parts])


def test_a_key_is_shown_once_and_opens_its_shop(shop: Shop, admin: Client) -> None:
    page = admin.post(address(shop), SAID).content.decode()
    found = re.search(r'value="(rastro_live_\w+)"', page)
    assert found
    secret = found.group(1)
    key = live_key(secret, timezone.now())
    assert key is not None
    assert (key.shop, key.name, key.scopes) == (shop, "ERP", ["orders:read"])
    assert key.expires_at is not None
    assert timedelta(days=89) < key.expires_at - timezone.now() < timedelta(days=91)
    later = admin.get(address(shop)).content.decode()
    assert key.prefix in later
    assert secret not in later
    with shop_context(shop.pk):
        entry = AuditEntry.objects.get()
        assert entry.action == "key.made"
        assert secret not in str(entry.after)


def test_the_same_form_sent_twice_makes_one_key(shop: Shop, admin: Client) -> None:
    admin.post(address(shop), SAID)
    again = admin.post(address(shop), SAID, follow=True)
    assert "made already" in again.content.decode()
    with shop_context(shop.pk):
        assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("left_out", ["name", "scopes"])
def test_a_key_needs_a_name_and_something_it_may_do(shop: Shop, admin: Client, left_out: str) -> None:
    answer = admin.post(address(shop), {k: v for k, v in SAID.items() if k != left_out})
    assert answer.status_code == 422
    assert "This field is required" in answer.content.decode()
    with shop_context(shop.pk):
        assert not ApiKey.objects.exists()


def test_a_revoked_key_opens_nothing(shop: Shop, admin: Client) -> None:
    with shop_context(shop.pk):
        key, secret = issue(shop=shop, name="ERP", scopes=["orders:read"], by=None)
    for _sent in range(2):
        assert admin.post(address(shop, "key_revoke", key.pk)).status_code == 302
    assert live_key(secret, timezone.now()) is None
    with shop_context(shop.pk):
        assert AuditEntry.objects.filter(action="key.revoked").count() == 1
    assert "Revoked" in admin.get(address(shop)).content.decode()


def test_another_shops_key_does_not_exist(shop: Shop) -> None:
    with shop_context(shop.pk):
        key, secret = issue(shop=shop, name="ERP", scopes=["orders:read"], by=None)
    theirs = make.shop()
    assert signed_in(theirs, Role.OWNER).post(address(theirs, "key_revoke", key.pk)).status_code == 404
    assert live_key(secret, timezone.now()) is not None


def test_to_an_agent_there_are_no_keys(shop: Shop) -> None:
    agent = signed_in(shop, Role.AGENT)
    assert agent.get(address(shop)).status_code == 404
    assert agent.post(address(shop), SAID).status_code == 404
    assert agent.post(address(shop, "key_revoke", 1)).status_code == 404
    with shop_context(shop.pk):
        assert not ApiKey.objects.exists()
