"""What a carrier's text means: where its code says nothing, and where the text corrects the code."""

from __future__ import annotations

import re

from carriers.types import Status, SubStatus


def _any(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


# A carrier says "delivered" and "out for delivery" of the way back too.
_TO_SENDER = _any(
    r"\b(?:deliver\w*|return\w*|out for delivery)(?: back)? to (?:the |its )?(?:original )?(?:sender|shipper)\b",
    r"\b(?:entregad[oa]|devuelt[oa]|en reparto|entrega)(?: de vuelta)? al? (?:su )?remitente\b",
    r"\b(?:entregue|devolvido|saiu para entrega) ao remetente\b",
    r"\b(?:distribu|livr|remis|retourn|livraison)\w*(?: \w+){0,2} (?:à |a )(?:l['’]|son )exp[ée]diteur\b",
    r"\b(?:consegnat[oa]|restituit[oa]|in consegna) al mittente\b",
    r"\ban den absender (?:zugestellt|zurück\w*|ausgeliefert)\b",
)
# Left where the shopper must fetch it, which is not delivered; unless the shopper has been.
_TO_PICKUP_POINT = _any(
    r"\b(?:deliver\w*|left|dropped off|handed over) (?:to|at|in) (?:a |the |your )?(?:dhl |ups |gls )?"
    r"(?:parcel ?shop|service ?point|access point|pick-?up point|parcel locker|locker|packstation)\b",
    r"\bentregad[oa] en (?:el )?(?:parcel ?shop|punto de (?:recogida|conveniencia)|cityparcel|taquilla)\b",
    r"\b(?:livré|déposé|remis) (?:en|au|dans un|à un) (?:point relais|relais|point de retrait|consigne)\b",
    r"\bconsegnat[oa] (?:al|presso il) (?:punto di ritiro|locker)\b",
    r"\bin (?:die |der )?(?:filiale|packstation) (?:zugestellt|eingeliefert)\b",
)
_FETCHED = _any(r"collected|picked up|fetched|(?<!punto de )recogid|retirad|retiré|ritirat|abgeholt")
_LOCKER = _any("locker", "packstation", "taquilla", "consigne", "citypaq")

_NAMED = re.compile(
    r"(?P<verb>(?i:\b(?:signed|received|recibid[oa]|firmad[oa]|entregad[oa]|recebid[oa]|assinad[oa]|reçu|signé"
    r"|ricevut[oa]|firmat[oa]|unterschrieben|empfangen)))"
    r"(?i:(?: for)? (?:by|por|a|par|da|von))(?:\s*:\s*|\s+(?=[A-ZÀ-Ý][\w.]))\S.*$",
    re.DOTALL,
)

# Spanish, the most telling first. Correos and GLS publish no full list of codes.
_SPANISH: tuple[tuple[re.Pattern[str], SubStatus], ...] = (
    (_any(r"(?:devuelto|entregad[oa]) al remitente"), SubStatus.RETURNED),
    (_any(r"devuel", r"devoluci"), SubStatus.RETURNING),
    (_any(r"\banulad", r"\bcancelad"), SubStatus.CANCELLED_VOIDED),
    (_any(r"ausente"), SubStatus.FAILED_NOT_HOME),
    (_any(r"rehus", r"rechazad"), SubStatus.EXCEPTION_REFUSED),
    (_any(r"destinatario desconocido"), SubStatus.EXCEPTION_RECIPIENT),
    (_any(r"direcci[oó]n (?:incorrect|incomplet|err[oó]ne|desconocid)", r"faltan datos"), SubStatus.EXCEPTION_ADDRESS),
    (_any(r"\bcerrad[oa]\b"), SubStatus.FAILED_BUSINESS_CLOSED),
    (_any(r"\bextravi"), SubStatus.EXCEPTION_INVESTIGATION),
    (_any(r"\brotura\b", r"\bda[ñn]ad", r"\bdeteriorad"), SubStatus.EXCEPTION_DAMAGED),
    (_any(r"\bfallid", r"no (?:se )?(?:ha |pudo )?(?:podido )?entrega"), SubStatus.FAILED_OTHER),
    (_any(r"\baduan"), SubStatus.CUSTOMS_PROCESSING),
    (_any(r"(?:camino|tr[aá]nsito|traslad\w*|dirig\w*|hacia)\b.*(?:oficina|citypaq)"), SubStatus.IN_TRANSIT),
    (_any(r"citypaq"), SubStatus.PICKUP_LOCKER),
    (_any(r"\boficina\b", r"a (?:su )?disposici[oó]n"), SubStatus.PICKUP_POINT),
    (_any(r"\ben reparto\b"), SubStatus.ON_VEHICLE),
    (_any(r"\bentregad[oa]\b"), SubStatus.DELIVERED),
)  # fmt: skip


def meaning(text: str) -> SubStatus | None:
    """What a Spanish text says happened; None when it says nothing we know."""
    return next((sub for pattern, sub in _SPANISH if pattern.search(text)), None)


def corrected(sub: SubStatus, text: str) -> SubStatus:
    """`sub`, unless the text says the parcel went back to its sender or waits at a pickup point."""
    if sub.status is Status.OUT_FOR_DELIVERY:
        return SubStatus.RETURNING if _TO_SENDER.search(text) else sub
    if sub.status is not Status.DELIVERED:
        return sub
    if _TO_SENDER.search(text):
        return SubStatus.RETURNED
    if _TO_PICKUP_POINT.search(text) and not _FETCHED.search(text):
        return SubStatus.PICKUP_LOCKER if _LOCKER.search(text) else SubStatus.PICKUP_POINT
    return sub


def without_names(text: str) -> str:
    """The text of a delivery without who signed for it: that is nobody's business on a public page."""
    return _NAMED.sub(lambda found: found["verb"], text)
