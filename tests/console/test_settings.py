"""Settings: the shop's particulars, its addresses, and an audit that shows whether it was altered."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.acts import ACTS
from tenants import audit
from tenants.isolation import shop_context
from tenants.models import AuditEntry, Host, Role, Shop
from tests import make
from tests.console.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make.shop(currency="EUR", time_zone="Europe/Madrid")


@pytest.fixture
def admin(shop: Shop) -> Client:
    return signed_in(shop, Role.ADMIN)


def address(shop: Shop) -> str:
    return reverse("console:settings", args=[shop.slug])


def said(shop: Shop, **changes: Any) -> dict[str, Any]:
    names = (
        "name",
        "country",
        "currency",
        "time_zone",
        "languages",
        "language",
        "keep_days",
        "review_invites",
    )
    return {name: getattr(shop, name) for name in names} | changes


def test_particulars_are_saved_and_only_what_changed_is_audited(shop: Shop, admin: Client) -> None:
    wanted = said(shop, name="Casa Olmo", languages=["es", "en", "fr"], website="casaolmo.example")
    assert admin.post(address(shop), wanted).status_code == 302
    shop.refresh_from_db()
    assert (shop.name, shop.languages, shop.website) == (
        "Casa Olmo",
        ["es", "en", "fr"],
        "https://casaolmo.example",
    )
    with shop_context(shop.pk):
        assert set(AuditEntry.objects.get().after) == {"name", "languages", "website"}


def test_the_form_sent_as_it_stands_leaves_no_trace(shop: Shop, admin: Client) -> None:
    assert admin.post(address(shop), said(shop)).status_code == 302
    with shop_context(shop.pk):
        assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"country": "Spain"},
        {"currency": "pesetas"},
        {"time_zone": "Madrid"},
        {"languages": []},
        {"languages": ["en"], "language": "es"},
        {"contact_email": "nobody"},
        {"website": "javascript:alert(1)"},
    ],
)
def test_what_cannot_be_is_said_beside_its_field(shop: Shop, admin: Client, wrong: dict[str, Any]) -> None:
    answer = admin.post(address(shop), said(shop, **wrong))
    assert answer.status_code == 422
    assert answer.content.decode().count('class="error-list"') == 1
    before = shop.name
    shop.refresh_from_db()
    assert (shop.name, shop.website) == (before, "")


def test_its_addresses_are_shown(shop: Shop, admin: Client) -> None:
    Host.objects.create(host="pedidos.example", shop=shop)
    page = admin.get(address(shop)).content.decode()
    assert f"/s/{shop.slug}/" in page
    assert "pedidos.example" in page
    assert "Not verified yet" in page


def test_the_audit_names_who_did_what_and_is_checked(shop: Shop, admin: Client) -> None:
    user = make.user(name="Inés Prat")
    with shop_context(shop.pk):
        audit.record(
            shop=shop, actor=f"user:{user.pk}", role="admin", action="key.made", after={"name": "ERP"}
        )
        audit.record(shop=shop, actor="system", action="shop.opened")
        audit.record(shop=shop, actor="key:rastro_live_ab", action="order.cancelled")
    page = admin.get(address(shop)).content.decode()
    for words in (
        "API key made: ERP",
        "Inés Prat",
        "Rastro itself",
        "API key rastro_live_ab",
        "nothing was altered",
    ):
        assert words in page


def test_an_altered_audit_is_told(shop: Shop, admin: Client) -> None:
    with shop_context(shop.pk):
        audit.record(shop=shop, actor="system", action="shop.opened")
        AuditEntry(
            shop=shop, actor="system", action="key.made", previous_hash="0" * 64, hash="f" * 64
        ).save(force_insert=True)  # fmt: skip
    page = admin.get(address(shop)).content.decode()
    assert "Altered: the entry of" in page
    assert "nothing was altered" not in page


def test_a_long_audit_is_checked_when_asked(
    shop: Shop, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.settings.CHECKED_AT_ONCE", 1)
    with shop_context(shop.pk):
        for _n in range(2):
            audit.record(shop=shop, actor="system", action="shop.changed")
    assert "Checked: nothing was altered" not in admin.get(address(shop)).content.decode()
    assert "Checked: nothing was altered" in admin.get(address(shop), {"check": "audit"}).content.decode()


def test_every_act_the_code_records_has_words() -> None:
    import re
    from pathlib import Path

    recorded = {
        code
        for package in ("console", "notifications", "tracking", "carriers", "tenants")
        for file in Path(package).rglob("*.py")
        for code in re.findall(r'action="([a-z]+\.[a-z_]+)"', file.read_text())
    }
    assert len(recorded) > 10
    assert recorded - set(ACTS) == set()


def test_to_an_agent_there_are_no_settings(shop: Shop) -> None:
    agent = signed_in(shop, Role.AGENT)
    assert agent.get(address(shop)).status_code == 404
    assert agent.post(address(shop), said(shop, name="x")).status_code == 404


def test_the_page_costs_the_same_however_much_was_done(shop: Shop, admin: Client) -> None:
    with shop_context(shop.pk):
        for n in range(60):
            audit.record(shop=shop, actor=f"user:{n}", action="shop.changed")
    with CaptureQueriesContext(connection) as asked:
        admin.get(address(shop))
    assert len(asked) <= 15, [q["sql"][:90] for q in asked]
