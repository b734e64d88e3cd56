"""What workers do for tenants when told to look."""

from __future__ import annotations

import time

import structlog
from celery import shared_task
from django.utils import timezone

from tenants import hosting, resolving

log = structlog.get_logger(__name__)

CHECK_FOR_S = 40.0


@shared_task(ignore_result=True)
def check_hosts() -> None:
    """See what the DNS says of shops' own names, and where the list of proved ones is kept, keep it."""
    until = time.monotonic() + CHECK_FOR_S
    checked = hosting.check_due(
        now=timezone.now(), check=resolving.check, until=lambda: time.monotonic() < until
    )
    hosting.publish()
    if checked:
        log.info("hosts_checked", hosts=checked)
