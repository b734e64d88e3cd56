from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0009_fair'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('layout_id', None), _negated=True), fields=['shop', 'layout_id'], name='message_by_layout'),
        ),
    ]
