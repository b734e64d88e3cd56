"""URLs of the API. An address with a slash at its end is the same address."""

from django.urls import path

from tracking.api import batches, orders, places, positions, shipments
from tracking.api.nowhere import Nowhere, without_slash

urlpatterns = [
    path("orders", orders.Orders.as_view(), name="api-orders"),
    path("orders/batch", batches.Batch.as_view(), name="api-batch"),
    path("orders/<path:order>/shipments", orders.OrderShipments.as_view(), name="api-order-shipments"),
    path("orders/<path:order>/state", orders.OrderStateView.as_view(), name="api-order-state"),
    path("orders/<path:order>/cancel", orders.OrderCancel.as_view(), name="api-order-cancel"),
    path("orders/<path:order>/milestones", orders.OrderMilestones.as_view(), name="api-order-milestones"),
    path("orders/<path:order>/embed", orders.OrderEmbed.as_view(), name="api-order-embed"),
    path("shipments", shipments.Shipments.as_view(), name="api-shipments"),
    path("shipments/<str:shipment>", shipments.OneShipment.as_view(), name="api-shipment"),
    path("shipments/<str:shipment>/events", shipments.ShipmentEvents.as_view(), name="api-events"),
    path("shipments/<str:shipment>/position", positions.Position.as_view(), name="api-position"),
    path("pickup-places", places.PickupPlaces.as_view(), name="api-pickup-places"),
    path("positions", positions.Positions.as_view(), name="api-positions"),
    path("<path:rest>/", without_slash),
    path("orders/<path:order>", orders.OneOrder.as_view(), name="api-order"),
    path("<path:rest>", Nowhere.as_view()),
    path("", Nowhere.as_view()),
]
