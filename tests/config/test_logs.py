"""Logs hold ids; keys and people stay out."""

import logging

import pytest
from django.conf import settings
from django.test import Client

from config.logs import WithoutKeys, without_keys
from tenants.isolation import shop_context
from tests import make


def test_whatever_could_open_something_is_left_out():
    assert without_keys("/t/nRx1baQFXhHcTZZE_mWpwTaKot48IoGv") == "/t/…"
    assert without_keys("/s/barro-y-sal/t/nRx1baQFXhHcTZZE_mWpwTaKot48IoGv/") == "/s/barro-y-sal/t/…/"
    assert without_keys("/console/barro-y-sal/orders/51") == "/console/barro-y-sal/orders/51"


@pytest.mark.django_db
def test_a_shoppers_visit_leaves_neither_key_nor_address_in_the_log(caplog):
    shop = make.shop()
    with shop_context(shop.pk):
        order = make.order(shop, customer_email="marta.ruiz@example.com")
    token = make.token_of(order)
    host = settings.SITE_URL.split("//")[1]
    caplog.handler.addFilter(WithoutKeys())
    for name in ("django_structlog", "django.request", ""):
        caplog.set_level(logging.DEBUG, logger=name)
    for path in (f"/t/{token}", f"/t/{token}?q={token}", f"/s/{shop.slug}/t/{token}", f"/t/{token}x"):
        Client(raise_request_exception=False).get(
            path, headers={"host": host, "user-agent": "Spy 1.0 (10.1.2.3)"}
        )
    said = "\n".join(
        str(r.msg) + r.getMessage() + str(r.args)
        for r in caplog.records
        if not r.name.startswith("django.db")
    )
    assert "GET /t/…" in said
    for secret in (token, "marta.ruiz", "127.0.0.1", "10.1.2.3"):
        assert secret not in said
