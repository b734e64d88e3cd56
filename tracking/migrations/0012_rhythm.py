from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

from tenants import isolation

# The page knows how far apart a parcel's scans usually are: on its way, or else anywhere with its carrier.
BEFORE = import_module("tracking.migrations.0011_option_area").AFTER
WAS = "SELECT id, carrier, number, direction, service,\n"
if WAS not in BEFORE:
    raise RuntimeError("0011_option_area no longer has what this migration changes")
AFTER = BEFORE.replace(
    WAS,
    WAS
    + """          (SELECT usual_h FROM tracking_rhythm WHERE shop_id = p.shop_id AND carrier = p.carrier
            AND status = p.status AND country IN (o.country, '') ORDER BY country DESC LIMIT 1) AS usual_h,
""",
)


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0003_shopper'),
        ('tracking', '0011_option_area'),
    ]

    operations = [
        migrations.CreateModel(
            name='Rhythm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('carrier', models.CharField(max_length=32)),
                ('status', models.CharField(max_length=24)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('usual_h', models.PositiveSmallIntegerField()),
                ('gaps', models.PositiveIntegerField()),
                ('measured_at', models.DateTimeField()),
                ('shop', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.shop')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('shop', 'carrier', 'status', 'country'), name='rhythm_once'), models.CheckConstraint(condition=models.Q(('usual_h__gte', 1)), name='rhythm_is_an_hour_or_more')],
            },
        ),
        isolation.Isolate("Rhythm"),
        migrations.RunSQL(AFTER, BEFORE),
    ]
