"""Whether the world takes a shop's mails for the shop's, and what to put into the DNS."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notifications import sender_dns
from notifications.models import ChannelAccount
from notifications.sender_dns import Seen
from notifications.services import sender_domains
from notifications.services.rules import set_channel_account
from tenants.isolation import shop_context
from tenants.services import SYSTEM
from tests import make

KEY = "v=DKIM1; k=rsa; p=MIGfMA0GCSq"
DMARC = "v=DMARC1; p=reject; rua=mailto:a@olmo.example"


def judged(seen, provider, house=""):
    needs = sender_dns.needs_of(provider, house)
    found = sender_dns.findings(seen, needs, domain="olmo.example")
    wanted = sender_dns.records(found, needs, provider=provider, selector="")
    return found, sender_dns.is_fit(found, needs), [(r.kind, r.name, r.value) for r in wanted]


def test_nothing_in_the_dns_is_not_fit_and_says_what_to_add():
    found, fit, wanted = judged(Seen(), "brevo")
    assert not fit
    assert {found[one]["state"] for one in ("spf", "dkim", "dmarc")} == {"missing"}
    assert wanted == [
        ("TXT", "olmo.example", "v=spf1 include:spf.brevo.com ~all"),
        ("CNAME", "brevo1._domainkey.olmo.example", "b1.olmo-example.dkim.brevo.com"),
        ("CNAME", "brevo2._domainkey.olmo.example", "b2.olmo-example.dkim.brevo.com"),
        ("TXT", "_dmarc.olmo.example", "v=DMARC1; p=none;"),
    ]


def test_a_signature_is_enough():
    found, fit, wanted = judged(Seen(keys={"resend": KEY}, dmarc=(DMARC,)), "resend")
    assert fit and wanted == []
    assert (found["spf"]["state"], found["dmarc"]["why"]) == ("unneeded", "reject")


def test_an_spf_that_is_there_is_added_to_and_not_replaced():
    seen = Seen(spf=("v=spf1 mx include:_spf.google.com -all",), included=frozenset({"_spf.google.com"}))
    found, _fit, wanted = judged(seen, "mailgun")
    assert found["spf"]["why"] == "not_included"
    assert wanted[0] == ("TXT", "olmo.example", "v=spf1 mx include:_spf.google.com include:mailgun.org -all")


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (Seen(spf=("v=spf1 mx ~all", "v=spf1 a ~all")), "several"),
        (Seen(spf=("v=spf1 +all",)), "anybody"),
    ],
)
def test_an_spf_that_does_harm_is_said_to(seen, why):
    found, fit, wanted = judged(seen, "smtp")
    assert (found["spf"]["why"], fit) == (why, False)
    assert len([one for one in wanted if one[1] == "olmo.example"]) == 1


def test_where_nobody_vouches_an_spf_that_names_the_server_is_enough():
    seen = Seen(spf=("v=spf1 include:_spf.rastro.example ~all",), included=frozenset({"_spf.rastro.example"}))
    assert judged(seen, "", house="include:_spf.rastro.example")[1]
    assert not judged(seen, "", house="include:_spf.another.example")[1]


def test_keys_under_a_name_nobody_knows_count_where_the_provider_looks_itself():
    assert judged(Seen(has_keys=True), "ses")[1]
    assert not judged(Seen(has_keys=True), "smtp")[1]


def test_a_key_that_was_withdrawn_is_none():
    found, fit, _wanted = judged(Seen(keys={"resend": "v=DKIM1; p="}), "resend")
    assert (found["dkim"]["why"], fit) == ("void", False)


# --- Looking again ---


@pytest.fixture
def shop(db):
    made = make.shop()
    with shop_context(made.pk):
        set_channel_account(
            shop=made, channel="email", by=SYSTEM, sender="hola@olmo.example", secrets={"api_key": "k"},
            settings={"provider": "resend"},
        )  # fmt: skip
    return made


def is_fit(shop):
    with shop_context(shop.pk):
        return bool(ChannelAccount.objects.get().settings.get("fit"))


def look(shop, seen, hours=0):
    return sender_domains.check(
        shop_id=shop.pk, now=make.NOW + timedelta(hours=hours), ask=lambda domain, needs, selector: seen
    )


GOOD = Seen(keys={"resend": KEY})


def test_a_domain_is_used_once_it_is_right_and_not_dropped_for_one_bad_day(shop):
    look(shop, Seen())
    assert not is_fit(shop)
    look(shop, GOOD, 1)
    assert is_fit(shop)
    look(shop, None, 2)
    assert is_fit(shop)
    look(shop, Seen(), 3)
    assert is_fit(shop)
    look(shop, Seen(), 4)
    assert not is_fit(shop)


def test_those_that_wait_are_looked_at_often_and_the_others_daily(shop):
    asked = []

    def ask(domain, needs, selector):
        asked.append(domain)
        return GOOD if len(asked) > 1 else Seen()

    def due(minutes):
        return sender_domains.check_due(
            now=make.NOW + timedelta(minutes=minutes), until=lambda: True, ask=ask
        )

    assert [due(0), due(5), due(16), due(60), due(16 + 24 * 60 + 1)] == [1, 0, 1, 0, 1]
    assert asked == ["olmo.example"] * 3
