"""Many orders in one call: each taken or refused by itself."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.models import Shop
from tracking.api import bodies, shapes
from tracking.api.addresses import order_id
from tracking.api.door import WRITE, ShopView
from tracking.api.problems import Invalid
from tracking.api.reading import Reader
from tracking.api.taking import order_in
from tracking.links import page_path, shop_url
from tracking.models import Order
from tracking.services import intake
from tracking.services.incoming import OrderIn, Refused
from tracking.services.intake import Taken

MOST_OF_BATCH = 500


class Batch(ShopView):
    scopes = {"POST": WRITE}

    @extend_schema(
        operation_id="put_orders",
        summary="Create or update up to 500 orders",
        request=bodies.BatchBody,
        responses={200: shapes.BatchAnswer},
    )
    def post(self, request: Request) -> Response:
        """Each order is taken or refused by itself; the answer has a line for each, in the same order, with the
        status it would have had alone: 201, 200, or 422 with the reasons."""
        shop = self.shop_of(request)
        reader = Reader.of(request.data)
        said = reader.listed("orders")
        if said is None:
            reader.complain("orders", _("This is needed."))
        elif len(said) > MOST_OF_BATCH:
            reader.complain(
                "orders", _("No more than %(most)d orders in one call.") % {"most": MOST_OF_BATCH}
            )
        reader.settle()
        return Response(_batch(shop, said or [], self, request))


def _batch(shop: Shop, said: list[Any], view: ShopView, request: Request) -> dict[str, Any]:
    """Seven statements and those of the intake, however many orders there are."""
    orders: list[OrderIn] = []
    refused: dict[int, Refused] = {}
    for position, one in enumerate(said):
        try:
            orders.append(order_in(one))
        except Refused as error:
            refused[position] = error
    taken = iter(
        intake.upsert_orders(shop=shop, orders=orders, by=view.actor_of(request), now=timezone.now())
    )
    results = [
        Taken(None, _number(one), "refused", refused[position]) if position in refused else next(taken)
        for position, one in enumerate(said)
    ]
    kept = {one.order_id for one in results if one.order_id and not one.refused}
    pages = Order.objects.for_shop(shop).filter(pk__in=kept).only("id", "shop", "channel", "token_turn")
    known, address = {order.pk: order for order in pages}, shop_url(shop)
    return {
        "results": [_line(one, known, address) for one in results],
        **{name: sum(one.outcome == name for one in results) for name in OUTCOMES},
    }


OUTCOMES = ("created", "updated", "unchanged", "refused")


def _number(one: Any) -> str:
    number = one.get("number", "") if isinstance(one, dict) else ""
    return number[:64] if isinstance(number, str) else ""


def _line(one: Taken, known: dict[int, Order], address: str) -> dict[str, Any]:
    line: dict[str, Any] = {"number": one.number, "outcome": one.outcome}
    if one.refused:
        errors = Invalid(one.refused.fields).as_errors()
        return line | {"status": 422, "id": None, "page_url": None, "errors": errors}
    order = known[one.order_id or 0]
    return line | {
        "status": 201 if one.outcome == "created" else 200,
        "id": order_id(order.pk),
        "page_url": address + page_path(order),
        "errors": [],
    }
