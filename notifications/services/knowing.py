"""What rules ask of orders, read for many at once: what they are, whom they reach, what these were sent today."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from notifications import rules
from notifications.addresses import address_hash as address_hash
from notifications.conditions import About
from notifications.marketing import may_sell
from notifications.models import Message, MessageSetup, Suppression
from notifications.services.listeners import Told
from notifications.services.marketing_choices import person_of, said_by
from tenants.models import Shop
from tracking.eta import is_business_day
from tracking.models import Order, OrderLine, Shipment
from tracking.when import zone_for


class Known:
    """Nine queries, however many orders. Runs in the shop's context."""

    def __init__(
        self, shop: Shop, orders: Sequence[Order], usable: Collection[str], setup: MessageSetup, now: datetime
    ) -> None:
        self.shop, self.setup, self.usable = shop, setup, usable
        ids = [order.pk for order in orders]
        self.told = Told(shop.pk, ids)
        self._recipients = {order.pk: self.told.recipients(order, usable) for order in orders}
        everybody = {(r.channel, r.address) for all_ in self._recipients.values() for r in all_}
        self._sent = sent_since(shop.pk, everybody, now - timedelta(days=1))
        self._suppressed = suppressed(shop.pk, everybody)
        self._carriers: defaultdict[int, set[str]] = defaultdict(set)
        self._services: defaultdict[int, set[str]] = defaultdict(set)
        parcels = Shipment.objects.for_shop(shop).filter(order_id__in=ids, direction="outbound")
        for order_id, carrier, service in parcels.values_list("order_id", "carrier", "service"):
            self._carriers[order_id].add(carrier)
            if service:
                self._services[order_id].add(service)
        self._skus: defaultdict[int, set[str]] = defaultdict(set)
        for order_id, sku in (
            OrderLine.objects.for_shop(shop).filter(order_id__in=ids).values_list("order_id", "sku")
        ):
            self._skus[order_id].add(sku)
        self._before = _orders_before(shop.pk, orders)
        self._said = said_by(shop, {person_of(order) for order in orders})

    def about(self, order: Order) -> About:
        return About(
            carriers=frozenset(self._carriers[order.pk]),
            services=frozenset(self._services[order.pk]),
            country=order.country,
            sales_channel=order.channel,
            value=order.total,
            currency=order.currency,
            tags=frozenset(order.tags),
            language=order.language,
            orders_before=self._before.get(order.pk, 0),
            marketing=self.may_sell(order),
            control=in_holdout(self.setup, order),
            skus=frozenset(self._skus[order.pk]),
        )

    def may_sell(self, order: Order) -> bool:
        """Whether this order's shopper may be sold to: by what they said, else by the law of where they live."""
        said = self._said.get(person_of(order))
        return order.erased_at is None and may_sell(
            said, order.country or self.shop.country, self.setup.marketing
        )

    def reach(self, order: Order) -> rules.Reach:
        recipients = self._recipients[order.pk]
        return rules.Reach(
            recipients=recipients,
            today={(r.channel, r.whom): self._sent.get((r.channel, r.address), 0) for r in recipients},
            choices=self.told.choices.get(order.pk, {}),
            offered=self.told.offered,
            suppressed=self._suppressed,
            zone=zone_for(
                country=order.country, postal_code=order.postal_code, shop_country=self.shop.country,
                shop_zone=self.shop.time_zone,
            ),
            is_working=working_days_of(order.country or self.shop.country, order.region),
        )  # fmt: skip


def working_days_of(country: str, region: str) -> partial[bool]:
    return partial(_is_working, country=country, region=region)


def _is_working(day: date, *, country: str, region: str) -> bool:
    return is_business_day(day, country=country, region=region)


def in_holdout(setup: MessageSetup, order: Order) -> bool:
    """Whether this shopper is of the share that gets only what is essential: always the same ones, drawn by their
    address, and only for orders placed since."""
    if not setup.holdout_percent or setup.holdout_since is None or order.placed_at < setup.holdout_since:
        return False
    return (
        share_of(setup.shop_id, order.email_key or order.phone_key or f"order {order.pk}")
        < setup.holdout_percent
    )


def share_of(shop_id: int, key: str) -> int:
    """0 to 99, evenly, always the same for a shopper of a shop."""
    return int.from_bytes(hashlib.sha256(f"holdout:{shop_id}:{key}".encode()).digest()[:8]) % 100


def sent_since(
    shop_id: int, to: Collection[tuple[str, str]], since: datetime
) -> Mapping[tuple[str, str], int]:
    """How many messages each address had, by channel, whatever the order; answers to what they asked aside."""
    addresses = {address for _channel, address in to}
    recent = Message.objects.for_shop(shop_id).filter(
        recipient__in=addresses, created_at__gt=since, notice=None
    )
    return Counter(recent.exclude(status="held").values_list("channel", "recipient"))


def suppressed(shop_id: int, to: Collection[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Which of these nothing is sent to: channel and address."""
    by_hash = {(channel, address_hash(address)): (channel, address) for channel, address in to}
    held = Suppression.objects.for_shop(shop_id).filter(
        lifted_at=None, address_hash__in={h for _c, h in by_hash}
    )
    found = held.values_list("channel", "address_hash")
    return frozenset(by_hash[one] for one in found if one in by_hash)


def _orders_before(shop_id: int, orders: Sequence[Order]) -> dict[int, int]:
    keys = {order.email_key for order in orders if order.email_key}
    placed: defaultdict[str, list[datetime]] = defaultdict(list)
    for key, at in (
        Order.objects.for_shop(shop_id).filter(email_key__in=keys).values_list("email_key", "placed_at")
    ):
        placed[key].append(at)
    return {order.pk: sum(at < order.placed_at for at in placed[order.email_key]) for order in orders}
