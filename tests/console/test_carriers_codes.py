"""Codes nobody knows: listed with their words, given a meaning by a person who saw what would change, taken back."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from carriers.meanings import give_meaning
from carriers.models import CodeMeaning, UnknownCode
from carriers.reading import events_of
from carriers.registry import CARRIERS
from carriers.services import note_unknown
from carriers.types import Answer, Scan, SubStatus
from console import carrier_codes
from tenants.isolation import shop_context
from tenants.models import AuditEntry, Role, Shop
from tenants.services import Actor
from tests import make
from tests.console.clients import signed_in
from tracking.models import Order, Shipment
from tracking.services import rereading
from tracking.services.events import record_events

pytestmark = pytest.mark.django_db
ODD = "ZX-9/ä 4"  # a code as carriers invent them
HOUR = timedelta(hours=1)
LOCKER = str(SubStatus.PICKUP_LOCKER)


@pytest.fixture
def shop() -> Shop:
    return make.shop()


@pytest.fixture
def admin(shop: Shop) -> Client:
    return signed_in(shop, Role.ADMIN)


def heard(shop: Shop, code: str = ODD, text: str = "Vorgang 9") -> Shipment:
    """A parcel of DHL's that was in transit, and then had the code."""
    now = timezone.now()
    with shop_context(shop.pk):
        parcel = make.shipment(make.order(shop), carrier="dhl", created_at=now - 9 * HOUR)
        scans = Scan(now - 5 * HOUR, "transit", "In transit"), Scan(now - HOUR, code, text)
        events = events_of(CARRIERS["dhl"], Answer(parcel.number, scans=scans))
        record_events(shop_id=shop.pk, shipment_id=parcel.pk, events=events, now=now)
        parcel.refresh_from_db()
    return parcel


def met(shop: Shop, carrier: str, code: str, text: str = "", seen: int = 1) -> None:
    with shop_context(shop.pk):
        note_unknown(shop_id=shop.pk, seen={(carrier, code): (seen, text)}, now=timezone.now())


def given(shop: Shop, code: str, sub_status: str, by: str = "user:1", carrier: str = "dhl") -> None:
    with shop_context(shop.pk):
        give_meaning(
            shop=shop, carrier=carrier, code=code, sub_status=sub_status, by=Actor(by, "admin", None), now=timezone.now()
        )  # fmt: skip


def now_of(parcel: Shipment) -> Shipment:
    with shop_context(parcel.shop_id):
        parcel.refresh_from_db()
    return parcel


def read_anew(shop: Shop) -> None:
    with shop_context(shop.pk):
        pks = list(CodeMeaning.objects.filter(applied_at=None).values_list("pk", flat=True))
    for pk in pks:
        while rereading._reread(shop.pk, pk, timezone.now()):
            pass


def url(shop: Shop, carrier: str = "dhl", **query: str) -> str:
    return f"{reverse('console:carrier_code', args=[shop.slug, carrier])}?{urlencode(query)}"


def listed(shop: Shop, query: str = "") -> str:
    return f"{reverse('console:carrier_codes', args=[shop.slug])}?{query}"


def said(client: Client, path: str, **kwargs: Any) -> str:
    return unescape(re.sub(r"\s+", " ", client.get(path, **kwargs).content.decode()))


def test_codes_nobody_knows_are_listed_with_their_words(shop: Shop, admin: Client) -> None:
    met(shop, "dhl", "ZZ9", "Vorgang <b>9</b>", seen=3)
    page = admin.get(listed(shop)).content.decode()
    assert "ZZ9" in page
    assert "Vorgang &lt;b&gt;9&lt;/b&gt;" in page
    assert "Its words say nothing we know" in said(admin, listed(shop))
    assert url(shop, code="ZZ9") in page
    assert "ZZ9" in said(admin, reverse("console:carriers", args=[shop.slug]))


