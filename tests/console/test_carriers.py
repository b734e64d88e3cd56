"""Carriers' accounts: connected from the carrier's own list of credentials, tried, changed, removed; and how they fare."""

from __future__ import annotations

from datetime import timedelta

import pytest
import responses
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from carriers.models import Account, UnknownCode
from carriers.registry import CARRIERS
from carriers.services import note_unknown, opened
from tenants.isolation import shop_context
from tenants.models import AuditEntry, Role, Shop
from tests import make
from tests.console.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make.shop()


@pytest.fixture
def admin(shop: Shop) -> Client:
    return signed_in(shop, Role.ADMIN)


@pytest.fixture
def account(shop: Shop) -> Account:
    with shop_context(shop.pk):
        return make.account(shop, "dhl", api_key="old-key")


def address(shop: Shop, name: str, *parts: object) -> str:
    return reverse(f"console:{name}", args=[shop.slug, *parts])


def now_of(account: Account) -> Account:
    with shop_context(account.shop_id):
        account.refresh_from_db()
    return account


@pytest.mark.parametrize("code", sorted(CARRIERS))
def test_a_carriers_form_asks_for_its_own_credentials(shop: Shop, admin: Client, code: str) -> None:
    page = admin.get(address(shop, "carrier_connect", code)).content.decode()
    for secret in CARRIERS[code].auth.secrets:
        assert f'name="secret_{secret.name}"' in page
    said = {f"secret_{s.name}": f"value of {s.name}" for s in CARRIERS[code].auth.secrets}
    answer = admin.post(address(shop, "carrier_connect", code), said)
    with shop_context(shop.pk):
        made = Account.objects.get()
        assert opened(made) == {s.name: f"value of {s.name}" for s in CARRIERS[code].auth.secrets}
        assert AuditEntry.objects.get().action == "account.connected"
    assert answer["Location"] == address(shop, "carrier", made.pk)
    shown = admin.get(answer["Location"]).content.decode()
    assert "value of" not in shown


def test_a_credential_left_out_and_a_second_account_of_the_same_name_are_refused(
    shop: Shop, admin: Client, account: Account
) -> None:
    empty = admin.post(address(shop, "carrier_connect", "dhl"), {"secret_api_key": "", "name": "b"})
    assert empty.status_code == 422
    assert "DHL needs this." in empty.content.decode()
    twice = admin.post(address(shop, "carrier_connect", "dhl"), {"secret_api_key": "k", "name": ""})
    assert "give this one another name" in twice.content.decode()
    with shop_context(shop.pk):
        assert Account.objects.count() == 1


def test_new_credentials_replace_the_old_ones_and_an_empty_field_keeps_them(
    shop: Shop, admin: Client, account: Account
) -> None:
    page = address(shop, "carrier", account.pk)
    assert admin.post(page, {"secret_api_key": "", "name": "Peninsula"}).status_code == 302
    assert (opened(now_of(account)), account.name) == ({"api_key": "old-key"}, "Peninsula")
    admin.post(page, {"secret_api_key": "new-key", "name": "Peninsula"})
    assert opened(now_of(account)) == {"api_key": "new-key"}


@responses.activate
@pytest.mark.parametrize(
    ("status", "words"), [(404, "It works: DHL answered."), (401, "DHL refuses these credentials"), (503, "does not answer")]
)  # fmt: skip
def test_an_account_is_tried_and_the_answer_said_in_our_words(
    shop: Shop, admin: Client, account: Account, status: int, words: str
) -> None:
    responses.get(
        "https://api-eu.dhl.com/track/shipments", json={"status": status, "title": "x"}, status=status
    )
    answer = admin.post(address(shop, "carrier_try", account.pk), {"number": ""}, follow=True)
    assert words in answer.content.decode()
    assert len(responses.calls) == 1
    assert (now_of(account).last_ok_at is not None) == (status == 404)


