"""What gave an event its meaning, and who signed for a parcel; both on the order's page."""

from importlib import import_module

from django.db import migrations, models

from carriers.types import FROM_CODE

BEFORE = import_module("tracking.migrations.0005_page").CREATE
AFTER = BEFORE.replace(
    "SELECT key, occurred_at, sub_status, text, place, source FROM",
    "SELECT key, occurred_at, sub_status, text, place, source, authority FROM",
).replace("pickup, options_url,", "pickup, options_url, signed_by,")


def replacing(function: str) -> str:
    return function.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    dependencies = [
        ("carriers", "0002_meanings"),
        ("tracking", "0005_page"),
    ]

    operations = [
        migrations.AddField("shipment", "signed_by", models.CharField(blank=True, db_default="", max_length=120)),
        migrations.AddField("trackingevent", "authority", models.FloatField(db_default=FROM_CODE, default=FROM_CODE)),
        migrations.AddIndex(
            "trackingevent",
            models.Index(
                fields=["shop", "code", "shipment"],
                condition=models.Q(("sub_status", "")) | ~models.Q(("authority", FROM_CODE)),
                name="event_doubtful",
            ),
        ),
        migrations.RunSQL(replacing(AFTER), replacing(BEFORE)),
    ]
