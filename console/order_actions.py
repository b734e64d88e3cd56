"""What an agent does to an order. Each is a form that works by itself, may be sent twice, and says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from carriers.types import Event, SubStatus
from console import order_forms
from console.actor import actor_of
from console.clock import in_shop_time
from console.order import filled, find, show
from console.order_forms import OrderForm
from tenants import audit
from tenants.access import MemberRequest, members
from tenants.models import Role
from tracking.models import Order, Shipment, TrackingEvent
from tracking.position import event_key
from tracking.services import intake, orders
from tracking.services.events import record_events
from tracking.services.incoming import OrderIn, Refused, ShipmentIn

Do = Callable[[MemberRequest, Order, dict[str, Any]], None]
View = Callable[..., HttpResponse]


def _answers(kind: type[OrderForm], done: str | Promise) -> Callable[[Do], View]:
    """A view that takes the form `kind`, does what is asked, and goes back to the order."""

    def view_of(do: Do) -> View:
        @members(Role.AGENT)
        @never_cache
        @in_shop_time
        def view(request: MemberRequest, pk: int) -> HttpResponse:
            order = find(request, pk)
            if request.method != "POST":  # having signed in again, a browser comes back asking to see it
                return redirect("console:order", request.shop.slug, pk)
            form = filled(kind, request, order)
            if form.is_valid():
                try:
                    do(request, order, form.cleaned_data)
                except Refused as refused:
                    form.refuse(refused)
                else:
                    messages.success(request, str(done))
                    return redirect("console:order", request.shop.slug, pk)
            return show(request, order, form)

        return view

    return view_of


@_answers(order_forms.StateForm, gettext_lazy("State changed."))
def state(request: MemberRequest, order: Order, said: dict[str, Any]) -> None:
    orders.assert_state(
        shop=request.shop, order=order, state=said["state"], by=actor_of(request), now=timezone.now()
    )


@_answers(order_forms.OverrideForm, gettext_lazy("State set by hand."))
def override(request: MemberRequest, order: Order, said: dict[str, Any]) -> None:
    orders.override(shop=request.shop, order=order, by=actor_of(request), now=timezone.now(), **said)


@_answers(order_forms.CancelForm, gettext_lazy("Order cancelled."))
def cancel(request: MemberRequest, order: Order, said: dict[str, Any]) -> None:
    orders.cancel(
        shop=request.shop, order=order, reason=said["reason"], by=actor_of(request), now=timezone.now()
    )


@_answers(order_forms.ParcelForm, gettext_lazy("Parcel added. The carrier is asked about it shortly."))
def parcel(request: MemberRequest, order: Order, said: dict[str, Any]) -> None:
    intake.add_shipment(
        shop=request.shop, order=order, shipment=ShipmentIn(**said), by=actor_of(request), now=timezone.now()
    )


@_answers(order_forms.EventForm, gettext_lazy("Event recorded."))
def event(request: MemberRequest, order: Order, said: dict[str, Any]) -> None:
    shipment = Shipment.objects.for_shop(request.shop).get(pk=said["shipment"], order=order)
    told = Event(
        said["occurred_at"],
        SubStatus(said["sub_status"]),
        text=said["text"],
        place=said["place"],
        source="agent",
    )
    known = TrackingEvent.objects.for_shop(request.shop).filter(shipment=shipment, key=event_key(told))
    if known.exists():
        return
    record_events(shop_id=request.shop.pk, shipment_id=shipment.pk, events=[told], now=timezone.now())
    by = actor_of(request)
    audit.record(
        shop=request.shop, actor=by.name, role=by.role, address=by.address, action="shipment.event",
        subject=f"order:{order.pk}", after={"number": shipment.number, "sub_status": said["sub_status"]},
    )  # fmt: skip


@_answers(order_forms.InvoiceForm, gettext_lazy("Invoice recorded."))
def invoice(request: MemberRequest, order: Order, said: dict[str, Any]) -> None:
    orders.record_milestone(
        shop=request.shop,
        order=order,
        code="invoice_issued",
        by=actor_of(request),
        now=timezone.now(),
        **said,
    )


@_answers(order_forms.CustomerForm, gettext_lazy("Saved."))
def customer(request: MemberRequest, order: Order, said: dict[str, Any]) -> None:
    changed = {name: value for name, value in said.items() if value != getattr(order, name)}
    if not changed:
        return
    by = actor_of(request)
    intake.upsert_order(
        shop=request.shop,
        order=OrderIn(number=order.number, channel=order.channel, **changed),
        by=by,
        now=timezone.now(),
    )
    audit.record(
        shop=request.shop, actor=by.name, role=by.role, address=by.address, action="order.changed",
        subject=f"order:{order.pk}", after={"fields": sorted(changed)},
    )  # fmt: skip


def _at_once(done: str | Promise) -> Callable[[Callable[[MemberRequest, Order], None]], View]:
    """A view behind a button that asks for nothing."""

    def view_of(do: Callable[[MemberRequest, Order], None]) -> View:
        @require_POST
        @members(Role.AGENT)
        @never_cache
        def view(request: MemberRequest, pk: int) -> HttpResponse:
            do(request, find(request, pk))
            messages.success(request, str(done))
            return redirect("console:order", request.shop.slug, pk)

        return view

    return view_of


@_at_once(gettext_lazy("The state follows the parcels again."))
def override_clear(request: MemberRequest, order: Order) -> None:
    orders.clear_override(shop=request.shop, order=order, by=actor_of(request), now=timezone.now())


@_at_once(gettext_lazy("Order taken up again."))
def reopen(request: MemberRequest, order: Order) -> None:
    orders.reopen(shop=request.shop, order=order, by=actor_of(request), now=timezone.now())


@_at_once(gettext_lazy("The customer’s page has a new address."))
def page_revoke(request: MemberRequest, order: Order) -> None:
    """Each call of the service makes another address, so one form makes one: it names the one it makes void."""
    if request.POST.get("turn") == str(order.token_turn):
        orders.revoke_page(shop=request.shop, order=order, by=actor_of(request))


@require_POST
@members(Role.AGENT)
@never_cache
def parcel_remove(request: MemberRequest, pk: int, shipment_pk: int) -> HttpResponse:
    order = find(request, pk)
    shipment = Shipment.objects.for_shop(request.shop).filter(pk=shipment_pk, order=order).first()
    if shipment:  # sent twice, it is gone already
        intake.remove_shipment(shop=request.shop, shipment=shipment, by=actor_of(request), now=timezone.now())
    messages.success(request, _("Parcel removed."))
    return redirect("console:order", request.shop.slug, pk)
