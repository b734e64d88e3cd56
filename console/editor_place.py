"""Where in the editor one is: which message, in which language, which block, shown how and of which order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import Http404
from django.urls import NoReverseMatch, reverse

from notifications.contents import ID
from notifications.services.drafts import Draft, draft_of
from notifications.services.templates import order_for
from tenants.access import MemberRequest
from tenants.models import Shop
from tracking import search
from tracking.models import Order

WIDTHS, SCHEMES = ("phone", "desk"), ("light", "dark")


@dataclass(frozen=True, slots=True)
class Place:
    shop: Shop
    key: str
    channel: str
    language: str
    block: str = ""
    order: str = ""  # what was looked for: a number, an e-mail
    width: str = "phone"
    scheme: str = "light"

    @property
    def is_mail(self) -> bool:
        return self.channel == "email"

    def at(self, **changed: Any) -> Place:
        return replace(self, **changed)

    @property
    def query(self) -> str:
        said = {"block": self.block, "order": self.order}
        said |= {
            "width": self.width if self.width != "phone" else "",
            "scheme": self.scheme if self.scheme != "light" else "",
        }
        return urlencode({name: value for name, value in said.items() if value})

    def url(self, name: str = "template", *more: Any) -> str:
        """The address of one of the editor's pages, here."""
        address = reverse(
            f"console:{name}", args=[self.shop.slug, self.key, self.channel, self.language, *more]
        )
        return f"{address}?{self.query}" if self.query else address

    @property
    def page_url(self) -> str:
        """Without what is chosen on it."""
        return self.at(block="", order="", width="phone", scheme="light").url()

    @property
    def edit_url(self) -> str:
        return self.url("template_edit")

    @property
    def shown_url(self) -> str:
        return self.at(block="").url("template_shown")

    @property
    def upload_url(self) -> str:
        return self.url("template_picture")

    @property
    def publish_url(self) -> str:
        return self.url("template_publish")

    @property
    def test_url(self) -> str:
        return self.url("template_test")

    @property
    def versions_url(self) -> str:
        return self.at(block="").url("template_versions")

    @property
    def phone_url(self) -> str:
        return self.at(width="phone").url()

    @property
    def desk_url(self) -> str:
        return self.at(width="desk").url()

    @property
    def light_url(self) -> str:
        return self.at(scheme="light").url()

    @property
    def dark_url(self) -> str:
        return self.at(scheme="dark").url()

    def trial_url(self) -> str:
        """Where what it would have done lately is tried; empty where there is no such page."""
        try:
            address = reverse("console:rule_trial", args=[self.shop.slug])
        except NoReverseMatch:
            return ""
        return f"{address}?{urlencode({'key': self.key, 'channel': self.channel})}"


def place_of(request: MemberRequest, state: str, channel: str, language: str) -> tuple[Place, Draft]:
    """404 for a message there is none of."""
    if language not in request.shop.languages:
        raise Http404
    try:
        draft = draft_of(request.shop, state, channel)
    except ValidationError as error:
        raise Http404 from error
    asked = request.GET
    block = asked.get("block", "")
    place = Place(
        request.shop, state, channel, language,
        block=block if ID.fullmatch(block) else "",
        order=asked.get("order", "").replace("\x00", "").strip()[:200],
        width=asked["width"] if asked.get("width") in WIDTHS else "phone",
        scheme=asked["scheme"] if asked.get("scheme") in SCHEMES else "light",
    )  # fmt: skip
    return place, draft


def order_of(place: Place) -> Order | None:
    """The order that was looked for; else one that the message suits."""
    if place.order:
        found: Order | None = search.find(place.shop, place.order, limit=1).first()
        if found is not None:
            return found
    return order_for(place.shop, place.key)
