"""One order: its page, and the same beside the list."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from carriers.directory import everyone
from console.changes import OUTCOMES, of_order
from console.clock import clock_of, in_shop_time
from console.order_forms import FORMS, EventForm, OrderForm
from console.order_page import OrderPage, order_page
from console.rows import StateNames
from tenants.access import MemberRequest, members
from tenants.models import Role
from tracking.models import Order, Shipment


def find(request: MemberRequest, pk: int) -> Order:
    """The shop's order of this id; another shop's, like one that never was, is not there."""
    order: Order | None = Order.objects.for_shop(request.shop).filter(pk=pk).first()
    if order is None:
        raise Http404
    return order


def can_act(request: MemberRequest) -> bool:
    return Role(request.member.role).includes(Role.AGENT)


@require_safe
@members(Role.VIEWER)
@never_cache
@in_shop_time
def order(request: MemberRequest, pk: int) -> HttpResponse:
    return show(request, find(request, pk))


@require_safe
@members(Role.VIEWER)
@never_cache
@in_shop_time
def peek(request: MemberRequest, pk: int) -> HttpResponse:
    """The part that goes beside the list."""
    page = order_page(find(request, pk), request.shop, clock_of(request.shop), masked=not can_act(request))
    return render(request, "console/_order_peek.html", {"page": page, "can_act": can_act(request)})


def show(request: MemberRequest, found: Order, refused: OrderForm | None = None) -> HttpResponse:
    """The page; with a form that could not be taken, as it was sent, open and with what is wrong."""
    page = order_page(found, request.shop, clock_of(request.shop), masked=not can_act(request))
    context: dict[str, Any] = {
        "page": page,
        "can_act": can_act(request),
        "can_erase": Role(request.member.role).includes(Role.ADMIN),
    }
    context |= {
        "changes": of_order(found, request.shop, can_act=can_act(request)),
        "outcomes": OUTCOMES.items(),
    }
    if context["can_act"]:
        context["forms"] = {kind.code: blank(kind, request, page) for kind in FORMS}
        context["carriers"] = [listed.name for listed in everyone()]
    if refused:
        context["forms"][refused.code] = refused
    return render(request, "console/order.html", context, status=422 if refused else 200)


def blank(kind: type[OrderForm], request: MemberRequest, page: OrderPage) -> OrderForm:
    shipments = [parcel.shipment for parcel in (*page.parcels, *page.returns)]
    return _form(kind, request, page.order, page.names, shipments)


def filled(kind: type[OrderForm], request: MemberRequest, found: Order) -> OrderForm:
    """The form as it was sent."""
    shipments = list(Shipment.objects.for_shop(request.shop).filter(order=found).order_by("id"))
    return _form(kind, request, found, StateNames(request.shop), shipments, data=request.POST)


def _form(
    kind: type[OrderForm],
    request: MemberRequest,
    found: Order,
    names: StateNames,
    shipments: list[Shipment],
    data: Any = None,
) -> OrderForm:
    address = reverse(f"console:order_{kind.code}", args=[request.shop.slug, found.pk])
    more: dict[str, Any] = {"shipments": shipments} if issubclass(kind, EventForm) else {}
    return kind(data, order=found, names=names, address=address, **more)
