"""What the tests of tickets share: an order with a parcel somewhere, words, pictures."""

from __future__ import annotations

import io
import itertools
from typing import Any

from PIL import Image

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.models import Shop
from tests import make
from tests.tracking import pages
from tracking.models import Notice, Order, Shipment, Ticket, TicketMessage
from tracking.services.ticket_rows import Said
from tracking.services.tickets import write

ON_ITS_WAY = ((SubStatus.PICKED_UP, 30, "Recogido"), (SubStatus.IN_TRANSIT, 20, "En tránsito"))
DELIVERED = (*ON_ITS_WAY, (SubStatus.ON_VEHICLE, 6, "En reparto"), (SubStatus.DELIVERED, 3, "Entregado"))
_count = itertools.count(1)


def order(of: Shop, scans: Any = ON_ITS_WAY, **fields: Any) -> tuple[Order, Shipment]:
    with shop_context(of.pk):
        made = pages.order(of, **{"state": "shipped", **fields})
        parcel = pages.parcel(made, scans)
    return made, parcel


def said(text: str = "Where is my plate?", key: str = "", **more: Any) -> Said:
    return Said(text, key or f"page:{next(_count)}", **more)


def ticket(
    of: Shop, about: Order, reason: str = "where", text: str = "Where is my plate?", **more: Any
) -> Ticket:
    return write(shop=of, order=about, reason=reason, said=said(text), **{"now": make.NOW, **more})


def again(found: Ticket) -> Ticket:
    with shop_context(found.shop_id):
        found.refresh_from_db()
    return found


def texts(found: Ticket) -> list[str]:
    with shop_context(found.shop_id):
        rows = TicketMessage.objects.for_shop(found.shop_id).filter(ticket=found).order_by("id")
        return [f"{row.by}: {row.text}" for row in rows]


def notices(of: Shop) -> list[tuple[str, str]]:
    with shop_context(of.pk):
        return list(Notice.objects.for_shop(of).order_by("id").values_list("kind", "recipient"))


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), mode: str = "RGB", **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "red" if mode == "RGB" else 0).save(out, kind, **more)
    return out.getvalue()
