"""What a shop calls the things its rules speak of, and what it has of each to choose from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property

from django.db import connection
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from carriers.models import Account
from carriers.registry import CARRIERS
from console.occasion_names import GROUPS, name_of
from console.rows import StateNames
from notifications.models import Template
from notifications.occasions import ANY, OCCASIONS
from notifications.sentences import PLAIN, Names
from notifications.services.templates import OWN
from tenants.models import LANGUAGES, Shop
from tracking.actions import carrier_name
from tracking.services.values import countries
from tracking.when import locale_for

Choices = list[tuple[str, str]]
RECENT = 5_000  # orders looked through for what a shop has
MOST = 200  # of a kind

# What the latest orders have, whatever there is before them: the same work for every shop.
SEEN = """
WITH recent AS MATERIALIZED (
  SELECT id, channel, tags FROM tracking_order WHERE shop_id = %(shop)s ORDER BY placed_at DESC, id DESC LIMIT %(recent)s)
(SELECT 'sales_channel', channel FROM recent WHERE channel <> '' GROUP BY 2 LIMIT %(most)s)
UNION ALL (SELECT 'tag', tag FROM recent, unnest(tags) tag GROUP BY 2 LIMIT %(most)s)
UNION ALL (SELECT 'service', s.service FROM recent JOIN tracking_shipment s
  ON s.shop_id = %(shop)s AND s.order_id = recent.id WHERE s.service <> '' GROUP BY 2 LIMIT %(most)s)
UNION ALL (SELECT 'carrier', s.carrier FROM recent JOIN tracking_shipment s
  ON s.shop_id = %(shop)s AND s.order_id = recent.id GROUP BY 2 LIMIT %(most)s)
"""


class RuleNames:
    """Of one shop, for one request. A statement for its states, one for its designs; `offers` takes two more."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.states = StateNames(shop)
        own = Template.objects.for_shop(shop).filter(key__startswith=OWN).order_by("name", "key")
        self.designs: dict[tuple[str, str], str] = {
            (key, channel): name or key for key, channel, name in own.values_list("key", "channel", "name")
        }
        self.said: Names = replace(PLAIN, state=self.states, design=self._design)

    def _design(self, key: str, channel: str) -> str:
        return self.designs.get((key, channel)) or (
            name_of(self.shop, key, self.states) if key in OCCASIONS else ""
        )

    def occasion(self, code: str) -> str:
        return _("Whatever happens") if code == ANY else name_of(self.shop, code, self.states)

    @cached_property
    def occasions(self) -> list[tuple[str, Choices]]:
        """By group; a parcel's steps, each status with its own beneath it."""
        grouped = [
            (
                str(label),
                [(code, self.occasion(code)) for code, one in OCCASIONS.items() if one.group == group],
            )
            for group, label in GROUPS.items()
        ]
        return [*grouped, (_("Everything"), [(ANY, self.occasion(ANY))])]

    @cached_property
    def offers(self) -> Mapping[str, Choices]:
        """What a condition may name, by subject: code and name. Of the shop's latest orders, and its carriers."""
        found: dict[str, dict[str, str]] = {
            name: {} for name in ("sales_channel", "tag", "service", "carrier")
        }
        with connection.cursor() as cursor:
            cursor.execute(SEEN, {"shop": self.shop.pk, "recent": RECENT, "most": MOST})
            for of, value in cursor.fetchall():
                found[of][value] = carrier_name(value) if of == "carrier" else value
        for code in Account.objects.for_shop(self.shop).values_list("carrier", flat=True):
            found["carrier"].setdefault(code, carrier_name(code))
        places = {code: PLAIN.country(code) for code in countries()}
        tongues = {code: PLAIN.language(code) for code in LANGUAGES}
        return {
            of: _by_name(names) for of, names in {**found, "country": places, "language": tongues}.items()
        }

    def name(self, of: str, value: str) -> str:
        """As a person reads it; as it is, where it has no name."""
        known: Mapping[str, Callable[[str], str]] = {
            "carrier": PLAIN.carrier, "country": PLAIN.country, "language": PLAIN.language,
        }  # fmt: skip
        return known[of](value) if of in known else value

    def code(self, of: str, said: str) -> str | None:
        """What a person means: by code or by name. None: nothing there is of it. What a shop makes up itself is as said."""
        if of not in ("carrier", "country", "language"):
            return said
        wanted = said.casefold()
        for code, name in self.offers[of]:
            if wanted in (code.casefold(), name.casefold()):
                return code
        if of == "country":
            return _country_in_any_language(wanted)
        if of == "carrier":
            return next((c.code for c in CARRIERS.values() if wanted in (c.code, c.name.casefold())), None)
        return None


def _by_name(names: Mapping[str, str]) -> Choices:
    return sorted(names.items(), key=lambda pair: pair[1].casefold())


def _country_in_any_language(wanted: str) -> str | None:
    for language in ("en", get_language() or "en", "es", "de", "fr"):
        for code, name in locale_for(language, "").territories.items():
            if name.casefold() == wanted and len(code) == 2 and code.isalpha():
                return str(code)
    return None
