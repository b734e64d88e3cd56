"""A shop's own words stand in place of ours: found, written, shown, taken back; within limits, and audited."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tenants.isolation import shop_context
from tenants.models import AuditEntry, Brand, Role, Shop
from tenants.services import SYSTEM
from tests import make
from tests.console.clients import signed_in
from tests.tracking import pages as rows
from tracking.models import Wording
from tracking.services.incoming import Refused
from tracking.services.wordings import SUBJECTS, Words, change_words

pytestmark = pytest.mark.django_db
LOST = "exception.lost"


@pytest.fixture
def shop() -> Shop:
    return rows.shop(slug="olmo")


@pytest.fixture
def admin(shop: Shop) -> Client:
    return signed_in(shop, Role.ADMIN)


def all_of(shop: Shop, **asked: str) -> str:
    client = signed_in(shop, Role.ADMIN)
    return client.get(reverse("console:wordings", args=[shop.slug]), asked).content.decode()


def one(shop: Shop, about: str = LOST, language: str = "en") -> str:
    return reverse("console:wording", args=[shop.slug, about, language])


def held(shop: Shop) -> list[tuple[Any, ...]]:
    with shop_context(shop.pk):
        return list(
            Wording.objects.for_shop(shop).values_list("about", "language", "headline", "reason", "next")
        )


def version(shop: Shop) -> int:
    with shop_context(shop.pk):
        return Brand.objects.for_shop(shop).get().version


def test_everything_a_page_can_say_is_there_with_our_words(shop):
    page = all_of(shop)
    assert all(one(shop, about) in page for about in SUBJECTS)
    assert "Your parcel was lost" in page
    assert "Votre" not in page and "Tu paquete" not in page


def test_our_words_are_shown_in_the_language_they_are_written_for(shop):
    assert "Your parcel was lost" not in all_of(shop, language="es")
    assert 'aria-current="page">Español' in all_of(shop, language="es").replace("\n", "")


@pytest.mark.parametrize("asked", ["customs", "CUSTOMS", "at the border"])
def test_words_are_found_by_what_they_say_ours_or_their_own(shop, asked):
    change_words(
        shop=shop, about="in_transit.customs_processing", language="en",
        words=Words(headline="At the border"), by=SYSTEM,
    )  # fmt: skip
    page = all_of(shop, q=asked)
    assert one(shop, "in_transit.customs_processing") in page
    assert one(shop, "delivered.mailbox") not in page


def test_only_the_shops_own_are_shown_when_asked_for(shop):
    assert "You have no words of your own yet" in all_of(shop, own="1")
    change_words(shop=shop, about=LOST, language="en", words=Words(headline="Gone"), by=SYSTEM)
    page = all_of(shop, own="1")
    assert "Gone" in page
    assert page.count('<a class="row-title"') == 1


def test_words_are_saved_shown_to_customers_at_once_and_audited(shop, admin):
    before = version(shop)
    response = admin.post(one(shop), {"headline": " Gone,  alas ", "reason": "", "next": "We call you."})
    assert response.status_code == 302
    assert held(shop) == [(LOST, "en", "Gone, alas", "", "We call you.")]
    assert version(shop) == before + 1
    with shop_context(shop.pk):
        entry = AuditEntry.objects.get(action="wording.changed")
    assert entry.subject == f"{LOST}/en"
    assert entry.after == {"headline": "Gone, alas", "reason": "", "next": "We call you."}


def test_the_same_words_again_are_no_change(shop, admin):
    admin.post(one(shop), {"headline": "Gone"})
    before = version(shop)
    admin.post(one(shop), {"headline": "Gone"})
    assert version(shop) == before


def test_left_empty_they_are_ours_again(shop, admin):
    admin.post(one(shop), {"headline": "Gone"})
    admin.post(one(shop), {"headline": "  "})
    assert held(shop) == []


def test_words_can_be_read_before_they_are_saved(shop, admin):
    page = admin.post(one(shop), {"headline": "Gone <b>", "show": "1"}).content.decode()
    assert '<p class="said-headline">Gone &lt;b&gt;</p>' in page
    assert "The carrier has told us that it lost the parcel." in page
    assert held(shop) == []


def test_too_many_words_are_refused_beside_their_field(shop, admin):
    response = admin.post(one(shop), {"headline": "x" * 121})
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.content.decode()
    assert held(shop) == []


@pytest.mark.parametrize(
    "about,language", [("exception.nothing", "en"), (LOST, "de"), ("state:nowhere", "en")]
)
def test_what_does_not_exist_has_no_words(shop, admin, about, language):
    assert admin.get(one(shop, about, language)).status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"about": "exception.nothing"},
        {"about": "in_transit.unmapped"},
        {"language": "xx"},
        {"words": Words(reason="x" * 301)},
    ],
)
def test_the_service_refuses_what_no_form_sends(shop, fields):
    with pytest.raises(Refused):
        change_words(
            **{"shop": shop, "about": LOST, "language": "en", "words": Words("x"), "by": SYSTEM} | fields
        )


def test_an_agent_writes_no_words(shop):
    client = signed_in(shop, Role.AGENT)
    assert client.get(reverse("console:wordings", args=[shop.slug])).status_code == 404
    assert client.post(one(shop), {"headline": "Gone"}).status_code == 404


def test_a_shop_has_its_own_words_and_no_others(shop, admin):
    other = make.shop(slug="vega")
    change_words(shop=other, about=LOST, language="en", words=Words(headline="Theirs"), by=SYSTEM)
    assert "Theirs" not in all_of(shop)
    assert "Theirs" not in admin.get(one(shop)).content.decode()
