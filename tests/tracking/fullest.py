"""The fullest order that can be believed: what a page must be able to carry on a slow line."""

from __future__ import annotations

from datetime import datetime, timedelta

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.models import Brand, Shop
from tests.tracking import pages as rows
from tracking.models import (
    DeliveryOption,
    DeliveryRequest,
    Invoice,
    InvoiceSetup,
    Milestone,
    Order,
    OrderLine,
    Review,
    Shipment,
    Ticket,
    TicketMessage,
)

ALL_LANGUAGES = ["es", "en", "pt-br", "fr", "it", "de"]
ON_THE_WAY = [
    (SubStatus.LABEL_CREATED, 96, "Prerregistrado en origen"),
    (SubStatus.PICKED_UP, 80, "Recogido en el almacén del remitente"),
    (SubStatus.ARRIVED_FACILITY, 74, "Llegada a la plataforma logística"),
    (SubStatus.IN_SORTING, 72, "En clasificación"),
    (SubStatus.DEPARTED_FACILITY, 66, "Salida de la plataforma logística"),
    (SubStatus.IN_TRANSIT, 50, "En tránsito a la provincia de destino"),
    (SubStatus.ARRIVED_FACILITY, 30, "Llegada a la plataforma de destino"),
    (SubStatus.AT_DELIVERY_DEPOT, 8, "En la delegación de reparto"),
]
PARCELS = [
    ("dhl", [*ON_THE_WAY, (SubStatus.ON_VEHICLE, 1, "En reparto con el conductor")]),
    ("seur", [*ON_THE_WAY, (SubStatus.ON_VEHICLE, 28, "En reparto"), (SubStatus.FAILED_NOT_HOME, 26, "Ausente")]),
    (
        "correos_es",
        [
            *ON_THE_WAY,
            (SubStatus.ON_VEHICLE, 5, "En reparto"),
            (SubStatus.FAILED_NOT_HOME, 4, "Ausente en el domicilio"),
            (SubStatus.PICKUP_POINT, 3, "Disponible en oficina"),
        ],
    ),
]  # fmt: skip
EVENTS = sum(len(scans) for _carrier, scans in PARCELS)
PLATES = [
    "Plate Arena",
    "Jug Salvia",
    "Bowl Duna, hand-thrown",
    "Table runner in washed linen",
    "Candle Higuera",
]


def shop(**fields: object) -> Shop:
    """One that uses all there is to use."""
    made = rows.shop(
        **{
            "slug": "olmo", "languages": ALL_LANGUAGES, "contact_phone": "+34 960 123 456",
            "website": "https://olmo.example", "help_url": "https://olmo.example/help",
            "privacy_url": "https://olmo.example/privacy", **fields,
        }
    )  # fmt: skip
    with shop_context(made.pk):
        Brand.objects.for_shop(made).update(
            banner_title="For your next table", banner_text="10 % off the autumn collection until Sunday",
            banner_code="OLMO10", banner_url="https://olmo.example/autumn", banner_label="See the collection",
            links=[{"label": "Shop", "url": "https://olmo.example"}, {"label": "Journal", "url": "https://olmo.example/j"}],
            social=[{"label": "Instagram", "url": "https://social.example/olmo"}],
            products=[
                {"title": title, "url": f"https://olmo.example/p/{n}", "image_url": "", "price": "24,00 €"}
                for n, title in enumerate(PLATES[:4])
            ],
            products_title="Goes well with it", review_url="https://reviews.example/olmo", version=2,
        )  # fmt: skip
        for place, kind in enumerate(("address", "pickup_point", "day", "neighbour", "safe_place", "note")):
            DeliveryOption.objects.create(shop=made, kind=kind, position=place)
        InvoiceSetup.objects.create(
            shop=made, enabled=True, legal_name="Olmo Cerámica S.L.", tax_id="B12345674",
            address="Calle Mayor 1, 46001 Valencia", rates={"ES": "21"},
        )  # fmt: skip
    return made


def order(of: Shop, *, now: datetime, **fields: object) -> Order:
    """Three parcels in 30 scans, five articles, changes asked for, a matter under discussion, a review."""
    with shop_context(of.pk):
        made = rows.order(
            of,
            **{
                "number": "1042", "state": "out_for_delivery", "state_since": now - timedelta(hours=1),
                "eta_first": now.date(), "eta_last": now.date() + timedelta(days=1), "total": 248,
                "placed_at": now - timedelta(days=5), "latitude": 40.41, "longitude": -3.7, **fields,
            },
        )  # fmt: skip
        for place, title in enumerate(PLATES[1:], start=1):
            OrderLine.objects.create(
                shop=of, order=made, position=place, title=title, variant="Sand", quantity=2, unit_price=46
            )
        parcels = [
            rows.parcel(made, scans, now=now, carrier=carrier, options_url="https://carrier.example/options")
            for carrier, scans in PARCELS
        ]
        Shipment.objects.filter(pk=parcels[2].pk).update(
            pickup={
                "name": "Oficina de Correos 28", "address": "Calle Mayor 14, 28013 Madrid",
                "hours": "Mo–Fr 8:30–20:30, Sa 9:30–13:00", "until": str(now.date() + timedelta(days=6)), "code": "7431",
            }
        )  # fmt: skip
        for number, (after, hours) in enumerate([("received", 118), ("preparing", 100), ("shipped", 80)]):
            rows.move(made, after, hours, number)
        Milestone.objects.create(
            shop=of, order=made, code="invoice_issued", at=now, reference="F-311", url="https://olmo.example/F-311.pdf",
        )  # fmt: skip
        Invoice.objects.create(
            shop=of, order=made, number="F-2026-000311", currency="EUR", language="en", issued_at=now, pdf=b"%PDF-1.7",
            net="204.96", tax="43.04", total="248.00", made_at=now,
        )  # fmt: skip
        _said(of, made, parcels, now)
    return made


def _said(of: Shop, made: Order, parcels: list[Shipment], now: datetime) -> None:
    for parcel, kind, status in ((parcels[0], "note", "accepted"), (parcels[1], "day", "refused")):
        DeliveryRequest.objects.create(
            shop=of, order=made, shipment=parcel, kind=kind, way="task", status=status, asked_by="shopper",
            asked_at=now - timedelta(hours=20), details={"note": "Ring twice", "day": str(now.date())},
            answer="The driver has been told.",
        )  # fmt: skip
    matter = Ticket.objects.create(
        shop=of, order=made, shipment=parcels[1], reason="not_received", opened_at=now - timedelta(hours=25),
        last_at=now - timedelta(hours=2), last_by="shop", status="answered", reply_key=f"k{made.pk}",
    )  # fmt: skip
    for key, by, text in (("a", "shopper", "Nobody rang."), ("b", "shop", "We have asked the carrier.")):
        TicketMessage.objects.create(
            shop=of, ticket=matter, by=by, text=text, key=key, at=now - timedelta(hours=2), author="Inés"
        )
    Review.objects.create(
        shop=of, order=made, carrier="dhl", shop_stars=5, carrier_stars=4, text="All arrived whole.", name="Marta",
        language="en", status="published", written_at=now,
    )  # fmt: skip
