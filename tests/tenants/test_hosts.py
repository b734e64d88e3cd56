"""Whatever a request calls itself, a shop answers at its own proved names only, and with shoppers' pages only."""

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.models import Host
from tests import make
from tests.tracking import pages as rows

NAME = "pedidos.olmo.example"
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    forget_shops()
    made = rows.shop(slug="olmo", name="Olmo Canario")
    Host.objects.create(shop=made, host=NAME, verified_at=make.NOW)
    Host.objects.create(shop=made, host="pending.olmo.example", proof_key="rastro-x")
    yield made
    forget_shops()


@pytest.mark.parametrize("host", [NAME, NAME.upper(), f"{NAME}:443", f"{NAME}."])
def test_a_proved_name_shows_the_shops_pages(shop, host):
    answer = Client(headers={"host": host}).get("/")
    assert answer.status_code == 200 and "Olmo Canario" in answer.content.decode()


@pytest.mark.parametrize(
    "host",
    [
        "pending.olmo.example", f"x.{NAME}", f"{NAME}.evil.example", f"evil.example:{NAME}", f"{NAME}@evil.example", f"{NAME}/",
        f"{NAME}:443:80", f"{NAME},testserver", "", " ", "[::1]", f"[{NAME}]",
        "olmo.example", f"{NAME}\x00", f"{NAME}%00", "☃.example",
    ],
)  # fmt: skip
def test_no_other_name_shows_anything(shop, host):
    answer = Client().get("/", HTTP_HOST=host)
    assert answer.status_code in (400, 404)
    assert "Canario" not in answer.content.decode()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(host=st.text(max_size=60).filter(lambda said: "\n" not in said and "\r" not in said))
def test_no_made_up_host_shows_anything(shop, host):
    if host.rsplit(":", 1)[0].lower().rstrip(".") in (NAME, "testserver", "localhost", "127.0.0.1"):
        return
    answer = Client().get("/", HTTP_HOST=host)
    assert answer.status_code in (400, 404)
    assert "Canario" not in answer.content.decode()


@pytest.mark.parametrize("said", [NAME, f"{NAME}, evil.example", "evil.example", "testserver"])
def test_a_forwarded_host_is_not_believed(shop, said):
    for header in ("HTTP_X_FORWARDED_HOST", "HTTP_X_HOST", "HTTP_X_ORIGINAL_HOST", "HTTP_X_FORWARDED_SERVER"):
        assert Client().get("/", HTTP_HOST="evil.example", **{header: said}).status_code == 404
        answer = Client().get("/", HTTP_HOST=NAME, **{header: "evil.example"})
        assert answer.status_code == 200 and "evil.example" not in answer.content.decode()


@pytest.mark.parametrize(
    "path",
    ["/console/", "/accounts/login/", "/api/v1/orders", "/api/docs/", "/hooks/x", "/metrics", "/language/",
     "/caddy/ask", "/s/olmo/"],
)  # fmt: skip
def test_nothing_but_shoppers_pages_is_there(shop, path):
    assert Client(headers={"host": NAME}).get(path, {"domain": "x.example"}).status_code in (403, 404)


def test_pages_of_another_shop_are_not_there(shop):
    rival = rows.shop(slug="rival")
    with shop_context(rival.pk):
        order = rows.order(rival)
    assert Client(headers={"host": NAME}).get(rows.path(order)).status_code == 404


def test_no_cookie_is_set_but_the_proof(shop):
    with shop_context(shop.pk):
        order = rows.order(shop)
    browser = Client(headers={"host": NAME})
    for path in ("/", rows.path(order), "/widget", "/widget.js", "/nowhere"):
        browser.get(path)
    assert len(browser.cookies) == 0
    rows.prove(browser, order)
    assert list(browser.cookies) == ["proof"]


def test_links_made_there_carry_the_name_from_the_table_or_none(shop):
    with shop_context(shop.pk):
        order = rows.order(shop)
    said = rows.said(Client(headers={"host": NAME, "accept-encoding": "gzip"}).get(rows.path(order)))
    assert "testserver" not in said and "http://pedidos" not in said
