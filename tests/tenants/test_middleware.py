"""Which shop a request is for."""

import pytest
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import get_script_prefix, set_script_prefix

from tenants.isolation import shop_context
from tenants.middleware import ShopMiddleware, forget_shops
from tenants.models import Host
from tests import make


@pytest.fixture(autouse=True)
def _fresh(settings):
    settings.SITE_HOSTS = ["rastro.test"]
    forget_shops()
    yield
    forget_shops()
    set_script_prefix("/")


def ask(path, host):
    seen = {}

    def answer(request):
        seen.update(
            shop=getattr(request, "shop", None), path=request.path_info, prefix=get_script_prefix(),
            urls=getattr(request, "urlconf", None),
        )  # fmt: skip
        return HttpResponse("ok")

    served = convert_exception_to_response(ShopMiddleware(answer))  # as Django wraps each
    response = served(RequestFactory().get(path, headers={"host": host}))
    return response.status_code, seen


@pytest.mark.django_db
def test_a_shop_answers_on_its_own_host_whatever_the_port_and_case():
    shop = make.shop()
    Host.objects.create(shop=shop, host="pedidos.olmo.example", verified_at=make.NOW)
    status, seen = ask("/t/abc", "Pedidos.Olmo.Example:8443")
    assert (status, seen["shop"], seen["path"], seen["urls"]) == (200, shop, "/t/abc", "config.shop_urls")


@pytest.mark.django_db
def test_a_shop_answers_under_its_slug_and_its_links_stay_there():
    shop = make.shop()
    _status, seen = ask(f"/s/{shop.slug}/t/abc", "rastro.test")
    assert (seen["shop"], seen["path"], seen["prefix"]) == (shop, "/t/abc", f"/s/{shop.slug}/")


@pytest.mark.django_db
def test_a_pages_key_finds_its_shop_on_the_installations_host():
    shop = make.shop()
    with shop_context(shop.pk):
        order = make.order(shop)
    status, seen = ask(f"/t/{make.token_of(order)}", "rastro.test")
    assert (status, seen["shop"]) == (200, shop)
    assert ask("/t/guessed", "rastro.test")[0] == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path,host", [("/", "elsewhere.example"), ("/s/nobody/", "rastro.test"), ("/", ""), ("/", "[::1")]
)
def test_where_no_shop_lives_there_is_nothing(path, host):
    assert ask(path, host) == (404, {})


@pytest.mark.django_db
def test_a_suspended_shop_is_not_there():
    shop = make.shop(suspended_at=make.NOW)
    assert ask(f"/s/{shop.slug}/", "rastro.test")[0] == 404


@pytest.mark.django_db
def test_the_installations_own_pages_have_no_shop():
    status, seen = ask("/console/", "rastro.test")
    assert (status, seen["shop"], seen["urls"]) == (200, None, None)


@pytest.mark.django_db
def test_links_made_after_a_shops_page_are_the_installations_own_again():
    shop = make.shop()
    ask(f"/s/{shop.slug}/t/abc", "rastro.test")
    assert get_script_prefix() == "/"
