"""What messages are worth: the periods in which a share was held out, and what answering a customer costs."""

import django.db.models.deletion
from django.db import migrations, models

from tenants import isolation

# Shares set before there were periods began when they say.
TAKE_OVER = (
    "INSERT INTO notifications_holdoutperiod (shop_id, percent, since, figures) SELECT shop_id, holdout_percent, "
    "holdout_since, '{}' FROM notifications_messagesetup WHERE holdout_percent > 0 AND holdout_since IS NOT NULL"
)


def take_over(apps, schema_editor):
    with isolation.every_shop(schema_editor):
        schema_editor.execute(TAKE_OVER)


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0005_draft_steps"),
        ("tenants", "0006_tiles"),
    ]

    operations = [
        migrations.AddField(
            model_name="messagesetup",
            name="contact_cost",
            field=models.DecimalField(db_default=5, decimal_places=2, default=5, max_digits=7),
        ),
        migrations.CreateModel(
            name="HoldoutPeriod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("percent", models.PositiveSmallIntegerField()),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(blank=True, null=True)),
                ("figures", models.JSONField(blank=True, default=dict)),
                (
                    "shop",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.shop",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("until", None)),
                        fields=("shop",),
                        name="holdout_period_one_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("percent__range", (1, 50))), name="holdout_period_bounded"
                    ),
                ],
            },
        ),
        isolation.Isolate("HoldoutPeriod"),
        migrations.RunPython(take_over, migrations.RunPython.noop),
    ]
