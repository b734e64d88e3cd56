"""Sets of shop states to begin with, and which shop state shows an order's state. Pure.

Labels are English msgids; the Spanish ones are the names the presets are known by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from tracking.states import STATES, OrderState, StateKind

_O = OrderState

GREY, BLUE, TEAL, VIOLET, AMBER, GREEN, RED = (
    "#5b6472",
    "#1d5fa8",
    "#0f6e74",
    "#5b4bb7",
    "#9a5b00",
    "#0f7b53",
    "#b42318",
)


@dataclass(frozen=True, slots=True)
class ShopStateSpec:
    """A state in a shop's own words. `step`: shown on the progress bar. `icon`: a Lucide name."""

    code: str
    canonicals: tuple[OrderState, ...]
    label: str
    label_es: str
    kind: StateKind
    icon: str
    colour: str
    visible: bool = True  # to shoppers
    step: bool = False

    @property
    def notify(self) -> bool:
        """Whether some of it is told by default; which part, `STATES` says."""
        return any(STATES[canonical].notify for canonical in self.canonicals)


@dataclass(frozen=True, slots=True)
class Preset:
    code: str
    label: str
    label_es: str
    states: tuple[ShopStateSpec, ...]  # in the order of the line


_UNDER_WAY = (_O.PARTIALLY_SHIPPED, _O.SHIPPED, _O.OUT_FOR_DELIVERY, _O.PARTIALLY_DELIVERED)
_ARRIVED = (_O.DELIVERED, _O.DELIVERED_INCOMPLETE)
_LINEAR, _DERIVED = StateKind.LINEAR, StateKind.DERIVED

SHIPPINGBO10 = Preset(
    "shippingbo10",
    "Ten states, with warehouse and invoice",
    "Diez estados, con almacén y factura",
    (
        ShopStateSpec(
            "awaiting_payment",
            (_O.AWAITING_PAYMENT,),
            "Awaiting payment",
            "A la espera del pago",
            _LINEAR,
            "credit-card",
            AMBER,
        ),
        ShopStateSpec(
            "awaiting_stock",
            (_O.AWAITING_STOCK,),
            "Awaiting stock",
            "Esperar existencias",
            _LINEAR,
            "calendar-clock",
            AMBER,
        ),
        ShopStateSpec(
            "routed", (_O.ROUTED,), "Routed", "Enrutado", _LINEAR, "warehouse", GREY, visible=False
        ),
        ShopStateSpec(
            "to_prepare",
            (_O.TO_PREPARE,),
            "Pending preparation",
            "Pendiente de preparación",
            _LINEAR,
            "clipboard-list",
            GREY,
            step=True,
        ),
        ShopStateSpec(
            "preparing",
            (_O.PREPARING,),
            "In preparation",
            "En preparación",
            _LINEAR,
            "package-open",
            VIOLET,
            step=True,
        ),
        ShopStateSpec("shipped", _UNDER_WAY, "Shipped", "Enviado", _DERIVED, "truck", BLUE, step=True),
        ShopStateSpec(
            "ready_for_pickup",
            (_O.READY_FOR_PICKUP,),
            "At a pickup point",
            "En un punto de recogida",
            _DERIVED,
            "map-pin",
            TEAL,
        ),
        ShopStateSpec(
            "delivered", _ARRIVED, "Delivered", "Entregado", _DERIVED, "package-check", GREEN, step=True
        ),
        ShopStateSpec(
            "invoice_issued",
            (_O.INVOICE_ISSUED,),
            "Invoice issued",
            "Factura generada",
            StateKind.MILESTONE,
            "receipt",
            GREY,
        ),
        ShopStateSpec(
            "cancelled", (_O.CANCELLED,), "Cancelled", "Cancelado", StateKind.TERMINAL, "circle-x", RED
        ),
    ),
)

