"""Words between people go by e-mail unless the shop says otherwise, and by other channels where it wants so."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.conditions import Condition
from notifications.models import Message
from notifications.rules import Rule
from notifications.services.planning import plan_due
from notifications.services.rules import keep_rule, set_channel_account, set_rule
from tenants.isolation import shop_context
from tenants.services import SYSTEM
from tests import make
from tracking.services.notices import tell

pytestmark = pytest.mark.usefixtures("committed_db")
ABOUT = {
    "ticket_answered": {"text": "Tomorrow.", "author": "Ana"},
    "change_accepted": {"what": "Another day", "answer": ""},
    "change_refused": {"what": "Another day", "answer": "Too far"},
}


@pytest.fixture
def shop():
    made = make.shop()
    with shop_context(made.pk):
        secrets = {"account_sid": "AC1", "auth_token": "s"}
        set_channel_account(shop=made, channel="sms", by=SYSTEM, sender="+34600000000", secrets=secrets)
    return made


def happens(shop, kind="ticket_answered", channel="email", times=1, **order):
    with shop_context(shop.pk):
        to = make.order(
            shop, **{"customer_phone": "+34611111111", "customer_email": "marta@example.com", **order}
        )
        for _ in range(times):
            about = ABOUT.get(kind, {"minutes": "10"})
            recipient = to.customer_email if channel == "email" else to.customer_phone
            tell(
                order=to, kind=kind, key=str(uuid.uuid4()), recipient=recipient, channel=channel, about=about
            )
    plan_due(make.NOW)


def switch(shop, code, channel, enabled):
    with shop_context(shop.pk):
        set_rule(
            shop=shop,
            state=code,
            channel=channel,
            enabled=enabled,
            by=SYSTEM,
            now=make.NOW.replace(year=2020),
        )


def keep(shop, key, **fields):
    with shop_context(shop.pk):
        rule = Rule(key, fields.pop("occasion", "ticket_answered"), fields.pop("channel", "email"), **fields)
        keep_rule(shop=shop, rule=rule, by=SYSTEM, now=make.NOW.replace(year=2020))


def told(shop):
    with shop_context(shop.pk):
        rows = Message.objects.order_by("channel", "state")
        return [(m.state, m.channel, m.held_because or m.status, m.rule_key) for m in rows]


@pytest.mark.parametrize("kind", ABOUT)
def test_by_e_mail_as_ever_where_the_shop_said_nothing(shop, kind):
    happens(shop, kind)
    assert told(shop) == [(kind, "email", "queued", "")]


@pytest.mark.parametrize("kind", ABOUT)
def test_by_sms_as_well_where_the_shop_wants_so(shop, kind):
    switch(shop, kind, "sms", True)
    happens(shop, kind, times=2)
    assert told(shop) == [(kind, "email", "queued", "")] * 2 + [(kind, "sms", "queued", f"{kind}:sms")] * 2


def test_not_by_e_mail_where_the_shop_switched_it_off_and_it_says_why(shop):
    switch(shop, "ticket_answered", "email", False)
    happens(shop)
    happens(shop, "change_accepted")
    assert told(shop) == [
        ("change_accepted", "email", "queued", ""),
        ("ticket_answered", "email", "rule", ""),
    ]


def test_not_where_a_rule_says_so_of_such_an_order(shop):
    keep(shop, "not for dealers", sends=False, conditions=(Condition("tag", "in", ("dealer",)),))
    happens(shop, tags=["dealer"])
    happens(shop, tags=["vip"])
    assert sorted(one[2:] for one in told(shop)) == [("queued", ""), ("rule", "not for dealers")]


def test_who_has_no_mailbox_is_told_by_sms_once_whatever_the_rules(shop):
    switch(shop, "change_accepted", "email", False)
    switch(shop, "change_accepted", "sms", True)
    happens(shop, "change_accepted", channel="sms", customer_email="")
    assert told(shop) == [("change_accepted", "sms", "queued", "")]


def test_a_code_asks_no_rule(shop):
    keep(shop, "nothing at all", occasion="any", sends=False)
    happens(shop, "code")
    happens(shop)
    assert told(shop) == [
        ("code", "email", "queued", ""),
        ("ticket_answered", "email", "rule", "nothing at all"),
    ]


def test_more_notices_cost_no_more_statements(shop):
    switch(shop, "ticket_answered", "sms", True)

    def costs(count):
        with shop_context(shop.pk):
            for _ in range(count):
                order = make.order(shop, customer_phone="+34611111111")
                said = ABOUT["ticket_answered"]
                tell(
                    order=order,
                    kind="ticket_answered",
                    key=str(uuid.uuid4()),
                    recipient="a@b.example",
                    about=said,
                )
        with CaptureQueriesContext(connection) as asked:
            plan_due(make.NOW)
        return len(asked)

    costs(1)
    assert costs(2) == costs(15)
