"""The page of the widget: who may show it, and what to paste."""

import pytest
from django.urls import reverse

from tenants.isolation import shop_context
from tenants.models import Brand, Role
from tests.console.clients import signed_in
from tests.tracking import pages as rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return rows.shop(slug="olmo")


@pytest.fixture
def admin(shop):
    return signed_in(shop, Role.ADMIN)


def at(shop):
    return reverse("console:widget", args=[shop.slug])


def frames(shop):
    with shop_context(shop.pk):
        return Brand.objects.for_shop(shop).get().frames


def test_the_lines_to_paste_and_a_preview_are_shown(shop, admin):
    with shop_context(shop.pk):
        rows.order(shop, number="1042")
    said = admin.get(at(shop)).content.decode()
    assert "Nowhere yet" in said
    assert "&lt;script src=&quot;http://testserver/s/olmo/widget.js&quot; async&gt;&lt;/script&gt;" in said
    assert 'src="/s/olmo/widget"' in said
    (preview,) = [part.split('"')[0] for part in said.split('src="')[1:] if part.startswith("/s/olmo/e/")]
    shown = admin.get(preview)
    assert "Order #1042" in rows.said(shown)


def test_sites_are_named_one_a_line(shop, admin):
    answer = admin.post(at(shop), {"sites": "https://www.olmo.example\nolmo.example/account\n"})
    assert answer.status_code == 302
    assert frames(shop) == ["https://www.olmo.example", "https://olmo.example"]
    assert "https://www.olmo.example\nhttps://olmo.example" in admin.get(at(shop)).content.decode()


def test_what_is_no_site_is_refused_and_nothing_changes(shop, admin):
    answer = admin.post(at(shop), {"sites": "https://good.example https://*.bad.example"})
    assert answer.status_code == 422
    assert "is not the address of a site" in answer.content.decode()
    assert frames(shop) == []


def test_an_agent_does_not_say_who_may_show_it(shop):
    assert signed_in(shop, Role.AGENT).post(at(shop), {"sites": "https://a.example"}).status_code == 404
    assert frames(shop) == []
