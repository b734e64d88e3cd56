"""A shop's own names: which may be, what their DNS must say, and what becomes of them."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from tenants import hosting, resolving
from tenants.audit import first_broken
from tenants.domains import Problem, plain_host
from tenants.isolation import shop_context
from tenants.models import AuditEntry, Host
from tenants.services import SYSTEM
from tests import make
from tests.tenants.dns import name_server

OURS = ["rastro.example", "127.0.0.1"]
NAME = "pedidos.olmo.example"


# --- Names ---


@pytest.mark.parametrize(
    "said,host",
    [
        ("pedidos.olmo.es", "pedidos.olmo.es"),
        ("  https://Pedidos.Olmo.ES/algo  ", "pedidos.olmo.es"),
        ("olmo.es.", "olmo.es"),
        ("pedidos.señora.es", "pedidos.xn--seora-pta.es"),
        ("xn--seora-pta.es", "xn--seora-pta.es"),
        ("PEDIDOS。OLMO。ES", "pedidos.olmo.es"),  # the full stop of another script
        ("com.olmo.es", "com.olmo.es"),
        ("mirastro.example", "mirastro.example"),
    ],
)
def test_a_name_is_kept_as_the_dns_has_it(said, host):
    assert plain_host(said, ours=OURS) == host


@pytest.mark.parametrize(
    "said",
    [
        "", "olmo", "com", "127.0.0.1", "10.0.0.1", "::1", "[::1]", "1.2", "olmo.1", "a b.es", "a_b.es", "-a.es", "a-.es", 
        "a..es", ".es", "*.olmo.es", "olmo.es:8443", "user@olmo.es", "o" * 64 + ".es", ("a" * 60 + ".") * 4 + "es", "xn--\x00.es",
        "localhost", "shop.localhost", "shop.local", "shop.internal", "shop.test", "1.0.0.127.in-addr.arpa",
        "co.uk", "com.es", "gob.es", "com.br", "or.jp",
        "rastro.example", "RASTRO.example", "x.rastro.example", "a.b.rastro.example",
    ],
)  # fmt: skip
def test_what_is_no_shops_name_is_refused(said):
    with pytest.raises(ValidationError):
        plain_host(said, ours=OURS)


@given(st.text(max_size=80))
def test_whatever_is_written_the_name_is_plain_or_refused(said):
    try:
        host = plain_host(said, ours=OURS)
    except ValidationError:
        return
    assert host.isascii() and host == host.lower() and "." in host and len(host) <= 230
    assert all(c.isalnum() or c in ".-" for c in host)
    assert plain_host(host, ours=OURS) == host


# --- What the DNS says ---


@pytest.fixture
def zone(settings):
    with name_server() as server:
        settings.DNS_SERVERS = [server.address]
        settings.DOMAINS_TARGET = "rastro.example"
        server.records["rastro.example", "A"] = ["192.0.2.10"]
        yield server


def test_the_key_and_an_alias_prove_a_name(zone):
    zone.records[f"_rastro.{NAME}", "TXT"] = ['"v=spf1"', '"rastro-key"']
    zone.records[NAME, "CNAME"] = ["rastro.example."]
    assert resolving.check(NAME, "rastro-key") is Problem.NONE


def test_an_apex_proves_itself_by_its_address(zone):
    zone.records["_rastro.olmo.example", "TXT"] = ['"rastro-" "key"']  # long texts come in pieces
    zone.records["olmo.example", "A"] = ["192.0.2.10"]
    assert resolving.check("olmo.example", "rastro-key") is Problem.NONE


def test_the_target_may_be_an_address(zone, settings):
    settings.DOMAINS_TARGET = "192.0.2.77"
    zone.records[f"_rastro.{NAME}", "TXT"] = ['"rastro-key"']
    zone.records[NAME, "A"] = ["192.0.2.77"]
    assert resolving.check(NAME, "rastro-key") is Problem.NONE


@pytest.mark.parametrize(
    "records,problem",
    [
        ({}, Problem.NO_PROOF),
        ({(NAME, "CNAME"): ["rastro.example."]}, Problem.NO_PROOF),
        ({(f"_rastro.{NAME}", "TXT"): ['"rastro-other"']}, Problem.OTHER_PROOF),
        ({(NAME, "TXT"): ['"rastro-key"']}, Problem.NO_PROOF),  # not where it belongs
        ({(f"_rastro.{NAME}", "TXT"): ['"rastro-key"']}, Problem.ELSEWHERE),
        ({(f"_rastro.{NAME}", "TXT"): ['"rastro-key"'], (NAME, "A"): ["198.51.100.1"]}, Problem.ELSEWHERE),
        (
            {(f"_rastro.{NAME}", "TXT"): ['"rastro-key"'], (NAME, "CNAME"): ["evil.example."]},
            Problem.ELSEWHERE,
        ),
    ],
)
def test_what_is_missing_is_said(zone, records, problem):
    zone.records.update(records)
    assert resolving.check(NAME, "rastro-key") is problem


def test_a_silent_name_server_proves_nothing(zone, monkeypatch):
    monkeypatch.setattr(resolving, "TIMEOUT_S", 0.3)
    zone.silent = True
    assert resolving.check(NAME, "rastro-key") is Problem.UNANSWERED


# --- What becomes of a name ---


@pytest.fixture
def shop(db):
    return make.shop()


def added(shop, said=NAME):
    with shop_context(shop.pk):
        return hosting.add_host(shop=shop, said=said, by=SYSTEM)


def found(host, problem=Problem.NONE, days=0):
    return hosting.settle(host_id=host.pk, found=problem, now=make.NOW + timedelta(days=days))


def acts(shop):
    with shop_context(shop.pk):
        assert first_broken(shop) is None
        return list(AuditEntry.objects.for_shop(shop).order_by("id").values_list("action", flat=True))


def test_a_name_is_added_once_with_a_key_of_its_own(shop):
    host, again = added(shop), added(shop, f"https://{NAME}/")
    assert host.pk == again.pk
    assert host.proof_key.startswith("rastro-") and len(host.proof_key) > 28
    assert added(make.shop()).proof_key != host.proof_key
    assert acts(shop) == ["domain.added"]


def test_a_proved_name_is_the_one_in_messages_unless_there_was_one(shop):
    first, second = added(shop), added(shop, "dos.olmo.example")
    found(first)
    found(second)
    assert list(Host.objects.filter(shop=shop, primary=True).values_list("host", flat=True)) == [NAME]
    with shop_context(shop.pk):
        hosting.set_primary(shop=shop, host=Host.objects.get(pk=second.pk), by=SYSTEM)
    assert list(Host.objects.filter(shop=shop, primary=True).values_list("pk", flat=True)) == [second.pk]
    assert acts(shop) == ["domain.added", "domain.added", "domain.proved", "domain.proved", "domain.primary"]


def test_an_unproved_name_is_in_no_message(shop):
    host = added(shop)
    with shop_context(shop.pk), pytest.raises(ValidationError):
        hosting.set_primary(shop=shop, host=host, by=SYSTEM)


def test_nobody_keeps_a_name_from_its_owner_by_saying_it_first(shop):
    squatter = make.shop()
    theirs, ours = added(squatter), added(shop)
    found(ours)
    assert Host.objects.get(pk=ours.pk).verified_at == make.NOW
    assert found(theirs).problem == Problem.TAKEN
    assert Host.objects.get(pk=theirs.pk).verified_at is None


def test_a_name_another_shop_proved_is_refused_like_one_nobody_may_have(shop):
    found(added(make.shop()))
    with pytest.raises(ValidationError) as taken:
        added(shop)
    with pytest.raises(ValidationError) as reserved:
        added(shop, "shop.localhost")
    assert taken.value.messages == reserved.value.messages == ["This name cannot be used."]


def test_two_shops_cannot_both_have_proved_a_name(shop):
    Host.objects.create(shop=shop, host=NAME, verified_at=make.NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Host.objects.create(shop=make.shop(), host=NAME, verified_at=make.NOW)


def test_a_proved_name_that_fails_goes_on_serving(shop):
    host = added(shop)
    found(host)
    for day in range(1, 6):
        assert found(host, Problem.NO_PROOF, day).failures == day
    kept = Host.objects.get(pk=host.pk)
    assert (kept.verified_at, kept.problem, kept.primary) == (make.NOW, "no_proof", True)
    assert found(host, days=7).failures == 0


def test_a_name_that_was_sold_goes_to_who_proves_it(shop):
    before = make.shop()
    old = added(before)
    found(old)
    for day in range(1, 4):
        found(old, Problem.OTHER_PROOF, day)
    new = added(shop)
    assert found(new, days=4).verified_at is not None
    assert Host.objects.get(pk=old.pk).verified_at is None
    assert acts(before) == ["domain.added", "domain.proved", "domain.lost"]


def test_a_removed_name_may_be_anybodys_and_a_late_check_does_not_bring_it_back(shop):
    host = added(shop)
    found(host)
    with shop_context(shop.pk):
        hosting.remove_host(shop=shop, host=host, by=SYSTEM)
        hosting.remove_host(shop=shop, host=host, by=SYSTEM)
    assert found(host) is None
    assert found(added(make.shop())).verified_at is not None
    assert acts(shop) == ["domain.added", "domain.proved", "domain.removed"]


def test_a_shop_has_ten_names_at_most(shop):
    for number in range(10):
        added(shop, f"n{number}.olmo.example")
    with pytest.raises(ValidationError, match="No more than 10"):
        added(shop, "n10.olmo.example")


def test_names_are_checked_when_they_are_due(shop):
    host = added(shop)
    Host.objects.filter(pk=host.pk).update(added_at=make.NOW)

    def is_due(**ago):
        return hosting.due(make.NOW + timedelta(**ago)).filter(pk=host.pk).exists()

    assert is_due(minutes=1)
    found(host, Problem.NO_PROOF)
    assert (is_due(minutes=9), is_due(minutes=10), is_due(days=2.9), is_due(days=3)) == (
        False,
        True,
        True,
        False,
    )
    found(host)
    assert (is_due(hours=23), is_due(days=1), is_due(days=100)) == (False, True, True)


def test_of_several_workers_one_checks_a_name(shop):
    host = added(shop)
    asked = []

    def check(name, key):
        asked.append((name, key))
        assert not hosting.claim(host, make.NOW)  # another worker, meanwhile
        return Problem.NO_PROOF

    Host.objects.filter(pk=host.pk).update(added_at=make.NOW)
    assert hosting.check_due(now=make.NOW, check=check, until=lambda: True) == 1
    assert hosting.check_due(now=make.NOW, check=check, until=lambda: True) == 0
    assert asked == [(NAME, host.proof_key)]