def test_what_the_words_made_of_it_is_marked(shop: Shop, admin: Client) -> None:
    heard(shop, "EN9", "Entregado")
    page = said(admin, listed(shop))
    assert re.search(r'pill ok">Delivered</span> <small class="muted">read from the words', page)
    one = said(admin, url(shop, code="EN9"))
    assert "read from the words" in one
    assert f'<option value="{SubStatus.DELIVERED}" selected>' in one  # the words' reading is proposed


def test_where_the_words_say_nothing_nothing_is_proposed(shop: Shop, admin: Client) -> None:
    heard(shop)
    page = said(admin, url(shop, code=ODD))
    assert re.findall(r'<option value="([^"]*)" selected>', page) == [""]
    assert page.count("<optgroup") == len({sub.status for sub in SubStatus})
    assert "unmapped" not in page


def test_what_would_change_is_shown_and_nothing_is_written(shop: Shop, admin: Client) -> None:
    parcel = heard(shop)
    before = parcel.sub_status
    page = said(admin, url(shop, code=ODD, means=LOCKER))
    assert "1 parcel of the last 180 days had it." in page
    assert "1 would stand elsewhere." in page
    assert "its latest scan was not understood" in page
    with shop_context(shop.pk):
        number = Order.objects.get().number
        parcel.refresh_from_db()
        assert not CodeMeaning.objects.exists()
    assert f'{reverse("console:order", args=[shop.slug, parcel.order_id])}">#{number}</a>' in page
    assert "Nobody is written to about the past." in page
    assert "newest" not in page
    assert parcel.sub_status == before


def test_of_very_many_parcels_it_is_said_that_only_some_were_looked_at(
    shop: Shop, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rereading, "MOST_LOOKED_AT", 2)
    monkeypatch.setattr(rereading, "MOST_SHOWN", 1)
    for _parcel in range(3):
        heard(shop)
    page = said(admin, url(shop, code=ODD, means=LOCKER))
    assert "3 parcels of the last 180 days had it." in page
    assert "2 would stand elsewhere." in page
    assert "Only the newest 2 were looked at" in page
    assert "The first 1 is listed." in page


def test_a_meaning_that_changes_nothing_says_so(shop: Shop, admin: Client) -> None:
    heard(shop)
    met(shop, "dhl", "NEW", "?")
    assert "1 would stand elsewhere." in said(admin, url(shop, code=ODD, means=LOCKER))
    given(shop, ODD, LOCKER)
    read_anew(shop)
    assert "None would stand elsewhere." in said(admin, url(shop, code=ODD, means=LOCKER))
    assert "No parcel of the last 180 days had it" in said(admin, url(shop, code="NEW", means=LOCKER))


def test_a_meaning_is_given_applied_and_taken_back(shop: Shop) -> None:
    member = make.member(shop, Role.ADMIN, user=make.user(name="Ana Olmo"))
    admin = signed_in(shop, Role.ADMIN)
    admin.force_login(member.user)
    parcel = heard(shop)
    before = parcel.sub_status
    answer = admin.post(url(shop), {"code": ODD, "means": LOCKER})
    assert answer["Location"] == url(shop, code=ODD)
    with shop_context(shop.pk):
        assert CodeMeaning.objects.get().sub_status == LOCKER
        assert AuditEntry.objects.get(action="code.meaning").subject == f"code:dhl:{ODD}"
    page = said(admin, url(shop, code=ODD))
    assert "Said by Ana Olmo, today" in page
    assert "being read anew…" in page
    assert 'hx-trigger="every 2s"' in page
    assert '<noscript><meta http-equiv="refresh"' in page

    read_anew(shop)
    page = said(admin, url(shop, code=ODD))
    assert "Its parcels have been read anew." in page
    assert "every 2s" not in page
    assert now_of(parcel).sub_status == LOCKER

    assert ODD not in said(admin, listed(shop))
    assert "Ana Olmo" in said(admin, listed(shop, "tab=given"))
    back = said(admin, url(shop, code=ODD, back="1"))
    assert "1 would stand elsewhere." in back
    assert '<input type="hidden" name="back" value="1">' in back
    admin.post(url(shop), {"code": ODD, "back": "1"})
    read_anew(shop)
    assert now_of(parcel).sub_status == before
    assert ODD in said(admin, listed(shop))
    assert "Taken back" in said(admin, url(shop, code=ODD))


