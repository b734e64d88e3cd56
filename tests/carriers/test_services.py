"""A shop's accounts with carriers: their secrets stay sealed, their trials are honest, changes leave a trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from carriers import pace, services
from carriers.models import Account, Push, UnknownCode
from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import Outcome, RateLimitedError
from tenants.isolation import shop_context
from tenants.models import AuditEntry, Shop
from tenants.services import Actor
from tests import make

pytestmark = pytest.mark.django_db
ME = Actor("user:1", "owner", "192.0.2.7")
UPS = {"client_id": "shop-1", "client_secret": "s3cret"}


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = make.shop()
    with shop_context(made.pk):
        yield made


@pytest.fixture(scope="module")
def world() -> Iterator[Simulator]:
    with running(speed=6000) as simulator:
        yield simulator


@pytest.fixture
def simulator(world: Simulator, settings: Any) -> Iterator[Simulator]:
    settings.CARRIER_SIMULATOR_URL = world.url
    yield world
    world.polite()


def connect(shop: Shop, carrier: str = "ups", **fields: Any) -> Account:
    return services.connect(shop=shop, by=ME, now=make.NOW, **{"carrier": carrier, "secrets": UPS, **fields})


# --- Connect, change, remove ---


def test_credentials_are_stored_sealed_and_open_again(shop: Shop) -> None:
    account = connect(shop)

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(a)::text FROM carriers_account a")
        assert "s3cret" not in cursor.fetchone()[0]
    assert services.opened(Account.objects.get(pk=account.pk)) == UPS


def test_an_account_leaves_a_trace_without_its_secrets(shop: Shop) -> None:
    account = connect(shop, name="Almacén")
    services.change(
        shop=shop, account=account, by=ME, now=make.NOW, secrets={"client_secret": "n3w"}, enabled=False
    )
    services.remove(shop=shop, account=account, by=ME, now=make.NOW)

    entries = AuditEntry.objects.order_by("id")
    assert [entry.action for entry in entries] == ["account.connected", "account.changed", "account.removed"]
    assert {entry.actor for entry in entries} == {"user:1"}
    assert entries[1].after == {"carrier": "ups", "name": "Almacén", "enabled": False, "credentials": True}
    said = json.dumps([[entry.before, entry.after, entry.subject] for entry in entries])
    assert "s3cret" not in said and "n3w" not in said and "shop-1" not in said


def test_a_credential_that_is_missing_is_named(shop: Shop) -> None:
    with pytest.raises(ValidationError) as refused:
        connect(shop, secrets={"client_id": "shop-1", "client_secret": "  "})

    assert list(refused.value.message_dict) == ["client_secret"]
    assert not Account.objects.exists()


def test_credentials_are_trimmed_and_those_nobody_asked_for_dropped(shop: Shop) -> None:
    account = connect(shop, carrier="dhl", secrets={"api_key": " k3y\n", "colour": "red"})

    assert services.opened(account) == {"api_key": "k3y"}


def test_a_credential_with_a_line_break_in_it_is_refused(shop: Shop) -> None:
    with pytest.raises(ValidationError):
        connect(shop, carrier="dhl", secrets={"api_key": "k3y\nHost: evil.example"})


def test_a_carrier_nobody_knows_is_refused(shop: Shop) -> None:
    with pytest.raises(ValidationError) as refused:
        connect(shop, carrier="velopost")

    assert list(refused.value.message_dict) == ["carrier"]


def test_a_second_account_with_a_carrier_needs_a_name_of_its_own(shop: Shop) -> None:
    connect(shop)
    with pytest.raises(ValidationError) as refused:
        connect(shop)
    assert list(refused.value.message_dict) == ["name"]

    assert connect(shop, name="Canarias").name == "Canarias"


def test_a_carrier_without_credentials_needs_none(shop: Shop) -> None:
    assert services.opened(connect(shop, carrier="chronopost", secrets={})) == {}


def test_what_nobody_promised_is_not_asked_unless_the_operator_allows_it(shop: Shop, settings: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        connect(shop, carrier="poste_italiane", secrets={})
    assert list(refused.value.message_dict) == ["carrier"]
    with pytest.raises(ValidationError) as refused:  # only with a contract's user
        connect(shop, carrier="correos_es", secrets={})
    assert list(refused.value.message_dict) == ["username", "password"]

    settings.UNOFFICIAL_CARRIERS = frozenset({"poste_italiane", "correos_es"})
    assert services.opened(connect(shop, carrier="poste_italiane", secrets={})) == {}
    assert services.opened(connect(shop, carrier="correos_es", secrets={})) == {}


def test_a_carrier_of_the_operators_own_waits_for_its_address(shop: Shop, settings: Any) -> None:
    settings.CARRIER_SIMULATOR_URL, settings.KARRIO_URL = "", ""
    with pytest.raises(ValidationError):
        connect(shop, carrier="karrio", secrets={"api_key": "k"})
    settings.KARRIO_URL = "https://karrio.example"
    assert connect(shop, carrier="karrio", secrets={"api_key": "k"}).carrier == "karrio"


def test_a_credential_left_empty_stays_what_it_was(shop: Shop) -> None:
    account = connect(shop)

    changed = services.change(
        shop=shop, account=account, by=ME, now=make.NOW, secrets={"client_id": "", "client_secret": "n3w"}
    )

    assert services.opened(changed) == {"client_id": "shop-1", "client_secret": "n3w"}


def test_new_credentials_get_a_fresh_start(shop: Shop, django_capture_on_commit_callbacks: Any) -> None:
    account = connect(shop)
    error = RateLimitedError("Too many")
    services.note_failed(
        shop_id=shop.pk,
        account_id=account.pk,
        error=error,
        now=make.NOW,
        paused_until=make.NOW + timedelta(hours=1),
    )
    pace.pause(services.key_of(account.pk), 3600)

    with django_capture_on_commit_callbacks(execute=True):
        services.change(shop=shop, account=account, by=ME, now=make.NOW, secrets={"client_secret": "n3w"})

    account.refresh_from_db()
    assert (account.paused_until, account.last_error) == (None, "")
    assert pace.paused_s(services.key_of(account.pk)) == 0


def test_removing_twice_is_removing_once(shop: Shop) -> None:
    account = connect(shop)
    services.remove(shop=shop, account=account, by=ME, now=make.NOW)
    services.remove(shop=shop, account=account, by=ME, now=make.NOW)

    assert not Account.objects.exists()
    assert AuditEntry.objects.filter(action="account.removed").count() == 1


def test_how_an_account_fares_is_kept_for_a_person(shop: Shop) -> None:
    account = connect(shop)
    error = RateLimitedError("Too many requests")
    services.note_failed(shop_id=shop.pk, account_id=account.pk, error=error, now=make.NOW)
    account.refresh_from_db()
    assert account.last_error == "rate_limited: Too many requests"

    services.note_answered(shop_id=shop.pk, account_id=account.pk, now=make.NOW + timedelta(minutes=2))

    account.refresh_from_db()
    assert (account.last_error, account.last_ok_at) == ("", make.NOW + timedelta(minutes=2))


# --- Try it now ---


def test_trying_with_a_number_says_what_the_carrier_knows(shop: Shop, simulator: Simulator) -> None:
    account, number = connect(shop), number_for("ups", "trial")
    simulator.add("ups", number, "straight")
    simulator.advance(number, 60 * 24)

    trial = services.try_account(
        shop=shop, account=account, now=make.NOW, number=f" {number[:4]} {number[4:]}"
    )

    assert (trial.works, trial.outcome) == (True, Outcome.FOUND)
    assert trial.events > 0
    account.refresh_from_db()
    assert account.last_ok_at == make.NOW


def test_trying_without_a_number_proves_the_credentials(shop: Shop, simulator: Simulator) -> None:
    trial = services.try_account(shop=shop, account=connect(shop), now=make.NOW)

    assert trial.works


def test_a_number_the_carrier_does_not_know_is_no_fault_of_the_account(
    shop: Shop, simulator: Simulator
) -> None:
    trial = services.try_account(
        shop=shop, account=connect(shop), now=make.NOW, number=unknown_number_for("ups", 1)
    )

    assert (trial.works, trial.outcome) == (True, Outcome.NOT_FOUND)


def test_refused_credentials_are_said_to_be_and_noted(shop: Shop, simulator: Simulator) -> None:
    account = connect(shop, secrets={"client_id": "invalid", "client_secret": "invalid"})

    trial = services.try_account(shop=shop, account=account, now=make.NOW)

    assert (trial.works, trial.outcome) == (False, Outcome.AUTH_ERROR)
    assert "UPS" in trial.words
    account.refresh_from_db()
    assert account.last_error.startswith("auth_error")


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [("500", Outcome.TRANSIENT), ("429", Outcome.RATE_LIMITED), ("html", Outcome.BAD_RESPONSE)],
)
def test_a_carrier_in_trouble_is_told_apart_from_wrong_credentials(
    shop: Shop, simulator: Simulator, kind: str, outcome: Outcome
) -> None:
    account = connect(shop, carrier="dhl", secrets={"api_key": "demo"})
    simulator.rude("dhl", kind)

    trial = services.try_account(shop=shop, account=account, now=make.NOW, number=number_for("dhl", 1))

    assert (trial.works, trial.outcome) == (False, outcome)
    assert "DHL" in trial.words


def test_credentials_sealed_with_a_lost_key_ask_to_be_entered_again(
    shop: Shop, simulator: Simulator, settings: Any
) -> None:
    account = connect(shop)
    settings.VAULT_KEYS = ["bG9zdC1sb3N0LWxvc3QtbG9zdC1sb3N0LWxvc3QtbG8="]

    assert not services.try_account(shop=shop, account=account, now=make.NOW).works
    changed = services.change(shop=shop, account=account, by=ME, now=make.NOW, secrets=UPS)
    assert services.opened(changed) == UPS


def test_credentials_can_be_tried_before_they_are_kept(shop: Shop, simulator: Simulator) -> None:
    assert services.try_credentials(shop=shop, carrier="ups", secrets=UPS).works
    assert not Account.objects.exists()


# --- Pushes and unknown codes ---


def test_a_push_is_kept_once_however_often_it_comes(shop: Shop) -> None:
    account = make.account(shop, "17track")

    stored = [
        services.store_push(account=account, body=b'{"event":1}\x00\xff', now=make.NOW) for _ in range(3)
    ]

    assert stored == [True, False, False]
    assert bytes(Push.objects.get().body) == b'{"event":1}\x00\xff'


def test_pushes_are_forgotten_after_a_while(shop: Shop) -> None:
    account = make.account(shop, "17track")
    services.store_push(account=account, body=b"old", now=make.NOW - timedelta(days=31))
    services.store_push(account=account, body=b"new", now=make.NOW)

    assert services.forget_pushes(shop_id=shop.pk, before=make.NOW - timedelta(days=30)) == 1
    assert bytes(Push.objects.get().body) == b"new"


def test_unknown_codes_are_counted_with_their_latest_words(shop: Shop) -> None:
    first = {("dhl", "X1"): (2, "One"), ("ups", "X1"): (1, "")}
    services.note_unknown(shop_id=shop.pk, seen=first, now=make.NOW)
    later = make.NOW + timedelta(days=1)
    long = {("dhl", "X1"): (1, ""), ("dhl", "Y" * 200): (1, "why"), ("dhl", "Y" * 201): (1, "why")}
    services.note_unknown(shop_id=shop.pk, seen=long, now=later)
    services.note_unknown(shop_id=shop.pk, seen={}, now=later)

    rows = UnknownCode.objects.order_by("carrier", "code").values_list("carrier", "code", "text", "seen")
    assert list(rows) == [("dhl", "X1", "One", 3), ("dhl", "Y" * 80, "why", 2), ("ups", "X1", "", 1)]
    counted = UnknownCode.objects.get(carrier="dhl", code="X1")
    assert (counted.first_at, counted.last_at) == (make.NOW, later)
