"""The dispatcher names the polls it has locked by their place in the table: an index look-up less for each."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("tracking", "0003_changed_orders")]

    operations = [
        migrations.RunSQL(
            "GRANT SELECT (ctid) ON tracking_poll TO rastro_dispatch",
            "REVOKE SELECT (ctid) ON tracking_poll FROM rastro_dispatch",
        ),
    ]
