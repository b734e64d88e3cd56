"""From notices nobody has taken up to messages, once each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import structlog
from django.db import connections

from notifications.conditions import About
from notifications.models import Message
from notifications.news import News
from notifications.occasions import ANY, NOTICED
from notifications.rules import Rule, verdict
from notifications.services.channels import usable_channels
from notifications.services.knowing import Known
from notifications.services.ruling import rules_of, setup_of
from tenants.isolation import shop_context
from tenants.models import Shop
from tracking.models import Notice, Order

log = structlog.get_logger(__name__)

NOTICES_A_PASS = 500  # taken together; a shop's share of them is bounded below
NOTICES_A_SHOP = 100
WAITED_FOR = frozenset({"code", "recipient_asked"})  # somebody looks at their mailbox right now

MAIL = "email"

DUE = """
SELECT shop_id, id FROM (
  SELECT shop_id, id, created_at, row_number() OVER (PARTITION BY shop_id ORDER BY created_at) AS n
  FROM (SELECT shop_id, id, created_at FROM tracking_notice
        WHERE taken_at IS NULL ORDER BY created_at LIMIT 20000) due) ranked
WHERE n <= %s ORDER BY created_at LIMIT %s
"""


Make = Callable[[Shop, Sequence[Order], Mapping[int, Sequence[News]], datetime, Sequence[Rule]], int]


def take_notices(now: datetime, make: Make) -> int:
    """Make a message of every notice that waits; return how many were looked at.

    Most were wanted by who caused them, and no rule is asked. Those of NOTICED a shop may have told by other channels as
    well, which `make` does (services.planning.messages_for), or not by e-mail. Safe to repeat and to run twice at once:
    notices are locked and marked in the transaction that makes the messages, and a message is unique by its key.
    """
    with connections["dispatch"].cursor() as cursor:
        cursor.execute(DUE, [NOTICES_A_SHOP, NOTICES_A_PASS])
        due = cursor.fetchall()
    by_shop: dict[int, list[int]] = defaultdict(list)
    for shop_id, notice_id in due:
        by_shop[shop_id].append(notice_id)
    for shop_id, ids in by_shop.items():
        with shop_context(shop_id):
            _take(shop_id, ids, now, make)
    return len(due)


def _take(shop_id: int, ids: Collection[int], now: datetime, make: Make) -> None:
    waiting = list(
        Notice.objects.for_shop(shop_id).filter(pk__in=ids, taken_at=None).select_for_update(skip_locked=True)
    )
    usable = usable_channels(shop_id)
    unsaid = _ruled(shop_id, [n for n in waiting if n.kind in NOTICED], usable, now, make)
    Message.objects.bulk_create(
        [_message(n, now, unsaid.get(n.pk), reachable=n.channel in usable) for n in waiting],
        ignore_conflicts=True,
    )
    Notice.objects.for_shop(shop_id).filter(pk__in=[n.pk for n in waiting]).update(taken_at=now)
    log.info("noticed", shop_id=shop_id, messages=len(waiting))


def _ruled(
    shop_id: int, notices: Sequence[Notice], usable: Sequence[str], now: datetime, make: Make
) -> dict[int, str]:
    """Have told on other channels what the shop's rules say, and give back the notices that are not to go by e-mail,
    with the key of the rule that says so."""
    if not notices:
        return {}
    shop = Shop.objects.get(pk=shop_id)
    rules = [
        r for r in rules_of(shop_id) if r.enabled and (r.occasion in NOTICED.values() or r.occasion == ANY)
    ]
    orders = list(Order.objects.for_shop(shop_id).filter(pk__in={n.order_id for n in notices}).order_by("pk"))
    about = {order.pk: About() for order in orders}
    if any(rule.conditions for rule in rules):
        known = Known(shop, orders, usable, setup_of(shop_id), now)
        about = {order.pk: known.about(order) for order in orders}
    unsaid: dict[int, str] = {}
    by_channel: defaultdict[str, defaultdict[int, list[News]]] = defaultdict(lambda: defaultdict(list))
    for notice in notices:
        one = News(NOTICED[notice.kind], str(notice.pk), notice.created_at)
        by_channel[notice.channel][notice.order_id].append(one)
        if notice.channel == MAIL:
            is_said, key = verdict(one, rules, about[notice.order_id], MAIL)
            if not is_said:
                unsaid[notice.pk] = key
    for channel, news in by_channel.items():
        others = [rule for rule in rules if rule.channel not in (MAIL, channel)]
        if any(rule.sends for rule in others):
            make(shop, [order for order in orders if order.pk in news], news, now, others)
    return unsaid


def _message(notice: Notice, now: datetime, unsaid: str | None = None, *, reachable: bool) -> Message:
    """`unsaid`: the rule by which it does not go, if there is one; None where it does."""
    held = "rule" if unsaid is not None else "" if reachable else "no_sender"
    return Message(
        shop_id=notice.shop_id,
        order_id=notice.order_id,
        notice=notice,
        state=notice.kind,
        channel=notice.channel,
        dedupe_key=f"notice:{notice.pk}",
        recipient=notice.recipient,
        language=notice.language,
        rule_key=unsaid or "",
        why=f"notice:{notice.kind}",
        status="held" if held else "queued",
        held_because=held,
        next_at=None if held else now,
        urgency=0 if notice.kind in WAITED_FOR else 1,
        created_at=now,
    )


def forget_secret(*, shop_id: int, message_id: UUID) -> None:
    """Nothing secret outlives the hand-over of the message that said it. Runs in the shop's context."""
    Notice.objects.for_shop(shop_id).filter(messages=message_id).exclude(sealed="").update(sealed="")
