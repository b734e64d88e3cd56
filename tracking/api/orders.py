"""Orders: take them in, read them, say what became of them."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.models import Shop
from tracking import search
from tracking.api import answers, bodies, parameters, shapes
from tracking.api.addresses import order_at, order_id
from tracking.api.door import READ, WRITE, ShopView
from tracking.api.paging import MOST, Asked, page
from tracking.api.reading import Reader
from tracking.api.taking import order_in, shipment_in
from tracking.api.words import ORDER_STATES
from tracking.embedding import LASTS, embed_url
from tracking.models import Order
from tracking.services import intake
from tracking.services.incoming import OrderIn
from tracking.services.intake import Taken
from tracking.services.orders import assert_state, cancel, record_milestone
from tracking.services.values import Notes

FILTERS = ("state", "updated_since", "number", "channel", "q")


class OrderView(ShopView):
    """An address below one order's."""

    def order_of(self, request: Request, name: str) -> Order:
        return order_at(self.shop_of(request), name, request.query_params.get("channel"))

    def answer(self, request: Request, order: Order, status: int = 200) -> Response:
        order.refresh_from_db()
        return Response(answers.order(self.shop_of(request), order), status=status)


class Orders(ShopView):
    scopes = {"GET": READ, "POST": WRITE}

    @extend_schema(
        operation_id="list_orders",
        summary="List orders",
        parameters=parameters.ORDER_FILTERS,
        responses={200: shapes.OrderList},
    )
    def get(self, request: Request) -> Response:
        """The newest first; with `updated_since`, those changed since then, the oldest change first.

        Take `next` as it is for the next page; it is null on the last.
        """
        shop = self.shop_of(request)
        asked = Asked(request, FILTERS)
        found, following = _listed(shop, asked)
        return Response({"results": answers.orders(shop, found), "next": following})

    @extend_schema(
        operation_id="put_order",
        summary="Create or update an order",
        request=bodies.OrderBody,
        responses={201: shapes.Order, 200: shapes.Order},
        examples=parameters.ORDER_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        """An order is known by `channel` and `number`. New: 201. Known: what is said is changed, and what is left
        out stays as it is. Saying the same again changes nothing."""
        shop = self.shop_of(request)
        taken = _take(self, request, order_in(request.data))
        order = Order.objects.for_shop(shop).get(pk=taken.order_id)
        answer = Response(answers.order(shop, order), status=201 if taken.outcome == "created" else 200)
        answer["Location"] = f"{settings.SITE_URL}/api/v1/orders/{order_id(order.pk)}"
        return answer


class OneOrder(OrderView):
    scopes = {"GET": READ, "PATCH": WRITE}

    @extend_schema(
        operation_id="get_order",
        summary="Read an order",
        parameters=[parameters.CHANNEL],
        responses={200: shapes.Order},
    )
    def get(self, request: Request, order: str) -> Response:
        """By the shop's number, or by our identifier, which begins with `ord_`."""
        found = self.order_of(request, order)
        return Response(answers.order(self.shop_of(request), found))

    @extend_schema(
        operation_id="change_order",
        summary="Change an order",
        parameters=[parameters.CHANNEL],
        request=bodies.OrderPatch,
        responses={200: shapes.Order},
    )
    def patch(self, request: Request, order: str) -> Response:
        """What is left out stays as it is; null empties a field. Lines replace all lines, parcels are added."""
        found = self.order_of(request, order)
        _take(self, request, order_in(request.data, number=found.number, channel=found.channel))
        return self.answer(request, found)


class OrderShipments(OrderView):
    scopes = {"POST": WRITE}

    @extend_schema(
        operation_id="add_shipment",
        summary="Add a parcel to an order",
        parameters=[parameters.CHANNEL],
        request=bodies.ShipmentBody,
        responses={201: shapes.ShipmentWithEvents, 200: shapes.ShipmentWithEvents},
        examples=parameters.SHIPMENT_EXAMPLES,
    )
    def post(self, request: Request, order: str) -> Response:
        """Known already by carrier and number: it is changed, and answered with 200. From then on its carrier is
        asked, where the shop has an account with it."""
        shop, found = self.shop_of(request), self.order_of(request, order)
        reader = Reader.of(request.data)
        said = shipment_in(reader)
        reader.settle()
        before = set(found.shipments.values_list("pk", flat=True))
        parcel = intake.add_shipment(
            shop=shop, order=found, shipment=said, by=self.actor_of(request), now=timezone.now()
        )
        answer = answers.shipment(shop, parcel.pk)
        return Response(answer, status=200 if parcel.pk in before else 201)


class OrderStateView(OrderView):
    scopes = {"POST": WRITE}

    @extend_schema(
        operation_id="assert_state",
        summary="Say where an order is",
        parameters=[parameters.CHANNEL],
        request=bodies.StateBody,
        responses={200: shapes.Order},
        examples=[OpenApiExample("Being prepared", {"state": "preparing"}, request_only=True)],
    )
    def post(self, request: Request, order: str) -> Response:
        """What only the shop knows: received, paid, being prepared, handed over. Once a parcel moves, its carrier's
        word counts for more."""
        found, now = self.order_of(request, order), timezone.now()
        reader = Reader.of(request.data)
        state, occurred_at = reader.needed_text("state"), reader.moment("occurred_at")
        reader.settle()
        assert_state(
            shop=self.shop_of(request),
            order=found,
            state=state,
            by=self.actor_of(request),
            now=now,
            occurred_at=_moment("occurred_at", occurred_at, now),
        )
        return self.answer(request, found)


class OrderCancel(OrderView):
    scopes = {"POST": WRITE}

    @extend_schema(
        operation_id="cancel_order",
        summary="Cancel an order",
        parameters=[parameters.CHANNEL],
        request=bodies.CancelBody,
        responses={200: shapes.Order},
        examples=[OpenApiExample("The shopper no longer wants it", {"reason": "shopper"}, request_only=True)],
    )
    def post(self, request: Request, order: str) -> Response:
        """Parcels under way go on, and the order then asks for somebody's attention. Cancelled already: nothing
        happens."""
        found = self.order_of(request, order)
        reader = Reader.of(request.data)
        reason = reader.text("reason", "shop") or "shop"
        reader.settle()
        cancel(
            shop=self.shop_of(request),
            order=found,
            reason=reason,
            by=self.actor_of(request),
            now=timezone.now(),
        )
        return self.answer(request, found)


class OrderMilestones(OrderView):
    scopes = {"POST": WRITE}

    @extend_schema(
        operation_id="record_milestone",
        summary="Note an invoice, or another milestone",
        parameters=[parameters.CHANNEL],
        request=bodies.MilestoneBody,
        responses={200: shapes.Order},
        examples=parameters.MILESTONE_EXAMPLES,
    )
    def post(self, request: Request, order: str) -> Response:
        """Known by code and reference: said again, its time and address are corrected, and nobody is told twice."""
        found, now = self.order_of(request, order), timezone.now()
        reader = Reader.of(request.data)
        said = {
            "code": reader.text("code", "invoice_issued"),
            "reference": reader.text("reference", ""),
            "url": reader.text("url", ""),
        }
        at = reader.moment("at")
        reader.settle()
        record_milestone(
            shop=self.shop_of(request),
            order=found,
            at=_moment("at", at, now) or now,
            by=self.actor_of(request),
            now=now,
            **said,
        )
        return self.answer(request, found)


class OrderEmbed(OrderView):
    scopes = {"POST": READ}

    @extend_schema(
        operation_id="embed_order",
        summary="Show an order in your customer's account",
        parameters=[parameters.CHANNEL],
        request=None,
        responses={200: shapes.Embed},
    )
    def post(self, request: Request, order: str) -> Response:
        """An address for one hour, for a frame, or for `data-order` of the widget's script: the order's status in
        short. Ask for one each time you show the order to a customer you have signed in, and only then. Sites that may
        show it are named in the console."""
        shop, found = self.shop_of(request), self.order_of(request, order)
        until = timezone.now().replace(microsecond=0) + LASTS
        return Response({"url": embed_url(shop, found, until=until), "expires_at": until})


def _moment(name: str, at: datetime | None, now: datetime) -> datetime | None:
    """Raises Refused."""
    if at is None:
        return None
    notes = Notes()
    exact = notes.moment(name, at, now)
    notes.settle()
    return exact


def _take(view: ShopView, request: Request, said: OrderIn) -> Taken:
    """Raises Refused."""
    (taken,) = intake.upsert_orders(
        shop=view.shop_of(request), orders=[said], by=view.actor_of(request), now=timezone.now()
    )
    if taken.refused:
        raise taken.refused
    return taken


# --- Lists ---


def _listed(shop: Shop, asked: Asked) -> tuple[list[Order], str | None]:
    orders: QuerySet[Order] = Order.objects.for_shop(shop)
    if states := asked.among("state", ORDER_STATES):
        orders = orders.filter(state__in=states)
    if number := asked.text("number"):
        orders = orders.filter(number=number.removeprefix("#").strip())
    if channel := asked.text("channel"):
        orders = orders.filter(channel=channel)
    since = asked.moment("updated_since")
    if words := asked.text("q"):
        found = [order.pk for order in search.find(shop, words, MOST)]
        orders = orders.filter(pk__in=found)
    if since is not None:
        orders = orders.filter(updated_at__gte=since)
        return page(orders, asked, ("updated_at", "id"), (datetime, int), newest_first=False)
    return page(orders, asked, ("placed_at", "id"), (datetime, int), newest_first=True)
