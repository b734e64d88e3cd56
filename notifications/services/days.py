"""Which day of arrival orders had first, and which was last told on each channel: what a move is measured against."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from notifications.models import Message
from notifications.news import DAYS_TOLD, Days, day_told
from tracking.models import Transition
from tracking.moments import eta_read


def days_before(shop_id: int, moments: Mapping[int, int]) -> dict[int, Days]:
    """Of orders, by id, before a moment of each: the id of its transition. Who had no day before is left out.

    Two queries, however many. Runs in the shop's context.
    """
    if not moments:
        return {}
    first: dict[int, date] = {}
    known = Transition.objects.for_shop(shop_id).filter(
        order_id__in=moments, kind="moment", after__startswith="eta:"
    )
    for order_id, pk, after in known.order_by("pk").values_list("order_id", "pk", "after"):
        days = eta_read(after)
        if days and pk < moments[order_id]:
            first.setdefault(order_id, days[1])
    told: defaultdict[int, dict[str, date]] = defaultdict(dict)
    messages = Message.objects.for_shop(shop_id).filter(order_id__in=list(first), state__in=DAYS_TOLD)
    went = messages.exclude(status__in=["held", "failed"]).order_by("created_at")
    for order_id, channel, key in went.values_list("order_id", "channel", "dedupe_key"):
        if day := day_told(key.split(":")[2]):
            told[order_id][channel] = day
    return {order_id: Days(day, told[order_id]) for order_id, day in first.items()}
