"""URLs of orders, below a shop's part of the console."""

from django.urls import path

from console import order, order_actions, order_add, order_ask, orders

urlpatterns = [
    path("orders/", orders.orders, name="orders"),
    path("orders/add/", order_add.add, name="order_add"),
    path("orders/<int:pk>/", order.order, name="order"),
    path("orders/<int:pk>/peek/", order.peek, name="order_peek"),
    path("orders/<int:pk>/state/", order_actions.state, name="order_state"),
    path("orders/<int:pk>/override/", order_actions.override, name="order_override"),
    path("orders/<int:pk>/override/clear/", order_actions.override_clear, name="order_override_clear"),
    path("orders/<int:pk>/cancel/", order_actions.cancel, name="order_cancel"),
    path("orders/<int:pk>/reopen/", order_actions.reopen, name="order_reopen"),
    path("orders/<int:pk>/parcels/", order_actions.parcel, name="order_parcel"),
    path("orders/<int:pk>/events/", order_actions.event, name="order_event"),
    path("orders/<int:pk>/invoice/", order_actions.invoice, name="order_invoice"),
    path("orders/<int:pk>/customer/", order_actions.customer, name="order_customer"),
    path("orders/<int:pk>/page/", order_actions.page_revoke, name="order_page_revoke"),
    path("orders/<int:pk>/parcels/<int:shipment_pk>/ask/", order_ask.ask, name="parcel_ask"),
    path(
        "orders/<int:pk>/parcels/<int:shipment_pk>/remove/", order_actions.parcel_remove, name="parcel_remove"
    ),
]
