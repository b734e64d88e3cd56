"""Writes to shops, brands and members. Each runs inside the shop's context and leaves an audit entry."""

from __future__ import annotations

import hashlib
import io
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from tenants import audit
from tenants.middleware import forget_shops
from tenants.models import Brand, Invitation, Membership, Role, Shop, User
from tenants.tiles import plain_tiles
from tenants.vault import digest

LOGO_BYTES, LOGO_PIXELS = 2 * 1024 * 1024, 4_000_000
LOGO_HEIGHT, LOGO_WIDTH = 256, 1024  # px, kept at most
LOGO_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
INVITATION_LASTS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it, for the audit: `user:12`, `key:rastro_live_ab12cd34`, `system`."""

    name: str
    role: str = ""
    address: str | None = None


SYSTEM = Actor("system")


@dataclass(frozen=True, slots=True)
class Logo:
    data: bytes
    type: str
    width: int
    height: int

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.data).hexdigest()[:16]


def read_logo(upload: bytes) -> Logo:
    """Re-encode an uploaded picture, so that nothing but pixels is kept. Raises ValidationError.

    SVG is refused: it can carry scripts. The picture is shrunk to 256 px high.
    """
    if len(upload) > LOGO_BYTES:
        raise ValidationError(_("The logo is larger than 2 MB: save it smaller and try again."))
    try:
        with Image.open(io.BytesIO(upload), formats=LOGO_FORMATS) as picture:
            if picture.width * picture.height > LOGO_PIXELS:
                raise ValidationError(
                    _("The logo has more than 4 million pixels: save it smaller and try again.")
                )
            picture.seek(0)
            kept = picture.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValidationError(
            _("This is not a PNG, JPEG, WebP or GIF picture. SVG is not accepted.")
        ) from error
    kept.thumbnail((LOGO_WIDTH, LOGO_HEIGHT), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    kept.save(out, "PNG", optimize=True)
    return Logo(out.getvalue(), "image/png", kept.width, kept.height)


def plain_links(links: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """At most six links with a label and an https, mailto or tel address. Raises ValidationError."""
    kept = []
    for link in links:
        label, url = str(link.get("label", "")).strip()[:40], str(link.get("url", "")).strip()[:300]
        if not label and not url:
            continue
        if not label or urlsplit(url).scheme not in ("https", "mailto", "tel"):
            raise ValidationError(
                _(
                    "A link needs a name and an address that begins with https://, mailto: or tel: (here: “%(url)s”)."
                )
                % {"url": url}
            )
        kept.append({"label": label, "url": url})
    if len(kept) > 6:
        raise ValidationError(_("No more than six links, please."))
    return kept


BLOCKS = (
    "banner",
    "order",
    "products",
    "social",
)  # what a page holds beside the parcels; "order" is always there
MOST_PRODUCTS = 6


def plain_products(products: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """At most six, each with a name and an https address, and a picture of one. Raises ValidationError."""
    kept = []
    for product in products:
        said = {name: str(product.get(name, "")).strip()[:most] for name, most in PRODUCT.items()}
        if not any(said.values()):
            continue
        if not said["title"] or not said["url"].startswith("https://"):
            raise ValidationError(_("A product needs a name and an address that begins with https://."))
        if said["image_url"] and not said["image_url"].startswith("https://"):
            raise ValidationError(
                _("The picture of “%(name)s” needs an address that begins with https://.")
                % {"name": said["title"]}
            )
        kept.append(said)
    if len(kept) > MOST_PRODUCTS:
        raise ValidationError(_("No more than six products, please."))
    return kept


PRODUCT = {"title": 80, "price": 24, "url": 300, "image_url": 300}  # characters at most


def plain_blocks(blocks: Sequence[str]) -> list[str]:
    """Each once, the order among them. Raises ValidationError. Empty: as usual."""
    kept = list(dict.fromkeys(blocks))
    if unknown := [code for code in kept if code not in BLOCKS]:
        raise ValidationError(_("There is no such part of the page: %(name)s") % {"name": unknown[0][:40]})
    return kept if not kept or "order" in kept else ["order", *kept]


BRAND_FIELDS = (
    "colour", "background", "font", "radius", "banner_title", "banner_text", "banner_code", "banner_url",
    "banner_label", "links", "social", "products", "products_title", "blocks", "review_url",
    "tile_url", "tile_credit",
)  # fmt: skip


@transaction.atomic
def change_brand(
    *, shop: Shop, by: Actor, fields: Mapping[str, Any], logo: Logo | None = None, remove_logo: bool = False
) -> Brand:
    """Set the brand's fields; every page rendered with the old look is rendered anew. Raises ValidationError."""
    brand: Brand = Brand.objects.for_shop(shop).select_for_update().get()
    before = {name: getattr(brand, name) for name in BRAND_FIELDS}
    for name in BRAND_FIELDS:
        if name in fields:
            setattr(brand, name, fields[name])
    brand.links, brand.social = plain_links(brand.links), plain_links(brand.social)
    brand.products, brand.blocks = plain_products(brand.products), plain_blocks(brand.blocks)
    brand.tile_url, brand.tile_credit = plain_tiles(brand.tile_url, brand.tile_credit)
    if logo:
        brand.logo, brand.logo_type, brand.logo_hash = logo.data, logo.type, logo.hash
        brand.logo_width, brand.logo_height = logo.width, logo.height
    elif remove_logo:
        brand.logo, brand.logo_type, brand.logo_hash, brand.logo_width, brand.logo_height = None, "", "", 0, 0
    brand.full_clean(exclude=["shop", "logo"], validate_unique=False)
    brand.version += 1
    brand.save()
    after = {name: getattr(brand, name) for name in BRAND_FIELDS}
    changed = [name for name in BRAND_FIELDS if before[name] != after[name]]
    audit.record(
        shop=shop,
        actor=by.name,
        role=by.role,
        address=by.address,
        action="brand.changed",
        before={n: before[n] for n in changed},
        after={n: after[n] for n in changed} | ({"logo": brand.logo_hash} if logo or remove_logo else {}),
    )
    return brand


