"""Rules of a shop's own, and the house's made exact: written on a form, read as sentences, put in order, tried first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications.conditions import Condition
from notifications.models import Message, MessageSetup, Rule, Template
from notifications.rules import Rule as Said
from notifications.services.own_rules import add_rule, own_rules
from notifications.services.ruling import rules_of
from tenants.isolation import shop_context
from tenants.models import AuditEntry, Role, Shop
from tenants.services import SYSTEM
from tests import make
from tests.console.clients import signed_in
from tracking.models import Transition

pytestmark = pytest.mark.django_db

FORM = {
    "occasion": "shipped", "channel": "email", "act": "sends", "template": "", "delay_days": "0", "delay_hours": "0",
    "delay_minutes": "0", "hour_from": "", "hour_to": "", "enabled": "on", "name": "", "wait_by": "after_days",
}  # fmt: skip


@pytest.fixture
def shop() -> Shop:
    return make.shop()


@pytest.fixture
def admin(shop: Shop) -> Client:
    return signed_in(shop, Role.ADMIN)


def address(shop: Shop, name: str, *parts: str) -> str:
    return reverse(f"console:{name}", args=[shop.slug, *parts])


def rule_of(shop: Shop, key: str = "") -> Said:
    with shop_context(shop.pk):
        found = [r for r in rules_of(shop.pk) if (r.key == key if key else not r.of_the_house)]
    assert len(found) == 1
    return found[0]


def own(shop: Shop, *keys: str, **fields: Any) -> None:
    with shop_context(shop.pk):
        for key in keys:
            add_rule(
                shop=shop, rule=Said(key, "shipped", "email", name=key, **fields), by=SYSTEM, now=make.NOW
            )


def order_of(shop: Shop) -> list[str]:
    with shop_context(shop.pk):
        return [rule.key for rule in own_rules(shop.pk)]


def happened(shop: Shop, after: str = "shipped", ago: timedelta = timedelta(days=3), **fields: Any) -> None:
    with shop_context(shop.pk):
        order = make.order(shop, **fields)
        at = timezone.now() - ago
        Transition.objects.create(
            shop=shop, order=order, kind="order", before="preparing", after=after, episode=1, occurred_at=at,
            recorded_at=at, announced_at=at, quiet="imported",
        )  # fmt: skip


def test_a_rule_is_written_kept_audited_and_reads_as_a_sentence(shop: Shop, admin: Client) -> None:
    with shop_context(shop.pk):
        Template.objects.create(shop=shop, key="own-care", channel="email", name="Cuidados")
    said = FORM | {
        "occasion": "delivered", "delay_days": "3", "hour_from": "9", "hour_to": "21", "template": "email|own-care",
        "ask-0": "country:in", "values-0": "France, es", "ask-1": "", "values-1": "lost", "ask-2": "customer:is:first",
        "ask-3": "value:at_least", "values-3": "49,90",
    }  # fmt: skip
    assert admin.post(address(shop, "rule_new"), said).status_code == 302
    rule = rule_of(shop)
    assert rule.conditions == (
        Condition("country", "in", ("FR", "ES")),
        Condition("customer", "is", ("first",)),
        Condition("value", "at_least", ("49.90",)),
    )
    assert (rule.delay, rule.hours, rule.template, rule.enabled) == ((3, 0), (9, 21), "own-care", True)
    page = admin.get(address(shop, "rules")).content.decode()
    assert "an e-mail goes out 3 working days later, between 9 and 21 h" in page and "“Cuidados”" in page
    assert "it goes to France or Spain" in page
    with shop_context(shop.pk):
        assert AuditEntry.objects.get(action="rule.changed").after["delay"] == [3, 0]
    again = admin.get(address(shop, "rule", rule.key)).content.decode()
    assert 'value="France, Spain"' in again and 'value="email|own-care" selected' in again


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"occasion": ""}, "required"),
        ({"ask-0": "country:in", "values-0": "Atlantis"}, "There is no “Atlantis” to choose."),
        ({"ask-0": "value:below", "values-0": "dear"}, "An amount, as in 50."),
        ({"ask-0": "tag:in", "values-0": " , "}, "Write what it is to be"),
        ({"ask-0": "shoe:in", "values-0": "44"}, "This cannot be asked."),
        ({"hour_from": "9"}, "Both hours, or none."),
        ({"hour_from": "9", "hour_to": "9"}, "there is no time at all"),
        ({"occasion": "any"}, "can only say that nothing goes out"),
        ({"occasion": "eta_moved", "moved_days": "31"}, "30"),
        ({"occasion": "pickup_waiting", "wait_by": "after_days", "wait_days": "0"}, "1 to 30 days"),
        ({"delay_days": "61"}, "60"),
        ({"template": "sms|own-care"}, "own-care"),
    ],
)
def test_what_is_no_rule_is_refused_beside_its_field_and_nothing_typed_is_lost(
    shop: Shop, admin: Client, said: dict[str, str], sentence: str
) -> None:
    answer = admin.post(
        address(shop, "rule_new"), FORM | {"name": "Mi regla", "ask-5": "tag:in", "values-5": "vip"} | said
    )
    page = answer.content.decode()
    assert answer.status_code == 422 and sentence in page
    assert 'value="Mi regla"' in page and 'value="vip"' in page
    with shop_context(shop.pk):
        assert not Rule.objects.exists()


def test_a_rule_of_the_house_is_made_exact_and_put_back_as_it_was(shop: Shop, admin: Client) -> None:
    page, before = address(shop, "rule", "pickup_waiting:email"), rule_of(shop, "pickup_waiting:email")
    said = FORM | {"occasion": "delivered", "channel": "sms", "wait_by": "days_left", "wait_days": "0"}
    assert admin.post(page, said).status_code == 302
    held = rule_of(shop, "pickup_waiting:email")
    assert (held.occasion, held.channel, held.settings, held.enabled) == (
        "pickup_waiting", "email", {"days_left": 0}, True
    )  # fmt: skip
    assert "Put it back as it was" in admin.get(page).content.decode()
    admin.post(address(shop, "rule_act", held.key), {"do": "remove"})
    assert rule_of(shop, "pickup_waiting:email") == before
    assert "Put it back as it was" not in admin.get(page).content.decode()


def test_rules_are_moved_copied_switched_and_deleted(shop: Shop, admin: Client) -> None:
    own(shop, "own-a", "own-b", "own-c")
    admin.post(address(shop, "rule_act", "own-c"), {"do": "up"})
    assert order_of(shop) == ["own-a", "own-c", "own-b"]
    admin.post(address(shop, "rule_act", "own-a"), {"do": "up"})
    admin.post(address(shop, "rule_order"), {"key": ["own-b", "own-nobodys", "own-a"]})
    assert order_of(shop) == ["own-b", "own-a", "own-c"]
    admin.post(address(shop, "rule_act", "own-a"), {"do": "off"})
    assert not rule_of(shop, "own-a").enabled
    admin.post(address(shop, "rule_act", "own-b"), {"do": "copy"})
    copy = rule_of(shop, order_of(shop)[-1])
    assert (copy.name, copy.enabled) == ("own-b, copy", False)
    admin.post(address(shop, "rule_act", "own-b"), {"do": "remove"})
    assert order_of(shop) == ["own-a", "own-c", copy.key]
    with shop_context(shop.pk):
        assert AuditEntry.objects.filter(action="rules.arranged").count() == 2
        assert AuditEntry.objects.get(action="rule.removed").subject == "own-b"


def test_another_shops_rule_is_not_there(shop: Shop, admin: Client) -> None:
    own(make.shop(), "own-theirs")
    for name in ("rule", "rule_act"):
        assert admin.post(address(shop, name, "own-theirs"), FORM | {"do": "off"}).status_code == 404


def test_occasions_besides_states_are_switched_where_the_form_has_them(shop: Shop, admin: Client) -> None:
    page = admin.get(address(shop, "rules")).content.decode()
    assert 'value="arrives_tomorrow:email"' in page and 'value="pickup_last:email"' in page
    admin.post(address(shop, "rules"), {"on": ["shipped:email", "pickup_last:email"], "occasions": "1"})
    with shop_context(shop.pk):
        on = {rule.key for rule in rules_of(shop.pk) if rule.enabled}
    assert on == {"shipped:email", "pickup_last:email"}


def test_another_condition_is_asked_for_without_a_script(shop: Shop, admin: Client) -> None:
    answer = admin.post(address(shop, "rule_new"), {"more": "1", "ask-0": "tag:in", "values-0": "vip"})
    page = answer.content.decode()
    assert answer.status_code == 200 and 'name="ask-1"' in page and 'value="vip"' in page
    assert 'class="error"' not in page


def test_the_sentence_follows_the_form(shop: Shop, admin: Client) -> None:
    words = address(shop, "rule_words")
    assert admin.post(words, FORM | {"channel": "push"}).json() == {
        "sentence": "When the order is at “Shipped”, a push message goes out at once."
    }
    assert admin.post(words, {}).json() == {"sentence": ""}


def test_bounds_are_kept_and_checked(shop: Shop, admin: Client) -> None:
    page = address(shop, "rule_bounds")
    assert admin.post(page, {"most_a_day": "0", "quiet_from": "21", "quiet_to": "9"}).status_code == 422
    admin.post(page, {"most_a_day": "3", "quiet_from": "22", "quiet_to": "8"})
    with shop_context(shop.pk):
        setup = MessageSetup.objects.get()
    assert (setup.most_a_day, setup.quiet_from, setup.quiet_to) == (3, 22, 8)


# --- Tried first ---


def test_a_rule_is_tried_as_it_stands_on_the_form_and_nothing_is_kept(shop: Shop, admin: Client) -> None:
    for country in ("FR", "ES", "FR"):
        happened(shop, country=country)
    happened(shop, country="FR", ago=timedelta(days=40))
    happened(shop, country="FR", customer_phone="+34600123456")
    said = FORM | {"channel": "sms", "ask-0": "country:in", "values-0": "FR", "try": "30"}
    answer = admin.post(address(shop, "rule_new"), said)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "In the last 30 days 1 message would have gone out, to 1 of your shoppers." in page
    assert "it needs a sender first" in page and "+1" in page
    assert 'value="FR"' in page
    with shop_context(shop.pk):
        assert not Rule.objects.exists() and not Message.objects.exists()


def test_the_whole_set_and_each_rule_are_tried_by_their_address(shop: Shop, admin: Client) -> None:
    happened(shop, number="A-77")
    page = admin.get(address(shop, "rule_trial")).content.decode()
    assert "1 message would have gone out" in page and "#A-77" in page
    for key, channel in (("delivered", "email"), ("delivered:email", ""), ("parcel:exception.lost", "sms")):
        answer = admin.get(address(shop, "rule_trial"), {"key": key, "channel": channel, "days": "90"})
        assert "Nothing would have gone out in the last 90 days." in answer.content.decode()
    assert admin.get(address(shop, "rule_trial"), {"key": "nonsense", "channel": "email"}).status_code == 404
