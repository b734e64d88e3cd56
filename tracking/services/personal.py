"""What tracking keeps about a person: read for an export, and overwritten. Columns that are personal are named here."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, Now
from django.utils.translation import gettext_lazy as _

from carriers.models import UnknownCode
from tracking.holdings import MOST_ROWS, Part, Row
from tracking.models import (
    CourierPosition,
    DeliveryRequest,
    Invoice,
    Milestone,
    Notice,
    Order,
    OrderLine,
    OrderWord,
    PageVisit,
    Poll,
    ProofCode,
    Review,
    Shipment,
    Stop,
    Ticket,
    TicketMessage,
    TicketPhoto,
    TrackingEvent,
)

CUSTOMER = (
    "customer_name", "customer_email", "customer_phone", "address_line", "address_extra", "city", "region",
    "postal_code", "external_id", "override_reason", "email_key", "phone_key", "gift_hash",
)  # fmt: skip
# Scans at somebody's door, or at the place where they fetch it.
AT_THE_DOOR = ("delivered", "failed_attempt", "available_for_pickup")


def plain(value: Any) -> Any:
    """As JSON says it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def read(rows: QuerySet[Any], *names: str) -> list[Row]:
    found = rows.order_by("pk").values(*names)[:MOST_ROWS]
    return [{name: plain(value) for name, value in row.items()} for row in found]


def _of(model: Any, shop_id: int, ids: Sequence[int], path: str = "order") -> QuerySet[Any]:
    found: QuerySet[Any] = model.objects.for_shop(shop_id).filter(**{f"{path}_id__in": ids})
    return found


# --- The order ---


def _order_rows(shop_id: int, order_id: int) -> list[Row]:
    return read(
        Order.objects.for_shop(shop_id).filter(pk=order_id),
        "number", "channel", "placed_at", "currency", "total", "customer_name", "customer_email", "customer_phone",
        "language", "address_line", "address_extra", "city", "region", "postal_code", "country", "latitude",
        "longitude", "state", "state_since", "tags", "coupons", "wants_marketing",
    )  # fmt: skip


def _erase_orders(shop_id: int, ids: Sequence[int]) -> None:
    orders = Order.objects.for_shop(shop_id).filter(pk__in=ids)
    orders.update(
        **dict.fromkeys(CUSTOMER, ""),
        tags=[],
        coupons=[],
        wants_marketing=None,
        latitude=None,
        longitude=None,
        version=F("version") + 1,
        updated_at=Now(),
    )
    _of(OrderWord, shop_id, ids).delete()
    _of(Milestone, shop_id, ids).exclude(url="").update(url="")


def _line_rows(shop_id: int, order_id: int) -> list[Row]:
    lines = _of(OrderLine, shop_id, [order_id])
    return read(lines, "title", "variant", "sku", "quantity", "cancelled", "unit_price")


def _nothing(shop_id: int, ids: Sequence[int]) -> None:
    """What was bought says nothing of a person once nobody's name stands beside it."""


# --- Parcels ---


def _parcel_rows(shop_id: int, order_id: int) -> list[Row]:
    parcels = _of(Shipment, shop_id, [order_id])
    return read(parcels, "carrier", "number", "service", "status", "delivered_at", "signed_by", "pickup")


def _event_rows(shop_id: int, order_id: int) -> list[Row]:
    events = _of(TrackingEvent, shop_id, [order_id], "shipment__order")
    return read(events, "occurred_at", "sub_status", "code", "text", "place", "country", "source")


def _erase_parcels(shop_id: int, ids: Sequence[int]) -> None:
    """A parcel's number opens its carrier's page, which says the address: it goes, and no push finds it again."""
    parcels = _of(Shipment, shop_id, ids)
    events = _of(TrackingEvent, shop_id, ids, "shipment__order")
    UnknownCode.objects.for_shop(shop_id).exclude(text="").filter(text__in=events.values("text")).update(
        text=""
    )
    _of(Poll, shop_id, ids, "shipment__order").delete()
    _of(CourierPosition, shop_id, ids, "shipment__order").delete()
    _of(Stop, shop_id, ids, "shipment__order").update(taken_by="", note="", picture=None, picture_kind="")
    doors = Q()
    for status in AT_THE_DOOR:
        doors |= Q(sub_status__startswith=status)
    events.filter(doors).update(place="")
    events.update(text="", raw=None, scan_id="")
    own = Cast("pk", CharField())
    parcels.update(
        number=Concat(Value("erased-"), own), number_key=Concat(Value("ERASED"), own), signed_by="", pickup=None,
        options_url="", candidates=[], account_id=None,
    )  # fmt: skip


# --- What was said ---


def _ticket_rows(shop_id: int, order_id: int) -> list[Row]:
    said = _of(TicketMessage, shop_id, [order_id], "ticket__order").filter(internal=False)
    return read(said, "ticket__reason", "at", "by", "author", "text", "via")


