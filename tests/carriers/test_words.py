"""What a text says, where the code says something else or nothing."""

from __future__ import annotations

from time import perf_counter

import pytest

from carriers.types import SubStatus
from carriers.words import corrected, is_about_customs, meaning, refined, without_names

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
        ("El envío se ha dado por extraviado", S.EXCEPTION_LOST),
        ("No se ha dado por extraviado", None),
        ("NO RETIRADO EN PLAZO", S.EXCEPTION_PICKUP_MISSED),
        ("Retirado de la oficina", None),
        ("RETRASO EN LA RUTA", S.DELAYED_OPERATIONS),
        ("Retraso por nieve y mal tiempo", S.DELAYED_WEATHER),
        ("Retraso en aduana", S.DELAYED_CUSTOMS),
        ("Sin retraso", None),
        ("Entregado con retraso", S.DELIVERED),
        ("En reparto, con retraso", S.ON_VEHICLE),
        ("Será entregado mañana", None),
        ("Está siendo devuelto al remitente", S.RETURNING),
        ("Aviso. Si no lo recoge será devuelto al remitente", None),
        ("Aduanas no necesita más documentación", S.CUSTOMS_PROCESSING),
        ("Pendiente de ser despachado de aduana", S.CUSTOMS_PROCESSING),
        ("INCIDENCIA CERRADA", None),
        ("Cerrado definitivamente", None),
        ("ETIQUETA DAÑADA", None),
        ("Ausente. Incidencia resuelta", None),
        ("Otra cosa", None),
        ("", None),
    ],
)
def test_spanish_texts(text: str, sub: SubStatus | None) -> None:
    assert meaning(text) is sub


@pytest.mark.parametrize(
    ("sub", "texts"),
    [
        (
            S.EXCEPTION_LOST,
            [
                "Shipment is lost",
                "The parcel has been declared lost",
                "El envío ha sido declarado extraviado",
                "Le colis est perdu",
                "Die Sendung ist verloren gegangen",
                "Pacco dichiarato smarrito",
                "Objeto dado como perdido",
            ],
        ),
        (
            S.EXCEPTION_DAMAGED,
            [
                "Shipment is damaged. The sender has been notified",
                "Mercancía dañada",
                "Le colis a été endommagé",
                "Die Sendung wurde beschädigt",
                "Collo danneggiato",
                "Objeto avariado",
            ],
        ),
        (
            S.EXCEPTION_DESTROYED,
            ["The parcel was destroyed", "Colis détruit", "Die Sendung wurde vernichtet"],
        ),
        (
            S.EXCEPTION_INVESTIGATION,
            [
                "Shipment is under investigation",
                "En búsqueda",
                "Une recherche est en cours pour localiser le colis",
                "Nachforschung wurde eingeleitet",
                "Ricerche in corso",
                "Objeto em apuração",
                "Objeto extraviado",
            ],
        ),
        (
            S.EXCEPTION_PICKUP_MISSED,
            [
                "Package not claimed",
                "Unclaimed",
                "Not collected by the recipient",
                "No ha sido retirado en plazo",
                "Colis non retiré dans les délais",
                "Lagerfrist abgelaufen",
                "Non ritirato entro i termini",
                "Objeto não retirado no prazo",
            ],
        ),
        (
            S.EXCEPTION_REFUSED,
            [
                "Refused by the recipient",
                "Rehusado",
                "Refusé par le destinataire",
                "Annahme verweigert",
                "Rifiutato dal destinatario",
                "Destinatário recusou o objeto",
                "Damaged parcel refused by customer",
            ],
        ),
        (
            S.FAILED_NOT_HOME,
            [
                "Recipient not available",
                "Nobody at home",
                "Destinataire absent",
                "Nicht angetroffen",
                "Destinatario assente",
                "Carteiro não atendido",
                "No entregado: ausente",
            ],
        ),
        (
            S.EXCEPTION_ADDRESS,
            [
                "Incorrect address",
                "Dirección incompleta",
                "Adresse incomplète",
                "Die Anschrift ist falsch",
                "Indirizzo errato",
                "Endereço incorreto",
            ],
        ),
        (
            S.EXCEPTION_RECIPIENT,
            ["Recipient unknown", "Destinataire inconnu à l'adresse", "Empfänger unbekannt"],
        ),
        (S.FAILED_ACCESS, ["No access to the building", "Accès impossible", "Kein Zugang", "Sem acesso"]),
        (
            S.FAILED_BUSINESS_CLOSED,
            ["Business closed", "Magasin fermé", "Geschäft geschlossen", "Negozio chiuso"],
        ),
        (
            S.EXCEPTION_HELD,
            ["Held by customs", "Clearance delay", "Customs need further information", "Retenu en douane"],
        ),
        (
            S.DELAYED_WEATHER,
            [
                "Delayed by bad weather",
                "Retard dû aux intempéries",
                "Verspätung wegen des Wetters",
                "Ritardato dal maltempo",
                "Atraso por mau tempo",
            ],
        ),
        (
            S.DELAYED_OPERATIONS,
            [
                "Delivery is delayed",
                "Retraso en la ruta",
                "Colis en retard",
                "Verzögerung",
                "In ritardo",
                "Atrasado",
            ],
        ),
        (
            S.RETURNING,
            [
                "Being returned to the sender",
                "En devolución. Devuelto al remitente",
                "Retour à l'expéditeur en cours",
                "Rücksendung an den Absender",
                "Restituzione al mittente",
                "Objeto em devolução ao remetente",
            ],
        ),
    ],
)
def test_an_exception_is_what_its_text_says(sub: SubStatus, texts: list[str]) -> None:
    assert {text: refined(S.EXCEPTION_UNSPECIFIED, text) for text in texts} == dict.fromkeys(texts, sub)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Exception",
        "Incident en cours d'acheminement.",
        "The parcel is not lost",
        "No damage. The parcel is not damaged",
        "Without delay",
        "Le colis n'a pas été endommagé",
        "Aucun retard",
        "Nicht beschädigt",
        "Keine Verzögerung",
        "Não avariado",
        "Non danneggiato",
        "El envío no ha sufrido daños",
        "No longer under investigation",
        "The delay has been resolved",
        "Problème résolu : retard",
        "If it is refused it will be returned to the sender",
        "The parcel may be damaged",
        "Label damaged",
        "Etiqueta dañada",
        "Refused by the sender",
        "Sender's premises: business closed at the shipper",
        "CERRADO DEFINITIVO",
        "Shipment not collected from the shipper",
        "Will be returned to sender",
        "Delivered to the neighbour",
    ],
)
def test_what_is_denied_possible_over_or_the_senders_is_not_said(text: str) -> None:
    assert refined(S.EXCEPTION_UNSPECIFIED, text) is S.EXCEPTION_UNSPECIFIED


