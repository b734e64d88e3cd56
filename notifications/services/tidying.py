"""What messages leave behind, gone once nobody needs it."""

from __future__ import annotations

from datetime import datetime, timedelta

from notifications.kept import forget_layouts
from notifications.models import Alarm
from tenants.isolation import shop_context
from tenants.models import Shop

QUIET_FOR = timedelta(days=30)  # an order with nothing to wait for is hardly looked at again
MOST = 5_000  # alarms of a shop at once


def tidy(*, now: datetime) -> int:
    """Pages of mails no message refers to, since those were erased with their orders; alarms that will not ring any more.
    How many rows. One short transaction a shop; safe to repeat."""
    count = 0
    for shop in Shop.objects.order_by("pk"):
        with shop_context(shop.pk):
            over = Alarm.objects.for_shop(shop).filter(next_at=None, looked_at__lt=now - QUIET_FOR)
            gone, _by_model = Alarm.objects.filter(
                pk__in=list(over.values_list("pk", flat=True)[:MOST])
            ).delete()
            count += gone + forget_layouts(shop.pk)
    return count
