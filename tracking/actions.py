"""What a shopper can do from the page today. An action that would do nothing is not offered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.utils.translation import gettext as _

from carriers.directory import link_for, name_of
from carriers.types import Status
from tenants.models import Shop
from tracking.parcels import OWN_DRIVER, UNNAMED
from tracking.proof import Field, Trust, shows
from tracking.snapshot import Order, Parcel


@dataclass(frozen=True, slots=True)
class Action:
    """A link. `icon`: a symbol of templates/tracking/_icons.html. `outside`: leads to another site."""

    label: str
    href: str
    icon: str
    outside: bool = False
    primary: bool = False


CHANGEABLE = frozenset(
    {
        Status.INFO_RECEIVED,
        Status.IN_TRANSIT,
        Status.FAILED_ATTEMPT,
        Status.EXCEPTION,
        Status.OUT_FOR_DELIVERY,
    }
)
PROVE = "#prove"  # the form that proves whose order it is


def web(url: str) -> str:
    """`url` where it is one of the web, else empty: nothing else may become a link."""
    return url if urlsplit(url).scheme in ("https", "http") else ""


def carrier_name(code: str) -> str:
    if code in UNNAMED:
        return _("Parcel")
    if code == OWN_DRIVER:
        return _("Our own driver")
    name = name_of(code)
    return name if name != code else code.replace("_", " ").upper()


def carrier_page(
    carrier: str, number: str, postal_code: str = "", country: str = "", language: str = ""
) -> str:
    """The carrier's own public page of the parcel; empty where it has none we know. Some want the postal code."""
    if carrier in UNNAMED:
        return ""
    return web(link_for(carrier, number, postal_code, country, language[:2]))


def directions(pickup: Mapping[str, Any] | None) -> str:
    """A map of the way to a pickup point; empty where its address is not known."""
    said = pickup or {}
    place = ", ".join(part for part in (said.get("name"), said.get("address")) if part)
    if not said.get("address"):
        return ""
    return "https://www.google.com/maps/dir/?" + urlencode({"api": "1", "destination": place})


def actions(
    order: Order, parcels: list[Parcel], shop: Shop, trust: Trust, *, faded: bool, may_change: bool = False
) -> list[Action]:
    """In the order to offer them; at most one is primary. `may_change`: one of the shop's own options can be had."""
    found = [
        *_to_pickup(parcels, trust, faded),
        *_to_change(parcels, trust, faded, may_change),
        *([Action(_("Alerts"), "alerts", "bell")] if trust > Trust.GIFT else []),
        *_to_write(shop, trust),
    ]
    return [
        Action(a.label, a.href, a.icon, a.outside, primary=index == 0 and a.icon not in ("chat", "bell"))
        for index, a in enumerate(found)
    ]


def _to_pickup(parcels: list[Parcel], trust: Trust, faded: bool) -> list[Action]:
    if not shows(Field.PICKUP_POINT, trust, faded=faded):
        return []
    waiting = [p for p in parcels if p.status == Status.AVAILABLE_FOR_PICKUP]
    href = next((d for d in (directions(p.pickup) for p in waiting) if d), "")
    return [Action(_("Directions"), href, "pin", outside=True)] if href else []


def _to_change(parcels: list[Parcel], trust: Trust, faded: bool, may_change: bool) -> list[Action]:
    """The shop's own options first. The carrier's page can send a parcel elsewhere, too: who holds only a link is
    asked for proof first."""
    if may_change and trust > Trust.GIFT:
        return [Action(_("Change the delivery"), "delivery", "truck")]
    url = next((web(p.options_url) for p in parcels if p.options_url and p.status in CHANGEABLE), "")
    if not url:
        return []
    if shows(Field.DELIVERY_OPTIONS, trust, faded=faded):
        return [Action(_("Change the delivery"), url, "truck", outside=True)]
    return [Action(_("Change the delivery"), PROVE, "truck")]


def _to_write(shop: Shop, trust: Trust) -> list[Action]:
    """The pages where one writes are of the order's own address: for whom it is a present there is the phone."""
    if trust > Trust.GIFT:
        return [Action(_("Write to us"), "write", "chat")]
    phone = shop.contact_phone
    return [Action(_("Call us"), "tel:" + telephone(phone), "phone")] if phone else []


def telephone(number: str) -> str:
    return "".join(c for c in number if c.isdigit() or c == "+")