def test_how_far_the_reading_is_can_be_asked_alone(shop: Shop, admin: Client) -> None:
    heard(shop)
    given(shop, ODD, LOCKER)
    part = said(admin, url(shop, code=ODD), headers={"HX-Request": "true"})
    assert "<html" not in part
    assert "every 2s" in part
    read_anew(shop)
    assert "every 2s" not in said(admin, url(shop, code=ODD), headers={"HX-Request": "true"})


def test_parcels_that_wait_for_long_point_to_the_workers(shop: Shop, admin: Client) -> None:
    heard(shop)
    given(shop, ODD, LOCKER)
    with shop_context(shop.pk):
        CodeMeaning.objects.update(given_at=timezone.now() - HOUR)
    assert "whether the workers run" in said(admin, url(shop, code=ODD))


@pytest.mark.parametrize("means", ["", "delivered.confirmed_by_shopper", "in_transit.unmapped", "gone"])
def test_what_is_no_meaning_is_refused(shop: Shop, admin: Client, means: str) -> None:
    heard(shop)
    shown = admin.get(url(shop, code=ODD, means=means))
    assert "difference-card" not in shown.content.decode()
    refused = admin.post(url(shop), {"code": ODD, "means": means})
    assert refused.status_code == 422
    with shop_context(shop.pk):
        assert not CodeMeaning.objects.exists()


def test_a_code_that_was_never_met_does_not_exist(shop: Shop, admin: Client) -> None:
    for query in ({}, {"code": ""}, {"code": "nope"}, {"code": "a\x00b"}, {"code": "x" * 5000}):
        assert admin.get(url(shop, **query)).status_code == 404
        assert admin.post(url(shop), {**query, "means": LOCKER}).status_code == 404
    with shop_context(shop.pk):
        assert not CodeMeaning.objects.exists()


def test_codes_of_a_carrier_gone_from_this_version_are_still_shown(shop: Shop, admin: Client) -> None:
    met(shop, "velopost", "A-1", "Entregado")
    with shop_context(shop.pk):
        CodeMeaning.objects.create(
            shop=shop, carrier="velopost", code="A-2", sub_status="gone.altogether", given_by="user:999999",
            given_at=timezone.now(),
        )  # fmt: skip
    assert "A-1" in said(admin, listed(shop))
    assert "Somebody no longer here" in said(admin, listed(shop, "tab=given"))
    for code in ("A-1", "A-2"):
        page = said(admin, url(shop, "velopost", code=code, means=LOCKER, back="1"))
        assert "does not know this carrier any more" in page
        assert "Show what would change" not in page
        assert "difference-card" not in page
    assert admin.post(url(shop, "velopost"), {"code": "A-1", "means": LOCKER}).status_code == 422


def test_codes_of_a_carrier_that_is_closed_can_be_given_a_meaning(shop: Shop, admin: Client) -> None:
    met(shop, "evri", "Q1", "?")
    assert "Show what would change" in said(admin, url(shop, "evri", code="Q1"))
    assert admin.post(url(shop, "evri"), {"code": "Q1", "means": LOCKER}).status_code == 302


def test_a_code_the_adapter_has_learnt_needs_none(shop: Shop, admin: Client) -> None:
    met(shop, "dhl", "transit", "In transit")
    assert "Known since an update" in said(admin, listed(shop))
    page = said(admin, url(shop, code="transit"))
    assert "it needs no meaning from you" in page
    assert "<select" not in page.partition("<main")[2]
    assert admin.post(url(shop), {"code": "transit", "means": LOCKER}).status_code == 422


