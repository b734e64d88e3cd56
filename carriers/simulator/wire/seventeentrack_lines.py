"""17TRACK's words: its sub-statuses, the carriers behind it, the shape of one number's history."""

from __future__ import annotations

import zlib
from datetime import timedelta

from carriers.simulator.networks import correos_es, dhl, gls_es, laposte, ups
from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.wire.contract import Line
from carriers.types import Json, SubStatus

S = SubStatus
_OTHER = (S.IN_TRANSIT,)

# Code: 17TRACK's sub-status. Text: the carrier's own words, Portuguese, a bar, then 17TRACK's translation.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line(
        "InfoReceived", "Etiqueta emitida - aguardando postagem pelo remetente|Label created"
    ),
    S.PICKED_UP: Line("InTransit_PickedUp", "Objeto postado|Item posted"),
    S.DEPARTED_FACILITY: Line(
        "InTransit_Other", "Objeto em transferência - por favor aguarde|Item in transfer", _OTHER
    ),
    S.IN_SORTING: Line(
        "InTransit_Other", "Objeto em triagem na unidade de tratamento|Item being sorted", _OTHER
    ),
    S.AT_DELIVERY_DEPOT: Line(
        "InTransit_Other", "Objeto recebido na unidade de distribuição|Item at the delivery unit", _OTHER
    ),
    S.DEPARTED_COUNTRY: Line(
        "InTransit_Departure", "Objeto saiu do país de origem|Item left the country of origin"
    ),
    S.ARRIVED_COUNTRY: Line("InTransit_Arrival", "Objeto recebido no Brasil|Item received in Brazil"),
    S.CUSTOMS_PROCESSING: Line(
        "InTransit_CustomsProcessing", "Encaminhado para fiscalização aduaneira|Sent to customs"
    ),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "InTransit_CustomsRequiringInformation",
        "Aguardando pagamento ou documentos para a alfândega|Customs awaits payment or papers",
    ),
    S.CUSTOMS_CLEARED: Line(
        "InTransit_CustomsReleased", "Fiscalização aduaneira finalizada|Customs clearance finished"
    ),
    S.ON_VEHICLE: Line(
        "OutForDelivery_Other", "Objeto saiu para entrega ao destinatário|Item out for delivery"
    ),
    S.FAILED_NOT_HOME: Line(
        "DeliveryFailure_NoBody", "A entrega não pode ser efetuada - Carteiro não atendido|Nobody at home"
    ),
    S.PICKUP_POINT: Line(
        "AvailableForPickup_Other",
        "Objeto aguardando retirada no endereço indicado|Item waiting to be collected",
    ),
    S.DELIVERED: Line("Delivered_Other", "Objeto entregue ao destinatário|Item delivered"),
    S.DELIVERED_COLLECTED: Line(
        "Delivered_Other", "Objeto entregue na unidade ao destinatário|Item collected", (S.DELIVERED,)
    ),
    S.EXCEPTION_PICKUP_MISSED: Line(
        "Exception_Other",
        "Objeto não retirado no prazo pelo destinatário|Item not collected in time",
        (S.EXCEPTION_UNSPECIFIED,),
    ),
    S.RETURNING: Line("Exception_Returning", "Objeto em devolução ao remetente|Item on its way back"),
    S.RETURNED: Line("Exception_Returned", "Objeto devolvido ao remetente|Item returned to sender"),
    S.DELAYED_WEATHER: Line(
        "Exception_Delayed", "Entrega atrasada pelo mau tempo|Delayed by bad weather", (S.DELAYED_OPERATIONS,)
    ),
    S.DELAYED_OPERATIONS: Line(
        "Exception_Delayed", "Entrega prevista para depois do prazo|Delivery is running late"
    ),
    S.EXCEPTION_INVESTIGATION: Line(
        "Exception_Other", "Objeto em apuração|Item being looked for", (S.EXCEPTION_UNSPECIFIED,)
    ),
    S.EXCEPTION_LOST: Line("Exception_Lost", "Objeto extraviado|Item lost"),
    S.EXCEPTION_DAMAGED: Line("Exception_Damage", "Objeto avariado|Item damaged"),
    S.EXCEPTION_REFUSED: Line(
        "DeliveryFailure_Rejected",
        "Destinatário recusou o objeto|The recipient refused it",
        (S.FAILED_REFUSED,),
    ),
}
# The numbers 17TRACK gives carriers: number → name, home page, country.
PROVIDERS: dict[int, tuple[str, str, str]] = {
    2151: ("Correios", "https://www.correios.com.br", "BR"),
    9071: ("Correos", "https://www.correos.es", "ES"),
    6051: ("La Poste", "https://www.laposte.fr", "FR"),
    100001: ("DHL Express", "https://www.dhl.com", "DE"),
    100002: ("UPS", "https://www.ups.com", "US"),
    100189: ("GLS (ES)", "https://www.gls-spain.es", "ES"),
    3011: ("China Post", "http://www.ems.com.cn", "CN"),
}
_STAGES = {
    "InfoReceived": "InfoReceived",
    "InTransit_PickedUp": "PickedUp",
    "InTransit_Departure": "Departure",
    "InTransit_Arrival": "Arrival",
    "AvailableForPickup_Other": "AvailableForPickup",
    "OutForDelivery_Other": "OutForDelivery",
    "Delivered_Other": "Delivered",
    "Exception_Returning": "Returning",
    "Exception_Returned": "Returned",
}
_NO_TIME = {"time_iso": None, "time_utc": None, "time_raw": {"date": None, "time": None, "timezone": None}}


