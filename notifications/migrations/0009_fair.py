import django.db.models.deletion
from django.db import migrations, models

from tenants import isolation


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0008_alarms_by_shop'),
        ('tenants', '0006_tiles'),
        ('tracking', '0018_untold_by_shop'),
    ]

    operations = [
        migrations.CreateModel(
            name='Pause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shop', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.shop')),
                ('channel', models.CharField(max_length=8)),
                ('failures', models.PositiveSmallIntegerField(default=0)),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('error', models.CharField(blank=True, max_length=240)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('shop', 'channel'), name='pause_once'), models.CheckConstraint(condition=models.Q(('channel__in', ('email', 'sms', 'whatsapp', 'push'))), name='pause_channel_known')],
            },
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('next_at', None), _negated=True), fields=['shop', 'channel', 'urgency', 'next_at'], name='message_due_by_shop'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('status', 'sending')), fields=['lease_until'], name='message_in_hand'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('status', 'unknown'), models.Q(('next_at', None), _negated=True)), fields=['next_at'], name='message_to_settle'),
        ),
        migrations.RemoveIndex(
            model_name='message',
            name='message_due_by_urgency',
        ),
        isolation.Isolate("Pause"),
        isolation.Queue(
            "notifications_pause",
            reads=("shop_id", "channel", "failures", "since", "until"),
            writes=("failures", "since", "until", "error"),
        ),
        migrations.RunSQL(
            [
                'GRANT INSERT (shop_id, channel, failures, since, until, error) ON notifications_pause TO rastro_dispatch',
                'GRANT USAGE ON SEQUENCE notifications_pause_id_seq TO rastro_dispatch',
                # What came of a hand-over is written down for many shops at once.
                'GRANT SELECT (ctid), UPDATE (provider_id, sent_at, error) ON notifications_message TO rastro_dispatch',
            ],
            [
                'REVOKE SELECT (ctid), UPDATE (provider_id, sent_at, error) ON notifications_message FROM rastro_dispatch',
                'REVOKE USAGE ON SEQUENCE notifications_pause_id_seq FROM rastro_dispatch',
            ],
        ),
    ]
