"""Which carriers a shop can have, and what each of them is: asked, asked for by others, or only linked to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from babel import Locale
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from carriers import directory, offers
from carriers.offers import Closed
from carriers.registry import CARRIERS
from carriers.types import Carrier, Trust
from console import tones
from console.carrier_health import pace_words, rate_words
from tracking.when import locale_for

NAMED = 3  # countries of one


class Kind(StrEnum):
    """What a carrier is to a shop. The first are the ones it is most use to have."""

    API = "api"
    AGGREGATOR = "aggregator"
    LINK = "link"
    UNOFFICIAL = "unofficial"
    OPERATOR = "operator"


LABELS: dict[Kind, Promise] = {
    Kind.API: gettext_lazy("By API"),
    Kind.AGGREGATOR: gettext_lazy("Aggregator"),
    Kind.LINK: gettext_lazy("Link only"),
    Kind.UNOFFICIAL: gettext_lazy("Unofficial – off"),
    Kind.OPERATOR: gettext_lazy("Needs your operator"),
}
MEANINGS: dict[Kind, Promise] = {
    Kind.API: gettext_lazy("Asked by itself, with your own account, about each of its parcels."),
    Kind.AGGREGATOR: gettext_lazy("A service that asks many carriers for you, for those without an account of yours."),
    Kind.LINK: gettext_lazy(
        "Not asked. Customers see the order’s states, a link to the carrier’s own page, and what you send through "
        "the API."
    ),
    Kind.UNOFFICIAL: gettext_lazy(
        "There is a way to ask it, but the carrier has promised it to nobody. Your operator can allow it."
    ),
    Kind.OPERATOR: gettext_lazy("Runs on a server of your own, which your operator has to name first."),
}  # fmt: skip
TONES = {
    Kind.API: tones.OK,
    Kind.AGGREGATOR: tones.INFO,
    Kind.LINK: tones.PLAIN,
    Kind.UNOFFICIAL: tones.WARN,
    Kind.OPERATOR: tones.WARN,
}
CLOSED = {Closed.UNOFFICIAL: Kind.UNOFFICIAL, Closed.NO_ADDRESS: Kind.OPERATOR}


def kind_of(code: str) -> Kind:
    """Of a carrier that is known."""
    carrier = CARRIERS.get(code)
    if carrier is None:
        return Kind.LINK
    if closed := offers.closed(carrier):
        return CLOSED[closed]
    return Kind.AGGREGATOR if directory.kind_of(code) == "aggregator" else Kind.API


# --- One of them ---


@dataclass(frozen=True, slots=True)
class Offer:
    """A carrier on its own page. `carrier`: its adapter; None where there is only a link."""

    code: str
    name: str
    kind: Kind
    countries: str
    carrier: Carrier | None
    link_host: str
    takes_number: bool  # the link opens at the parcel
    is_verified: bool  # the link
    rate: str = ""
    pace: str = ""  # the rate, and how many a day
    push: Trust = Trust.NONE
    notes: tuple[tuple[str, bool], ...] = ()  # and whether each is in the reader's language
    reason: str = ""  # why it is not official, or is not without credentials

    @property
    def label(self) -> str:
        return str(LABELS[self.kind])

    @property
    def tone(self) -> str:
        return TONES[self.kind]

    @property
    def meaning(self) -> str:
        return str(MEANINGS[self.kind])

    @property
    def can_connect(self) -> bool:
        return self.kind in (Kind.API, Kind.AGGREGATOR)


def offer_of(code: str) -> Offer | None:
    """None where nobody knows the carrier."""
    listed = next((one for one in directory.everyone() if one.code == code), None)
    if listed is None:
        return None
    carrier = CARRIERS.get(code)
    return Offer(
        code,
        listed.name,
        kind_of(code),
        countries_words(listed.countries, most=12),
        carrier,
        urlsplit(listed.link).hostname or "",
        listed.takes_number,
        listed.confidence != "M",
        rate_words(carrier.limits) if carrier else "",
        pace_words(carrier.limits) if carrier else "",
        carrier.push if carrier else Trust.NONE,
        tuple((_(note), _(note) != note) for note in carrier.notes) if carrier else (),
        _reason(carrier) if carrier else "",
    )


def _reason(carrier: Carrier) -> str:
    said = carrier.unofficial or carrier.unofficial_alone
    return _(said) if said else ""


def followers_of(code: str) -> list[Offer]:
    """The aggregators that a shop can connect and that follow this carrier's parcels, sure ones first."""
    sure = [c for c in CARRIERS.values() if code in (c.aggregates or ())]
    also = [c for c in CARRIERS.values() if c.finds_out and c not in sure]
    found = (offer_of(carrier.code) for carrier in (*sure, *also))
    return [offer for offer in found if offer and offer.kind is Kind.AGGREGATOR]


# --- Countries ---


def names_of_countries() -> Mapping[str, str]:
    names: Mapping[str, str] = Locale.parse(locale_for(get_language() or "en", "").language).territories
    return names


def countries_words(codes: tuple[str, ...], most: int = NAMED) -> str:
    if not codes:
        return _("Everywhere")
    names = names_of_countries()
    said = ", ".join(names.get(code, code) for code in codes[:most])
    more = len(codes) - most
    return said if more <= 0 else ngettext("%(countries)s and %(n)d more", "%(countries)s and %(n)d more", more) % {
        "countries": said, "n": more,
    }  # fmt: skip
