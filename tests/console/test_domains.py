"""The page of a shop's own names: what to set, whether it works, and what becomes of it."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tenants.isolation import shop_context
from tenants.models import AuditEntry, Host, Role
from tests import make
from tests.console.clients import signed_in
from tests.tenants.dns import name_server

pytestmark = pytest.mark.django_db
NAME = "pedidos.olmo.example"


@pytest.fixture
def shop():
    return make.shop()


@pytest.fixture
def admin(shop):
    return signed_in(shop, Role.ADMIN)


@pytest.fixture
def zone(settings):
    with name_server() as server:
        settings.DNS_SERVERS, settings.DOMAINS_TARGET = [server.address], "192.0.2.10"
        yield server


def at(shop, name="domains", **more):
    return reverse(f"console:{name}", kwargs={"slug": shop.slug, **more})


def add(shop, admin, name=NAME):
    admin.post(at(shop), {"name": name})
    return Host.objects.get(shop=shop, host=name)


def test_without_a_name_the_page_says_where_the_pages_are(shop, admin):
    said = admin.get(at(shop)).content.decode()
    assert "No name of your own yet" in said and f"/s/{shop.slug}/" in said


def test_a_name_is_added_and_both_records_are_shown(shop, admin, settings):
    settings.DOMAINS_TARGET = "track.rastro.example"
    answer = admin.post(at(shop), {"name": "Pedidos.Olmo.Example"})
    host = Host.objects.get(shop=shop)
    assert (answer.status_code, answer["Location"]) == (302, f"{at(shop)}#host-{host.pk}")
    said = admin.get(at(shop)).content.decode()
    for word in (
        "Waiting for its DNS",
        f"_rastro.{NAME}",
        host.proof_key,
        "CNAME",
        "track.rastro.example",
        "Not checked yet",
    ):
        assert word in said, word


@pytest.mark.parametrize(
    "wrong", ["", "127.0.0.1", "olmo", "<script>alert(1)</script>", "com.es", "testserver"]
)
def test_what_is_no_name_is_said_beside_the_field(shop, admin, wrong):
    answer = admin.post(at(shop), {"name": wrong})
    assert answer.status_code == 422
    assert 'class="error-list"' in answer.content.decode()
    assert not Host.objects.filter(shop=shop).exists()


def test_check_now_says_what_is_missing_and_then_that_it_works(shop, admin, zone):
    host = add(shop, admin)
    said = admin.post(at(shop, "domain_check", pk=host.pk), follow=True).content.decode()
    assert "The TXT record is not there yet" in said
    zone.records[f"_rastro.{NAME}", "TXT"] = [f'"{host.proof_key}"']
    said = admin.post(at(shop, "domain_check", pk=host.pk), follow=True).content.decode()
    assert "does not lead here yet" in said
    zone.records[NAME, "A"] = ["192.0.2.10"]
    said = admin.post(at(shop, "domain_check", pk=host.pk), follow=True).content.decode()
    assert "Proved" in said and "Works" in said and "In messages" in said


def test_a_proved_name_that_fails_for_days_is_warned_of_and_kept(shop, admin):
    host = add(shop, admin)
    Host.objects.filter(pk=host.pk).update(verified_at=timezone.now(), problem="elsewhere", failures=3)
    said = admin.get(at(shop)).content.decode()
    assert "Check its DNS" in said and "Your pages are still served here" in said


def test_another_name_is_used_in_messages_only_once_it_is_proved(shop, admin):
    host = add(shop, admin)
    said = admin.post(at(shop, "domain_primary", pk=host.pk), follow=True).content.decode()
    assert "has to prove first" in said
    Host.objects.filter(pk=host.pk).update(verified_at=timezone.now())
    admin.post(at(shop, "domain_primary", pk=host.pk))
    assert Host.objects.get(pk=host.pk).primary


def test_a_removed_name_is_gone_and_the_audit_says_so(shop, admin):
    host = add(shop, admin)
    admin.post(at(shop, "domain_remove", pk=host.pk))
    assert not Host.objects.filter(shop=shop).exists()
    with shop_context(shop.pk):
        actions = list(AuditEntry.objects.for_shop(shop).order_by("id").values_list("action", "subject"))
    assert actions == [("domain.added", f"host:{host.pk}"), ("domain.removed", f"host:{host.pk}")]
    settings_page = admin.get(reverse("console:settings", args=[shop.slug])).content.decode()
    assert f"Domain removed: {NAME}" in settings_page


@pytest.mark.parametrize("name", ["domain_check", "domain_primary", "domain_remove"])
def test_names_of_another_shop_do_not_exist(shop, admin, name):
    rival = make.shop()
    theirs = Host.objects.create(shop=rival, host=NAME, proof_key="rastro-x")
    assert admin.post(at(shop, name, pk=theirs.pk)).status_code == 404
    assert admin.post(at(rival, name, pk=theirs.pk)).status_code == 404
    assert Host.objects.get(pk=theirs.pk).checked_at is None


def test_an_agent_changes_no_domains(shop):
    assert signed_in(shop, Role.AGENT).get(at(shop)).status_code == 404
