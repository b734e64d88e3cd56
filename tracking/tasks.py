"""What workers do for tracking when told to look: the rows say what is due, a task carries nothing."""

from __future__ import annotations

import time

import structlog
from celery import shared_task
from django.utils import timezone

from tracking.services import (
    asking,
    invoice_files,
    passing,
    privacy,
    pushes,
    rereading,
    rhythms,
    sending_changes,
    subscribing,
    visits,
)
from tracking.services.import_runs import run_due
from tracking.services.ticket_events import settle_due

log = structlog.get_logger(__name__)

READ_FOR_S = 8.0


@shared_task(ignore_result=True)
def poll_due() -> None:
    """Ask carriers about what is due. Several at once share the work."""
    if asked := asking.poll_due():
        log.info("polled", numbers=asked)


@shared_task(ignore_result=True)
def read_pushes() -> None:
    """Read what carriers pushed, until there is no more or the time is up."""
    until = time.monotonic() + READ_FOR_S
    while (taken := pushes.read_due(now=timezone.now())) and time.monotonic() < until:
        log.info("pushes_read", pushes=taken)


@shared_task(ignore_result=True)
def reread_codes() -> None:
    """Read parcels anew by the meanings people gave to carriers' codes."""
    if batches := rereading.reread_due(now=timezone.now()):
        log.info("codes_reread", batches=batches)


@shared_task(ignore_result=True)
def subscribe() -> None:
    """Ask carriers to push, and renew what would lapse."""
    if parcels := subscribing.subscribe_due(now=timezone.now()):
        log.info("subscribed", parcels=parcels)


@shared_task(ignore_result=True)
def send_changes() -> None:
    """Hand changes of deliveries to carriers and depots, and look after those under way."""
    if count := sending_changes.send_due(now=timezone.now()):
        log.info("changes_seen_to", requests=count)


@shared_task(ignore_result=True)
def run_imports() -> None:
    """Go on with the files shops brought."""
    if done := run_due(timezone.now()):
        log.info("imports_run", jobs=done)


@shared_task(ignore_result=True)
def settle_tickets() -> None:
    """Close what shoppers asked and events have answered."""
    if count := settle_due(now=timezone.now()):
        log.info("tickets_settled", tickets=count)


@shared_task(ignore_result=True)
def pass_time() -> None:
    """What follows from the clock."""
    if count := passing.pass_time(now=timezone.now()):
        log.info("time_passed", rows=count)


@shared_task(ignore_result=True)
def measure_rhythms() -> None:
    """Learn how far apart scans usually are."""
    if count := rhythms.measure_due(now=timezone.now()):
        log.info("rhythms_measured", rhythms=count)


@shared_task(ignore_result=True)
def count_visits() -> None:
    """Write down how often pages were looked at."""
    if kinds := visits.drain():
        log.info("visits_counted", kinds=kinds)


@shared_task(ignore_result=True)
def make_invoices() -> None:
    """Make PDFs of what was issued."""
    if made := invoice_files.make_due(now=timezone.now()):
        log.info("invoices_made", invoices=made)


@shared_task(ignore_result=True)
def tidy() -> None:
    """Drop what is kept for a while only."""
    if count := passing.tidy(now=timezone.now()):
        log.info("tidied", rows=count)
    if erased := privacy.erase_due(now=timezone.now()):
        log.info("erased", orders=erased)
