"""What a text says, where the code says something else or nothing."""

from __future__ import annotations

import pytest

from carriers.types import SubStatus
from carriers.words import corrected, meaning, without_names

S = SubStatus


@pytest.mark.parametrize(
    "text",
    [
        "Delivered to sender",
        "The parcel was returned to the original shipper.",
        "Entregado al remitente",
        "El envío ha sido devuelto a su remitente",
        "Entregue ao remetente",
        "Distribué à l'expéditeur",
        "Votre colis a été livré à l’expéditeur",
        "Consegnato al mittente",
        "Die Sendung wurde an den Absender zugestellt",
    ],
)
def test_delivered_to_the_sender_is_returned(text: str) -> None:
    assert corrected(S.DELIVERED, text) is S.RETURNED


@pytest.mark.parametrize(
    "text", ["Out for delivery to the sender", "En reparto al remitente", "In consegna al mittente"]
)
def test_on_the_van_to_the_sender_is_a_return(text: str) -> None:
    assert corrected(S.ON_VEHICLE, text) is S.RETURNING


@pytest.mark.parametrize(
    "text",
    [
        "Delivered",
        "Delivered. A note was sent to the sender",
        "Delivered to the consignee",
        "Entregado",
        "Entregado al destinatario",
        "Entregado en oficina",
        "Distribué",
        "Delivered at the access point and collected by the recipient",
        "Entregado en el punto de recogida, recogido por el destinatario",
    ],
)
def test_other_deliveries_are_deliveries(text: str) -> None:
    assert corrected(S.DELIVERED_SIGNED, text) is S.DELIVERED_SIGNED


@pytest.mark.parametrize(
    ("text", "sub"),
    [
        ("Delivered to the parcel shop", S.PICKUP_POINT),
        ("Delivered to DHL ServicePoint", S.PICKUP_POINT),
        ("Left at a parcel locker", S.PICKUP_LOCKER),
        ("Entregado en ParcelShop", S.PICKUP_POINT),
        ("Entregado en el punto de recogida", S.PICKUP_POINT),
        ("Votre colis est livré en point relais", S.PICKUP_POINT),
        ("Consegnato al punto di ritiro", S.PICKUP_POINT),
        ("Die Sendung wurde in die Filiale eingeliefert", S.PICKUP_POINT),
    ],
)
def test_delivered_to_a_pickup_point_waits_there(text: str, sub: SubStatus) -> None:
    assert corrected(S.DELIVERED, text) is sub


def test_other_statuses_are_not_the_texts_to_correct() -> None:
    assert corrected(S.IN_TRANSIT, "Delivered to the sender") is S.IN_TRANSIT
    assert corrected(S.LABEL_CREATED, "Delivered to the parcel shop") is S.LABEL_CREATED


@pytest.mark.parametrize(
    ("text", "sub"),
    [
        ("AUSENTE", S.FAILED_NOT_HOME),
        ("DIRECCION INCORRECTA", S.EXCEPTION_ADDRESS),
        ("Dirección incompleta", S.EXCEPTION_ADDRESS),
        ("REHUSADA", S.EXCEPTION_REFUSED),
        ("Destinatario desconocido", S.EXCEPTION_RECIPIENT),
        ("ESTABLECIMIENTO CERRADO", S.FAILED_BUSINESS_CLOSED),
        ("El envío está en proceso de devolución", S.RETURNING),
        ("Devuelto al remitente", S.RETURNED),
        ("Intento de entrega fallido", S.FAILED_OTHER),
        ("No se ha podido entregar", S.FAILED_OTHER),
        ("No entregado", S.FAILED_OTHER),
        ("En aduana", S.CUSTOMS_PROCESSING),
        ("En tránsito hacia la oficina", S.IN_TRANSIT),
        ("A disposición del destinatario", S.PICKUP_POINT),
        ("Depositado en CityPaq", S.PICKUP_LOCKER),
        ("En reparto", S.ON_VEHICLE),
        ("Entregado", S.DELIVERED),
        ("Envío anulado", S.CANCELLED_VOIDED),
        ("Extraviado", S.EXCEPTION_INVESTIGATION),
        ("Otra cosa", None),
        ("", None),
    ],
)
def test_spanish_texts(text: str, sub: SubStatus | None) -> None:
    assert meaning(text) is sub


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Delivered - Signed for by: M. IBARRA", "Delivered - Signed"),
        ("Delivered, signed by Ana Ruiz", "Delivered, signed"),
        ("Entregado a: JUAN PEREZ", "Entregado"),
        ("Recibido por Nuria Vidal Soler", "Recibido"),
        ("Reçu par : Mme Dupont", "Reçu"),
        ("Signed by receiver", "Signed by receiver"),
        ("Entregado a su destinatario", "Entregado a su destinatario"),
        ("Delivered", "Delivered"),
    ],
)
def test_who_signed_is_left_out(text: str, told: str) -> None:
    assert without_names(text) == told
