from importlib import import_module

from django.db import migrations, models

# A page brings forward what waits in a backlog too, once.
BEFORE = import_module("tracking.migrations.0006_read_by").AFTER.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
STALE = "AND l.next_at > p_now\n"
AFTER = BEFORE.replace(STALE, "AND (l.next_at > p_now OR l.next_at <= p_now AND l.urgency < 3)\n")
if AFTER == BEFORE:
    raise RuntimeError("0006_read_by no longer says which parcels are stale as this migration expects")


class Migration(migrations.Migration):
    dependencies = [
        ("tracking", "0008_candidates"),
    ]

    operations = [
        migrations.AddField(
            model_name="poll",
            name="urgency",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddIndex(
            model_name="poll",
            index=models.Index(
                condition=models.Q(("next_at", None), _negated=True),
                fields=["account_id", "urgency", "next_at"],
                name="poll_due_by_urgency",
            ),
        ),
        migrations.RemoveIndex(
            model_name="poll",
            name="poll_due_of_account",
        ),
        migrations.RunSQL(
            "GRANT SELECT (urgency) ON tracking_poll TO rastro_dispatch",
            "REVOKE SELECT (urgency) ON tracking_poll FROM rastro_dispatch",
        ),
        migrations.RunSQL(AFTER, BEFORE),
    ]
