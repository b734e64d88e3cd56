"""What befalls parcels, as carriers tell it: in Spanish, French, English, German, Portuguese and Italian."""

from __future__ import annotations

import re
from typing import NamedTuple

from carriers.types import SubStatus


def any_of(*parts: str) -> re.Pattern[str]:
    """For texts in small letters."""
    return re.compile("|".join(parts))


class Tale(NamedTuple):
    """Something that happens to parcels, and how our words say it, by what the code has said already.

    All of `told` stand in the text. None: not for such a code to be.
    """

    told: tuple[re.Pattern[str], ...]
    exception: SubStatus | None = None
    failed: SubStatus | None = None
    moving: SubStatus | None = None
    may_be_senders: bool = True  # False: it is no news of the parcel when the sender is the one meant


CUSTOMS = any_of(r"\bcustoms\b", "adua[nñ]", "douan", r"\bzoll", "dogan", "alf[âa]ndeg", r"\bclearance\b")
_LATE = any_of(
    r"\bdelay(?:ed|s)?\b", r"\brunning late\b", r"\bretras(?:o|ad)", r"\bdemorad", r"m[áa]s tarde de lo previsto",
    r"\bretard(?:s|ée?s?)?\b", "verzöger", "verspät", r"\bin ritardo\b", r"\britardat", r"\batras(?:o\b|ad[oa])",
)  # fmt: skip
_WEATHER = any_of(
    r"\bweather\b", r"\bsnow", r"\bstorm", "meteorol", "climatol", r"mal tiempo", "temporal de", "intempérie",
    "météo", "wetter", "witterung", "maltempo", "condizioni meteo", "mau tempo",
)  # fmt: skip
_WAITS_FOR_PAPERS = any_of(
    r"(?:need|require|await|missing|request)\w*(?: \w+){0,3} (?:information|document\w*|papers|invoice)",
    r"(?:information|documents?|documentation|papers|invoice)(?: \w+){0,2} (?:missing|required|needed|requested)",
    r"(?:falta\w*|necesita\w*|requier\w*|solicita\w*|pendiente de|a la espera de)(?: \w+){0,3}"
    r" (?:document|factura|informaci)",
    r"documents?(?: \w+){0,3} (?:attendu|manquant|requis|demandé)",
    r"(?:attente|manque)(?: \w+){0,2} (?:de |d['’])?(?:document|facture|information)",
    r"(?:dokument|unterlagen|rechnung|information)\w*(?: \w+){0,2} (?:fehl|benötigt|erforderlich|angefordert)",
    r"(?:manca\w*|attesa|richiest[aeio])(?: \w+){0,2} (?:document|fattura|informazion)",
    r"(?:faltam?|aguardando|exige|pendente de)(?: \w+){0,3} (?:document|fatura|informaç)",
)
_HELD = any_of(
    r"\b(?:held|hold|detained|seized)\b", r"\bretenid[oa]\b", r"\bretenue?\b", "zurückgehalten", r"\btrattenut[oa]\b",
    r"\bretid[oa]\b",
)  # fmt: skip
# What is damaged may be the label or the van.
_NO_LABEL = "".join(
    f"(?<!{word} )"
    for word in (
        "label",
        "label is",
        "vehicle",
        "van",
        "etiqueta",
        "vehículo",
        "vehiculo",
        "étiquette",
        "etikett",
        "etichetta",
    )
)
# A whole language may lack where its words leave room for doubt. The most telling first.
TALES = (
    Tale((any_of(
        r"(?<!will be )(?<!to be )\b(?:return(?:ed|ing)?|way back|sent back)(?: back)? to (?:the |its )?(?:original )?"
        r"(?:sender|shipper)\b",
        r"(?<!ser[áa] )\b(?:devuelt[oa]|devoluci[oó]n|devolviendo|retorno) al? (?:su )?remitente\b",
        r"(?<!sera )\bretour\w*(?: en cours)? (?:à|a|vers) (?:l['’]|son )expéditeur\b",
        r"\ban den absender zurück", r"\b(?:rücksendung|zurück) (?:an den|zum) absender\b",
        r"(?<!verrà )(?<!sarà )\b(?:restituzione|restituit[oa]|ritorno|reso) al mittente\b",
        r"(?<!será )\b(?:devolvid[oa]|devolução|retorno) ao remetente\b",
    ),), exception=SubStatus.RETURNING, moving=SubStatus.RETURNING),
    Tale((any_of(
        r"\bdestroyed\b", r"\bdestruid[oa]\b", r"\bdétruite?\b", r"\bvernichtet\b", r"\bdistrutt[oa]\b", r"\bdestruíd[oa]\b",
    ),), SubStatus.EXCEPTION_DESTROYED),
    Tale((any_of(
        r"\b(?:declared|considered|confirmed)(?: as)? lost\b", r"^lost\b",
        r"\b(?:parcel|package|shipment|item|letter)(?: is| was| has been)? lost\b",
        r"\b(?:dad[oa]|declarad[oa]|considerad[oa]) (?:por |como )?(?:extraviad|perdid)[oa]\b",
        r"\b(?:colis|envoi|objet|courrier)(?: est| a été)? perdu\b", r"\b(?:comme|déclaré) perdu\b",
        r"\b(?:sendung|paket|brief)(?: \w+){0,3} verloren\b", r"\bin verlust geraten\b",
        r"\b(?:dichiarat[oa]|considerat[oa]) (?:smarrit|pers|perdut)[oa]\b", r"\bandat[oa] pers[oa]\b",
    ),), SubStatus.EXCEPTION_LOST),
    Tale((any_of(
        r"\b(?:released (?:by|from)|cleared(?: through| by)?) customs\b", r"\bcustoms cleared\b",
        r"\bclearance (?:processing )?(?:is |has been )?completed?\b",
        r"\b(?:salid[oa]|despachad[oa]|liberad[oa]) (?:de|por) (?:la )?aduana", r"\bsorti\w* de (?:la )?douane\b",
        r"\bdédouané", r"\bzollabfertigung (?:\w+ )?abgeschlossen", r"\bvom zoll freigegeben", r"\bsdoganat[oa]\b",
        r"\bdesalfandegad", r"\bfiscalização aduaneira finalizada", r"\bliberado pela alfândega",
    ),), moving=SubStatus.CUSTOMS_CLEARED),
    Tale((CUSTOMS, _WAITS_FOR_PAPERS), SubStatus.EXCEPTION_HELD,
          moving=SubStatus.CUSTOMS_INFO_REQUIRED),
    Tale((CUSTOMS, _LATE), SubStatus.EXCEPTION_HELD, moving=SubStatus.DELAYED_CUSTOMS),
    Tale((CUSTOMS, _HELD), exception=SubStatus.EXCEPTION_HELD),
    Tale((any_of(
        r"\b(?:package|parcel|shipment|item)s?(?: was)? (?:un|not )claimed\b", r"^(?:un|not )claimed\b",
        r"\bnot (?:been )?(?:collected|claimed|picked up) (?:by the (?:recipient|consignee|receiver|customer)|in time|within)",
        r"\b(?:did|has) not (?:collect|claim|pick(?:ed)? up)", r"\bcollection period (?:has )?(?:ended|expired)",
        r"\bno (?:ha sido |fue |se ha )?(?:retirad[oa]|recogid[oa] (?:en plazo|en (?:la |el )?(?:oficina|parcelshop)"
        r"|por (?:el|su) destinatario))",
        r"\bnon (?:retiré|réclamé)", r"\b(?:pas|plus) été (?:retiré|réclamé)", r"\blagerfrist abgelaufen",
        r"\bnicht (?:innerhalb der (?:frist|lagerfrist) |vom empfänger )abgeholt", r"\bgiacenza scaduta",
        r"\bnon (?:è stat[oa] )?ritirat[oa] (?:dal destinatario|entro|nei termini)", r"\bnão (?:foi )?(?:retirad|procurad)[oa]",
        r"\bprazo de retirada encerrado",
    ),), SubStatus.EXCEPTION_PICKUP_MISSED, may_be_senders=False),
    Tale((any_of(
        r"\brefus(?:ed|es|al)\b", r"\brejected by (?:the )?(?:recipient|consignee|receiver|customer)", "rehus",
        r"\brechazad[oa]", r"\brefusée?\b", r"\brefuse le\b", r"\bannahme verweigert", r"\bverweigert\w*(?: \w+){0,2} annahme",
        r"\brifiutat[oa]", r"\brecus(?:ou|ad[oa])\b",
    ),), SubStatus.EXCEPTION_REFUSED, SubStatus.FAILED_REFUSED, may_be_senders=False),
    Tale((any_of(
        rf"{_NO_LABEL}\b(?:damaged|da[ñn]ad|deteriorad|endommagé|abîmé|beschädigt|danneggiat|danificad|avariad[oa])",
        r"\brotura\b", r"sufrido (?:\w+ )?da[ñn]os", r"\bbeschädigung (?:festgestellt|gemeldet)",
    ),), SubStatus.EXCEPTION_DAMAGED),
    Tale((any_of(
        r"\b(?:not|nobody|no one|no-one)(?: was)? (?:at )?home\b",
        r"\b(?:recipient|consignee|receiver|customer)(?: is| was)? (?:absent|not available|unavailable|not in)\b",
        r"ausente", r"\bnadie en casa\b", r"\babsente?\b", r"\bnicht (?:angetroffen|zu hause)\b", r"\bassente\b",
        r"\bcarteiro não atendido\b", r"\bninguém em casa\b",
    ),), SubStatus.FAILED_NOT_HOME, SubStatus.FAILED_NOT_HOME, may_be_senders=False),
    Tale((any_of(
        r"\b(?:recipient|consignee|receiver|addressee)(?: is)? unknown\b", r"\bdestinatario desconocido",
        r"\bdestinataire inconnu",
        r"\bempfänger (?:ist )?unbekannt", r"\bdestinatario sconosciuto", r"\bdestinatário desconhecido",
    ),), SubStatus.EXCEPTION_RECIPIENT, SubStatus.FAILED_ADDRESS),
    Tale((any_of(
        r"\b(?:incorrect|incomplete|wrong|invalid|insufficient|bad) (?:\w+ )?address\b",
        r"\baddress (?:is |was )?(?:incorrect|incomplete|wrong|invalid|insufficient|unknown)",
        r"\bdirecci[oó]n (?:incorrect|incomplet|err[oó]ne|desconocid)", r"\bfaltan datos\b",
        r"\badresse (?:\w+ )?(?:est )?(?:incorrect|incompl[èe]t|erroné|inconnu|introuvable)",
        r"\b(?:falsche|unvollständige|fehlerhafte|ungültige) (?:adresse|anschrift)",
        r"\b(?:adresse|anschrift) (?:ist )?(?:falsch|unvollständig|fehlerhaft|ungültig|unbekannt)",
        r"\bindirizzo (?:errat|incomplet|sbagliat|sconosciut|insufficien[tz])",
        r"\bendereço (?:incorret|incomplet|errad|insuficient)",
    ),), SubStatus.EXCEPTION_ADDRESS, SubStatus.FAILED_ADDRESS, may_be_senders=False),
    Tale((any_of(
        r"\bno access\b", r"\baccess (?:denied|restricted|not possible)", r"\bsin acceso\b", r"\bacceso (?:restringid|imposible)",
        r"\baccès (?:impossible|refusé|restreint)", r"\b(?:pas d['’]|sans )accès\b", r"\bkein (?:zugang|zutritt)\b",
        r"\baccesso (?:impossibile|negato)", r"\bsem acesso\b",
    ),), exception=SubStatus.FAILED_ACCESS, failed=SubStatus.FAILED_ACCESS),
    Tale((any_of(
        r"\b(?:under|ongoing) investigation\b", r"\bbeing (?:traced|looked for|searched for)\b",
        r"\binvestigation (?:has been |was )?(?:opened|started|initiated)", r"\btrac(?:e|er|ing) (?:opened|initiated|started)",
        r"\ben (?:b[úu]squeda|investigaci[oó]n)\b", r"\babierto una investigaci[oó]n", r"\bextravi",
        r"\brecherches? (?:est |sont )?(?:en cours|lancée)", r"\benquête (?:est )?(?:en cours|ouverte)",
        r"\bnachforschung\w*(?: wurde| ist)? (?:läuft|eingeleitet|gestartet|eröffnet)",
        r"\b(?:ricerche|indagini|indagine|ricerca) in corso", r"\bsmarrit[oa]\b", r"\bem (?:apuração|investigação)\b",
    ),), SubStatus.EXCEPTION_INVESTIGATION),
    Tale((any_of(
        r"\b(?:business|company|shop|store|premises|recipient)(?: is| was)? closed\b",
        r"\b(?:establecimiento|comercio|negocio|tienda|empresa|local|destinatario)(?: est[áa]| estaba)? cerrad[oa]\b",
        r"\b(?:entreprise|établissement|magasin|destinataire|commerce|société)(?: est| était)? fermée?\b",
        r"\b(?:firma|geschäft|betrieb|empfänger) (?:ist |war )?geschlossen", r"\b(?:negozio|azienda) (?:è |era )?chius[oa]",
        r"\b(?:empresa|estabelecimento|loja) (?:est(?:á|ava) )?fechad[oa]",
    ),), SubStatus.FAILED_BUSINESS_CLOSED, SubStatus.FAILED_BUSINESS_CLOSED,
          may_be_senders=False),
    Tale((any_of(  # who is closed goes without saying, unless it is the file
        r"(?<!incidencia )(?<!expediente )(?<!reclamaci[oó]n )\bcerrad[oa]\b(?! definitiv)",
        r"\b(?:fermée?|geschlossen|chius[oa]|fechad[oa])\b",
    ),), failed=SubStatus.FAILED_BUSINESS_CLOSED, may_be_senders=False),
    Tale((_LATE, _WEATHER), SubStatus.DELAYED_WEATHER, moving=SubStatus.DELAYED_WEATHER),
    Tale((_LATE,), SubStatus.DELAYED_OPERATIONS, moving=SubStatus.DELAYED_OPERATIONS),
)  # fmt: skip
