"""Tasks of the installation itself."""

from __future__ import annotations

import socket
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from config.models import Heartbeat


@shared_task(ignore_result=True)
def heartbeat() -> None:
    """Say that workers live, and forget those that have not said so for a day."""
    now = timezone.now()
    Heartbeat.objects.update_or_create(worker=socket.gethostname(), defaults={"at": now})
    Heartbeat.objects.filter(at__lt=now - timedelta(days=1)).delete()
