"""How a shop invoices: its particulars, and the rates of its taxes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tenants import audit
from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.services import Actor, touch_brand
from tracking import pages
from tracking.models import InvoiceSetup
from tracking.services.incoming import Refused
from tracking.services.values import cleaned, countries
from tracking.tax_ids import checked

FIELDS = (
    "enabled", "automatic", "legal_name", "tax_id", "address", "prices_include_tax", "tax_name", "rates", "footer",
)  # fmt: skip
MOST_RATES = 200
_RATE = re.compile(r"([A-Za-z]{2}|\*)[\s:]+([0-9]{1,2}(?:[.,][0-9]{1,2})?)\s*%?(?:[\s:]+(\S.*))?")


def change_setup(*, shop: Shop, by: Actor, fields: Mapping[str, Any]) -> InvoiceSetup:
    """Set how the shop invoices from now on; what is issued stays as it is. Raises Refused.

    One transaction; safe to repeat.
    """
    said = {name: fields[name] for name in FIELDS if name in fields}
    said["tax_id"] = _tax_id(said.get("tax_id", ""), shop.country)
    if said.get("enabled"):
        _complete(said)
    with shop_context(shop.pk):
        held, _made = InvoiceSetup.objects.for_shop(shop).get_or_create(shop=shop)
        before = {name: getattr(held, name) for name in said}
        InvoiceSetup.objects.for_shop(shop).filter(pk=held.pk).update(**said)
        touch_brand(shop=shop)  # every page may have to offer an invoice now, or no longer
        _forget_look(shop)
        changed = sorted(name for name in said if said[name] != before[name])
        audit.record(
            shop=shop, actor=by.name, role=by.role, address=by.address, action="invoicing.changed",
            after={"fields": changed},
        )  # fmt: skip
        held.refresh_from_db()
        setup: InvoiceSetup = held
        return setup


def _forget_look(shop: Shop) -> None:
    transaction.on_commit(lambda: pages.forget_look(shop.pk), robust=True)


def _tax_id(said: str, country: str) -> str:
    number = checked(said, country)
    if number is None:
        raise Refused.because("tax_id", _("This is not a valid tax number: check its digits."))
    return number


def _complete(said: Mapping[str, Any]) -> None:
    """An invoice names who issues it, and says the tax."""
    missing = {
        name: [_("An invoice must say it.")]
        for name in ("legal_name", "tax_id", "address")
        if not str(said.get(name, "")).strip()
    }
    if not said.get("rates"):
        missing["rates"] = [_("Say at least one rate: that of your own country.")]
    if missing:
        raise Refused(missing)


def read_rates(said: str) -> dict[str, str]:
    """Rates as people write them, one a line: "ES 21", "ES 10 SAL-3, SAL-4" for some articles, "* 0" for all
    other countries. Raises Refused with the line that says nothing of the kind."""
    found: dict[str, str] = {}
    for line in filter(None, (cleaned(line) for line in said.splitlines())):
        match = _RATE.fullmatch(line)
        country = match[1].upper() if match else ""
        if match is None or (country != "*" and country not in countries()):
            sentence = _(
                "Write a country and its percent, like “ES 21”. This line says something else: %(line)s"
            )
            raise Refused.because("rates", sentence % {"line": line[:60]})
        rate = match[2].replace(",", ".")
        if match[3] and country == "*":
            raise Refused.because("rates", _("Rates of single articles need a country: “ES 10 SAL-3”."))
        for key in _keys(country, match[3] or ""):
            found[key] = rate
    if len(found) > MOST_RATES:
        raise Refused.because("rates", _("No more than %(most)d rates, please.") % {"most": MOST_RATES})
    return found


def _keys(country: str, skus: str) -> list[str]:
    place = "" if country == "*" else country
    if not skus:
        return [place]
    return [f"{place}:{sku}" for sku in filter(None, re.split(r"[,;\s]+", skus))]


def write_rates(rates: Mapping[str, str]) -> str:
    """The other way round, one line for each percent of a country."""
    articles: dict[tuple[str, str], list[str]] = {}
    told = []
    for key, rate in rates.items():
        place, _colon, sku = key.partition(":")
        if sku:
            articles.setdefault((place, rate), []).append(sku)
        else:
            told.append(f"{place or '*'} {rate}")
    told += [f"{place} {rate} {', '.join(skus)}" for (place, rate), skus in articles.items()]
    return "\n".join(told)
