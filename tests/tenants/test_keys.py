"""API keys: recognisable, unguessable, stored as hashes, worth nothing once revoked."""

from datetime import timedelta

import pytest
from django.db import connection

from tenants import keys
from tenants.isolation import shop_context
from tests import make


def issue(shop, **kwargs):
    with shop_context(shop.pk):
        return keys.issue(shop=shop, name="ERP", scopes=["orders:read", "nonsense"], by=None, **kwargs)


@pytest.mark.django_db
def test_a_key_opens_its_own_shop_and_is_stored_nowhere():
    shop = make.shop()
    key, secret = issue(shop)
    found = keys.live_key(secret, make.NOW)
    assert (found.pk, found.shop, found.scopes) == (key.pk, shop, ["orders:read"])
    with shop_context(shop.pk), connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(k::text, '') || (SELECT string_agg(h::text, '') FROM tenants_keyhash h) FROM tenants_apikey k"
        )
        assert secret not in cursor.fetchone()[0]


@pytest.mark.django_db
def test_a_mistyped_key_is_refused_without_a_query(django_assert_num_queries):
    _key, secret = issue(make.shop())
    wrong = secret[:20] + ("a" if secret[20] != "a" else "b") + secret[21:]
    with django_assert_num_queries(0):
        assert keys.live_key(wrong, make.NOW) is None
        assert keys.live_key("", make.NOW) is None


@pytest.mark.django_db
def test_an_expired_or_revoked_key_opens_nothing():
    shop = make.shop()
    _old, expired = issue(shop, expires_at=make.NOW)
    key, secret = issue(shop)
    assert keys.live_key(expired, make.NOW) is None
    with shop_context(shop.pk):
        keys.revoke(key=key, now=make.NOW)
    assert keys.live_key(secret, make.NOW + timedelta(seconds=1)) is None
