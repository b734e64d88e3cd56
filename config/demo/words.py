"""What the demo's shops say in words of their own, and the points where some of its parcels wait."""

from __future__ import annotations

from datetime import datetime, timedelta

from tenants.models import Shop
from tenants.services import SYSTEM
from tracking.models import Shipment
from tracking.services.wordings import Words, change_words

# By shop: about, language, words.
WORDS: dict[str, tuple[tuple[str, str, Words], ...]] = {
    "barro-y-sal": (
        (
            "state:preparing",
            "es",
            Words("Estamos envolviendo tu cerámica", "Cada pieza va en papel de seda y con su propia caja."),
        ),
        (
            "state:preparing",
            "en",
            Words("We are wrapping your pottery", "Each piece goes in tissue paper and a box of its own."),
        ),
    ),
    "librairie-des-pentes": (
        (
            "state:awaiting_stock",
            "fr",
            Words(reason="Votre livre est chez l'imprimeur ou en route vers la librairie."),
        ),
    ),
}

# By shop: the order, and where its parcel waits; kept for so many days.
POINTS: dict[str, tuple[tuple[str, dict[str, str], int], ...]] = {
    "librairie-des-pentes": (
        (
            "LP-2207",
            {
                "name": "Tabac Le Capitole",
                "address": "12 rue du Taur, 31000 Toulouse",
                "hours": "lun–sam 7 h 30–19 h 30",
                "code": "4K7-209",
            },
            6,
        ),
    ),
    "torra-clara": (
        (
            "TC-505",
            {
                "name": "Banca do Largo",
                "address": "Rua Felipe Schmidt 58, Florianópolis",
                "hours": "seg–sáb 8h–18h",
                "code": "731 904",
            },
            3,
        ),
    ),
}


def tell(shop: Shop, now: datetime) -> None:
    """In the shop's context. Safe to repeat."""
    for about, language, words in WORDS.get(shop.slug, ()):
        change_words(shop=shop, about=about, language=language, words=words, by=SYSTEM)
    for number, point, days in POINTS.get(shop.slug, ()):
        until = (now + timedelta(days=days)).date().isoformat()
        Shipment.objects.for_shop(shop).filter(order__number=number).update(pickup={**point, "until": until})
