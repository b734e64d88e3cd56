"""What comes after the demo's deliveries: stars and words, invoices, a credit note, recommended products."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.demo.shops import BARRO, PENTES, TORRA
from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.services import SYSTEM, change_brand
from tracking.models import Order
from tracking.services import invoice_setup, invoices
from tracking.services.invoices import Buyer
from tracking.services.reviews import Said, publish, rate


@dataclass(frozen=True, slots=True)
class Opinion:
    order: str
    shop_stars: int
    carrier_stars: int
    text: str = ""
    name: str = ""
    is_published: bool = False


OPINIONS: Mapping[str, tuple[Opinion, ...]] = {
    BARRO.slug: (
        Opinion(
            "1036",
            5,
            5,
            "Llegó antes de lo previsto y la vajilla es aún más bonita en la mesa.",
            "Sofía",
            True,
        ),
        Opinion(
            "1024", 4, 3, "Las tazas, preciosas. El repartidor no encontró el timbre a la primera.", "Óscar"
        ),
        Opinion("1040", 2, 4, "Una fuente llegó desportillada. El reparto, en cambio, muy amable.", "Ainhoa"),
    ),
    PENTES.slug: (
        Opinion("LP-2204", 5, 4, "Emballé comme un cadeau, et un marque-page en plus. Merci !", "Sarah"),
    ),
    TORRA.slug: (
        Opinion(
            "TC-504", 5, 3, "Café fresquíssimo. A entrega demorou um dia a mais do que o prometido.", "Camila"
        ),
    ),
}
PRODUCTS = {
    "products_title": "Pour aller avec",
    "products": [
        {
            "title": "Le Guide, hiver",
            "price": "14,50 €",
            "url": "https://librairiedespentes.example/guide-hiver",
            "image_url": "",
        },
        {
            "title": "Carnet de lecture",
            "price": "14,50 €",
            "url": "https://librairiedespentes.example/carnet",
            "image_url": "",
        },
    ],
    "blocks": ["order", "products", "banner"],
    "review_url": "https://avis.example/librairie-des-pentes",
}
INVOICING = {
    "enabled": True,
    "automatic": True,
    "legal_name": "Barro y Sal Cerámica, S. L.",
    "tax_id": "B12345674",
    "address": "Carrer de la Corona 14\n46003 València",
    "prices_include_tax": True,
    "tax_name": "IVA",
    # The demo's tiles count as an article of a reduced rate, so that an invoice has two.
    "rates": {"ES": "21", "ES:BA-06": "10", "IT": "22", "DE": "19", "AD": "0", "": "0"},
    "footer": "Inscrita en el Registro Mercantil de Valencia, tomo 9999, folio 12, hoja V-123456.",
}
BUYERS = {
    "1038": Buyer("Carmen Vidal", "12345678Z", "Rúa Real 15\n15003 A Coruña", "ES"),
    "1033": Buyer("Ortega Interiores, S. L.", "A58818501", "Paseo Zorrilla 101\n47006 Valladolid", "ES"),
}


def seed(shops: Mapping[str, Shop], now: datetime) -> None:
    """Of shops whose orders have been told by their carriers; what names an order there is not is left out."""
    change_brand_of(shops[PENTES.slug])
    barro = shops[BARRO.slug]
    invoice_setup.change_setup(shop=barro, by=SYSTEM, fields=INVOICING)
    for number, buyer in BUYERS.items():
        if order := _order(barro, number):
            invoice = invoices.ask(shop=barro, order=order, buyer=buyer, language="es", now=now)
            if number == "1033" and invoice.status == "issued":
                invoices.take_back(
                    shop=barro, invoice=invoice, units=None, reason="Devuelto al taller", by=SYSTEM, now=now, once=0
                )  # fmt: skip
    for slug, opinions in OPINIONS.items():
        for hours, opinion in enumerate(opinions, start=2):
            _say(shops[slug], opinion, now - timedelta(hours=hours))


def change_brand_of(shop: Shop) -> None:
    with shop_context(shop.pk):
        change_brand(shop=shop, by=SYSTEM, fields=PRODUCTS)


def _order(shop: Shop, number: str) -> Order | None:
    with shop_context(shop.pk):
        found: Order | None = Order.objects.for_shop(shop).filter(number=number).first()
        return found


def _say(shop: Shop, said: Opinion, at: datetime) -> None:
    order = _order(shop, said.order)
    if order is None:
        return
    review = rate(
        shop=shop, order=order, language=order.language, proved=True, now=at,
        said=Said(said.shop_stars, said.carrier_stars, said.text or None, said.name),
    )  # fmt: skip
    if said.is_published:
        publish(shop=shop, review=review, by=SYSTEM, now=at)
