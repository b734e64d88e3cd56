"""The key of an order's page is in its address, and nowhere else we keep things."""

import gzip

import pytest

from carriers import shared
from tenants.isolation import shop_context
from tenants.vault import digest, gift_token
from tests import make
from tests.tracking import pages


def everything_in_redis() -> bytes:
    link = shared.client()
    found = []
    for key in link.scan_iter():
        value = link.get(key) if link.type(key) == b"string" else repr(link.dump(key)).encode()
        head, _sep, body = value.rpartition(b"\n\x1f\x8b")
        found += [key, value, head, gzip.decompress(b"\x1f\x8b" + body) if _sep else b""]
    return b"\n".join(found)


@pytest.mark.django_db
def test_what_redis_keeps_of_a_page_holds_no_key_to_it():
    shop = pages.shop()
    with shop_context(shop.pk):
        order = pages.order(shop)
    client = pages.reader()
    html = pages.said(client.get(pages.path(order)))
    pages.prove(client, order)
    client.get(pages.path(order))
    kept = everything_in_redis()
    assert b"Order #" in kept  # the page is there, and was read
    assert make.token_of(order) not in html
    assert make.token_of(order).encode() not in kept
    assert gift_token(order.token_hash).encode() not in kept


@pytest.mark.django_db
def test_the_present_s_key_follows_from_the_page_s_hash_and_is_another():
    shop = pages.shop()
    with shop_context(shop.pk):
        order = pages.order(shop)
    gift = gift_token(order.token_hash)
    assert gift != make.token_of(order)
    assert digest(gift) != order.token_hash
    assert gift == gift_token(order.token_hash)
