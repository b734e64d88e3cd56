"""Carriers' accounts: connected from the carrier's own list of credentials, tried, changed, removed; and how they fare."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import responses
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from carriers.models import Account
from carriers.offers import closed
from carriers.registry import CARRIERS
from carriers.services import opened, store_push
from carriers.types import Trust
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


OPEN = sorted(code for code, carrier in CARRIERS.items() if closed(carrier) is None)


@pytest.mark.parametrize("code", OPEN)
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


SIGNED = "What is signed with your credentials is believed"
NOT_SIGNED = "never believed by itself"


@pytest.mark.parametrize(
    ("trust", "said", "unsaid"),
    [(Trust.SIGNED, SIGNED, NOT_SIGNED), (Trust.SHARED, NOT_SIGNED, SIGNED)],
)
def test_a_carrier_that_pushes_gets_an_address_and_how_far_it_is_believed_is_said(
    shop: Shop, admin: Client, trust: Trust, said: str, unsaid: str
) -> None:
    code = next(code for code in OPEN if CARRIERS[code].push is trust)
    with shop_context(shop.pk):
        pushes = make.account(shop, code)
    page = admin.get(address(shop, "carrier", pushes.pk)).content.decode()
    assert f"/hooks/{shop.slug}/{code}/{pushes.hook_key}" in page
    assert said in page
    assert unsaid not in page
    assert "Nothing received so far." in page
    with shop_context(shop.pk):
        store_push(account=pushes, body=b"{}", now=timezone.now() - timedelta(minutes=5))
    assert "Last received 5 min ago." in admin.get(address(shop, "carrier", pushes.pk)).content.decode()


def test_a_carrier_that_pushes_nothing_gets_no_address(shop: Shop, admin: Client) -> None:
    code = next(code for code in OPEN if CARRIERS[code].push is Trust.NONE)
    with shop_context(shop.pk):
        silent = make.account(shop, code)
    page = admin.get(address(shop, "carrier", silent.pk)).content.decode()
    assert silent.hook_key not in page
    assert "could be told from a stranger’s" in page


def test_credentials_one_may_leave_out_are_marked(shop: Shop, admin: Client) -> None:
    page = admin.get(address(shop, "carrier_connect", "aftership")).content.decode()
    labels = dict(re.findall(r'<label for="id_(secret_\w+|name)">(.*?)</label>', page))
    assert "optional" not in labels["secret_api_key"]
    assert "optional" in labels["secret_webhook_secret"]


def test_credentials_this_installation_wants_are_not_marked_optional(
    shop: Shop, admin: Client, settings: Any
) -> None:
    page = address(shop, "carrier_connect", "correos_es")
    label = r'<label for="id_secret_username">(.*?)</label>'
    assert "optional" not in re.findall(label, admin.get(page).content.decode())[0]
    settings.UNOFFICIAL_CARRIERS = frozenset({"correos_es"})
    assert "optional" in re.findall(label, admin.get(page).content.decode())[0]


def test_a_carrier_that_is_closed_cannot_be_connected_but_allowed_it_can(
    shop: Shop, admin: Client, settings: Any
) -> None:
    page = admin.get(address(shop, "carrier_connect", "estafeta")).content.decode()
    assert "UNOFFICIAL_CARRIERS" in page
    assert CARRIERS["estafeta"].unofficial in unescape(page)
    assert 'name="secret_' not in page
    assert admin.post(address(shop, "carrier_connect", "estafeta"), {}).status_code == 404
    settings.UNOFFICIAL_CARRIERS = frozenset({"estafeta"})
    page = admin.get(address(shop, "carrier_connect", "estafeta")).content.decode()
    assert 'name="secret_login"' in page
    assert "This is not official" in page


def test_a_self_hosted_carrier_waits_for_its_server(shop: Shop, admin: Client, settings: Any) -> None:
    page = address(shop, "carrier_connect", "karrio")
    assert "KARRIO_URL" in admin.get(page).content.decode()
    settings.KARRIO_URL = "https://karrio.example"
    assert 'name="secret_' in admin.get(page).content.decode()


def test_a_carrier_there_is_only_a_link_to_says_what_it_is_good_for(shop: Shop, admin: Client) -> None:
    answer = admin.get(address(shop, "carrier_connect", "tipsa"))
    page = answer.content.decode()
    assert "Link only" in page
    assert "The order’s states" in page
    assert "A link to the carrier’s own page" in page
    assert "What you send us yourself" in page
    assert "<code>tipsa</code>" in page
    assert address(shop, "carrier_connect", "aftership") in page
    assert '<form class="card"' not in page
    assert admin.post(address(shop, "carrier_connect", "tipsa"), {}).status_code == 404


@responses.activate
def test_an_account_of_a_carrier_that_was_closed_since_is_kept_and_not_tried(
    shop: Shop, admin: Client
) -> None:
    with shop_context(shop.pk):
        held = make.account(shop, "estafeta")
    page = admin.get(address(shop, "carrier", held.pk)).content.decode()
    assert "This installation does not ask this carrier." in page
    assert "Not asked here" in page
    assert address(shop, "carrier_try", held.pk) not in page
    assert admin.post(address(shop, "carrier_try", held.pk)).status_code == 404
    assert len(responses.calls) == 0


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
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            admin.get(address(shop, "carriers"))
        return len(asked)

    with shop_context(shop.pk):
        make.account(shop, "dhl")
    first = cost()
    with shop_context(shop.pk):
        for code in sorted(set(CARRIERS) - {"dhl"}):
            make.account(shop, code)
    assert cost() == first <= 15
