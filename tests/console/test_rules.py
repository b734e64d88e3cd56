"""Notifications: what is told, by which sender, in which words, and what a message looks like before it goes."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.segments import length_of
from notifications.models import ChannelAccount, Rule, Template
from notifications.services.following import may_add
from notifications.services.listeners import offered_states
from notifications.services.ruling import switches_of
from tenants.isolation import shop_context
from tenants.models import AuditEntry, Role, Shop
from tenants.vault import unseal
from tests import make
from tests.console.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make.shop()


@pytest.fixture
def admin(shop: Shop) -> Client:
    return signed_in(shop, Role.ADMIN)


def address(shop: Shop, name: str, *parts: str) -> str:
    return reverse(f"console:{name}", args=[shop.slug, *parts])


def switched_on(shop: Shop) -> set[str]:
    with shop_context(shop.pk):
        return {f"{state}:{channel}" for (state, channel), on in switches_of(shop.pk).items() if on}


def test_switches_are_saved_where_they_differ_and_audited(shop: Shop, admin: Client) -> None:
    wanted = (switched_on(shop) - {"shipped:email"}) | {"out_for_delivery:email"}
    answer = admin.post(address(shop, "rules"), {"on": sorted(wanted)})
    assert answer.status_code == 302
    assert switched_on(shop) == wanted
    with shop_context(shop.pk):
        assert Rule.objects.count() == 2
        assert AuditEntry.objects.filter(action="rule.changed").count() == 2


def test_a_channel_without_a_sender_has_no_switch_and_cannot_be_switched(shop: Shop, admin: Client) -> None:
    page = admin.get(address(shop, "rules")).content.decode()
    assert 'value="shipped:email"' in page
    assert 'value="shipped:sms"' not in page
    assert f'href="{address(shop, "sender", "sms")}"' in page
    admin.post(address(shop, "rules"), {"on": [*sorted(switched_on(shop)), "shipped:sms"]})
    assert "shipped:sms" not in switched_on(shop)


def test_a_senders_credentials_are_sealed_and_never_shown_again(shop: Shop, admin: Client) -> None:
    said = {
        "account_sid": "AC123",
        "auth_token": "s3cret-token",
        "sender": "+34 600 000 000",
        "enabled": "on",
    }
    assert admin.post(address(shop, "sender", "sms"), said).status_code == 302
    with shop_context(shop.pk):
        account = ChannelAccount.objects.get(channel="sms")
    assert account.sender == "+34600000000"
    assert unseal(account.sealed) == {"account_sid": "AC123", "auth_token": "s3cret-token"}
    page = admin.get(address(shop, "rules")).content.decode()
    assert "s3cret-token" not in page
    assert 'value="shipped:sms"' in page
    kept = {"account_sid": "", "auth_token": "", "sender": "Tienda", "enabled": "on"}
    assert admin.post(address(shop, "sender", "sms"), kept).status_code == 302
    with shop_context(shop.pk):
        account.refresh_from_db()
    assert (account.sender, unseal(account.sealed)["auth_token"]) == ("Tienda", "s3cret-token")


@pytest.mark.parametrize(
    ("channel", "said", "sentence"),
    [
        ("sms", {"sender": "+34600000000"}, "Twilio needs this"),
        ("sms", {"account_sid": "AC1", "auth_token": "x", "sender": "600 000"}, "country code"),
        ("whatsapp", {"account_sid": "AC1", "auth_token": "x", "sender": "Tienda"}, "country code"),
        ("email", {"sender": "not an address"}, "valid email"),
    ],
)
def test_a_sender_that_cannot_work_is_refused_beside_its_field(
    shop: Shop, admin: Client, channel: str, said: dict[str, str], sentence: str
) -> None:
    answer = admin.post(address(shop, "sender", channel), said)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    with shop_context(shop.pk):
        assert not ChannelAccount.objects.exists()


@pytest.mark.parametrize("role", [Role.AGENT, Role.VIEWER])
def test_to_an_agent_these_pages_do_not_exist(shop: Shop, role: Role) -> None:
    client = signed_in(shop, role)
    for page in (
        address(shop, "rules"),
        address(shop, "rule_new"),
        address(shop, "rule", "shipped:email"),
        address(shop, "rule_act", "shipped:email"),
        address(shop, "rule_trial"),
        address(shop, "rule_words"),
        address(shop, "rule_order"),
        address(shop, "rule_bounds"),
        address(shop, "template", "shipped", "email", "es"),
        address(shop, "template_test", "shipped", "email", "es"),
    ):
        assert client.get(page).status_code == 404
        assert client.post(page).status_code == 404


def test_the_page_costs_the_same_however_many_words_there_are(shop: Shop, admin: Client) -> None:
    with shop_context(shop.pk):
        for state in ("shipped", "delivered", "preparing"):
            Template.objects.create(shop=shop, key=state, channel="email", published=1)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        admin.get(address(shop, "rules"))
    assert len(asked) <= 17, [q["sql"][:90] for q in asked]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 160, (160, 1, True)),
        ("a" * 161, (161, 2, True)),
        ("€" * 80, (80, 1, True)),
        ("€" * 81, (81, 2, True)),
        ("á" * 70, (70, 1, False)),
        ("á" * 71, (71, 2, False)),
        ("👋" * 35, (35, 1, False)),
        ("ñ\xa0ñ", (3, 1, True)),
    ],
)
def test_segments_are_counted_as_the_network_does(text: str, expected: tuple[Any, ...]) -> None:
    counted = length_of(text)
    assert (counted.characters, counted.segments, counted.is_gsm) == expected


def test_what_customers_may_choose_is_saved_and_audited(shop: Shop, admin: Client) -> None:
    on = sorted(switched_on(shop))
    admin.post(address(shop, "rules"), {"on": on, "choices": "1", "offered": ["shipped", "delivered"]})
    with shop_context(shop.pk):
        assert offered_states(shop.pk) == ("shipped", "delivered")
        assert not may_add(shop.pk)
        (entry,) = AuditEntry.objects.filter(action="alerts.changed")
        assert entry.after["others"] is False
    html = admin.get(address(shop, "rules")).content.decode()
    assert 'name="offered" value="shipped" checked' in html and 'name="offered" value="preparing">' in html
    assert "routed" not in html.split('name="choices"')[1]


def test_a_form_without_that_part_leaves_it_as_it_is(shop: Shop, admin: Client) -> None:
    admin.post(address(shop, "rules"), {"on": sorted(switched_on(shop))})
    with shop_context(shop.pk):
        assert len(offered_states(shop.pk)) > 10 and may_add(shop.pk)


def test_a_push_has_no_words_of_the_shops_own(shop: Shop, admin: Client) -> None:
    html = admin.get(address(shop, "rules")).content.decode()
    assert 'value="shipped:push"' in html
    path = address(shop, "template", "shipped", "email", "es").replace("email", "push")
    assert path not in html and admin.get(path).status_code == 404
