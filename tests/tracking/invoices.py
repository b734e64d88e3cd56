"""What tests of invoices share: a shop that issues them, and somebody to make one out to."""

from __future__ import annotations

from typing import Any

from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.services import SYSTEM
from tests.tracking import pages
from tracking.models import Order, OrderLine
from tracking.services import invoice_setup
from tracking.services.invoices import Buyer

RATES = {"ES": "21", "ES:BOOK": "4", "": "0"}
BUYER = Buyer("Marta Ruiz", "12345678Z", "Calle del Olmo 12\n28038 Madrid", "ES")


def invoicing_shop(**fields: Any) -> Shop:
    made = pages.shop(**fields.pop("shop", {}))
    invoice_setup.change_setup(
        shop=made,
        by=SYSTEM,
        fields={
            "enabled": True, "automatic": True, "legal_name": "Casa Olmo, S. L.", "tax_id": "A58818501",
            "address": "Calle de la Paz 3\n46003 Valencia", "prices_include_tax": True, "tax_name": "IVA",
            "rates": RATES, "footer": "Inscrita en el Registro Mercantil de Valencia", **fields,
        },
    )  # fmt: skip
    return made


def order(of: Shop, **fields: Any) -> Order:
    """A plate for 64 € and two books at 9.95 €, with 4.10 € of postage."""
    with shop_context(of.pk):
        made = pages.order(of, **{"state": "delivered", "total": "88.00", **fields})
        OrderLine.objects.create(
            shop=of, order=made, position=1, title="Book of bowls", sku="BOOK", quantity=2, unit_price="9.95"
        )
        made.refresh_from_db()
        return made
