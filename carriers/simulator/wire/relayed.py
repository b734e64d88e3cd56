"""The words of the carriers behind an aggregator, which it relays as they are: Correos in Spanish, UPS in English."""

from __future__ import annotations

from carriers.types import SubStatus

S = SubStatus
SPANISH: dict[SubStatus, str] = {
    S.LABEL_CREATED: "Prerregistrado",
    S.PICKED_UP: "Admitido",
    S.DEPARTED_FACILITY: "Salida de la oficina de origen",
    S.IN_SORTING: "Clasificado en centro logístico",
    S.AT_DELIVERY_DEPOT: "Recibido en la unidad de reparto",
    S.DEPARTED_COUNTRY: "Salida del país de origen",
    S.ARRIVED_COUNTRY: "Llegada al país de destino",
    S.CUSTOMS_PROCESSING: "En trámite de aduana",
    S.CUSTOMS_INFO_REQUIRED: "En aduana, pendiente de documentación",
    S.CUSTOMS_CLEARED: "Despachado de aduana",
    S.ON_VEHICLE: "En reparto",
    S.FAILED_NOT_HOME: "Intento de entrega: destinatario ausente",
    S.PICKUP_POINT: "Disponible en oficina para su recogida",
    S.DELIVERED: "Entregado",
    S.DELIVERED_COLLECTED: "Entregado en oficina al destinatario",
    S.EXCEPTION_PICKUP_MISSED: "No retirado en la oficina en plazo",
    S.RETURNING: "En devolución al remitente",
    S.RETURNED: "Devuelto al remitente",
    S.DELAYED_WEATHER: "Retraso por condiciones meteorológicas",
    S.DELAYED_OPERATIONS: "Retraso en el transporte",
    S.EXCEPTION_INVESTIGATION: "Envío en investigación",
    S.EXCEPTION_LOST: "Envío dado por extraviado",
    S.EXCEPTION_DAMAGED: "Envío dañado",
    S.EXCEPTION_REFUSED: "Rehusado por el destinatario",
}
ENGLISH: dict[SubStatus, str] = {
    S.LABEL_CREATED: "Shipper created a label",
    S.PICKED_UP: "Origin Scan",
    S.DEPARTED_FACILITY: "Departed from Facility",
    S.IN_SORTING: "Processing at Facility",
    S.AT_DELIVERY_DEPOT: "Arrived at Delivery Facility",
    S.DEPARTED_COUNTRY: "Departed from the country of origin",
    S.ARRIVED_COUNTRY: "Arrived in the destination country",
    S.CUSTOMS_PROCESSING: "Pending clearance with customs",
    S.CUSTOMS_INFO_REQUIRED: "Held by customs: further documents required",
    S.CUSTOMS_CLEARED: "Released by customs",
    S.ON_VEHICLE: "Out For Delivery Today",
    S.FAILED_NOT_HOME: "Delivery attempted: the receiver was not home",
    S.PICKUP_POINT: "Ready for customer pickup",
    S.DELIVERED: "Delivered",
    S.DELIVERED_COLLECTED: "Picked up by the customer",
    S.EXCEPTION_PICKUP_MISSED: "The customer did not collect the package in time",
    S.RETURNING: "Returning to sender",
    S.RETURNED: "Returned to sender",
    S.DELAYED_WEATHER: "Delayed by severe weather",
    S.DELAYED_OPERATIONS: "The package was delayed in our network",
    S.EXCEPTION_INVESTIGATION: "An investigation has been opened to locate the package",
    S.EXCEPTION_LOST: "The package is lost",
    S.EXCEPTION_DAMAGED: "The package has been damaged",
    S.EXCEPTION_REFUSED: "The receiver refused the delivery",
}
