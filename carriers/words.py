"""What a carrier's text means: where its code says nothing, and where the text corrects the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from carriers.prose import Told as Told
from carriers.prose import read_text as read_text
from carriers.tales import CUSTOMS, TALES
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

# What does not count: what is denied, what is only possible, what is over, what is said of the sender.
_DENIED = re.compile(
    r"\b(?:not|no|never|without|sin|nunca|pas|plus|sans|aucune?|nicht|keine?[nrms]?|ohne|non|senza|nessuna?"
    r"|não|sem|nenhuma?|pendiente de|possibly|probably)"
    r"(?:\s+(?:an?|any|yet|longer|been?|is|was|are|has|have|had|being|more|ha|han|se|sido|est[áa]|fue|fu[ée]"
    r"|estado|ser|sufrido|dad[oa]|declarad[oa]|por|declared|considered"
    r"|une?|été|est|de|d['’]|mehr|als|wurde|worden|è|stato|stata|un|una|foi|em|in|en))*\s*$",
    re.IGNORECASE,
)
SURE = 0.7  # from here on, what a text tells may be acted on
_REMEMBERED = 4096  # texts: carriers say the same few over and over
_NEAR = 40  # characters before a word in which a denial of it stands
_POSSIBLE = _any(
    r"\b(?:if|unless|otherwise|(?:may|might|could) be|en caso|salvo|podr[íi]an?|sauf|pourrait|pourra|wenn|falls"
    r"|sofern|könnten?|qualora|se non|potrebbe|se não|caso|poderá|poderia)\b",
    r"(?:^|[.,;:]\s*|\by )si\b",
)
_OVER = _any(
    r"\b(?:resolved|solved|resuelt[oa]|solucionad[oa]|résolue?|gelöst|behoben|risolt[oa]|resolvid[oa])\b",
    r"\b(?:found again|been found|(?:ha sido|fue) (?:encontrado|localizado)|retrouvée?|wiedergefunden|ritrovat[oa])\b",
    r"\b(?:cancel|annul|anulad|storniert)\w*",
)
_SENDER = r"(?:sender|shipper|remitente|expéditeur|absender|mittente|remetente)"
_OF_SENDER = _any(
    rf"\b(?:by|at|from|por|del?|en|par|chez|vom|beim|von|dal|presso|pelo|no) (?:the |el |l['’]|dem )?{_SENDER}\b",
    rf"\b{_SENDER}(?:['’]s)? (?:is|was|not|refus|reject|clos|address|est|était|ausente|absent|assente|cerrad)",
)


def meaning(text: str, language: str = "") -> SubStatus | None:
    """What a text says happened, where it is sure enough to act on; None else. `language`: as `es`, if known."""
    told = read_text(text, language)
    return told.sub_status if told and told.confidence >= SURE else None


@lru_cache(maxsize=_REMEMBERED)
def refined(sub: SubStatus, text: str) -> SubStatus:
    """A sub-status that says too little, made precise where the text is unmistakable; any other as it is.

    In Spanish, French, English, German, Portuguese and Italian. An exception may turn out to be an attempt, a
    delay or a return, which carriers count among them; an attempt stays an attempt; what moves keeps moving.
    """
    column = _TOO_LITTLE.get(sub)
    return next(_told(_certain(text), column), sub) if column and text else sub


def is_about_customs(text: str) -> bool:
    return CUSTOMS.search(text.lower()) is not None


_TOO_LITTLE = {
    SubStatus.EXCEPTION_UNSPECIFIED: "exception",
    SubStatus.FAILED_OTHER: "failed",
    SubStatus.IN_TRANSIT: "moving",
}


def _certain(text: str) -> str:
    """The sentences of the text that say what is, and not what might be; in small letters."""
    text = text.lower()
    if not _POSSIBLE.search(text):
        return text
    return ". ".join(part for part in re.split(r"[.!?]\s+", text) if not _POSSIBLE.search(part))


def _told(text: str, column: str) -> Iterator[SubStatus]:
    """What the text tells that a code of this kind may mean, the most telling first."""
    if _OVER.search(text):
        return
    for tale in TALES:
        sub: SubStatus | None = getattr(tale, column)
        if not sub or (not tale.may_be_senders and _OF_SENDER.search(text)):
            continue
        if all(_says(pattern, text) for pattern in tale.told):
            yield sub


def _says(pattern: re.Pattern[str], text: str) -> bool:
    """Whether the words are there and not denied."""
    return any(
        not _DENIED.search(text, max(0, found.start() - _NEAR), found.start())
        for found in pattern.finditer(text)
    )


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
