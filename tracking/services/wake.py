"""Once a write is committed, has a worker look for what it left to do. Lost, the sweep finds it."""

from __future__ import annotations

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)


def wake(task: str) -> None:
    """`task` by its name: it looks for due rows, and takes nothing along."""
    transaction.on_commit(lambda: _send(task), robust=True)


def _send(task: str) -> None:
    try:
        current_app.send_task(task, expires=10, ignore_result=True)
    except (OperationalError, OSError) as error:
        log.warning("wake_up_lost", task=task, error=type(error).__name__)