def provider_of(number: str) -> int | None:
    """Whose number it looks like, by 17TRACK's count; None when it cannot be told."""
    by_shape = (
        (ups.is_own, 100002),
        (correos_es.is_own, 9071),
        (laposte.is_own, 6051),
        (gls_es.is_own, 100189),
        (dhl.is_own, 100001),
    )
    by_country = {"BR": 2151, "ES": 9071, "FR": 6051, "CN": 3011}
    for is_own, provider in by_shape:
        if is_own(number):
            return provider
    return by_country.get(number[-2:])


def track_info(view: View | None, provider: int, quirks: frozenset[Quirk]) -> Json:
    """A number's whole history; without a view, that of a number nothing is known of."""
    events = [_event(told, quirks) for told in view.newest_first] if view else []
    latest = _event(view.latest, quirks) if view else None
    code = LINES[view.latest.kind].code if view else "NotFound_Other"
    route = view.parcel.route if view else None
    return {
        "shipping_info": {
            "shipper_address": _address(route.origin.country if route else None, None, None),
            "recipient_address": _address(
                route.destination.country if route else None,
                route.destination.name if route else None,
                route.destination.postal_code if route else None,
            ),
        },
        "latest_status": {
            "status": code.partition("_")[0],
            "sub_status": code,
            "sub_status_descr": None,
        },
        "latest_event": latest,
        "time_metrics": _metrics(view),
        "milestone": _milestones(view, quirks),
        "misc_info": {
            "risk_factor": 0,
            "service_type": None,
            "weight_raw": "0.9kg" if view else None,
            "weight_kg": "0.9" if view else None,
            "pieces": "1" if view else None,
            "dimensions": None,
            "customer_number": None,
            "reference_number": view.parcel.reference if view else None,
            "local_number": None,
            "local_provider": None,
            "local_key": 0,
        },
        "tracking": {
            "providers_hash": zlib.crc32(str(provider).encode()),
            "providers": [_provider(provider, events, view)],
        },
    }


def _provider(provider: int, events: list[Json], view: View | None) -> Json:
    name, homepage, country = PROVIDERS[provider]
    return {
        "provider": {
            "key": provider,
            "name": name,
            "alias": name,
            "tel": None,
            "homepage": homepage,
            "country": country,
        },
        "service_type": None,
        "latest_sync_status": "Success" if view else "Failure",
        "latest_sync_time": f"{view.now:%Y-%m-%dT%H:%M:%SZ}" if view else None,
        "events_hash": zlib.crc32(repr(events).encode()),
        "events": events,
    }


def _event(told: Told, quirks: frozenset[Quirk]) -> Json:
    line = LINES[told.kind]
    text, _, translation = line.text.partition("|")
    return {
        **_times(told, quirks),
        "description": text,
        "description_translation": {"lang": "en", "description": translation},
        "location": told.place.name,
        "stage": _STAGES.get(line.code),
        "sub_status": line.code,
        "address": _address(told.place.country, told.place.name, None, (told.place.lon, told.place.lat)),
    }


def _times(told: Told, quirks: frozenset[Quirk]) -> dict[str, Json]:
    local = told.local
    has_zone = Quirk.MISSING_ZONE not in quirks
    return {
        "time_iso": local.isoformat() if has_zone else None,
        "time_utc": f"{told.at:%Y-%m-%dT%H:%M:%SZ}" if has_zone else None,
        "time_raw": {"date": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M:%S}", "timezone": None},
    }


def _address(
    country: str | None,
    city: str | None,
    postal_code: str | None,
    point: tuple[float, float] | tuple[None, None] = (None, None),
) -> Json:
    return {
        "country": country,
        "state": None,
        "city": city,
        "street": None,
        "postal_code": postal_code,
        "coordinates": {"longitude": point[0], "latitude": point[1]},
    }


def _metrics(view: View | None) -> Json:
    days = max(0, (view.now - view.scans[0].at).days) if view else 0
    promise: Json = {"source": None, "from": None, "to": None}
    if view is not None and view.eta is not None:
        day = view.eta.replace(hour=0, minute=0, second=0)
        end = day + timedelta(hours=23, minutes=59, seconds=59)
        promise = {"source": "Official", "from": day.isoformat(), "to": end.isoformat()}
    return {
        "days_after_order": days,
        "days_of_transit": days,
        "days_of_transit_done": days if view and view.is_closed else 0,
        "days_after_last_update": max(0, (view.now - view.latest.at).days) if view else 0,
        "estimated_delivery_date": promise,
    }


def _milestones(view: View | None, quirks: frozenset[Quirk]) -> list[Json]:
    reached: dict[str, dict[str, Json]] = {}
    for told in view.scans if view else ():
        stage = _STAGES.get(LINES[told.kind].code)
        if stage:
            reached.setdefault(stage, _times(told, quirks))
    return [{"key_stage": stage, **reached.get(stage, _NO_TIME)} for stage in _STAGES.values()]
