from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0017_messages'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='transition',
            index=models.Index(condition=models.Q(('announced_at', None)), fields=['shop', 'recorded_at'], name='transition_untold_by_shop'),
        ),
        migrations.RemoveIndex(
            model_name='transition',
            name='transition_unannounced',
        ),
    ]
