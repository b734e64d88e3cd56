"""How an account fares, in figures: what came of asking, what is waiting, what is left of the day."""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from carriers import pace
from carriers.models import Account, AccountDay
from carriers.registry import CARRIERS
from carriers.services import key_of, note_asked
from carriers.types import Limits, Outcome
from console import carrier_health
from console.carrier_days import fortnight_of
from console.carrier_health import load_of, pace_words, with_load
from console.clock import clock_of
from tenants.isolation import shop_context
from tenants.models import Role, Shop
from tests import make
from tests.console.clients import signed_in
from tracking.models import Poll

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def shop() -> Shop:
    return make.shop()


@pytest.fixture
def admin(shop: Shop) -> Client:
    return signed_in(shop, Role.ADMIN)


@pytest.fixture
def account(shop: Shop) -> Account:
    with shop_context(shop.pk):
        return make.account(shop, "dhl")


def page_of(admin: Client, account: Account) -> str:
    path = reverse("console:carrier", args=[account.shop.slug, account.pk])
    return unescape(re.sub(r"\s+", " ", admin.get(path).content.decode()))


def list_of(admin: Client, shop: Shop) -> str:
    return unescape(admin.get(reverse("console:carriers", args=[shop.slug])).content.decode())


def polled(account: Account, *due_in: timedelta) -> None:
    """Parcels asked about with the account, due in so long."""
    with shop_context(account.shop_id):
        order = make.order(account.shop)
        for wait in due_in:
            parcel = make.shipment(order, carrier=account.carrier, polled=account)
            Poll.objects.filter(shipment=parcel).update(next_at=timezone.now() + wait)


def said(shop: Shop, account: Account, outcome: Outcome, advice: str, admin: Client) -> None:
    with shop_context(shop.pk):
        Account.objects.update(last_error=f"{outcome}: what it said", last_error_at=timezone.now())
    page = page_of(admin, account)
    assert advice in page
    assert "what it said" in page


@pytest.mark.parametrize(
    ("outcome", "advice"),
    [
        (Outcome.AUTH_ERROR, "Change them below"),
        (Outcome.RATE_LIMITED, "ask the carrier for a higher limit"),
        (Outcome.TRANSIENT, "the carrier can say whether its service is down"),
        (Outcome.BAD_RESPONSE, "tell whoever runs this installation"),
    ],
)
def test_a_fault_is_said_with_what_to_do_and_the_carriers_words(
    shop: Shop, admin: Client, account: Account, outcome: Outcome, advice: str
) -> None:
    said(shop, account, outcome, advice, admin)


def test_what_came_of_asking_is_told_day_by_day(shop: Shop, admin: Client, account: Account) -> None:
    now = timezone.now()
    heard = [Outcome.FOUND] * 6 + [Outcome.NOT_FOUND] * 2 + [Outcome.TRANSIENT, Outcome.RATE_LIMITED]
    with shop_context(shop.pk):
        note_asked(shop_id=shop.pk, account_id=account.pk, outcomes=heard, now=now)
        old = now.astimezone(UTC).date() - timedelta(days=14)
        AccountDay.objects.create(shop=shop, account=account, day=old, asked=500, found=500)
        told = fortnight_of(account, clock_of(shop))
    assert len(told.bars) == 14
    assert (told.total.asked, told.total.trouble) == (10, 2)
    assert told.share == "20%"
    assert told.is_bad
    last = told.bars[-1]
    assert (last.found, last.not_found, last.trouble) == (60.0, 20.0, 20.0)
    assert last.top == 0
    page = page_of(admin, account)
    assert "20%" in page
    assert "2 of 10" in page
    cells = re.findall(r"<tr><th scope=\"row\">today</th>(.*?)</tr>", page)[0]
    assert re.findall(r"<td[^>]*>(\d+)</td>", cells) == ["10", "6", "2", "1", "0", "1"]
    row = re.findall(r"<dd[^>]*>(\d+)</dd>", list_of(admin, shop))
    assert row[:2] == ["10", "2"]


def test_an_account_nothing_was_asked_with_says_so(admin: Client, account: Account) -> None:
    assert "Nothing was asked with this account." in page_of(admin, account)


