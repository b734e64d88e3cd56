"""The Celery app. Tasks carry no work: they say "look now"; PostgreSQL knows what is due."""

import gc
import os

from celery import Celery
from celery.signals import worker_process_init, worker_ready
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config.schedule import SCHEDULE

app = Celery("rastro")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = SCHEDULE
app.autodiscover_tasks(lambda: settings.INSTALLED_APPS)


@worker_process_init.connect
def keep_what_is_loaded(**kwargs: object) -> None:
    """Code stays for good: walking all of it at each collection takes a fifth of the time of a batch."""
    gc.freeze()


@worker_ready.connect
def heard_of(**kwargs: object) -> None:
    """A worker that is ready says so at once, not at beat's next heartbeat."""
    app.send_task("config.tasks.heartbeat", expires=30)
