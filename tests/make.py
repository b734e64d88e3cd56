"""Builds rows, so that a test says only what it is about. Everything happens inside the shop's context."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from carriers.models import Account
from carriers.types import Event, SubStatus
from tenants.models import Brand, KeyHash, Membership, Role, Shop, User
from tenants.vault import digest, page_token, seal
from tracking.models import Order, OrderLine, Poll, Shipment

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
_count = itertools.count(1)


def shop(**fields: Any) -> Shop:
    """A shop with its brand. Leaves no shop bound: wrap what follows in `shop_context(shop.pk)`."""
    from tenants.isolation import shop_context

    n = next(_count)
    made = Shop.objects.create(
        **{
            "slug": f"tienda-{n}",
            "name": f"Tienda {n}",
            "country": "ES",
            "language": "es",
            "languages": ["es", "en"],
            **fields,
        }
    )
    with shop_context(made.pk):
        Brand.objects.create(shop=made)
    return made


def user(**fields: Any) -> User:
    return User.objects.create_user(
        fields.pop("email", f"persona{next(_count)}@example.com"), fields.pop("password", PASSWORD), **fields
    )


def member(of: Shop, role: Role = Role.OWNER, **fields: Any) -> Membership:
    return Membership.objects.create(shop=of, user=fields.get("user") or user(), role=role)


def order(of: Shop, **fields: Any) -> Order:
    """An order of the shop of this context, with one line unless `lines=0`."""
    n = next(_count)
    lines = fields.pop("lines", 1)
    number = fields.pop("number", str(1000 + n))
    email = fields.pop("customer_email", f"cliente{n}@example.com")
    made = Order(
        **{
            "shop": of,
            "number": number,
            "number_key": number.lower(),
            "placed_at": NOW - timedelta(days=1),
            "currency": of.currency,
            "customer_name": "Marta Ruiz",
            "customer_email": email,
            "email_key": email.lower(),
            "language": of.language,
            "asserted_at": NOW - timedelta(days=1),
            "state_since": NOW - timedelta(days=1),
            "quiet_before": NOW - timedelta(days=1),
            "city": "Madrid",
            "postal_code": "28038",
            "country": "ES",
            "token_hash": f"pending-{n}",
            **fields,
        }
    )
    made.save()
    made.token_hash = digest(token_of(made))
    made.save(update_fields=["token_hash"])
    KeyHash.objects.create(hash=made.token_hash, shop=of, kind="page")
    for position in range(lines):
        OrderLine.objects.create(
            shop=of, order=made, position=position, title=f"Artículo {position + 1}", sku=f"A{position + 1}"
        )
    return made


def token_of(of: Order) -> str:
    return page_token(shop_id=of.shop_id, order_id=of.pk, turn=of.token_turn)


def account(of: Shop, carrier: str = "dhl", **secrets: str) -> Account:
    return Account.objects.create(shop=of, carrier=carrier, sealed=seal(secrets or {"api_key": "demo"}))


def shipment(of: Order, **fields: Any) -> Shipment:
    n = next(_count)
    number = fields.pop("number", f"00340434{n:012d}")
    polled = fields.pop("polled", None)  # an Account: also make its poll, due now
    made = Shipment.objects.create(
        **{
            "shop_id": of.shop_id,
            "order": of,
            "carrier": "dhl",
            "number": number,
            "number_key": number.upper(),
            "created_at": NOW - timedelta(days=1),
            "account_id": polled.pk if polled else None,
            **fields,
        }
    )
    if polled:
        Poll.objects.create(
            shop_id=of.shop_id, shipment=made, carrier=made.carrier, account_id=polled.pk, next_at=NOW
        )
    return made


def event(sub_status: SubStatus | None = SubStatus.IN_TRANSIT, at: datetime = NOW, **fields: Any) -> Event:
    return Event(**{"occurred_at": at, "sub_status": sub_status, "code": str(sub_status or "X?"), **fields})
