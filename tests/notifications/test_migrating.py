"""Switches and words that shops set before there were rules and designs stand as rules and designs."""

import importlib
import json

import pytest
from django.db import connection, connections, transaction

from notifications.rules import Rule
from notifications.services.ruling import rules_of
from notifications.services.templates import design_of
from tenants.isolation import shop_context
from tests import make

pytestmark = pytest.mark.usefixtures("committed_db")
migration = importlib.import_module("notifications.migrations.0004_messages")

OLD_TABLES = """
CREATE SCHEMA before;
CREATE TABLE before.notifications_rule (shop_id bigint, state text, channel text, enabled boolean);
CREATE TABLE before.notifications_template
  (shop_id bigint, state text, channel text, language text, subject text, body text, updated_at timestamptz DEFAULT now());
ALTER TABLE before.notifications_rule ENABLE ROW LEVEL SECURITY;
ALTER TABLE before.notifications_rule FORCE ROW LEVEL SECURITY;
ALTER TABLE before.notifications_template ENABLE ROW LEVEL SECURITY;
ALTER TABLE before.notifications_template FORCE ROW LEVEL SECURITY;
GRANT USAGE ON SCHEMA before TO rastro_maint;
GRANT ALL ON ALL TABLES IN SCHEMA before TO rastro_maint;
"""


class Editor:
    """As much of a schema editor as a data migration asks of it: the owner's connection."""

    def __init__(self):
        self.connection = connections["owner"]

    def execute(self, sql, params=()):
        with self.connection.cursor() as cursor:
            cursor.execute(sql, params or None)


def taken_over(rules, words):
    """The migration's two halves over rows of the old tables' shape, as the owner, whom row-level security binds."""
    editor = Editor()
    with transaction.atomic(using="owner"):
        editor.execute(OLD_TABLES)
        editor.execute("SET LOCAL ROLE rastro_maint")
        for row in rules:
            editor.execute("INSERT INTO before.notifications_rule VALUES (%s, %s, %s, %s)", row)
        for row in words:
            editor.execute("INSERT INTO before.notifications_template VALUES (%s, %s, %s, %s, %s, %s)", row)
        editor.execute("RESET ROLE")
        editor.execute("SET LOCAL search_path = before, public")
        with editor.connection.cursor() as cursor:  # the owner by itself sees none of them
            cursor.execute(
                "SELECT (SELECT count(*) FROM notifications_rule), (SELECT count(*) FROM notifications_template)"
            )
            assert cursor.fetchone() == (0, 0)
        migration.look_back(None, editor)
        editor.execute("DROP SCHEMA before CASCADE")
        migration.take_over(None, editor)


def rule_of(shop, key):
    with shop_context(shop.pk):
        (found,) = [rule for rule in rules_of(shop.pk) if rule.key == key]
    assert isinstance(found, Rule)
    return found


def test_a_switch_stays_as_its_shop_set_it_and_no_other_changes():
    ours, theirs = make.shop(), make.shop()
    taken_over([(ours.pk, "shipped", "email", False), (theirs.pk, "shipped", "sms", True)], [])
    assert (rule_of(ours, "shipped:email").enabled, rule_of(theirs, "shipped:email").enabled) == (False, True)
    assert (rule_of(ours, "shipped:sms").enabled, rule_of(theirs, "shipped:sms").enabled) == (False, True)


def test_words_of_every_language_are_what_is_sent():
    ours, theirs = make.shop(), make.shop()
    taken_over(
        [],
        [
            (ours.pk, "ready_for_pickup", "email", "es", "¡Ya está!", "Recógelo, {{ customer.first_name }}."),
            (ours.pk, "ready_for_pickup", "email", "en", "", "Collect it."),
            (ours.pk, "shipped", "sms", "es", "", "Va de camino: {{ order.url }}"),
        ],
    )
    with shop_context(ours.pk):
        mail = design_of(ours, "ready_for_pickup", "email")
        text = design_of(ours, "shipped", "sms")
    (words,) = [block for block in mail.content["blocks"] if block["kind"] == "text"]
    assert words["text"] == {"es": "Recógelo, {{ customer.first_name }}.", "en": "Collect it."}
    assert mail.content["subject"] == {"es": "¡Ya está!"}
    assert "pickup" in [block["kind"] for block in mail.content["blocks"]]
    assert (mail.version, text.version) == (1, 1)
    assert text.content["text"] == {"es": "Va de camino: {{ order.url }}"}
    with shop_context(theirs.pk), connection.cursor() as cursor:
        assert design_of(theirs, "shipped", "sms").version is None  # the house's
        cursor.execute("SELECT count(*) FROM notifications_templateversion")
        assert cursor.fetchone() == (0,)
    assert json.dumps(mail.content)