def test_how_an_account_fares_is_said_in_plain_words(shop: Shop, admin: Client, account: Account) -> None:
    with shop_context(shop.pk):
        Account.objects.update(
            last_error="auth_error: 401 Unauthorized",
            last_error_at=timezone.now(),
            paused_until=timezone.now() + timedelta(hours=1),
        )
    page = admin.get(address(shop, "carriers")).content.decode()
    assert "The carrier refuses the credentials" in page
    assert "Paused until" in page
    assert "401 Unauthorized" in admin.get(address(shop, "carrier", account.pk)).content.decode()


def test_an_account_is_switched_off_on_and_removed(shop: Shop, admin: Client, account: Account) -> None:
    admin.post(address(shop, "carrier_enabled", account.pk), {"enabled": "off"})
    assert now_of(account).enabled is False
    admin.post(address(shop, "carrier_enabled", account.pk), {"enabled": "on"})
    assert now_of(account).enabled is True
    assert admin.post(address(shop, "carrier_remove", account.pk)).status_code == 302
    with shop_context(shop.pk):
        assert not Account.objects.exists()


def test_only_a_carrier_whose_pushes_can_be_proved_gets_an_address_for_them(
    shop: Shop, admin: Client, account: Account
) -> None:
    assert "/hooks/" not in admin.get(address(shop, "carrier", account.pk)).content.decode()
    with shop_context(shop.pk):
        pushes = make.account(shop, "17track")
    page = admin.get(address(shop, "carrier", pushes.pk)).content.decode()
    assert f"/hooks/{shop.slug}/17track/{pushes.hook_key}" in page
    assert "send news by itself" in page
    assert "send news by itself" not in admin.get(address(shop, "carrier", account.pk)).content.decode()


def test_codes_nobody_knows_are_listed_with_their_words(shop: Shop, admin: Client) -> None:
    with shop_context(shop.pk):
        note_unknown(shop_id=shop.pk, seen={("dhl", "ZZ9"): (3, "Sorting <b>robot</b>")}, now=timezone.now())
        assert UnknownCode.objects.count() == 1
    page = admin.get(address(shop, "carriers")).content.decode()
    assert "ZZ9" in page
    assert "Sorting &lt;b&gt;robot&lt;/b&gt;" in page


def test_an_account_of_a_carrier_gone_from_this_version_can_still_be_removed(
    shop: Shop, admin: Client
) -> None:
    with shop_context(shop.pk):
        gone = make.account(shop, "velopost")
    page = admin.get(address(shop, "carrier", gone.pk))
    assert "does not know this carrier" in page.content.decode()
    assert admin.post(address(shop, "carrier_try", gone.pk)).status_code == 404
    assert admin.post(address(shop, "carrier_remove", gone.pk)).status_code == 302


def test_another_shops_account_does_not_exist(shop: Shop, account: Account) -> None:
    theirs = make.shop()
    rival = signed_in(theirs, Role.OWNER)
    assert rival.get(address(theirs, "carrier", account.pk)).status_code == 404
    for name in ("carrier", "carrier_try", "carrier_enabled", "carrier_remove"):
        assert rival.post(address(theirs, name, account.pk)).status_code == 404
    assert now_of(account).enabled


def test_to_an_agent_there_are_no_carriers(shop: Shop, account: Account) -> None:
    agent = signed_in(shop, Role.AGENT)
    assert agent.get(address(shop, "carriers")).status_code == 404
    assert agent.get(address(shop, "carrier_connect", "ups")).status_code == 404
    for name in ("carrier", "carrier_try", "carrier_enabled", "carrier_remove"):
        assert agent.post(address(shop, name, account.pk)).status_code == 404
    assert admin_unknown(shop) == 404


def admin_unknown(shop: Shop) -> int:
    return signed_in(shop, Role.ADMIN).get(address(shop, "carrier_connect", "velopost")).status_code


def test_the_list_costs_the_same_however_many_accounts_there_are(shop: Shop, admin: Client) -> None:
    with shop_context(shop.pk):
        for code in sorted(CARRIERS):
            make.account(shop, code)
    with CaptureQueriesContext(connection) as asked:
        admin.get(address(shop, "carriers"))
    assert len(asked) <= 14, [q["sql"][:90] for q in asked]
