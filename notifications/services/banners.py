"""A shop's banners: kept, and the first that fits an order found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from notifications.conditions import About, Condition, holds
from notifications.contents import said_in
from notifications.models import Banner, Coupon, Picture
from tenants import audit
from tenants.models import LANGUAGES, Shop
from tenants.services import Actor
from tracking.services.values import Notes

MOST_BANNERS = 50
MOST_CONDITIONS = 10
TEXTS = {"title": 80, "text": 240, "label": 40}


@transaction.atomic
def save_banner(*, shop: Shop, banner_id: int | None, fields: Mapping[str, Any], by: Actor) -> Banner:
    """Add or change a banner. Raises Refused."""
    notes = Notes()
    held = Banner.objects.for_shop(shop)
    banner = held.select_for_update().get(pk=banner_id) if banner_id else Banner(shop=shop)
    banner.name = notes.text("name", fields.get("name", ""), 80)
    if not banner.name:
        notes.add("name", _("Give it a name: you see it where you choose one."))
    banner.texts = _texts(notes, fields.get("texts") or {})
    banner.url = notes.text("url", fields.get("url", ""), 500)
    if banner.url and not banner.url.startswith("https://"):
        notes.add("url", _("This must be an address that begins with https://."))
    banner.picture = str(fields.get("picture") or "")[:32]
    if banner.picture and not Picture.objects.for_shop(shop).filter(digest=banner.picture).exists():
        notes.add("picture", _("There is no such image."))
    coupon_id = fields.get("coupon")
    banner.coupon = Coupon.objects.for_shop(shop).filter(pk=coupon_id).first() if coupon_id else None
    banner.audience = _audience(notes, fields.get("audience") or [])
    banner.starts_at, banner.ends_at = fields.get("starts_at"), fields.get("ends_at")
    if banner.starts_at and banner.ends_at and banner.ends_at <= banner.starts_at:
        notes.add("ends_at", _("It ends before it begins."))
    banner.enabled = bool(fields.get("enabled", True))
    banner.position = int(fields.get("position") or 0)
    if not banner.picture and not any(
        texts.get("title") or texts.get("text") for texts in banner.texts.values()
    ):
        notes.add("texts", _("A banner needs words or an image."))
    if banner.pk is None and held.count() >= MOST_BANNERS:
        notes.add("name", _("No more than %(most)d, please.") % {"most": MOST_BANNERS})
    notes.settle()
    banner.save()
    _audit(shop, by, "banner.saved", banner)
    return banner


def _texts(notes: Notes, said: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    kept: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        with notes.within("texts", language):
            texts = {
                name: notes.text(name, (said.get(language) or {}).get(name, ""), most)
                for name, most in TEXTS.items()
            }
        if any(texts.values()):
            kept[language] = {name: text for name, text in texts.items() if text}
    return kept


def _audience(notes: Notes, said: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    if len(said) > MOST_CONDITIONS:
        notes.add("audience", _("No more than %(most)d, please.") % {"most": MOST_CONDITIONS})
    kept = []
    for one in said[:MOST_CONDITIONS]:
        try:
            kept.append(Condition.read(one).as_json())
        except ValueError:
            notes.add("audience", _("One of these says nothing that can be asked of an order."))
    return kept


@transaction.atomic
def remove_banner(*, shop: Shop, banner_id: int, by: Actor) -> None:
    """Safe to repeat."""
    banner = Banner.objects.for_shop(shop).filter(pk=banner_id).first()
    if banner is not None:
        _audit(shop, by, "banner.removed", banner)
        banner.delete()


def _audit(shop: Shop, by: Actor, action: str, banner: Banner) -> None:
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action=action,
        subject=f"banner:{banner.pk}", after={"name": banner.name, "enabled": banner.enabled},
    )  # fmt: skip


def running(shop: Shop | int, now: datetime) -> list[Banner]:
    """Those shown now, in their order, with their coupons. One query."""
    found = Banner.objects.for_shop(shop).filter(enabled=True).select_related("coupon")
    return [
        banner
        for banner in found.order_by("position", "id")
        if not (banner.starts_at and now < banner.starts_at)
        and not (banner.ends_at and now >= banner.ends_at)
    ]


def conditions_of(banner: Banner) -> list[Condition] | None:
    """None where one of them can no longer be read: then it is shown to nobody."""
    try:
        return [Condition.read(one) for one in banner.audience]
    except ValueError:
        return None


def fits(banner: Banner, about: About | None) -> bool:
    """Whether it is for this order. `about` may be None where nothing is asked."""
    conditions = conditions_of(banner)
    if conditions is None or (conditions and about is None):
        return False
    return all(holds(condition, about) for condition in conditions if about)


def words_of(banner: Banner, language: str, shop_language: str) -> dict[str, str]:
    """Each text in the reader's language, else in the shop's, else in whichever has it."""
    return {
        name: said_in(
            {code: texts.get(name, "") for code, texts in banner.texts.items()},
            language,
            shop_language,
            *LANGUAGES,
        )
        for name in TEXTS
    }
