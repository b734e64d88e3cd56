"""What a shop pays for a text message, by country: its own word, for estimates."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from notifications.models import MessageSetup
from tenants import audit
from tenants.models import Shop
from tenants.services import Actor


@transaction.atomic
def set_sms_prices(*, shop: Shop, prices: Mapping[str, str], currency: str, by: Actor) -> bool:
    """{"ES": "0.075", "": elsewhere}. False where nothing was different. Safe to repeat."""
    MessageSetup.objects.get_or_create(shop=shop)
    held = MessageSetup.objects.for_shop(shop).select_for_update().get()
    before = {"prices": held.sms_prices, "currency": held.sms_currency}
    after = {"prices": dict(prices), "currency": currency}
    if before == after:
        return False
    held.sms_prices, held.sms_currency = dict(prices), currency
    held.save(update_fields=["sms_prices", "sms_currency"])
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action="prices.changed", before=before, after=after
    )  # fmt: skip
    return True
