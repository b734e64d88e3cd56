"""Alarms are claimed shop by shop; which day was told last, messages know."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0007_catalogue"),
    ]

    operations = [
        migrations.RemoveField(model_name="alarm", name="told_eta"),
        migrations.RemoveIndex(model_name="alarm", name="alarm_due"),
        migrations.AddIndex(
            model_name="alarm",
            index=models.Index(
                fields=["shop", "next_at"], condition=~Q(next_at=None), name="alarm_due_by_shop"
            ),
        ),
    ]
