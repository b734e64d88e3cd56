"""The Celery app. Tasks carry no work: they say "look now"; PostgreSQL knows what is due."""

import os

from celery import Celery
from celery.signals import worker_ready
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config.schedule import SCHEDULE

app = Celery("rastro")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = SCHEDULE
app.autodiscover_tasks(lambda: settings.INSTALLED_APPS)


@worker_ready.connect
def heard_of(**kwargs: object) -> None:
    """A worker that is ready says so at once, not at beat's next heartbeat."""
    app.send_task("config.tasks.heartbeat", expires=30)