EGONDOLA5 = Preset(
    "egondola5",
    "Five steps, from request to completion",
    "Cinco pasos, de la solicitud al cierre",
    (
        ShopStateSpec(
            "received",
            (_O.RECEIVED,),
            "Request received",
            "Solicitud recibida",
            _LINEAR,
            "inbox",
            GREY,
            step=True,
        ),
        ShopStateSpec(
            "in_process",
            (_O.AWAITING_STOCK, _O.ROUTED, _O.TO_PREPARE, _O.PREPARING),
            "In process",
            "En proceso",
            _LINEAR,
            "package-open",
            VIOLET,
            step=True,
        ),
        ShopStateSpec(
            "shipped",
            (*_UNDER_WAY, _O.READY_FOR_PICKUP),
            "Shipped",
            "Enviado",
            _DERIVED,
            "truck",
            BLUE,
            step=True,
        ),
        ShopStateSpec(
            "delivered", _ARRIVED, "Delivered", "Entregado", _DERIVED, "package-check", GREEN, step=True
        ),
        ShopStateSpec(
            "completed",
            (_O.COMPLETED,),
            "Completed",
            "Concluido",
            _DERIVED,
            "circle-check-big",
            GREEN,
            step=True,
        ),
    ),
)

SIMPLE4 = Preset(
    "simple4",
    "Four steps",
    "Cuatro pasos",
    (
        ShopStateSpec(
            "received",
            (_O.RECEIVED, _O.AWAITING_PAYMENT),
            "Received",
            "Recibido",
            _LINEAR,
            "inbox",
            GREY,
            step=True,
        ),
        ShopStateSpec(
            "preparing",
            (_O.AWAITING_STOCK, _O.ROUTED, _O.TO_PREPARE, _O.PREPARING),
            "Being prepared",
            "En preparación",
            _LINEAR,
            "package-open",
            VIOLET,
            step=True,
        ),
        ShopStateSpec(
            "on_its_way",
            (*_UNDER_WAY, _O.READY_FOR_PICKUP),
            "On its way",
            "En camino",
            _DERIVED,
            "truck",
            BLUE,
            step=True,
        ),
        ShopStateSpec(
            "delivered",
            (*_ARRIVED, _O.COMPLETED),
            "Delivered",
            "Entregado",
            _DERIVED,
            "package-check",
            GREEN,
            step=True,
        ),
    ),
)

PRESETS: dict[str, Preset] = {preset.code: preset for preset in (SHIPPINGBO10, EGONDOLA5, SIMPLE4)}


# A shop that has no state for a canonical one shows the nearest it has. Returned and cancelled have no
# nearest: they are shown under their own name.
NEAREST: dict[OrderState, tuple[OrderState, ...]] = {
    _O.RECEIVED: (_O.TO_PREPARE, _O.PREPARING),
    _O.AWAITING_PAYMENT: (_O.RECEIVED,),
    _O.AWAITING_STOCK: (_O.TO_PREPARE, _O.PREPARING, _O.RECEIVED),
    _O.ROUTED: (_O.TO_PREPARE, _O.PREPARING, _O.RECEIVED),
    _O.TO_PREPARE: (_O.PREPARING, _O.RECEIVED),
    _O.PREPARING: (_O.TO_PREPARE, _O.RECEIVED),
    _O.PARTIALLY_SHIPPED: (_O.SHIPPED,),
    _O.OUT_FOR_DELIVERY: (_O.SHIPPED,),
    _O.READY_FOR_PICKUP: (_O.SHIPPED,),
    _O.PARTIALLY_DELIVERED: (_O.SHIPPED,),
    _O.DELIVERED_INCOMPLETE: (_O.DELIVERED,),
    _O.COMPLETED: (_O.DELIVERED,),
}


class HasCanonicals(Protocol):
    @property
    def canonicals(self) -> Sequence[str]: ...


S = TypeVar("S", bound=HasCanonicals)


def shop_state_for(canonical: OrderState, states: Sequence[S]) -> S | None:
    """Return the shop's state that shows `canonical`, or the nearest; None: show its own name."""
    for candidate in (canonical, *NEAREST.get(canonical, ())):
        for state in states:
            if candidate in state.canonicals:
                return state
    return None