def test_another_shops_codes_do_not_exist(shop: Shop, admin: Client) -> None:
    heard(shop)
    theirs = make.shop()
    rival = signed_in(theirs, Role.OWNER)
    assert rival.get(url(theirs, code=ODD)).status_code == 404
    assert rival.post(url(theirs), {"code": ODD, "means": LOCKER}).status_code == 404
    assert ODD not in said(rival, listed(theirs))
    met(theirs, "dhl", ODD, "theirs")
    assert rival.post(url(theirs), {"code": ODD, "means": LOCKER}).status_code == 302
    assert "theirs" not in said(admin, url(shop, code=ODD))
    with shop_context(shop.pk):
        assert not CodeMeaning.objects.exists()


def test_to_an_agent_there_are_no_codes(shop: Shop) -> None:
    heard(shop)
    agent = signed_in(shop, Role.AGENT)
    assert agent.get(listed(shop)).status_code == 404
    assert agent.get(url(shop, code=ODD)).status_code == 404
    assert agent.post(url(shop), {"code": ODD, "means": LOCKER}).status_code == 404
    with shop_context(shop.pk):
        assert not CodeMeaning.objects.exists()


def test_the_list_is_narrowed_to_a_carrier_and_turned_page_by_page(
    shop: Shop, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier_codes, "SIZE", 2)
    for number in range(5):
        met(shop, "dhl", f"D{number}")
    met(shop, "ups", "U1")
    seen, path = [], listed(shop, "carrier=dhl")
    while path:
        page = said(admin, path)
        seen += re.findall(r"<code>(\w+)</code>", page)
        older = re.search(r'href="(\?[^"]*after=[^"]*)"', page)
        path = listed(shop, older.group(1)[1:]) if older else ""
    assert seen == ["D4", "D3", "D2", "D1", "D0"]
    assert "U1" in said(admin, listed(shop))
    assert "U1" in said(admin, listed(shop, "carrier=velopost"))  # none of ours: all of them


def test_an_accounts_page_leads_to_its_carriers_codes(shop: Shop, admin: Client) -> None:
    with shop_context(shop.pk):
        account = make.account(shop, "dhl")
    page, link = reverse("console:carrier", args=[shop.slug, account.pk]), f"{listed(shop)}carrier=dhl"
    met(shop, "dhl", "D1", "Entregado")  # its words say enough
    assert link not in said(admin, page)
    met(shop, "dhl", "D2", "Vorgang 9")
    assert link in said(admin, page)


def test_on_the_carriers_page_stand_the_codes_nothing_is_known_of_first(shop: Shop, admin: Client) -> None:
    met(shop, "dhl", "D0", "Vorgang 9")
    for number in range(1, 6):
        met(shop, "dhl", f"D{number}", "Entregado")
    met(shop, "dhl", "transit", "In transit")  # the adapter has learnt it
    page = said(admin, reverse("console:carriers", args=[shop.slug]))
    assert re.findall(r"<code>(\w+)</code>", page) == ["D0", "D5", "D4"]


def test_the_lists_cost_the_same_however_many_codes_there_are(shop: Shop, admin: Client) -> None:
    def cost(query: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            admin.get(listed(shop, query))
        return len(asked)

    met(shop, "dhl", "D0", "Entregado")
    met(shop, "dhl", "G0", "?")
    given(shop, "G0", LOCKER)
    first = cost(""), cost("tab=given")
    for number in range(1, 20):
        met(shop, "ups", f"D{number}", "Entregado")
        met(shop, "dhl", f"G{number}", "?")
        given(shop, f"G{number}", LOCKER, by=f"user:{number}")
    assert (cost(""), cost("tab=given")) == first
    with shop_context(shop.pk):
        assert UnknownCode.objects.count() == 40


def test_the_audit_says_which_code(shop: Shop, admin: Client) -> None:
    met(shop, "dhl", "D1")
    admin.post(url(shop), {"code": "D1", "means": LOCKER})
    page = said(signed_in(shop, Role.OWNER), reverse("console:settings", args=[shop.slug]))
    assert "Meaning of a carrier’s code changed: dhl D1" in page
