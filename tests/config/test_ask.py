"""Whether a certificate may be fetched for a name: no, unless it is known whose it is."""

import time

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from config import ask as asking
from tenants import hosting
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.models import Host
from tenants.services import SYSTEM
from tests import make

NAME = "pedidos.olmo.example"


def ask(name, client=None, **more):
    return (
        (client or Client())
        .get("/caddy/ask", {"domain": name}, headers={"host": "web:8000"}, **more)
        .status_code
    )


@pytest.fixture
def shop(db):
    forget_shops()
    shop = make.shop()
    Host.objects.create(shop=shop, host=NAME, verified_at=make.NOW)
    Host.objects.create(shop=shop, host="not-yet.olmo.example")
    return shop


@pytest.fixture
def _database_away(shop, monkeypatch):
    """Every statement fails."""

    def away(*args, **kwargs):
        raise OperationalError

    hosting.publish()
    with connection.execute_wrapper(away):
        yield


@pytest.mark.parametrize("name,status", [
    (NAME, 200), (NAME.upper(), 200), (f"{NAME}.", 200), ("testserver", 200),
    ("not-yet.olmo.example", 403), ("olmo.example", 403), (f"x.{NAME}", 403), ("", 403), ("a" * 5000, 403), ("%", 403),
    (f"{NAME}\x00", 403), (f"{NAME}:443", 403), ("*.olmo.example", 403), ("' OR 1=1", 403), ("10.0.0.1", 403),
])  # fmt: skip
def test_only_names_that_are_known_get_one(shop, name, status):
    assert ask(name) == status


def test_names_of_a_suspended_shop_get_none(shop):
    shop.suspended_at = make.NOW
    shop.save()
    hosting.publish()
    assert ask(NAME) == 403


@pytest.mark.usefixtures("_database_away")
def test_a_known_name_is_answered_while_the_database_is_away_and_another_is_not():
    began = time.perf_counter()
    assert ask(NAME) == 200
    assert ask("new.olmo.example") == 403
    assert time.perf_counter() - began < 1  # nothing was waited for


@pytest.mark.usefixtures("_database_away")
def test_what_a_process_knew_it_knows_with_the_cache_gone_too(monkeypatch):
    middleware = asking.AskMiddleware(lambda request: HttpResponse(status=500))

    def status(name):
        return middleware(RequestFactory().get("/caddy/ask", {"domain": name})).status_code

    assert status(NAME) == 200
    cache.delete(hosting.PROVED)
    monkeypatch.setattr(asking, "KEPT_S", 0)
    middleware._until = 0.0
    assert (status(NAME), status("new.olmo.example")) == (200, 403)


def test_a_removed_name_gets_none_any_more(shop, django_capture_on_commit_callbacks):
    hosting.publish()
    with django_capture_on_commit_callbacks(execute=True), shop_context(shop.pk):
        hosting.remove_host(shop=shop, host=Host.objects.get(host=NAME), by=SYSTEM)
    assert ask(NAME) == 403


@pytest.mark.parametrize("more", [
    {"REMOTE_ADDR": "203.0.113.9"}, {"REMOTE_ADDR": "10.1.2.3"}, {"REMOTE_ADDR": ""}, {"REMOTE_ADDR": "nonsense"},
    {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, {"HTTP_FORWARDED": "for=127.0.0.1"},
])  # fmt: skip
def test_strangers_and_whoever_comes_through_the_proxy_find_nothing(shop, more):
    assert ask(NAME, **more) == 404


def test_a_proxy_on_a_network_that_was_named_may_ask(shop, settings):
    settings.ASK_FROM = ["10.0.0.0/8"]
    assert ask(NAME, REMOTE_ADDR="10.1.2.3") == 200
    assert ask(NAME, REMOTE_ADDR="11.1.2.3") == 404
    assert ask("new.olmo.example", REMOTE_ADDR="10.1.2.3") == 403


def test_nothing_else_is_answered_there(shop):
    assert Client().post(f"/caddy/ask?domain={NAME}").status_code == 404
    assert Client().get("/caddy/ask/x", headers={"host": "web:8000"}).status_code == 404


def test_a_thousand_questions_are_quick_and_ask_the_database_about_each_name_once(shop):
    hosting.publish()
    client = Client()
    ask(NAME, client)
    began = time.perf_counter()
    with CaptureQueriesContext(connection) as asked:
        for _time in range(200):
            ask(NAME, client)
            ask("flood.olmo.example", client)
    assert len(asked) == 1
    assert (time.perf_counter() - began) / 400 < 0.02
