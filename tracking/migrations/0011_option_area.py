from importlib import import_module

import django.contrib.postgres.fields
from django.db import migrations, models

# The page knows where an option is offered, and so offers nothing that would do nothing.
BEFORE = import_module("tracking.migrations.0010_shopper").AFTER
WAS = "SELECT id, kind, way, carriers, services, countries, stages,"
if WAS not in BEFORE:
    raise RuntimeError("0010_shopper no longer has what this migration changes")
AFTER = BEFORE.replace(WAS, "SELECT id, kind, way, carriers, services, countries, postal_codes, stages,")


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0010_shopper'),
    ]

    operations = [
        migrations.AddField(
            model_name='deliveryoption',
            name='postal_codes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), blank=True, db_default=[], default=list, size=None),
        ),
        migrations.RunSQL(AFTER, BEFORE),
    ]
