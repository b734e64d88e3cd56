"""What the editor's page shows of a draft, and its parts, so that a change need not load the page anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from console.editor_blocks import FieldsForm, coupon_names, pictures_of, rows_of
from console.editor_place import Place, order_of
from console.editor_proof import Proof, costs_of, names_of, proof_of, twins_of
from console.occasion_names import name_of
from console.variables import variables
from notifications.arranging import block_of, can_add
from notifications.contents import HEAD, KINDS, SHORT, WHATSAPP, Content, Field, missing_languages
from notifications.facts import facts_of
from notifications.findings import Finding
from notifications.models import ChannelAccount
from notifications.registry import CHANNELS
from notifications.services.channels import usable_channels
from notifications.services.drafts import Draft
from notifications.services.templates import OWN
from tenants.access import MemberRequest
from tenants.models import User
from tracking.models import Order

PARTS = ("blocks", "panel", "proof", "bar", "languages", "seen")  # templates/console/_editor_….html


def fields_of(place: Place, content: Content) -> Sequence[Field]:
    """The fields of the chosen block; of the message itself, where none is."""
    if place.channel == "email":
        block = block_of(content, place.block) if place.block else None
        return KINDS[block["kind"]].fields if block else HEAD
    return WHATSAPP if place.channel == "whatsapp" else SHORT


def form_of(place: Place, content: Content, data: Any = None) -> FieldsForm:
    holder = block_of(content, place.block) if place.block and place.is_mail else None
    form = FieldsForm(
        data,
        shop=place.shop,
        fields=fields_of(place, content),
        holder=holder or content,
        language=place.language,
    )
    if place.channel == "whatsapp" and not (content.get("template") or {}).get(place.language):
        form.initial["template"] = held_template(place)
    return form


def held_template(place: Place) -> str:
    """The approved template as it was named before designs could name it: it is used where the design has none."""
    account = ChannelAccount.objects.for_shop(place.shop).filter(channel="whatsapp").first()
    return str((account.settings.get("templates") or {}).get(place.key, "")) if account else ""


def context_of(
    request: MemberRequest,
    place: Place,
    draft: Draft,
    *,
    form: FieldsForm | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:
    """Everything the page and each of its parts may show."""
    now, content, shop = now or timezone.now(), draft.content, place.shop
    if place.block and block_of(content, place.block) is None:
        place = place.at(block="")
    order = order_of(place)
    proof = proof_of(place, content, order, now)
    names = names_of(shop)
    missing = missing_languages(content, shop.languages)
    block = block_of(content, place.block)
    return {
        "place": place,
        "draft": draft,
        "saved_by": person(draft.by),
        "title": draft.name or name_of(shop, place.key),
        "is_own": place.key.startswith(OWN),
        "channel": CHANNELS[place.channel],
        "channels": _channels(place),
        "languages": [
            (code, names[code], len(missing.get(code, ())), place.at(language=code).url())
            for code in shop.languages
        ],
        "is_usable": place.channel in usable_channels(shop.pk),
        "rows": rows_of(content, place.language, place.block, shop.languages, coupon_names(shop)),
        "palette": [(kind, can_add(content, kind.code)) for kind in KINDS.values()],
        "kind": KINDS[block["kind"]] if block else None,
        "form": form or form_of(place, content),
        "pictures": pictures_of(shop) if block and block["kind"] in ("image", "banner") else [],
        "order": order,
        "is_found": not place.order or _is_asked(place, order),
        "suggestions": [one.told() for one in variables(shop, place.key, values_of(place, order, now))],
        "findings": [(one, _leads(place, one)) for one in proof.found],
        "is_stopped": any(one.level == "stops" for one in proof.found),
        **seen_of(place, proof),
    }


def seen_of(place: Place, proof: Proof) -> dict[str, Any]:
    seen = proof.seen.get(place.language)
    length = seen.length if seen else None
    return {
        "fault": proof.fault,
        "seen": seen,
        "length": length,
        "costs": costs_of(place.shop, length.segments) if length and place.channel == "sms" else [],
        "twins": twins_of(length.odd) if length and place.channel == "sms" else [],
    }


def parts_of(request: MemberRequest, context: dict[str, Any], names: Sequence[str] = PARTS) -> dict[str, str]:
    return {name: render_to_string(f"console/_editor_{name}.html", context, request) for name in names}


def values_of(place: Place, order: Order | None, now: datetime) -> dict[str, Any] | None:
    if order is None:
        return None
    order.language = place.language
    with translation.override(place.language):
        return facts_of(shop=place.shop, order=order, state=place.key, now=now)


def person(by: str) -> str:
    """`user:3`, as it is kept: their name."""
    if not by.startswith("user:"):
        return _("Rastro") if by in ("", "system") else by
    user = User.objects.filter(pk=int(by.removeprefix("user:"))).first()
    return (user.get_short_name() or user.email) if user else _("Somebody")


def _channels(place: Place) -> list[tuple[Any, str]]:
    """The other channels of the same message; an own design is of one."""
    if place.key.startswith(OWN):
        return []
    return [(c, place.at(channel=c.code, block="").url()) for c in CHANNELS.values() if c.worded]


def _leads(place: Place, found: Finding) -> str:
    block, field = found.where
    there = place.at(block=block, language=found.language or place.language)
    return f"{there.url()}#f_{field}" if field else there.url()


def _is_asked(place: Place, order: Order | None) -> bool:
    asked = place.order.casefold().lstrip("#")
    return order is not None and asked in (order.number.casefold(), order.customer_email.casefold())
