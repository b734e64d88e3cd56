from importlib import import_module

from django.db import migrations

# The page knows where its shop has the pictures of a real map from.
BEFORE = import_module("tracking.migrations.0012_rhythm").AFTER
WAS = "b.products_title, b.blocks, b.review_url) x),"
if WAS not in BEFORE:
    raise RuntimeError("0012_rhythm no longer has what this migration changes")
AFTER = BEFORE.replace(WAS, "b.products_title, b.blocks, b.review_url, b.tile_url, b.tile_credit) x),")


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0006_tiles'),
        ('tracking', '0015_gift_turn'),
    ]

    operations = [
        migrations.RunSQL(AFTER, BEFORE),
    ]