@transaction.atomic
def touch_brand(*, shop: Shop) -> None:
    """Have every page of the shop rendered anew: something it shows changed that is not an order's."""
    Brand.objects.for_shop(shop).update(version=F("version") + 1)


@transaction.atomic
def change_role(*, shop: Shop, member: Membership, role: Role, by: Actor) -> None:
    """Raises ValidationError when it would leave the shop without an owner."""
    _keep_an_owner(shop, member, role)
    before = member.role
    Membership.objects.filter(pk=member.pk, shop=shop).update(role=role)
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action="member.role_changed",
        subject=f"user:{member.user_id}", before={"role": before}, after={"role": role},
    )  # fmt: skip


@transaction.atomic
def remove_member(*, shop: Shop, member: Membership, by: Actor) -> None:
    """Raises ValidationError when it would leave the shop without an owner."""
    _keep_an_owner(shop, member, None)
    Membership.objects.filter(pk=member.pk, shop=shop).delete()
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action="member.removed",
        subject=f"user:{member.user_id}", before={"role": member.role},
    )  # fmt: skip


def _keep_an_owner(shop: Shop, member: Membership, role: Role | None) -> None:
    owners = list(
        Membership.objects.select_for_update().filter(shop=shop, role=Role.OWNER).values_list("pk", flat=True)
    )
    if owners == [member.pk] and role != Role.OWNER:
        raise ValidationError(_("A shop needs an owner: make somebody else one first."))


@transaction.atomic
def invite(*, shop: Shop, email: str, role: Role, by: Actor, inviter: User | None, now: datetime) -> str:
    """Invite somebody; return the key of the link to mail them. Inviting again makes the old link void."""
    email = email.strip().lower()
    if Membership.objects.filter(shop=shop, user__email=email).exists():
        raise ValidationError(_("%(email)s is a member already.") % {"email": email})
    key = secrets.token_urlsafe(24)
    Invitation.objects.filter(shop=shop, email=email, accepted_at=None).delete()
    Invitation.objects.create(
        shop=shop,
        email=email,
        role=role,
        key_hash=digest(key),
        invited_by=inviter,
        expires_at=now + INVITATION_LASTS,
    )
    audit.record(
        shop=shop,
        actor=by.name,
        role=by.role,
        address=by.address,
        action="member.invited",
        after={"role": role},
    )
    return key


@transaction.atomic
def cancel_invitation(*, shop: Shop, invitation: Invitation, by: Actor) -> None:
    """Make the link void. Safe to repeat; one accepted stays."""
    gone, _by_model = Invitation.objects.filter(pk=invitation.pk, shop=shop, accepted_at=None).delete()
    if gone:
        audit.record(
            shop=shop, actor=by.name, role=by.role, address=by.address, action="member.uninvited",
            before={"role": invitation.role},
        )  # fmt: skip


@transaction.atomic
def accept_invitation(*, invitation: Invitation, user: User, now: datetime) -> Membership:
    """Make the user a member. Safe to repeat; raises ValidationError when the link is spent or expired."""
    held = Invitation.objects.select_for_update().select_related("shop").get(pk=invitation.pk)
    if held.expires_at <= now or (held.accepted_at and held.email != user.email):
        raise ValidationError(_("This invitation has expired: ask for a new one."))
    member, made = Membership.objects.get_or_create(shop=held.shop, user=user, defaults={"role": held.role})
    Invitation.objects.filter(pk=held.pk).update(accepted_at=now)
    if made:
        audit.record(
            shop=held.shop, actor=f"user:{user.pk}", action="member.joined", after={"role": held.role}
        )
    return member


@transaction.atomic
def change_shop(*, shop: Shop, by: Actor, fields: Mapping[str, Any]) -> Shop:
    """Set the shop's own particulars. Raises ValidationError."""
    held = Shop.objects.select_for_update().get(pk=shop.pk)
    before = {name: getattr(held, name) for name in fields}
    for name, value in fields.items():
        setattr(held, name, value)
    held.full_clean()
    held.save()
    touch_brand(shop=held)
    audit.record(
        shop=held, actor=by.name, role=by.role, address=by.address, action="shop.changed",
        before=before, after={name: getattr(held, name) for name in fields},
    )  # fmt: skip
    transaction.on_commit(forget_shops)
    return held