@pytest.mark.parametrize(
    ("text", "sub"),
    [
        ("Non distribué : refusé par le destinataire.", S.FAILED_REFUSED),
        ("The address is incomplete. Returned to sender", S.FAILED_ADDRESS),
        ("Destinatario desconocido", S.FAILED_ADDRESS),
        ("Cerrado", S.FAILED_BUSINESS_CLOSED),
        ("Parcel lost", S.FAILED_OTHER),
        ("Delayed", S.FAILED_OTHER),
        ("Returned to sender", S.FAILED_OTHER),
    ],
)
def test_an_attempt_stays_an_attempt(text: str, sub: SubStatus) -> None:
    assert refined(S.FAILED_OTHER, text) is sub


@pytest.mark.parametrize(
    ("text", "sub"),
    [
        ("The shipment is being returned to the sender", S.RETURNING),
        ("The shipment is not being returned to the sender", S.IN_TRANSIT),
        ("Clearance processing complete", S.CUSTOMS_CLEARED),
        ("Sorti de douane", S.CUSTOMS_CLEARED),
        ("Sdoganato", S.CUSTOMS_CLEARED),
        ("Customs: missing documents", S.CUSTOMS_INFO_REQUIRED),
        ("Zoll: Unterlagen fehlen", S.CUSTOMS_INFO_REQUIRED),
        ("Clearance delay", S.DELAYED_CUSTOMS),
        ("Delayed by snow", S.DELAYED_WEATHER),
        ("Refused", S.IN_TRANSIT),
        ("Parcel lost", S.IN_TRANSIT),
        ("Damaged", S.IN_TRANSIT),
    ],
)
def test_what_moves_raises_no_alarm(text: str, sub: SubStatus) -> None:
    assert refined(S.IN_TRANSIT, text) is sub


@pytest.mark.parametrize(
    "sub", sorted(set(S) - {S.EXCEPTION_UNSPECIFIED, S.FAILED_OTHER, S.IN_TRANSIT}), ids=lambda sub: sub.value
)
def test_a_code_that_says_enough_is_not_refined(sub: SubStatus) -> None:
    assert refined(sub, "Lost, damaged, refused, delayed and returned to the sender") is sub


@pytest.mark.parametrize("text", ["Held by customs", "Retenido en aduana", "Retenu en douane", "Zoll"])
def test_customs_are_known_by_name(text: str) -> None:
    assert is_about_customs(text)
    assert not is_about_customs("Held at the depot")


def test_a_long_text_is_read_in_no_time() -> None:
    started = perf_counter()
    for text in (
        "not a " * 250,
        "damaged no " * 136,
        "customs " * 188,
        "if. " * 375,
        "delay customs need " * 80,
    ):
        refined(S.EXCEPTION_UNSPECIFIED, text[:500])
    assert perf_counter() - started < 0.5


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
