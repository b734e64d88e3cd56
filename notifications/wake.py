"""Hears that something moved, and has a worker look. The look is the work: nothing is lost if nobody hears."""

from __future__ import annotations

from typing import Any

import structlog
from django.dispatch import receiver
from kombu.exceptions import OperationalError

from notifications import tasks
from tracking.signals import moved

log = structlog.get_logger(__name__)


@receiver(moved)
def look_now(sender: Any, **kwargs: Any) -> None:
    try:
        tasks.plan_due.apply_async(expires=10, ignore_result=True)
    except (OperationalError, OSError) as error:
        log.warning("wake_up_lost", error=type(error).__name__)  # the sweep finds the work
