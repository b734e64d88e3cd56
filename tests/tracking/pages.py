"""What the tests of the shopper's page share: rows as the writers leave them, and a reader who opens pages."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client

from carriers.types import Event, SubStatus
from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.vault import unseal
from tests import make
from tracking import search
from tracking.machine import fold
from tracking.models import Notice, Order, OrderLine, Shipment, ShopState, TrackingEvent, Transition
from tracking.position import Stored, event_key
from tracking.presets import SIMPLE4

HOUR = timedelta(hours=1)
Scan = tuple[SubStatus | None, int, str]  # meaning, hours ago, the carrier's words


def shop(**fields: Any) -> Shop:
    """One that writes English, with four states. Leaves no shop bound."""
    made = make.shop(
        **{"language": "en", "languages": ["en", "es"], "contact_email": "hola@olmo.example", **fields}
    )
    with shop_context(made.pk):
        for place, spec in enumerate(SIMPLE4.states):
            ShopState.objects.create(
                shop=made, code=spec.code, labels={"en": spec.label, "es": spec.label_es},
                canonicals=list(spec.canonicals), kind=spec.kind, position=place, step=spec.step,
                visible=spec.visible,
            )  # fmt: skip
    return made


def order(of: Shop, **fields: Any) -> Order:
    """One to Marta in Madrid, of a plate for 64 €."""
    email, phone = fields.pop("customer_email", "marta@example.com"), "+34600111222"
    made = make.order(
        of,
        **{
            "lines": 0, "customer_email": email, "customer_phone": phone, "phone_key": search.phone_key(phone),
            "customer_name": "Marta Ruiz", "address_line": "Calle del Olmo 12", "total": 64, **fields,
        },
    )  # fmt: skip
    OrderLine.objects.create(
        shop=of, order=made, position=0, title="Plate Arena", variant="Set of 4", quantity=1, unit_price=64
    )
    return made


def parcel(of: Order, scans: Iterable[Scan] = (), *, now: datetime = make.NOW, **fields: Any) -> Shipment:
    """A shipment where its scans put it. `scans`: oldest first or not, it does not matter."""
    made = make.shipment(of, **fields)
    stored = []
    for meaning, hours, words in scans:
        at = now - hours * HOUR
        event = Event(
            occurred_at=at, sub_status=meaning, code=str(meaning or "X9"), text=words, place="Madrid"
        )
        TrackingEvent.objects.create(
            shop_id=of.shop_id, shipment=made, key=event_key(event)[:16], detail="d", occurred_at=at, received_at=at,
            sub_status=str(meaning or ""), code=event.code, text=words, place=event.place,
        )  # fmt: skip
        stored.append(Stored.of(event, at))
    if stored:
        position = fold(stored)
        Shipment.objects.filter(pk=made.pk).update(
            status=position.status, sub_status=position.sub_status, status_since=position.since,
            delayed=position.delayed, moved_at=position.moved_at, delivered_at=position.delivered_at,
            last_event_at=position.last_event_at,
        )  # fmt: skip
    return made


def move(of: Order, after: str, hours: int, episode: int = 0) -> Transition:
    return Transition.objects.create(
        shop_id=of.shop_id,
        order=of,
        kind="order",
        after=after,
        episode=episode,
        occurred_at=make.NOW - hours * HOUR,
    )


def reader(**headers: str) -> Client:
    """A browser at the installation's host."""
    return Client(headers={"host": "testserver", "accept-encoding": "gzip, br", **headers})


def path(of: Order) -> str:
    return f"/t/{make.token_of(of)}/"


def said(response: HttpResponse) -> str:
    """The page as a browser reads it."""
    body = response.content
    if response.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    return body.decode()


def prove_by_code(client: Client, of: Order) -> HttpResponse:
    """Have a code sent, read it where it waits to be sent, and say it."""
    client.post(path(of) + "code", {"send": "1"})
    with shop_context(of.shop_id):
        notice = Notice.objects.for_shop(of.shop_id).filter(order=of, kind="code").latest("id")
    return client.post(path(of) + "code", {"code": unseal(notice.sealed)["code"]})


def prove(client: Client, of: Order, contact: str = "marta@example.com") -> HttpResponse:
    return client.post(path(of), {"contact": contact})
