"""Look now: for transitions to announce, for what time has made due, for messages to hand over."""

from __future__ import annotations

import time

from celery import shared_task
from django.utils import timezone

from notifications.services import sales, sender_domains, tidying, unknown
from notifications.services.alarms import ring_due as ring_batch
from notifications.services.delivery import deliver_due as deliver_batch
from notifications.services.planning import plan_due as plan_batch

CHECK_FOR_S = 240
BUDGET_S = 20  # a task looks again until nothing is due, or for so long


@shared_task(ignore_result=True)
def plan_due() -> None:
    ends = time.monotonic() + BUDGET_S
    planned = False
    while plan_batch(timezone.now()) and time.monotonic() < ends:
        planned = True
    if planned:
        deliver_due()


@shared_task(ignore_result=True)
def ring_due() -> None:
    ends = time.monotonic() + BUDGET_S
    while ring_batch(timezone.now()) and time.monotonic() < ends:
        pass


@shared_task(ignore_result=True)
def deliver_due() -> None:
    ends = time.monotonic() + BUDGET_S
    while deliver_batch(timezone.now()) and time.monotonic() < ends:
        pass


@shared_task(ignore_result=True)
def settle_unknown() -> None:
    """See to mails whose provider has not spoken for ten minutes."""
    unknown.settle_unknown(timezone.now())


@shared_task(ignore_result=True)
def tidy() -> None:
    """Remove what messages left behind."""
    tidying.tidy(now=timezone.now())


@shared_task(ignore_result=True)
def check_senders() -> None:
    """See what the DNS says of the domains shops' mails come from."""
    ends = time.monotonic() + CHECK_FOR_S
    sender_domains.check_due(now=timezone.now(), until=lambda: time.monotonic() < ends)


@shared_task(ignore_result=True)
def attribute_sales() -> None:
    """Which orders are owed to which messages, and which coupons were used on them."""
    sales.attribute_due(now=timezone.now())
