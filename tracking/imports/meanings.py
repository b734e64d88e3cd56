"""What the word in a file's "state" column means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from carriers.types import SubStatus
from tracking.imports.columns import plain
from tracking.states import OrderState


class Meaning(StrEnum):
    """What can be said of an order in one word."""

    RECEIVED = "received"
    AWAITING_PAYMENT = "awaiting_payment"
    AWAITING_STOCK = "awaiting_stock"
    ROUTED = "routed"
    TO_PREPARE = "to_prepare"
    PREPARING = "preparing"
    INVOICED = "invoice_issued"
    SHIPPED = "shipped"
    OUT_FOR_DELIVERY = "out_for_delivery"
    READY_FOR_PICKUP = "ready_for_pickup"
    DELIVERED = "delivered"
    RETURNING = "returning"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    UNPAID = "payment_failed"
    NOTHING = "nothing"  # says nothing of where the order is


@dataclass(frozen=True, slots=True)
class Effect:
    """`asserted`: what the shop says by it. `parcel`: what it tells of the order's parcel."""

    asserted: OrderState | None = None
    parcel: SubStatus | None = None
    cancel_reason: str = ""
    invoiced: bool = False


_S, _M, _O = SubStatus, Meaning, OrderState
EFFECTS: Mapping[Meaning, Effect] = {
    _M.RECEIVED: Effect(_O.RECEIVED),
    _M.AWAITING_PAYMENT: Effect(_O.AWAITING_PAYMENT),
    _M.AWAITING_STOCK: Effect(_O.AWAITING_STOCK),
    _M.ROUTED: Effect(_O.ROUTED),
    _M.TO_PREPARE: Effect(_O.TO_PREPARE),
    _M.PREPARING: Effect(_O.PREPARING),
    _M.INVOICED: Effect(_O.PREPARING, invoiced=True),
    _M.SHIPPED: Effect(_O.SHIPPED),
    _M.OUT_FOR_DELIVERY: Effect(_O.SHIPPED, _S.ON_VEHICLE),
    _M.READY_FOR_PICKUP: Effect(_O.SHIPPED, _S.PICKUP_POINT),
    _M.DELIVERED: Effect(_O.SHIPPED, _S.DELIVERED),
    _M.RETURNING: Effect(_O.SHIPPED, _S.RETURNING),
    _M.RETURNED: Effect(_O.SHIPPED, _S.RETURNED),
    _M.CANCELLED: Effect(cancel_reason="shop"),
    _M.UNPAID: Effect(cancel_reason="payment"),
    _M.NOTHING: Effect(),
}

_WORDS: Mapping[Meaning, str] = {
    _M.RECEIVED: (
        "received, new, created, open, placed, confirmed, recibido, nuevo, creado, confirmado, recebido, novo, criado,"
        "confirmada, recu, recue, nouveau, nouvelle, confirmee, unfulfilled"
    ),
    _M.AWAITING_PAYMENT: (
        "awaiting payment, pending payment, payment pending, pending, unpaid, a la espera del pago, pendiente de pago,"
        "pago pendiente, en espera de pago, aguardando pagamento, pagamento pendente, en attente de paiement,"
        "en attente du paiement, authorized"
    ),
    _M.AWAITING_STOCK: (
        "awaiting stock, backorder, back order, backordered, on backorder, out of stock, unavailable, pre order,"
        "preorder, esperar existencias, sin existencias, sin stock, en espera de stock, preventa, aguardando estoque,"
        "sem estoque, indisponivel, en rupture, en attente de stock, rupture de stock, on hold, en espera"
    ),
    _M.ROUTED: "routed, assigned, enrutado, asignado, roteado, atribuido, affecte",
    _M.TO_PREPARE: (
        "to prepare, approved, paid, payment accepted, accepted, ready to ship, awaiting fulfillment,"
        "pendiente de preparacion, pagado, pago aceptado, aprobado, aceptado, pendiente de envio, aprovado, pago,"
        "pagamento aprovado, a preparar, paye, payee, paiement accepte, a preparer, en attente de preparation"
    ),
    _M.PREPARING: (
        "preparing, processing, in process, in progress, in preparation, picking, packed, packing, en preparacion,"
        "preparando, preparacion en curso, en proceso, procesando, em preparacao, em separacao, processando,"
        "em processamento, en preparation, en cours de preparation, preparation en cours, en cours"
    ),
    _M.INVOICED: "invoiced, invoice issued, facturado, factura generada, faturado, facture, facturee",
    _M.SHIPPED: (
        "shipped, dispatched, sent, in transit, fulfilled, partial, partially fulfilled, partially shipped,"
        "handed over, on the way, enviado, en transito, expedido, en camino, despachado, em transito, enviada,"
        "a caminho, postado, expedie, expediee, envoye, en transit, en cours de livraison"
    ),
    _M.OUT_FOR_DELIVERY: "out for delivery, en reparto, saiu para entrega, em rota de entrega, en livraison",
    _M.READY_FOR_PICKUP: (
        "ready for pickup, ready to collect, at pickup point, en un punto de recogida, listo para recoger,"
        "en punto de recogida, disponivel para retirada, pronto para retirada, disponible en point relais,"
        "pret a retirer"
    ),
    _M.DELIVERED: (
        "delivered, completed, complete, finished, closed, concluded, entregado, completado, concluido, finalizado,"
        "cerrado, entregue, finalizada, livre, livree, termine, terminee"
    ),
    _M.RETURNING: "returning, being returned, en devolucion, em devolucao, en retour, retour en cours",
    _M.RETURNED: "returned, devuelto, devuelta, devolvido, retourne, retournee",
    _M.CANCELLED: (
        "cancelled, canceled, void, voided, cancelado, cancelada, anulado, anulada, annule, annulee, refunded,"
        "reembolsado, rembourse, rembourse e, restocked"
    ),
    _M.UNPAID: (
        "failed, payment failed, payment error, declined, expired, fallido, error de pago, pago rechazado,"
        "pagamento recusado, recusado, paiement refuse, erreur de paiement, echec, echoue"
    ),
}  # fmt: skip
KNOWN: Mapping[str, Meaning] = {
    plain(word): meaning for meaning, words in _WORDS.items() for word in words.split(",")
}


def guessed_meanings(words: Iterable[str]) -> dict[str, str]:
    """What each word of a column probably means, by the word in small letters; "" where nobody can tell."""
    return {key: str(KNOWN.get(key, "")) for word in words if (key := plain(word))}


def meaning_of(word: str, chosen: Mapping[str, str]) -> Meaning | None:
    """By what the person chose, else by what the word usually means. None: nobody has said."""
    key = plain(word)
    picked = chosen.get(key) or KNOWN.get(key)
    return Meaning(picked) if picked else None