def test_parcels_due_for_long_are_counted_and_the_oldest_is_named(
    shop: Shop, admin: Client, account: Account
) -> None:
    polled(account, -3 * HOUR - MINUTE, -HOUR, -MINUTE, HOUR)
    page = page_of(admin, account)
    assert "Asked about 4 parcels" in page
    assert "the oldest by 3 h" in page
    with shop_context(shop.pk):
        load = load_of(with_load(Account.objects.for_shop(shop), timezone.now()).get(), clock_of(shop))
    assert (load.parcels, load.overdue) == ("4", "2")  # what was due a minute ago is only about to be asked
    assert "by up to 3 h" in list_of(admin, shop)


def test_parcels_asked_about_in_time_are_said_to_be(shop: Shop, admin: Client, account: Account) -> None:
    polled(account, HOUR)
    page = page_of(admin, account)
    assert "Asked about 1 parcel" in page
    assert "all asked about in time" in page


def test_parcels_asked_about_no_more_do_not_count(shop: Shop, admin: Client, account: Account) -> None:
    polled(account, -HOUR)
    with shop_context(shop.pk):
        Poll.objects.update(next_at=None)
    assert "Asked about 0 parcels" in page_of(admin, account)


def test_of_very_many_parcels_no_more_are_counted_than_is_said(
    shop: Shop, admin: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier_health, "MOST_COUNTED", 3)
    polled(account, *[-HOUR] * 5)
    assert "Asked about 3+ parcels" in page_of(admin, account)


def test_what_is_left_of_the_day_is_told(shop: Shop, admin: Client, account: Account) -> None:
    limits = CARRIERS["dhl"].limits
    assert pace.take(key_of(account.pk), limits) == 0
    page = page_of(admin, account)
    assert ">249<" in page
    assert "of 250 calls, anew in" in page
    assert ">249<" in list_of(admin, shop)


def test_without_a_limit_by_the_day_there_is_nothing_left_to_tell(shop: Shop, admin: Client) -> None:
    with shop_context(shop.pk):
        free = make.account(shop, "ups")
    assert "no limit by the day" in page_of(admin, free)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(2), "2 questions a second"),
        (Limits(1, 250), "1 question a second, 250 a day"),
        (Limits(1 / 60), "1 question a minute"),
        (Limits(0.2), "12 questions a minute"),
    ],
)
def test_how_fast_it_may_ask_is_said_in_whole_numbers(limits: Limits, words: str) -> None:
    assert pace_words(limits) == words


def test_another_shops_figures_are_not_ours(shop: Shop, admin: Client, account: Account) -> None:
    theirs = make.shop()
    with shop_context(theirs.pk):
        rival = make.account(theirs, "dhl")
        note_asked(shop_id=theirs.pk, account_id=rival.pk, outcomes=[Outcome.FOUND] * 77, now=timezone.now())
    polled(rival, -HOUR)
    assert "77" not in re.findall(r"<dd[^>]*>(\d+)</dd>", list_of(admin, shop))
    assert "Asked about 0 parcels" in page_of(admin, account)


def test_the_account_that_is_worst_off_stands_first(shop: Shop, admin: Client, account: Account) -> None:
    with shop_context(shop.pk):
        Account.objects.filter(pk=account.pk).update(last_ok_at=timezone.now())
        bad = make.account(shop, "ups")
        Account.objects.filter(pk=bad.pk).update(last_error="auth_error: no", last_error_at=timezone.now())
    page = list_of(admin, shop)
    assert page.index(f"/carriers/{bad.pk}/") < page.index(f"/carriers/{account.pk}/")


def test_an_accounts_page_costs_the_same_however_much_there_is(
    shop: Shop, admin: Client, account: Account
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            page_of(admin, account)
        return len(asked)

    first = cost()
    polled(account, *[-HOUR] * 20)
    with shop_context(shop.pk):
        today = timezone.now().astimezone(UTC).date()
        for back in range(14):
            AccountDay.objects.create(shop=shop, account=account, day=today - timedelta(days=back), asked=1)
    assert cost() == first