def _ticket_files(shop_id: int, order_id: int) -> Iterable[tuple[str, bytes]]:
    photos = _of(TicketPhoto, shop_id, [order_id], "message__ticket__order").order_by("pk")[:MOST_ROWS]
    for photo in photos.iterator(chunk_size=8):
        yield f"photo-{photo.pk}.jpg", bytes(photo.content)


def _erase_tickets(shop_id: int, ids: Sequence[int]) -> None:
    """An answer by e-mail to what is gone finds nothing any more."""
    _of(TicketPhoto, shop_id, ids, "message__ticket__order").delete()
    _of(TicketMessage, shop_id, ids, "ticket__order").update(text="")
    for pk in _of(Ticket, shop_id, ids).values_list("pk", flat=True):
        Ticket.objects.for_shop(shop_id).filter(pk=pk).update(reply_key=f"erased-{secrets.token_urlsafe(12)}")


def _request_rows(shop_id: int, order_id: int) -> list[Row]:
    asked = _of(DeliveryRequest, shop_id, [order_id])
    return read(asked, "kind", "status", "details", "price", "currency", "asked_at", "settled_at", "answer")


def _erase_requests(shop_id: int, ids: Sequence[int]) -> None:
    _of(DeliveryRequest, shop_id, ids).update(details={}, answer="", reference="", next_at=None)


def _review_rows(shop_id: int, order_id: int) -> list[Row]:
    reviews = _of(Review, shop_id, [order_id])
    return read(
        reviews, "carrier", "shop_stars", "carrier_stars", "text", "name", "status", "answer", "written_at"
    )


def _erase_reviews(shop_id: int, ids: Sequence[int]) -> None:
    _of(Review, shop_id, ids).update(text="", text_key="", name="", answer="")


def _notice_rows(shop_id: int, order_id: int) -> list[Row]:
    return read(_of(Notice, shop_id, [order_id]), "kind", "channel", "recipient", "about", "created_at")


def _erase_notices(shop_id: int, ids: Sequence[int]) -> None:
    """Rows stay, so that nothing is told twice; nobody is told any more."""
    _of(Notice, shop_id, ids).update(recipient="", about={}, sealed="", reply_key="")
    _of(Notice, shop_id, ids).filter(taken_at=None).update(taken_at=Now())
    _of(ProofCode, shop_id, ids).delete()


# --- Papers and visits ---


def _invoice_rows(shop_id: int, order_id: int) -> list[Row]:
    invoices = _of(Invoice, shop_id, [order_id])
    return read(invoices, "kind", "number", "status", "issued_at", "buyer", "total", "currency", "reason")


def _invoice_files(shop_id: int, order_id: int) -> Iterable[tuple[str, bytes]]:
    for number, pdf in _of(Invoice, shop_id, [order_id]).exclude(pdf=None).values_list("number", "pdf")[:40]:
        yield f"{number}.pdf", bytes(pdf)


def _erase_invoices(shop_id: int, ids: Sequence[int]) -> None:
    """What was asked for and never issued."""
    _of(Invoice, shop_id, ids).exclude(status="issued").delete()


def _visit_rows(shop_id: int, order_id: int) -> list[Row]:
    return read(_of(PageVisit, shop_id, [order_id]), "day", "device", "country", "reader", "views", "visits")


def _erase_visits(shop_id: int, ids: Sequence[int]) -> None:
    _of(PageVisit, shop_id, ids).delete()


OWN_PARTS = (
    Part("order", _("Your order: name, e-mail, phone and address"), _order_rows, _erase_orders),
    Part("articles", _("What you bought"), _line_rows, _nothing, stays=_("The articles stay, without your name.")),
    Part("parcels", _("Your parcels, and who signed for them"), _parcel_rows, _erase_parcels),
    Part("journey", _("The carrier’s scans"), _event_rows, _nothing,
         stays=_("When and how stay, without the carrier’s words.")),
    Part("changes", _("Changes of the delivery you asked for"), _request_rows, _erase_requests),
    Part("messages", _("What you wrote to the shop, with your photos"), _ticket_rows, _erase_tickets, _ticket_files),
    Part("reviews", _("Your stars and your word"), _review_rows, _erase_reviews,
         stays=_("The stars stay, without your name or words.")),
    Part("notices", _("Codes and answers we sent you"), _notice_rows, _erase_notices),
    Part(
        "invoices", _("Your invoices"), _invoice_rows, _erase_invoices, _invoice_files,
        stays=_("Issued invoices stay for as long as tax law makes the shop keep them."),
    ),
    Part("visits", _("How often this page was opened, by day and kind of device"), _visit_rows, _erase_visits),
)  # fmt: skip
