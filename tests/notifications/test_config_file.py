"""A shop's configuration as a file: out and in again, compared, all or nothing, taken back, brought to another shop."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from notifications import rules
from notifications.conditions import Condition
from notifications.config_read import from_text
from notifications.config_yaml import ConfigFileError
from notifications.models import (
    AlertSetup,
    ChannelAccount,
    ConfigChange,
    Coupon,
    MessageSetup,
    Picture,
    Rule,
    Template,
    TemplateVersion,
)
from notifications.services import config_file, templates
from notifications.services.config_file import apply, copied, export, preview, roll_back
from notifications.services.rules import keep_rule, set_alert_setup, set_rule
from notifications.services.ruling import rules_of
from tenants.isolation import shop_context
from tenants.models import AuditEntry
from tenants.services import Actor
from tenants.vault import seal
from tests import make
from tracking.models import ShopState
from tracking.services.shops import apply_preset

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BY = Actor("user:1", "admin")
DESIGN = {
    "subject": {"es": "Ya va {{ order.number }}", "en": "On its way {{ order.number }}"},
    "blocks": [
        {"id": "logo", "kind": "logo"},
        {
            "id": "text",
            "kind": "text",
            "text": {"es": "Hola\n\n  ¿qué tal?", "en": "Hello: {{ customer.first_name }}"},
        },
        {"id": "footer", "kind": "footer"},
    ],
}


def furnished(**fields):
    """A shop with something of everything a file can hold."""
    shop = make.shop(**fields)
    with shop_context(shop.pk):
        apply_preset(shop=shop, preset="simple4", by=BY, now=NOW)
        set_rule(shop=shop, state="shipped", channel="email", enabled=False, by=BY, now=NOW)
        vip = (Condition("tag", "in", ("vip",)),)
        own = rules.Rule(
            "own-vip", "delivered", "email", conditions=vip, delay_days=2, position=5, name="VIPs"
        )  # fmt: skip
        keep_rule(shop=shop, rule=own, by=BY, now=NOW)
        templates.publish(shop=shop, key="shipped", channel="email", content=DESIGN, by=BY)
        templates.publish(shop=shop, key="shipped", channel="sms", content={"text": {"es": "Ya va"}}, by=BY)
        set_alert_setup(shop=shop, withheld=["received"], others=False, by=BY)
        MessageSetup.objects.update_or_create(
            shop=shop, defaults={"most_a_day": 3, "sms_prices": {"ES": "0.075"}}
        )
    return shop


@pytest.fixture
def shop():
    made = furnished()
    with shop_context(made.pk):
        yield made


def the_same(shop):
    """All that the file is about, as it stands in the database."""
    return {
        "states": list(ShopState.objects.for_shop(shop).order_by("position").values("code", "labels", "canonicals", "icon")),
        "rules": sorted(
            ((r.key, r.occasion, r.channel, r.enabled, r.conditions, r.delay_days) for r in rules_of(shop.pk)), key=repr
        ),
        "designs": {d.key: templates.design_of(shop, d.key, d.channel).content for d in Template.objects.for_shop(shop)},
        "alerts": list(AlertSetup.objects.for_shop(shop).values("withheld", "others")),
    }  # fmt: skip


def test_what_was_given_out_changes_nothing_when_brought_in(shop):
    text = export(shop)
    outcome = apply(shop=shop, text=text, by=BY, now=NOW)
    assert (list(outcome.changes), outcome.change) == ([], None)
    assert not ConfigChange.objects.for_shop(shop).exists()
    assert export(shop) == text


def test_a_shop_made_from_the_file_is_the_same_shop():
    one, other = furnished(), make.shop()
    with shop_context(one.pk):
        text, held = export(one), the_same(one)
    with shop_context(other.pk):
        apply(shop=other, text=text, by=BY, now=NOW)
        assert the_same(other) == held
        assert from_text(export(other)) == from_text(text)
        assert MessageSetup.objects.for_shop(other).get().sms_prices == {"ES": "0.075"}


def test_the_file_has_no_secrets_no_people_and_no_numbers_of_ours(shop):
    ChannelAccount.objects.create(
        shop=shop,
        channel="sms",
        sender="+34600111222",
        sealed=seal({"auth_token": "verysecret"}),
        receipt_key="rk-1",
    )
    make.order(shop, customer_name="Marta Ruiz", customer_email="marta@example.com")
    text = export(shop)
    for hidden in ("verysecret", "rk-1", "600111222", "Marta", "marta@example.com", "user:1"):
        assert hidden not in text
    assert "Ya va" in text


def test_a_preview_says_all_that_would_change_and_changes_nothing(shop):
    text = export(shop).replace("Ya va {{", "De camino {{").replace("most_a_day: 3", "most_a_day: 9")
    held, count = the_same(shop), AuditEntry.objects.for_shop(shop).count()
    outcome = preview(shop=shop, text=text, by=BY, now=NOW)
    assert [(c.section, c.how, c.what) for c in outcome.changes] == [
        ("bounds", "changed", ""),
        ("designs", "changed", "shipped · email"),
    ]
    (subject,) = outcome.changes[1].details
    assert ("out", "va") in subject.words or ("out", "Ya") in subject.words
    assert the_same(shop) == held
    assert MessageSetup.objects.for_shop(shop).get().most_a_day == 3
    assert AuditEntry.objects.for_shop(shop).count() == count
    assert not ConfigChange.objects.for_shop(shop).exists()


def test_what_is_brought_in_holds_and_can_be_taken_back(shop):
    before = export(shop)
    text = (
        before.replace("De camino", "x")
        .replace("Ya va {{", "De camino {{")
        .replace("enabled: false", "enabled: true")
    )
    made = apply(shop=shop, text=text, by=BY, now=NOW, note="Spring").change
    assert templates.design_of(shop, "shipped", "email").content["subject"]["es"].startswith("De camino")
    assert TemplateVersion.objects.for_shop(shop).filter(template__channel="email").count() == 2
    assert (made.before, made.after, made.by, made.note) == (before, export(shop), "user:1", "Spring")
    roll_back(shop=shop, change=made, by=BY, now=NOW + timedelta(hours=1))
    assert export(shop) == before
    assert ConfigChange.objects.for_shop(shop).count() == 2
    assert AuditEntry.objects.for_shop(shop).filter(action="config.applied").count() == 2


def test_a_part_left_out_of_the_file_stays_and_what_a_part_leaves_out_goes(shop):
    apply(shop=shop, text="format: 1\nrules: []\n", by=BY, now=NOW)
    assert not Rule.objects.for_shop(shop).filter(key="own-vip").exists()
    back = next(rule for rule in rules_of(shop.pk) if rule.key == "shipped:email")
    assert (back.enabled, back.enabled_at) == (
        True,
        NOW,
    )  # as the house has it; of what was before, nobody is told
    assert templates.design_of(shop, "shipped", "email").version == 1
    apply(shop=shop, text="format: 1\ndesigns: []\n", by=BY, now=NOW)
    assert templates.design_of(shop, "shipped", "email").version is None
    assert TemplateVersion.objects.for_shop(shop).count() == 2


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("{{ order.number }}", "{{ order.secret }}", "order.secret"),
        ("about: delivered", "about: lunch", "lunch"),
        ("most_a_day: 3", "most_a_day: 3\n  sms_currency: EURO", "three letters"),
        ("id: text\n", "id: logo\n", "id of its own"),
        ("delay_days: 2", "delay_days: 2\n    design: nothing", "There is no design “nothing”"),
    ],
)
def test_one_thing_wrong_and_nothing_is_brought_in(shop, old, new, word):
    text = export(shop)
    if "sms_currency" in new:
        text = "\n".join(line for line in text.split("\n") if "sms_currency" not in line)
    wrong = text.replace("others: false", "others: true").replace(old, new, 1)
    held = the_same(shop)
    with pytest.raises(ConfigFileError) as refused:
        apply(shop=shop, text=wrong, by=BY, now=NOW)
    (fault,) = refused.value.faults
    assert word in fault.said
    assert fault.line > 0
    assert the_same(shop) == held
    assert not ConfigChange.objects.for_shop(shop).exists()


def test_states_that_would_lose_an_order_are_refused(shop):
    with pytest.raises(ConfigFileError) as refused:
        apply(shop=shop, text="format: 1\nstates: []\n", by=BY, now=NOW)
    assert all(
        "None of your states shows" in f.said or "progress bar" in f.said for f in refused.value.faults
    )
    assert ShopState.objects.for_shop(shop).exists()


def test_what_was_looked_at_is_what_is_brought_in(shop):
    text = export(shop).replace("most_a_day: 3", "most_a_day: 9")
    seen = preview(shop=shop, text=text, by=BY, now=NOW).seen
    set_rule(shop=shop, state="delivered", channel="email", enabled=False, by=BY, now=NOW)
    with pytest.raises(ConfigFileError, match="changed in the meantime"):
        apply(shop=shop, text=text, by=BY, now=NOW, seen=seen)
    seen = preview(shop=shop, text=text, by=BY, now=NOW).seen
    assert apply(shop=shop, text=text, by=BY, now=NOW, seen=seen).change


def test_a_copy_brings_its_pictures_along_and_says_what_does_not_fit():
    one = furnished(languages=["es", "en", "fr"])
    other = make.shop(language="en", languages=["en", "de"], country="GB")
    with shop_context(one.pk):
        apply_preset(shop=one, preset="simple4", by=BY, now=NOW)
        coupon = Coupon.objects.create(shop=one, name="Spring", code="S10")
        Picture.objects.create(shop=one, digest="d" * 32, kind="png", content=b"png", width=2, height=2)
        content = {
            "subject": {"fr": "En route", "en": "On its way"},
            "blocks": [
                {"id": "image", "kind": "image", "picture": "d" * 32},
                {"id": "coupon", "kind": "coupon", "coupon": str(coupon.pk)},
            ],
        }
        templates.publish(shop=one, key="shipped", channel="email", content=content, by=BY)
        assert "coupon: Spring" in export(one)
    found = copied(one)
    assert [picture.digest for picture in found.pictures] == ["d" * 32]
    with shop_context(other.pk):
        alone = preview(shop=other, text=found.text, by=BY, now=NOW)
        assert any("not in the shop" in note and "d" * 32 in note for note in alone.notes)
        templates.publish(
            shop=other, key="shipped", channel="sms", content={"text": {"de": "Unterwegs"}}, by=BY
        )
        outcome = apply(shop=other, text=found.text, by=BY, now=NOW, pictures=found.pictures)
        notes = " ".join(outcome.notes)
        assert "es, fr are left out" in notes
        assert "is in de" in notes
        assert "no coupon of this name: Spring" in notes
        assert "passed over: shipped · sms" in notes  # only in Spanish: what the shop had of its own stays
        assert templates.design_of(other, "shipped", "sms").content["text"] == {"de": "Unterwegs"}
        assert "not in the shop" not in notes
        assert Picture.objects.for_shop(other).get().digest == "d" * 32
        held = templates.design_of(other, "shipped", "email").content
        assert held["subject"] == {"en": "On its way"}
        assert "coupon" not in held["blocks"][1]


def test_a_draft_that_would_be_lost_is_named(shop):
    Template.objects.for_shop(shop).filter(channel="sms").update(
        draft={"format": 1, "text": {"es": "Borrador"}}
    )
    text = export(shop).replace("es: Ya va\n", "es: Sale ya\n")
    assert preview(shop=shop, text=text, by=BY, now=NOW).notes == [
        "Drafts of these designs are given up: shipped · sms."
    ]


def test_the_history_cannot_be_rewritten_by_who_serves(shop):
    made = apply(shop=shop, text="format: 1\nrules: []\n", by=BY, now=NOW).change
    for statement in (
        "UPDATE notifications_configchange SET before = ''",
        "DELETE FROM notifications_configchange",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE rastro_app")
            cursor.execute(statement)
    assert ConfigChange.objects.for_shop(shop).get().before == made.before


def test_another_shops_history_is_not_to_be_had(shop):
    apply(shop=shop, text="format: 1\nrules: []\n", by=BY, now=NOW)
    shop_id = shop.pk
    assert config_file.ConfigChange.objects.filter(shop_id=shop_id).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.shop_id', %s, true)", [str(shop_id + 1)])
        assert not ConfigChange.objects.filter(shop_id=shop_id).exists()
        cursor.execute("SELECT set_config('app.shop_id', %s, true)", [str(shop_id)])
